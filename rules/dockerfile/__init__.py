"""Rules on Dockerfiles, by topic."""

"""Rules on built images, by topic."""

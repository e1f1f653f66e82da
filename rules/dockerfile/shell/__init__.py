"""Rules on what a shell is given to run."""

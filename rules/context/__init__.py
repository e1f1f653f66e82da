"""Rules on the build context."""

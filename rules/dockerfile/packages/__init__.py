"""Rules on system packages."""

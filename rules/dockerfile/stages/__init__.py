"""Rules on build stages."""

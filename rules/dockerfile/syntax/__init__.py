"""Rules on what BuildKit refuses or is about to."""

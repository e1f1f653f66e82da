"""Rules on labels."""

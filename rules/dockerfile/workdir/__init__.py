"""Rules on WORKDIR."""

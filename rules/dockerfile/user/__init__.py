"""Rules on whom the container runs as, and who may write to it."""

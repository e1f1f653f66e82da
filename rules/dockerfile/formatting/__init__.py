"""Rules on how a Dockerfile looks; all off by default."""

"""Rules on HEALTHCHECK."""

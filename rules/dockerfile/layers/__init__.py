"""Rules on layers: what they hold twice, and what the cache makes of their order."""

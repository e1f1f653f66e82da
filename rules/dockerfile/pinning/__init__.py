"""Rules on versions that nothing settles."""

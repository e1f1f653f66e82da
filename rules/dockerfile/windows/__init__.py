"""Rules on what Windows containers cannot do."""

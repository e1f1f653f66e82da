"""Rules on languages: their package managers and run time settings."""

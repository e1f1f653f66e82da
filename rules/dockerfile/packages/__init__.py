"""Rules on package managers and what they leave behind."""

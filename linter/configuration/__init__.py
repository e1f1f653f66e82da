"""Configuration files and their checks. `linter/config.py` is the door."""

"""Scanners that a user may have: how they are run, and how what they report is read."""

"""From hadolint's files to dockgate's. `linter/migrate.py` is the door."""

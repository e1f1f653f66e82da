"""How secrets are found: shapes, names, files. `linter/secrets.py` is the door."""

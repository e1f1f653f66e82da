"""How a shell script is read: commands, words, redirects. `linter/shell.py` is the door."""

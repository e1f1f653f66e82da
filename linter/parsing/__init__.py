"""How a Dockerfile is read: lines, words, variables, stages. `linter/document.py` is the door."""

"""What an editor asks about a Dockerfile: pure answers, without the protocol (linter/lsp.py)."""

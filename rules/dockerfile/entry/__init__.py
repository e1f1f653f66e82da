"""Rules on CMD and ENTRYPOINT."""

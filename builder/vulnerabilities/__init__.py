"""Known vulnerabilities: the data, what matches it, what is left out of account, and why."""

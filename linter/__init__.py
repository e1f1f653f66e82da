"""Text in, findings out. No network, no engine, nothing executed."""

"""Report -> text, one file a format."""

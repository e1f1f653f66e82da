"""Everything that touches an engine, a registry or an image."""

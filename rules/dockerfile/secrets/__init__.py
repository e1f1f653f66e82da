"""Rules about secrets that a Dockerfile bakes into its image."""

"""dockgate: the gate between a Dockerfile and a tag."""

__version__ = "0.1.0"

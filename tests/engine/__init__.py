"""A real Docker engine and a real registry for the tests, made from Debian packages.

`python -m tests.engine start|stop|status|env [--classic]`, as root, from the repository's root.
Needs only the standard library, apt and dpkg: nothing is installed, nothing is pulled.

All state is in one folder: `$DOCKGATE_TEST_STATE`, else `$XDG_CACHE_HOME/dockgate-tests`, else
`~/.cache/dockgate-tests`. Its `packages` subfolder is a cache and outlives `stop`.

The engine is always a private one, so that a test never sees or alters what a developer's own
engine holds. Only with `DOCKGATE_TEST_ENGINE=host` is the engine of `DOCKER_HOST` (or the default
socket) used instead; it must have the containerd image store and a client with buildx, and it
finds the base images by itself. The registry is started by us either way.
"""

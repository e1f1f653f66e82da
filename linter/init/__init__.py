"""The files that `dockgate init` writes: CI jobs, hooks and a policy to start from."""

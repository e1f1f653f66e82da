"""Patterns for images: `registry.example.com`, `*.example.com`, `ghcr.io/org/*`, `…/image:tag`."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from dockgate.rules.pattern import glob
from dockgate.rules.subjects.dockerfile import Reference

DOCKER_HUB = frozenset({"index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"})


def matches(reference: Reference, pattern: str) -> bool:
    """Whether the image is one that `pattern` means.

    A pattern without `/` is a registry's host. With one it is host and path, and a path without
    `*` also means everything below it. `:tag` after the path must match the tag, "" for none.
    """
    return matches_any(reference, (pattern,))


def matches_any(reference: Reference, patterns: Iterable[str]) -> bool:
    """Whether one of `patterns` means the image."""
    registry, _, rest = reference.normalised.lower().partition("/")
    registry = "docker.io" if registry in DOCKER_HUB else registry
    name = rest.partition("@")[0]
    tag = reference.tag or ""
    repository = name.removesuffix(":" + tag.lower()) if tag else name
    return any(_matches(registry, repository, tag, pattern) for pattern in patterns)


@lru_cache(1024)
def _parts(pattern: str) -> tuple[str, str, str, bool]:
    """Host, path, tags (":" and what follows, "" without) and whether the path is a pattern.

    Kept, for the same few patterns are asked for in every stage.
    """
    host, _, path = pattern.strip().lower().partition("/")
    path, colon, tags = path.strip("/").partition(":")
    wild = any(char in path for char in "*?[")
    return "docker.io" if host in DOCKER_HUB else host, path, colon + tags, wild


def _matches(registry: str, repository: str, tag: str, pattern: str) -> bool:
    host, path, tags, wild = _parts(pattern)
    if host != registry and not ("*" in host and glob(registry, host)):
        return False
    if not path:
        return True
    if tags and not glob(tag.lower(), tags[1:]):
        return False
    if repository == path or repository.startswith(path + "/"):
        return True
    return wild and glob(repository, path)

"""What an image that a stage is based on sets, as an engine or a registry tells it.

Plain data. `dockgate.builder.resolve` asks for it; `dockgate.linter.parsing.stages` hands it to the
stages, and only where the user wants bases to be asked for (`--resolve`).
"""

from __future__ import annotations

from collections.abc import Mapping

from dockgate.rules.record import NamedTuple


class BaseImage(NamedTuple):
    """The part of an image's configuration that a build inherits (OCI image-spec, config.md)."""

    os: str = "linux"
    architecture: str = ""  #: by Go's name of it; "" when the image does not say
    variant: str = ""
    user: str = ""  #: "" is root
    env: tuple[tuple[str, str], ...] = ()  #: in order
    labels: Mapping[str, str] = {}
    workdir: str = ""
    shell: tuple[str, ...] | None = None  #: None: the platform's default
    healthcheck: tuple[str, ...] | None = None  #: Docker's `Test`; None when there is none
    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    onbuild: tuple[str, ...] = ()  #: its triggers, as written
    platform: str = ""  #: what was asked for, `linux/arm64/v8`
    digest: str = ""  #: what a FROM would be pinned by, "" where nothing tells it

    @property
    def starts(self) -> bool:
        """Whether a container of it runs something without being told what."""
        return bool(self.entrypoint or self.cmd)


#: By `key`; a lookup may ask an engine or a registry, and raises UnfinishedError when these fail.
Bases = Mapping[str, BaseImage]


def key(reference: str, platform: str) -> str:
    """How `Bases` knows an image: its normalised name (`latest` filled in) for a platform."""
    name, at, digest = reference.partition("@")
    if not at and ":" not in name.rpartition("/")[2]:
        name += ":latest"
    return f"{name}{at}{digest} {platform}"

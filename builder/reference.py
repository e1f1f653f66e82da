"""Image references: what a name means, in the grammar of distribution/reference."""

from __future__ import annotations

import re
from typing import NamedTuple

from dockgate.linter.errors import UsageError
from dockgate.rules.subjects.dockerfile import normalise_reference

NAME_LIMIT = 255  #: characters of `host/repository`
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_HOST = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])(?::[0-9]{{1,5}})?"
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REFERENCE = re.compile(
    rf"(?P<host>{_HOST})/(?P<repository>{_PART}(?:/{_PART})*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>sha256:[a-f0-9]{64}))?",
    re.ASCII,
)
_HUB, _OFFICIAL = "docker.io", "library/"
DIGEST = re.compile(r"sha256:[a-f0-9]{64}")


class Reference(NamedTuple):
    """A full name: `docker.io/library/debian:bookworm`."""

    host: str
    repository: str
    tag: str  #: "" where there is none
    digest: str  #: "" where there is none

    @property
    def name(self) -> str:
        """The name without tag and digest."""
        return f"{self.host}/{self.repository}"

    @property
    def familiar(self) -> str:
        """The whole as people write it: `debian:bookworm`."""
        return str(self).removeprefix(f"{_HUB}/").removeprefix(_OFFICIAL)

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return self.name + tag + (f"@{self.digest}" if self.digest else "")


def parse(text: str) -> Reference:
    """The reference that `text` means, Docker Hub's defaults filled in, no tag invented.

    Raises UsageError when it is none.
    """
    found = _REFERENCE.fullmatch(normalise_reference(text)) if len(text) < 1024 else None
    if found is None or len(found["host"]) + len(found["repository"]) >= NAME_LIMIT:
        raise UsageError(
            f"{text[:80]!r} is not an image name: write [HOST/]NAME[:TAG] with NAME in lower case"
        )
    return Reference(found["host"], found["repository"], found["tag"] or "", found["digest"] or "")


def parse_tag(text: str) -> Reference:
    """The reference that a new tag means, `latest` where none is written.

    Raises UsageError when it is none, or names a digest.
    """
    found = parse(text)
    if found.digest:
        raise UsageError(f"--tag {text}: a digest cannot be given to an image: leave out @sha256:…")
    return found._replace(tag=found.tag or "latest")

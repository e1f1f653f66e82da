"""What a source of ADD is: a path of the context, a web address, a git repository, an archive."""

from __future__ import annotations

import re

from dockgate.rules.pattern import pattern

_SCP_LIKE = pattern(r"[\w.-]+@[\w.-]+:(?!//).+")
_GIT_URL = pattern(r"https?://[^#?]+\.git(?:/?(?:[#?].*)?)$|(?:git|ssh)://.+", re.IGNORECASE)
_WEB = pattern(r"https?://", re.IGNORECASE)
_ARCHIVE = pattern(
    r"\.(?:tar|tgz|taz|tbz2?|txz|tlz|tzst?|tar\.[\w*?]+|gz|bz2|xz|lzma|zst|z)(?:[*?].*)?$", re.I
)
#: A name with an ending that no tar archive has.
_PLAIN = pattern(
    r"(?:^|/)(?:\.{1,2}/?|[^/*?\[]+/|(?:[^/]*\.)?(?:Dockerfile|Gemfile(?:\.lock)?|Makefile|Pipfile)"
    r"|[^/]*\.[a-z][a-z0-9]{0,9})$",
    re.IGNORECASE,
)
COMMIT = pattern(r"[0-9a-f]{40}(?:[0-9a-f]{24})?", re.IGNORECASE)


def is_git(source: str) -> bool:
    """Whether BuildKit clones it: `git@host:…`, `git://`, `ssh://`, `https://….git`."""
    return bool(_GIT_URL.match(source) or _SCP_LIKE.fullmatch(source))


def is_web(source: str) -> bool:
    """Whether BuildKit downloads it as one file."""
    return bool(_WEB.match(source)) and not is_git(source)


def commit_of(source: str) -> str | None:
    """The commit that a git source names (`#COMMIT[:dir]`, `?commit=` or `?checksum=`)."""
    for found in re.findall(r"(?:#|[?&](?:ref|commit|checksum)=)([^:&#]+)", source):
        if COMMIT.fullmatch(found):
            return str(found)
    return None


def may_be_archive(source: str) -> bool:
    """Whether its name is that of an archive which ADD would unpack, or matches such names."""
    return bool(_ARCHIVE.search(source)) or source.rpartition("/")[2] in ("*", "*.*")


def is_surely_plain(source: str) -> bool:
    """Whether it is a folder, or a file whose ending is not that of an archive."""
    return bool(_PLAIN.search(source)) and not may_be_archive(source)

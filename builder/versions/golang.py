"""The order of Go's versions: of modules (semantic versions) and of Go itself (`go1.21rc2`).

The Go vulnerability database writes the standard library's as semantic versions too:
`1.21.0-rc.2` (https://go.dev/security/vuln/database).
"""

from __future__ import annotations

import re

from dockgate.builder.versions import semver

#: What follows after a blank names experiments: `go1.22.1 X:boringcrypto`; `+` or `-` a vendor's.
_TOOLCHAIN = re.compile(r"go(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:(rc|beta|alpha)(\d+))?(?:[-+ ].*)?")

#: A release of Go before it is one, as the inventory has it: without `go`.
_EARLY = re.compile(r"\d+\.\d+(?:\.\d+)?(?:rc|beta|alpha)\d+")


def compare(a: str, b: str) -> int:
    """Compare two versions, with or without `v` or `go` before them. Raises ValueError.

    `(devel)`, which a program built from a working copy says, is no version.
    """
    return semver.compare(_semantic(a), _semantic(b))


def _semantic(version: str) -> str:
    version = version.strip()
    match = _TOOLCHAIN.fullmatch(f"go{version}" if _EARLY.fullmatch(version) else version)
    if match is None:
        return version
    numbers = ".".join(part or "0" for part in match.group(1, 2, 3))
    return f"{numbers}-{match[4]}.{match[5]}" if match[4] else numbers

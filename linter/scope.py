"""What a build would be told besides the Dockerfile."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from dockgate.linter.errors import UsageError
from dockgate.rules.record import NamedTuple

TYPE_CHECKING = False

if TYPE_CHECKING:
    from dockgate.rules.subjects.base_image import Bases


class Scope(NamedTuple):
    """What a build would be told besides the Dockerfile; the defaults say nothing."""

    context: str | None = None  #: the build context's folder; None: its rules do not run
    build_args: Mapping[str, str] | None = None
    target: str | None = None
    platform: str | None = None
    bases: Bases | None = None  #: what base images set; None: nobody is asked


def build_args(pairs: Iterable[str]) -> dict[str, str] | None:
    """`NAME=VALUE` as docker build reads it: a bare NAME takes its value from the environment.

    None where there are none. Raises UsageError.
    """
    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not name:
            raise UsageError(f"--build-arg {pair}: write NAME=VALUE")
        if equals or name in os.environ:
            found[name] = value if equals else os.environ[name]
    return found or None

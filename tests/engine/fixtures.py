"""pytest fixtures: a real engine and a real registry for the whole session.

Where the engine cannot start, tests that need it are skipped with the reason; with
DOCKGATE_REQUIRE_ENGINE=1 they fail instead. What a session started ends with the last session that
uses it, unless DOCKGATE_KEEP_ENGINE=1.
"""

import contextlib
import os
from collections.abc import Iterator

import pytest

from .client import Engine
from .engine import acquire, release, start
from .errors import EngineError
from .paths import CLASSIC, MAIN, default_paths


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """A running engine with the containerd image store."""
    with _running(MAIN) as found:
        yield found


@pytest.fixture(scope="session")
def classic_engine() -> Iterator[Engine]:
    """A running engine without the containerd image store: it cannot export `type=oci`."""
    with _running(CLASSIC) as found:
        yield found


@contextlib.contextmanager
def _running(flavour: str) -> Iterator[Engine]:
    paths = default_paths()
    reason = ""
    try:
        found, token = acquire(paths, flavour)
    except (EngineError, OSError) as error:
        reason = f"no test engine: {error}"
    # Outside the handler, so that pytest shows this line and no chain of errors.
    if reason and os.environ.get("DOCKGATE_REQUIRE_ENGINE") == "1":
        pytest.fail(reason, pytrace=False)
    if reason:
        pytest.skip(reason)
    if os.environ.get("DOCKGATE_KEEP_ENGINE") == "1":
        start(paths, flavour)
    try:
        yield found
    finally:
        release(paths, token)

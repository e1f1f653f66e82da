"""What never ends is ended, and nothing of the limit stays behind."""

from __future__ import annotations

import signal
import subprocess
import time

import pytest

from dockgate.builder.deadline import within
from dockgate.linter.errors import UnfinishedError


def test_a_child_that_hangs_is_killed() -> None:
    before = signal.getsignal(signal.SIGALRM)
    start = time.monotonic()
    with (
        pytest.raises(UnfinishedError, match="docker load did not end"),
        within(0.2, "docker load"),
    ):
        subprocess.run(["sleep", "30"], check=False)
    assert time.monotonic() - start < 5
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_what_ends_in_time_is_left_alone() -> None:
    with within(0.2, "this"):
        pass
    time.sleep(0.3)

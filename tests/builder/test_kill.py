"""SIGKILL at any moment: no new name, the build stops, and the next run clears what was left."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path

import pytest

from tests.builder.running import FIXTURES, Gate
from tests.builder.test_gate import CLEAN, running, wait_until
from tests.engine.client import Engine

KILLS = 20
#: Seconds from the start: imports, lint, the client's answers, the build, the export, the scan.
LATEST = 2.5


@pytest.fixture
def gate(engine: Engine, tmp_path: Path) -> Gate:
    (tmp_path / "tmp").mkdir()
    return Gate(engine, tmp_path / "tmp")


def test_kill_at_random_moments(gate: Gate, tmp_path: Path) -> None:
    slow = tmp_path / "slow"
    slow.mkdir()
    chance = random.Random(20)  # the same moments in every run, as far as the machine allows
    images, repositories = gate.engine.images(), gate.engine.registry_repositories()
    left = 0
    for number in range(KILLS):
        word = f"67.{time.time_ns()}"
        (slow / "Dockerfile").write_text(CLEAN.format(more=f"RUN sleep {word}"))
        # One that would be accepted is killed in the middle, one that must be refused anywhere.
        context = slow if number % 2 else FIXTURES / "refused-by-scan"
        name = f"{gate.engine.registry}/killed:{number}"
        process = gate.start("build", "--push", "--load", "--no-cache", "-t", name, context)
        time.sleep(chance.uniform(0.05, LATEST))
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=20)
        assert wait_until(lambda word=word: not running(word)), "the build went on"
        assert wait_until(lambda: not running(str(gate.temporary))), "a client went on"
        left += len(list(gate.temporary.iterdir()))
    assert gate.engine.images() == images
    assert gate.engine.registry_repositories() == repositories
    assert left, "no kill came in the middle of a build: this test shows nothing"
    assert gate("build", FIXTURES / "accepted").exit == 0
    assert list(gate.temporary.iterdir()) == []


def test_a_classic_engine_is_cleared_by_the_next_run(
    classic_engine: Engine, tmp_path: Path
) -> None:
    (tmp_path / "tmp").mkdir()
    gate = Gate(classic_engine, tmp_path / "tmp")
    context = tmp_path / "context"
    context.mkdir()
    # Large enough for saving and scanning to take a while: the image is in the engine by then.
    (context / "Dockerfile").write_text(
        CLEAN.format(more=f"RUN head -c 90000000 /dev/urandom > /x # {time.time_ns()}")
    )
    images = classic_engine.images()
    process = gate.start("build", "-t", "dockgate-test/killed:1", context)
    assert wait_until(lambda: any(gate.temporary.glob("*/iid")), 60)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=20)
    assert len(classic_engine.images() - images) == 1, "killed too late"
    assert gate("build", FIXTURES / "accepted").exit == 0
    assert classic_engine.images() == images
    assert list(gate.temporary.iterdir()) == []

"""Runs two commands in turn and compares them pair by pair, so that a noisy machine cancels out."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Cost(NamedTuple):
    """What one process, its children included, cost: seconds."""

    cpu: float
    wall: float


class Comparison(NamedTuple):
    """Medians of both commands and of the ratios first/second."""

    first: Cost
    second: Cost
    ratio: Cost

    def row(self, what: str, unit: str = "cpu") -> str:
        """A Markdown table row; times in milliseconds, CPU or wall clock as `unit` says."""
        a, b, r = (getattr(cost, unit) for cost in self)
        return f"| {what} | {unit} | {a * 1000:.0f} ms | {b * 1000:.0f} ms | {r:.2f} |"


def run(
    command: Sequence[str], *, env: Mapping[str, str] | None = None, allowed: Sequence[int] = (0,)
) -> Cost:
    """Runs `command` to its end, its output thrown away. RuntimeError on an unexpected status."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=env,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in allowed:
        raise RuntimeError(f"exit status {process.returncode}: {' '.join(command)}")
    return Cost(usage.ru_utime + usage.ru_stime, time.perf_counter() - started)


def compare(
    first: Sequence[str],
    second: Sequence[str],
    *,
    runs: int,
    env: Mapping[str, str] | None = None,
    allowed: Sequence[int] = (0,),
) -> Comparison:
    """`runs` pairs after one warm-up of each."""
    pairs = [
        (run(first, env=env, allowed=allowed), run(second, env=env, allowed=allowed))
        for _ in range(runs + 1)
    ][1:]

    def median(values: Sequence[Cost]) -> Cost:
        return Cost(
            statistics.median(v.cpu for v in values), statistics.median(v.wall for v in values)
        )

    return Comparison(
        median([a for a, _ in pairs]),
        median([b for _, b in pairs]),
        median([Cost(a.cpu / max(b.cpu, 1e-9), a.wall / max(b.wall, 1e-9)) for a, b in pairs]),
    )

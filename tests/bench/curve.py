"""The cost of a lint against the file's size, and the slowest real files; in this process."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

from dockgate.__main__ import GC_THRESHOLDS
from dockgate.linter.config import DEFAULT_CONFIG, Config
from dockgate.linter.engine import SHELLCHECK
from dockgate.linter.run import lint_bytes
from dockgate.rules.registry import entries
from tests.bench import corpus

SIZES = (1_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000)
SHAPES: dict[str, Callable[[int], bytes]] = {
    "many stages": corpus.stages,
    "one long stage": corpus.chain,
}
WARM_UP = 50  #: files before the first that counts: modules, data and patterns are loaded
SLOWEST = 5
LIMIT = 100.0  #: CPU milliseconds that no real file may take
RUNS = 3


class Timed(NamedTuple):
    """A file and what its lint took."""

    ms: float  #: CPU
    bytes: int
    name: str


def every_rule() -> Config:
    """All rules on, those too that are off by default; ShellCheck, a program of its own, off."""
    names = frozenset(entries("dockerfile")) - {SHELLCHECK}
    return DEFAULT_CONFIG.with_options(select=names)


def timed(data: bytes, config: Config, runs: int = RUNS) -> float:
    """CPU milliseconds, the least of `runs`: what else the machine does comes on top."""
    least = float("inf")
    for _ in range(runs):
        gc.collect()
        started = time.process_time()
        report = lint_bytes(data, "Dockerfile", config)
        least = min(least, time.process_time() - started)
        if report.failures:
            raise RuntimeError(f"{len(data)} bytes are not linted whole: {report.failures}")
    return least * 1000


def growth(times: Iterable[tuple[int, float]]) -> float:
    """The exponent k of cost ~ size^k from 10 kB on, by least squares: 1 is linear."""
    from math import log

    points = [(log(size), log(ms)) for size, ms in times if size > 9_000]
    x, y = (sum(values) / len(points) for values in zip(*points, strict=True))
    covariance = sum((a - x) * (b - y) for a, b in points)
    return float(covariance / sum((a - x) ** 2 for a, _ in points))


def curve(config: Config) -> None:
    """A row for each size and shape, and the growth."""
    print("\n| lint of | bytes | CPU | for 100 kB |\n|---|---|---|---|")
    for shape, make in SHAPES.items():
        times = []
        for size in SIZES:
            data = make(size)
            ms = timed(data, config)
            times.append((len(data), ms))
            print(f"| {shape} | {len(data):,} | {ms:.1f} ms | {ms / len(data) * 1e5:.0f} ms |")
        print(f"| {shape}: cost grows with size to the power of | | {growth(times):.2f} | |")


def slowest(config: Config) -> None:
    """The slowest files of the corpus, and whether one is over the limit."""
    files = corpus.real_files()
    for file in files[:: len(files) // WARM_UP]:
        lint_bytes(file.data, "Dockerfile", config)
    rough = sorted(files, key=lambda f: timed(f.data, config, 1), reverse=True)
    again = [Timed(timed(f.data, config), len(f.data), f.name) for f in rough[: 4 * SLOWEST]]
    print("\n| slowest real files | bytes | CPU |\n|---|---|---|")
    for row in sorted(again, reverse=True)[:SLOWEST]:
        print(f"| {row.name} | {row.bytes:,} | {row.ms:.1f} ms |")
    over = sum(row.ms > LIMIT for row in again)
    print(f"| of {len(files)} over {LIMIT:.0f} ms | | {over} |")


def main() -> None:
    """Both, every rule on; Python's collector as the command sets it."""
    gc.set_threshold(*GC_THRESHOLDS)
    config = every_rule()
    slowest(config)
    curve(config)


if __name__ == "__main__":
    main()

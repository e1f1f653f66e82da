"""The language server: how long a keystroke takes, and what thousands of them leave in memory.

A real `dockgate lsp` is typed into over its standard streams. A keystroke is timed from sending
`didChange` until the diagnostics of that version are here, without debounce.
"""

from __future__ import annotations

import random
import statistics
import time
from typing import Any

from tests.bench import corpus
from tests.linter.language.client import Client

LINES = 300
KEYSTROKES = 500
EDITS = 10_000
URI = "file:///bench/Dockerfile"
TYPED = "abcdefghijklmnopqrstuvwxyz ABCDEF0123456789-_=$/.\\\"'&|;\n"


def main() -> None:
    """Prints the figures of a real and of a made file of 300 lines, then of many edits."""
    print("| language server | lines | p50 | p95 | max |\n|---|---|---|---|---|")
    real = min(corpus.real_files(), key=lambda file: abs(file.data.count(b"\n") - LINES))
    for what, data in (("a real file", real.data), ("a made file", made())):
        times = sorted(keystrokes(data.decode()))
        p95 = times[int(len(times) * 0.95)]
        print(
            f"| {what} | {data.count(10)} | {statistics.median(times):.1f} ms "
            f"| {p95:.1f} ms | {times[-1]:.1f} ms |"
        )
    print()
    print(f"{memory(made().decode()) / 1e6:.0f} MB resident after {EDITS:,} edits")


def made() -> bytes:
    """A file of about 300 lines of usual instructions."""
    size = len(corpus.STAGE) * LINES // corpus.STAGE.count("\n")
    return corpus.stages(size)


def keystrokes(text: str, count: int = KEYSTROKES) -> list[float]:
    """Milliseconds that each of `count` keystrokes took."""
    with Client() as client:
        client.start()
        client.open(URI, text)
        client.diagnostics(URI)
        times = []
        for change in typing(text, count):
            started = time.perf_counter()
            client.diagnostics(URI, client.change(URI, change))
            times.append((time.perf_counter() - started) * 1000)
    return times


def memory(text: str, edits: int = EDITS) -> int:
    """Bytes resident once `edits` have been typed, every tenth of them waited for."""
    with Client() as client:
        client.start()
        client.open(URI, text)
        for number, change in enumerate(typing(text, edits), 1):
            version = client.change(URI, change)
            if number % 10 == 0:
                client.diagnostics(URI, version)
        client.notifications.clear()
        return client.resident()


def typing(text: str, count: int) -> list[dict[str, Any]]:
    """Changes as a person makes them: a few characters at a place, then deleted again."""
    source = random.Random(count)
    lines = [len(line) for line in text.split("\n")]
    changes: list[dict[str, Any]] = []
    while len(changes) < count:
        line = source.randrange(len(lines) - 1)
        at = source.randrange(lines[line] + 1)
        typed = [source.choice(TYPED[:-1]) for _ in range(source.randrange(1, 12))]
        changes += [_change(line, at + i, at + i, char) for i, char in enumerate(typed)]
        changes += [_change(line, at + i - 1, at + i, "") for i in range(len(typed), 0, -1)]
        if source.random() < 0.2:
            changes.append(_change(line, at, at, "\n"))
            changes.append(
                {
                    "range": {
                        "start": {"line": line, "character": at},
                        "end": {"line": line + 1, "character": 0},
                    },
                    "text": "",
                }
            )
    return changes[:count]


def _change(line: int, start: int, end: int, text: str) -> dict[str, Any]:
    places = {"start": {"line": line, "character": start}, "end": {"line": line, "character": end}}
    return {"range": places, "text": text}

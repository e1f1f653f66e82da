"""Tricky pairs of versions, the same in every run: what is written by hand, and what is drawn."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

Pair = tuple[str, str]
COUNT = 900  #: drawn pairs of one grammar


def drawn(grammar: Callable[[random.Random], str], extra: Sequence[str] = ()) -> list[Pair]:
    """`COUNT` pairs of a grammar, many of which differ in little, and all pairs of `extra`."""
    source = random.Random(20)
    pairs = [(a, b) for a in extra for b in extra]
    for _ in range(COUNT):
        a = grammar(source)
        b = grammar(source) if source.random() < 0.3 else _near(a, source, grammar)
        pairs.append((a, b))
    return pairs


def _near(version: str, source: random.Random, grammar: Callable[[random.Random], str]) -> str:
    """A version with the start of this one."""
    cut = source.randrange(len(version) + 1)
    tail = grammar(source)
    return version[:cut] + tail[source.randrange(len(tail) + 1) :] or version


def one_of(source: random.Random, *choices: str) -> str:
    return source.choice(choices)


def number(source: random.Random) -> str:
    return one_of(
        source, "0", "00", "1", "01", "2", "9", "10", "010", "11", "99", "100", "20240131"
    )


def short(source: random.Random) -> str:
    """A number without a leading zero."""
    return one_of(source, "0", "1", "2", "3", "9", "10", "11", "20", "100", "20240131")


def dpkg(source: random.Random) -> str:
    text = one_of(source, "", "", "", "0:", "1:", "2:") + number(source)
    for _ in range(source.randrange(5)):
        text += one_of(source, ".", "+", "~", "~~", "", ".", "-") + one_of(
            source, number(source), "a", "B", "rc1", "deb12u1", "b1", "git", "~", "ubuntu0.1"
        )
    return text


def rpm(source: random.Random) -> str:
    text = one_of(source, "", "", "", "0:", "1:", "10:")
    for part in range(1 + (source.random() < 0.6)):
        text += "-" if part else ""
        text += number(source)
        for _ in range(source.randrange(4)):
            text += one_of(source, ".", "_", "~", "^", "", "+", "..") + one_of(
                source, number(source), "a", "B", "rc1", "el9", "git", "fc39", "~", "^"
            )
    return text


def semver(source: random.Random) -> str:
    text = ".".join(short(source) for _ in range(3))
    if source.random() < 0.6:
        words = [
            one_of(source, short(source), "alpha", "beta", "rc", "rc1", "rc-1", "x", "A", "0a", "-")
            for _ in range(1 + source.randrange(3))
        ]
        text += "-" + ".".join(words)
    return text + one_of(source, "", "", "", "+1", "+b.7")


def maven(source: random.Random) -> str:
    text = number(source)
    for _ in range(source.randrange(5)):
        text += one_of(source, ".", "-", "", ".", "-") + one_of(
            source, number(source), "alpha", "a", "b", "m", "beta", "milestone", "rc", "cr", "sp",
            "snapshot", "SNAPSHOT", "final", "GA", "release", "x", "jre", "foo", "0",
        )  # fmt: skip
    return text


def gem(source: random.Random) -> str:
    text = number(source)
    for _ in range(source.randrange(5)):
        text += one_of(source, ".", ".", "-") + one_of(
            source, number(source), "a", "b1", "pre", "rc", "rc2", "B", "beta", "0"
        )
    return text


def composer(source: random.Random) -> str:
    text = one_of(source, "", "", "v") + ".".join(
        short(source)[:5] for _ in range(1 + source.randrange(4))
    )
    if source.random() < 0.6:
        text += one_of(source, "-", ".", "_", "") + one_of(
            source, "alpha", "a", "beta", "b", "RC", "rc", "patch", "pl", "p", "stable"
        )
        text += one_of(source, "", "1", ".2", "-3", "10", "1.2")
    return text + one_of(source, "", "", "", "-dev", "+build.5")


def pep440(source: random.Random) -> str:
    text = one_of(source, "", "", "", "1!", "v") + ".".join(
        number(source) for _ in range(1 + source.randrange(4))
    )
    text += one_of(source, "", "", "a1", "b2", "rc1", ".RC10", "-alpha", "c3", "-preview.2")
    text += one_of(source, "", "", ".post1", "-2", ".rev3", "post")
    text += one_of(source, "", "", ".dev0", "dev4", "-dev")
    return text + one_of(source, "", "", "", "+local", "+1.2", "+ubuntu-1")

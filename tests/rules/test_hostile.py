"""Dockerfiles made to keep the rules busy: time grows with the size, not with its square."""

from __future__ import annotations

import time

import pytest

from dockgate.linter.engine import check
from dockgate.rules.registry import rules_of
from tests.rules.subjects import read

N = 2000

SOURCES = {
    "a chain of stages": "FROM debian:12 AS s0\n"
    + "".join(
        f"FROM s{i - 1} AS s{i}\nRUN sudo apt-get install x\nWORKDIR a\nUSER 0\n"
        for i in range(1, N)
    ),
    "one long stage": "FROM debian:12\n"
    + "".join(
        f"RUN sudo apt-get update; apt-get install gcc{i}; curl -o a{i} https://x/{i} && sh a{i}\n"
        for i in range(N)
    ),
    "stages nearly named": "".join(f"FROM debian:12 AS stage{i}\n" for i in range(N))
    + "".join(f"COPY --from=stagf{i} /a /b\n" for i in range(N)),
    "packages put in and taken out": "FROM alpine:3\n"
    + "".join(f"RUN apk add gcc-{i} \\\n && apk del gcc-{i} 'x*'\n" for i in range(N)),
    **{
        f"words that begin like {word!r}": "FROM debian:12\n"
        + f"RUN echo '{word * (60_000 // len(word))}' > x\n" * 9
        + f"RUN rm -rf /var/lib/{word * (60_000 // len(word))}\n"
        + f"RUN powershell {word * (60_000 // len(word))}\n"
        for word in (
            "[ trusted=yes ",
            "Acquire::https::",
            "Acquire::https::a::Verify-Peer ",
            "sslverify = ",
            "{apt,",
            "iex irm ",
            "irm | ",
            " ",
            "\t\\\n",
            "gpgcheck",
        )
    },
}

#: Seconds of CPU for all rules on one of these; they take well below one.
MOST = 5.0


@pytest.mark.parametrize("name", SOURCES)
def test_no_rule_is_slow(name: str) -> None:
    dockerfile = read(SOURCES[name])
    before = time.process_time()
    _, failures = check(dockerfile, rules_of("dockerfile").values())
    assert failures == []
    assert time.process_time() - before < MOST

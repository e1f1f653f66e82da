"""A script from the network that is run unseen."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockgate.rules.pattern import pattern
from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction
from dockgate.rules.subjects.downloads import INTERPRETERS, fetched_word, run_files, source_of
from dockgate.rules.subjects.text import Span

_FETCH = r"(?:downloadstring|\biwr\b|\birm\b|invoke-(?:webrequest|restmethod))"
_RUN = r"\b(?:iex|invoke-expression)\b"
_POWERSHELL = pattern(
    rf"{_RUN}[^;]{{0,999}}{_FETCH}|{_FETCH}[^;|]{{0,999}}\|\s?{_RUN}", re.IGNORECASE
)


def _finding(instruction: Instruction, source: str, runs: str, span: Span) -> Finding:
    return Finding(
        f"{runs} runs what {source} fetched, unseen and unverified",
        span,
        stage=instruction.stage,
        help="save it, compare its checksum or signature, then run it; or COPY a reviewed copy",
    )


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the interpreter that runs what a download gave, however it is handed over."""
    for name in sorted(INTERPRETERS | {"eval", ".", "source"}):
        for instruction, command in dockerfile.commands(name):
            source = source_of(command) or fetched_word(command)
            if source is not None and command.name_word is not None:
                yield _finding(instruction, source.name, name, command.name_word.span)
    for instruction in dockerfile.with_triggers():
        script = instruction.script
        if script is None:
            continue
        for source, word in run_files(script.commands):
            yield _finding(instruction, source.name, word.value, word.span)
        if script.language == "powershell" or "powershell" in instruction.original.lower():
            body = instruction.body
            for match in _POWERSHELL.finditer(body.text):
                span = body.span(match.start(), match.end())
                yield _finding(instruction, "a web request", "Invoke-Expression", span)


RULE = Rule(
    "curl-pipe-shell",
    Dockerfile,
    Severity.ERROR,
    why=(
        "A script that is piped from the network into an interpreter runs as root in the build, "
        "and nobody has seen it: the server may send something else tomorrow, or to a build farm "
        "only, and a connection that breaks off runs half of it. set -o pipefail catches the "
        "broken connection, not the changed script. The same holds for bash <(curl …), sh -c "
        '"$(curl …)" and a file that is downloaded and run in one breath. Comparing a checksum or '
        "a signature first makes it good."
    ),
    references=(
        "https://docs.docker.com/build/building/best-practices/#using-pipes",
        "CIS Docker 1.6 4.11",
        "CWE-494",
    ),
    aliases=("DF021",),
    examples=(
        bad("FROM debian:12\nRUN curl -sSL https://x.org/i.sh | sh\n", at=[2]),
        bad("FROM debian:12\nRUN wget -O- https://x.org/i.sh | sudo -E bash - \n", at=[2]),
        bad("FROM debian:12\nRUN set -o pipefail; \\\n curl x.org/i | bash -s -- -y\n", at=[3]),
        bad('FROM debian:12\nSHELL ["bash", "-c"]\nRUN bash <(curl -s https://x.org/i)\n', at=[3]),
        bad('FROM debian:12\nRUN sh -c "$(curl -fsSL https://x.org/i.sh)"\n', at=[2]),
        bad("FROM debian:12\nRUN curl -o /i.sh https://x.org/i && sh /i.sh -b\n", at=[2]),
        bad("FROM debian:12\nRUN wget https://x.org/i.run; chmod +x i.run; ./i.run\n", at=[2]),
        bad("FROM debian:12\nRUN curl https://x.org/get-pip.py | python3 - pip==24\n", at=[2]),
        bad("FROM debian:12\nRUN <<EOF\ncurl https://x.org/i | gunzip | perl\nEOF\n", at=[3]),
        good("FROM debian:12\nRUN curl https://x.org/d.json | python3 -m json.tool\n"),
        good("FROM debian:12\nRUN curl https://x.org/d | perl -ne 'print' | sh /fixed.sh\n"),
        good('FROM debian:12\nRUN V="$(curl -s https://x.org/v)" && sh /build.sh "$V"\n'),
        good(
            "FROM debian:12\nRUN curl -o i.sh https://x.org/i.sh \\\n"
            " && echo '0123  i.sh' | sha256sum -c - && sh i.sh\n"
        ),
        good("FROM debian:12\nRUN curl https://x.org/a.tar.gz | tar xz\n"),
        good("FROM debian:12\nRUN echo 'curl https://x.org/i.sh | sh'\n"),
    ),
    check=check,
)

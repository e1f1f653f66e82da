"""EXPOSE with an address or a port of the host."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile, Word


def _fix(word: Word, port: str, *, plain: bool) -> tuple[Fix, ...]:
    whole = plain and not set(word.value) & set("\"'\\`$")
    return (Fix(f"expose {port}", (Edit(word.span, port),)),) if whole and port else ()


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at each value with a colon that has something before it, after expansion."""
    for instruction in dockerfile.find("EXPOSE"):
        for word, values in zip(instruction.words, instruction.values, strict=True):
            for value in values.split():
                host, colon, port = value.rpartition(":")
                if not colon or not host.strip(":") or "$" in value:
                    continue
                plain = dockerfile.text[word.span] == value
                yield Finding(
                    f"EXPOSE {value}: {host} is the host's, which EXPOSE cannot choose",
                    word.span,
                    stage=instruction.stage,
                    help="expose the container's port alone, and map it with docker run -p",
                    fixes=_fix(word, port, plain=plain),
                )


RULE = Rule(
    "expose-host-mapping",
    Dockerfile,
    Severity.WARNING,
    why=(
        "EXPOSE documents which ports the process in the container listens on; what is published "
        "where on the host is decided by docker run -p. The host's part is thrown away without a "
        "word, so its author believes that a port is bound to 127.0.0.1 when it is not. BuildKit "
        "announces that it will be an error."
    ),
    references=(
        "https://docs.docker.com/reference/build-checks/expose-invalid-format/",
        "https://docs.docker.com/reference/dockerfile/#expose",
    ),
    aliases=("ExposeInvalidFormat", "expose_host_port"),
    examples=(
        bad("FROM scratch\nEXPOSE 80:8080\n", at=[2], fixed="FROM scratch\nEXPOSE 8080\n"),
        bad(
            "FROM scratch\nEXPOSE 443 127.0.0.1:53:53/udp\n",
            at=[2],
            fixed="FROM scratch\nEXPOSE 443 53/udp\n",
        ),
        bad("FROM scratch\nENV P=80:80\nEXPOSE $P\n", at=[3]),
        good("FROM scratch\nEXPOSE 80 53/udp 8000-8010\n"),
        good("FROM scratch\nENV P=80\nEXPOSE ${P:-8080}/tcp\n"),
        good('FROM debian:12\nCMD ["docker", "run", "-p", "80:80", "x"]\n'),
    ),
    needs=("EXPOSE",),
    check=check,
)

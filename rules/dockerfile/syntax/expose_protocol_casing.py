"""EXPOSE with a protocol that is not in lower case."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile

_PROTOCOLS = frozenset({"tcp", "udp", "sctp"})


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at a known protocol in upper case; an unknown one is for invalid-port."""
    for instruction in dockerfile.find("EXPOSE"):
        for word, values in zip(instruction.words, instruction.values, strict=True):
            for value in values.split():
                port, _, protocol = value.rpartition(":")[2].partition("/")
                if not port or protocol == protocol.lower() or protocol.lower() not in _PROTOCOLS:
                    continue
                lower = value.removesuffix(protocol) + protocol.lower()
                plain = dockerfile.text[word.span] == value
                yield Finding(
                    f"EXPOSE {value}: the protocol is written {protocol.lower()}",
                    word.span,
                    stage=instruction.stage,
                    fixes=(Fix(f"write {lower}", (Edit(word.span, lower),)),) if plain else (),
                )


RULE = Rule(
    "expose-protocol-casing",
    Dockerfile,
    Severity.STYLE,
    why=(
        "BuildKit turns the protocol into lower case, so the image's configuration says 80/tcp "
        "where the file says 80/TCP: a search for the one does not find the other, and older "
        "builders refused it."
    ),
    references=("https://docs.docker.com/reference/build-checks/expose-proto-casing/",),
    aliases=("ExposeProtoCasing",),
    examples=(
        bad("FROM scratch\nEXPOSE 80/TcP\n", at=[2], fixed="FROM scratch\nEXPOSE 80/tcp\n"),
        bad("FROM scratch\nEXPOSE 80 53/UDP\n", at=[2], fixed="FROM scratch\nEXPOSE 80 53/udp\n"),
        bad("FROM scratch\nENV P=TCP\nEXPOSE 80/$P\n", at=[3]),
        good("FROM scratch\nEXPOSE 80/tcp 53/udp 9/sctp 80\n"),
        good("FROM scratch\nEXPOSE 80/DNS\n"),
    ),
    needs=("EXPOSE",),
    check=check,
)

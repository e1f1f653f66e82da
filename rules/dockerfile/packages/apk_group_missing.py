"""Packages that come and go in one RUN without a name for the group."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at `apk add` of packages that the same RUN deletes one by one."""
    added: dict[int, list[tuple[object, set[str]]]] = {}
    for instruction, _command, call in dockerfile.calls("apk"):
        if call.verb == "install" and not (call.has("-t") or call.has("--virtual")):
            names = {word.value for word in call.packages}
            added.setdefault(id(instruction), []).append((call, names))
        elif call.verb == "remove":
            gone = {word.value for word in call.packages}
            for _, names in added.get(id(instruction), []):
                both = [word for word in call.packages if word.value in names & gone]
                if both:
                    yield Finding(
                        f"apk del names again what apk add has named: {both[0].value}"
                        + (f" and {len(both) - 1} more" if len(both) > 1 else ""),
                        both[0].span,
                        stage=instruction.stage,
                        help="apk add --virtual .build-deps …, then apk del .build-deps",
                    )


RULE = Rule(
    "apk-group-missing",
    Dockerfile,
    Severity.STYLE,
    enabled=False,
    why=(
        "Packages that are needed only while a RUN builds have to be named twice, in apk add and "
        "apk del, and one that is added to the first list and forgotten in the second stays in "
        "the image for ever. With --virtual .build-deps the group has a name, and apk del takes "
        "it away whole. Off by default: as long as both lists agree the image is the same, so it "
        "is a matter of taste."
    ),
    references=("https://wiki.alpinelinux.org/wiki/Alpine_Package_Keeper#Virtual_Packages",),
    aliases=("apkadd-missing-virtual",),
    examples=(
        bad("FROM alpine:3.20\nRUN apk add --no-cache gcc a && make && apk del gcc\n", at=[2]),
        bad("FROM alpine:3.20\nRUN apk add a b && \\\n  make && \\\n  apk del a b\n", at=[4]),
        good("FROM alpine:3.20\nRUN apk add -t .deps gcc && make && apk del .deps\n"),
        good("FROM alpine:3.20\nRUN apk add --virtual=.d gcc && make && apk del .d\n"),
        good("FROM alpine:3.20\nRUN apk add gcc\nRUN apk del gcc\n"),
        good("FROM alpine:3.20\nRUN apk add curl && apk del libressl\n"),
    ),
    check=check,
)

"""A user or group by name in an image that has no /etc/passwd to look it up in."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction
from dockgate.rules.subjects.stages import roots
from dockgate.rules.subjects.text import Span

_PLACES = ("", ".", "./", "/.", "/etc", "etc", "/etc/passwd", "etc/passwd")


def _may_bring(instruction: Instruction) -> bool:
    """Whether the step may make /etc/passwd; files that go below other folders do not."""
    if instruction.cmd in ("COPY", "ADD") and instruction.values:
        target = instruction.values[-1]
        return "$" in target or target in _PLACES or target.rstrip("/") in _PLACES
    return instruction.cmd in ("RUN", "ONBUILD")


def _names(instruction: Instruction) -> Iterator[tuple[str, Span]]:
    """Who is named, as the instruction gives it."""
    if instruction.cmd == "USER" and instruction.values:
        yield instruction.values[0], instruction.words[0].span
    elif instruction.cmd in ("COPY", "ADD"):
        flag = instruction.flag("chown")
        if flag is not None and flag.value:
            yield flag.value, flag.span


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire in stages that rest on scratch, until a step may have brought /etc/passwd."""
    base = roots(dockerfile)
    brought: set[int] = set()
    for stage in dockerfile.stages:
        if base[stage.index].name != "scratch":
            continue
        unknown = stage.parent is not None and stage.parent.index in brought
        for instruction in stage.instructions:
            for given, span in () if unknown else _names(instruction):
                if "$" in given:
                    continue
                names = [part for part in given.split(":") if part and not part.isdecimal()]
                if names:
                    yield Finding(
                        f"{names[0]} is looked up in /etc/passwd, which this image does not have",
                        span,
                        stage=stage,
                        help="write a number (USER 10001), or copy an /etc/passwd with the name",
                    )
            unknown = unknown or _may_bring(instruction)
        if unknown:
            brought.add(stage.index)


RULE = Rule(
    "named-user-without-passwd",
    Dockerfile,
    Severity.ERROR,
    why=(
        "Names of users and groups are looked up in the image's own /etc/passwd and /etc/group, "
        "and an image FROM scratch has neither. COPY --chown with a name fails in the build, and "
        "USER with a name gives an image that builds well and cannot be started: 'unable to find "
        "user: no matching entries in passwd file'. root by name fails too. Numbers need no "
        "lookup. The rule is silent once a step may have brought the file."
    ),
    references=(
        "https://docs.docker.com/reference/dockerfile/#copy---chown---chmod",
        "https://docs.docker.com/reference/dockerfile/#user",
    ),
    aliases=("named-identity-in-passwdless-stage",),
    examples=(
        bad('FROM scratch\nCOPY app /app\nUSER nobody\nENTRYPOINT ["/app"]\n', at=[3]),
        bad("FROM scratch\nCOPY --chown=app:app app /app\nUSER 1000\n", at=[2]),
        bad("FROM scratch AS base\nCOPY app /app\nFROM base\nUSER 1000:app\n", at=[4]),
        good('FROM scratch\nCOPY app /app\nUSER 65532:65532\nENTRYPOINT ["/app"]\n'),
        good("FROM scratch\nCOPY --from=build /etc/passwd /etc/passwd\nUSER nobody\n"),
        good("FROM scratch\nADD rootfs.tar.xz /\nUSER nobody\n"),
        good("FROM scratch\nCOPY --from=build /out/ /\nUSER nobody\n"),
        good("FROM scratch\nARG UID=1\nCOPY --chown=$UID app /app\nUSER $UID\n"),
        good("FROM alpine:3.22\nUSER nobody\n"),
    ),
    needs=("FROM scratch",),
    check=check,
)

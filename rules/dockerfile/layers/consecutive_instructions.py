"""Steps one after the other that could be one."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction

#: So many COPY or ADD to one folder are worth a word.
COPIES = 3


def _kind(instruction: Instruction) -> tuple[str, ...]:
    """What two neighbours must share to be one: RUN its flags, COPY also its destination."""
    if instruction.cmd not in ("RUN", "COPY", "ADD") or instruction.heredocs:
        return ()
    if instruction.cmd == "RUN" and instruction.json:
        return ()
    flags = sorted(flag.text for flag in instruction.flags)
    target = instruction.values[-1:] if instruction.cmd != "RUN" else []
    return (instruction.cmd, *target, *flags)


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the second of two RUNs, and at the first of three COPYs to one place."""
    for stage in dockerfile.stages:
        before: tuple[str, ...] = ()
        group: list[Instruction] = []
        for instruction in (*stage.instructions, None):
            kind = _kind(instruction) if instruction is not None else ()
            if kind and kind == before and instruction is not None:
                group.append(instruction)
                continue
            yield from _told(group)
            before, group = kind, [instruction] if instruction is not None and kind else []


def _told(group: list[Instruction]) -> Iterator[Finding]:
    if len(group) < 2 or (group[0].cmd != "RUN" and len(group) < COPIES):
        return
    first = group[0] if group[0].cmd != "RUN" else group[1]
    yield Finding(
        f"{len(group)} {first.cmd} one after the other make {len(group)} layers",
        first.keyword,
        stage=first.stage,
        help="join them with && or a heredoc"
        if first.cmd == "RUN"
        else f"name all sources in one {first.cmd}",
    )


RULE = Rule(
    "consecutive-instructions",
    Dockerfile,
    Severity.INFO,
    why=(
        "Each RUN, COPY and ADD makes a layer, and what a later layer changes or deletes is "
        "stored again or kept below. The rule is off by default: the number of layers costs "
        "nearly nothing today, and separate steps are what lets BuildKit keep the result of the "
        "slow ones when a later one changes. Layers that do cost are named by other rules: files "
        "deleted in a later layer, caches left behind, chmod after COPY."
    ),
    references=(
        "https://docs.docker.com/build/building/best-practices/#sort-multi-line-arguments",
        "https://docs.docker.com/build/cache/",
    ),
    aliases=("DL3059", "multiple_run_add_copy_instructions_listed", "DF003"),
    enabled=False,
    examples=(
        bad("FROM debian:12\nRUN a\nRUN b\nRUN c\n", at=[3]),
        bad("FROM debian:12\nCOPY a /app/\nCOPY b /app/\nCOPY c /app/\n", at=[2]),
        good("FROM debian:12\nRUN a\nCOPY x /x\nRUN b\n"),
        good("FROM debian:12\nCOPY a /a\nCOPY b /b\nCOPY c /c\n"),
        good("FROM debian:12\nRUN --mount=type=cache,target=/c a\nRUN b\n"),
        good("FROM debian:12\nRUN a\nFROM debian:12\nRUN b\n"),
    ),
    check=check,
)

"""PowerShell called in RUN after RUN, where SHELL would choose it once."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction
from dockgate.rules.subjects.powershell import calls, runs


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the first of a stage's RUNs when two or more call PowerShell."""
    stages: dict[int, list[Instruction]] = {}
    for instruction, _ in runs(dockerfile):
        if calls(instruction) and instruction.stage is not None:
            stages.setdefault(instruction.stage.index, []).append(instruction)
    for found in stages.values():
        if len(found) > 1:
            yield Finding(
                f"{len(found)} RUNs of this stage start PowerShell from another shell",
                found[0].keyword,
                stage=found[0].stage,
                help='choose it once: SHELL ["powershell", "-Command"]',
            )


RULE = Rule(
    "powershell-without-shell-instruction",
    Dockerfile,
    Severity.STYLE,
    why=(
        "`RUN powershell -Command …` goes through cmd first, so that two shells read the quotes, "
        "and every RUN has to repeat its preferences. With SHELL the RUNs are PowerShell, and "
        "$ErrorActionPreference is set once for all. Off by default: the image is the same, and "
        "some prefer to see in each line what runs it."
    ),
    references=("https://docs.docker.com/reference/dockerfile/#shell",),
    aliases=("powershell/prefer-shell-instruction",),
    enabled=False,
    examples=(
        bad(
            "FROM mcr.microsoft.com/windows/servercore:ltsc2022\n"
            "RUN powershell -Command A\nRUN powershell.exe -Command B\n",
            at=[2],
        ),
        bad(
            "FROM mcr.microsoft.com/powershell:7.4\nRUN pwsh -c A\nRUN true\nRUN pwsh -c B\n",
            at=[2],
        ),
        good('FROM mcr.microsoft.com/powershell:7.4\nSHELL ["pwsh", "-c"]\nRUN A\nRUN B\n'),
        good("FROM mcr.microsoft.com/powershell:7.4\nRUN pwsh -c A\n"),
    ),
    check=check,
)

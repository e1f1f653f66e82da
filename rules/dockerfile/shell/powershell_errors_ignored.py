"""PowerShell that goes on after an error."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.powershell import runs, several


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at a RUN of several statements that never sets $ErrorActionPreference."""
    for instruction, text in runs(dockerfile):
        lowered = text.lower()
        if "erroractionpreference" in lowered or "-file" in lowered:
            continue
        if several(instruction.body.text) or any(h.body.text for h in instruction.heredocs):
            yield Finding(
                "if one of these statements fails, PowerShell goes on with the next",
                instruction.keyword,
                stage=instruction.stage,
                help='SHELL ["powershell", "-Command", "$ErrorActionPreference = \'Stop\';"]',
            )


RULE = Rule(
    "powershell-errors-ignored",
    Dockerfile,
    Severity.INFO,
    why=(
        "PowerShell reports most errors and goes on; its exit status is that of the last "
        "statement. A RUN whose download failed and whose last statement worked makes a broken "
        "layer that is cached. $ErrorActionPreference = 'Stop', in SHELL for all that follows or "
        "at the start of the script, ends it at the first error. A single statement passes: its "
        "failure is the script's."
    ),
    references=(
        "https://docs.docker.com/reference/dockerfile/#shell",
        "https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_preference_variables",
    ),
    aliases=("powershell/error-action-preference",),
    examples=(
        bad(
            "FROM mcr.microsoft.com/windows/servercore:ltsc2022\n"
            "RUN powershell -Command Invoke-WebRequest x.org/a -OutFile a; Expand-Archive a\n",
            at=[2],
        ),
        bad(
            "FROM mcr.microsoft.com/powershell:7.4\n"
            'SHELL ["pwsh", "-Command"]\nRUN Get-Thing; \\\n  Set-Thing\n',
            at=[3],
        ),
        good(
            "FROM mcr.microsoft.com/powershell:7.4\n"
            'SHELL ["pwsh", "-Command", "$ErrorActionPreference = \'Stop\';"]\nRUN A; B\n'
        ),
        good(
            "FROM mcr.microsoft.com/windows/servercore:ltsc2022\n"
            "RUN powershell -Command Add-WindowsFeature Web-Server\nRUN powershell -File a.ps1\n"
        ),
    ),
    needs=("a Windows stage", "~powershell", "~pwsh"),
    check=check,
)

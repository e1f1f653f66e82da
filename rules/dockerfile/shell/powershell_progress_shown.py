"""PowerShell's progress bar in a build."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.powershell import runs

_SLOW = ("invoke-webrequest", "iwr ", "expand-archive", "install-module", "invoke-restmethod")


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at a RUN that downloads or unpacks while $ProgressPreference is as it was."""
    for instruction, text in runs(dockerfile):
        lowered = text.lower()
        if "progresspreference" not in lowered and any(name in lowered for name in _SLOW):
            yield Finding(
                "PowerShell draws a progress bar here, for nobody",
                instruction.keyword,
                stage=instruction.stage,
                help="set $ProgressPreference = 'SilentlyContinue' in SHELL",
            )


RULE = Rule(
    "powershell-progress-shown",
    Dockerfile,
    Severity.STYLE,
    why=(
        "Windows PowerShell updates a progress bar for every few bytes that Invoke-WebRequest "
        "gets or Expand-Archive writes. In a build nobody sees it, it fills the log, and in "
        "version 5.1 it makes a download many times slower. Off by default: PowerShell 7 hardly "
        "suffers, and the image is the same."
    ),
    references=(
        "https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_preference_variables",
    ),
    aliases=("powershell/progress-preference",),
    enabled=False,
    examples=(
        bad(
            "FROM mcr.microsoft.com/windows/servercore:ltsc2022\n"
            "RUN powershell -Command Invoke-WebRequest https://x.org/a -OutFile a\n",
            at=[2],
        ),
        bad(
            'FROM mcr.microsoft.com/powershell:7.4\nSHELL ["pwsh", "-c"]\nRUN Expand-Archive a\n',
            at=[3],
        ),
        good(
            "FROM mcr.microsoft.com/powershell:7.4\n"
            'SHELL ["pwsh", "-c", "$ProgressPreference = \'SilentlyContinue\';"]\n'
            "RUN Expand-Archive a\n"
        ),
        good("FROM mcr.microsoft.com/powershell:7.4\nRUN pwsh -c Get-ChildItem\n"),
    ),
    check=check,
)

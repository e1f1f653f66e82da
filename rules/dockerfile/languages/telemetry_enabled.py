"""Tools that report to their makers from a build."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile

#: command -> (words of which one must be there, the variable that turns it off)
_TOOLS: dict[str, tuple[tuple[str, ...], str]] = {
    "dotnet": ((), "DOTNET_CLI_TELEMETRY_OPTOUT"),
    "next": ((), "NEXT_TELEMETRY_DISABLED"),
    "gatsby": ((), "GATSBY_TELEMETRY_DISABLED"),
    "nuxt": ((), "NUXT_TELEMETRY_DISABLED"),
    "nuxi": ((), "NUXT_TELEMETRY_DISABLED"),
    "astro": ((), "ASTRO_TELEMETRY_DISABLED"),
    "turbo": ((), "TURBO_TELEMETRY_DISABLED"),
    "az": ((), "AZURE_CORE_COLLECT_TELEMETRY"),
    "sam": ((), "SAM_CLI_TELEMETRY"),
    "brew": ((), "HOMEBREW_NO_ANALYTICS"),
    "ng": ((), "NG_CLI_ANALYTICS"),
    "hf": ((), "HF_HUB_DISABLE_TELEMETRY"),
    "huggingface-cli": ((), "HF_HUB_DISABLE_TELEMETRY"),
    "npx": (("next", "gatsby", "nuxt", "astro", "turbo", "ng"), ""),
    "yarn": (("next", "gatsby", "nuxt", "astro", "turbo", "ng"), ""),
}


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire once a stage and tool, where neither ENV nor ARG nor the command sets the variable."""
    told: set[tuple[int, str]] = set()
    for name, (wanted, variable) in _TOOLS.items():
        for instruction, command in dockerfile.commands(name):
            word, stage = command.name_word, instruction.stage
            if instruction.cmd != "RUN" or word is None or stage is None or not command.args:
                continue
            tool = next((w.value for w in command.args[:2] if w.value in wanted), "")
            switch = variable or (_TOOLS[tool][1] if tool else "")
            if not switch or switch in instruction.env or switch in instruction.original:
                continue
            if (stage.index, switch) not in told:
                told.add((stage.index, switch))
                yield Finding(
                    f"{tool or name} reports its use to its makers, also from a build",
                    word.span,
                    stage=stage,
                    help=f"ENV {switch}={'false' if 'COLLECT' in switch else '1'}",
                )


RULE = Rule(
    "telemetry-enabled",
    Dockerfile,
    Severity.INFO,
    enabled=False,
    why=(
        "Many build tools send to their makers what is built, with which versions and on what "
        "machine. On a build farm that is slow, needs a way through the firewall, and tells "
        "others about private projects; set by ENV it also holds for the running container. Off "
        "by default: whether to send it is a choice of the owner, and no fault of the image."
    ),
    references=("https://learn.microsoft.com/en-us/dotnet/core/tools/telemetry", "CWE-359"),
    aliases=("prefer-telemetry-opt-out",),
    examples=(
        bad(
            "FROM mcr.microsoft.com/dotnet/sdk:8.0\nRUN dotnet restore\nRUN dotnet build\n", at=[2]
        ),
        bad("FROM node:22\nRUN true && \\\n  npx next build\n", at=[3]),
        good("FROM sdk:8\nENV DOTNET_CLI_TELEMETRY_OPTOUT=1\nRUN dotnet b\n"),
        good("FROM node:22\nRUN NEXT_TELEMETRY_DISABLED=1 npx next build && yarn build\n"),
    ),
    check=check,
)

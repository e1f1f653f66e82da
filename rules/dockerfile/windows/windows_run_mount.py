"""RUN --mount in a Windows container."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at each mount in a stage that is Windows as far as text can tell."""
    for stage in dockerfile.stages:
        if not stage.windows:
            continue
        for instruction in stage.find("RUN"):
            for flag in instruction.flags:
                if flag.name == "mount":
                    yield Finding(
                        f"{flag.text} needs BuildKit for Windows, which Docker does not use there",
                        flag.span,
                        stage=stage,
                        help="copy the files, or build the part that needs the mount on Linux",
                    )


RULE = Rule(
    "windows-run-mount",
    Dockerfile,
    Severity.WARNING,
    why=(
        "Docker builds Windows containers with the classic builder, which refuses RUN --mount. "
        "BuildKit's own support for Windows is young: cache, bind and, with a target, secret "
        "mounts exist in new versions, ssh and tmpfs do not. So the file builds for few people, "
        "if for anybody. Some linters call it an error; since newest BuildKit takes some of it, "
        "dockgate calls it a warning."
    ),
    references=(
        "https://docs.docker.com/build/buildkit/#buildkit-on-windows",
        "https://docs.docker.com/reference/dockerfile/#run---mount",
    ),
    aliases=("windows/no-run-mounts",),
    examples=(
        bad(
            "FROM mcr.microsoft.com/windows/servercore:ltsc2022\n"
            "RUN --mount=type=cache,target=C:/cache dir\n",
            at=[2],
        ),
        bad(
            "FROM mcr.microsoft.com/windows/nanoserver:ltsc2022\n"
            "RUN --network=none --mount=type=ssh \\\n  --mount=type=tmpfs,target=/t dir\n",
            at=[2, 3],
        ),
        good("FROM debian:12\nRUN --mount=type=cache,target=/c make\n"),
        good("FROM mcr.microsoft.com/windows/servercore:ltsc2022\nRUN dir\n"),
    ),
    needs=("a Windows stage",),
    check=check,
)

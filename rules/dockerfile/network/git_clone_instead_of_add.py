"""git clone in a RUN, where BuildKit could fetch the repository itself."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the verb of each `git clone` of an address."""
    for instruction, command in dockerfile.commands("git"):
        if instruction.cmd != "RUN":
            continue
        verb = next((word for word in command.args if word.value == "clone"), None)
        address = next((w for w in command.args if "://" in w.value or "git@" in w.value), None)
        if verb is not None and address is not None:
            yield Finding(
                f"git clone of {address.value} in a RUN: once cached it is not looked at again",
                verb.span,
                stage=instruction.stage,
                help=f"ADD {address.value}#COMMIT /path, which needs no git in the image",
            )


RULE = Rule(
    "git-clone-instead-of-add",
    Dockerfile,
    Severity.INFO,
    enabled=False,
    why=(
        "BuildKit caches a RUN by its text: git clone of a branch brings what the branch held "
        "the first time, and leaves .git with the whole history and git itself in the layer. ADD "
        "of a repository asks the server for the commit, is cached by it, and needs no git. Off "
        "by default: ADD fetches no submodules' private hosts, cannot check out by a script's "
        "choice, and a clone in a builder stage that is pinned to a commit is as good."
    ),
    references=(
        "https://docs.docker.com/reference/dockerfile/#adding-files-from-a-git-repository",
    ),
    aliases=("prefer-add-git",),
    examples=(
        bad("FROM debian:12\nRUN git clone https://x.org/a.git /src\n", at=[2]),
        bad("FROM debian:12\nRUN true && \\\n  git -C / clone --depth 1 git@x.org:a\n", at=[3]),
        good("FROM debian:12\nRUN git clone /mnt/a /src && git fetch https://x.org/a\n"),
        good("FROM debian:12\nADD https://x.org/a.git#v1 /src\nRUN echo git clone https://x\n"),
    ),
    check=check,
)

"""A variable that only the base image can set."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.dockerfile.variables._undefined import uses
from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.users import base_of


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at what the file does not define and a base image may."""
    for use in uses(dockerfile):
        stage = use.instruction.stage
        if not use.reason and stage is not None:
            yield Finding(
                f"${use.name} is not set unless {base_of(stage).name} sets it",
                use.span,
                stage=stage,
                help=f"give it a value of its own: ARG {use.name}=… or ${{{use.name}:-…}}",
            )


RULE = Rule(
    "base-variable",
    Dockerfile,
    Severity.INFO,
    enabled=False,
    why=(
        "What a base image sets may change with its next version, and then the variable is empty "
        "without a word. Off by default: whether the base sets it now only a registry can tell, "
        "and many do (GOPATH, JAVA_HOME, PYTHON_VERSION). Together with undefined-variable this "
        "is what BuildKit's UndefinedVar says of a base that sets PATH only."
    ),
    references=(
        "https://docs.docker.com/reference/build-checks/undefined-var/",
        "https://docs.docker.com/reference/dockerfile/#environment-replacement",
    ),
    aliases=("UndefinedVar",),
    examples=(
        bad("FROM golang:1.23\nWORKDIR $GOPATH/src\n", at=[2]),
        bad("FROM debian:12\nENV LD_LIBRARY_PATH=/x:$LD_LIBRARY_PATH\n", at=[2]),
        good("FROM golang:1.23\nENV GOPATH=/go\nWORKDIR $GOPATH/src\n"),
        bad("FROM debian:12\nENV MANPATH=/x:${MANPATH:-}\n", at=[2]),
        good("FROM scratch\nCOPY $foo /\n"),
        good("FROM debian:12\nARG B\nENV PATH=/x:$PATH A=${B:-c}\n"),
    ),
    check=check,
)

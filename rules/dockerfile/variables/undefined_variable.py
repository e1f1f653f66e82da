"""A variable that nothing can have set."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.dockerfile.variables._undefined import uses
from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire where no base image can be what sets it: that would be base-variable's."""
    for use in uses(dockerfile):
        if use.reason:
            yield Finding(
                f"${use.name} has no value here: {use.reason}",
                use.span,
                stage=use.instruction.stage,
                help=f"declare it above with ARG {use.name} or ENV {use.name}=…",
            )


RULE = Rule(
    "undefined-variable",
    Dockerfile,
    Severity.WARNING,
    why=(
        "BuildKit puts nothing in the place of a variable that is not set, so COPY $SRC /app "
        "copies the whole context and ENV URL=$HOST/x points nowhere, without an error. The "
        "usual reasons: an ARG before the first FROM, which stages do not see; an ARG below its "
        "use; a slip of the pen; the body of a COPY heredoc, in which BuildKit replaces $uri "
        "unless the delimiter is quoted.\n"
        "BuildKit's own check knows what the base image sets, because it pulls the image. From "
        "text alone that is open, so this rule fires only where no base can be the reason, and "
        "base-variable, off by default, at the rest: the two together are BuildKit's UndefinedVar."
    ),
    references=(
        "https://docs.docker.com/reference/build-checks/undefined-var/",
        "https://docs.docker.com/reference/dockerfile/#scope",
    ),
    aliases=("UndefinedVar",),
    examples=(
        bad("ARG V=1\nFROM debian:12\nENV VERSION=$V\n", at=[3]),
        bad("FROM scratch\nCOPY $foo /\n", at=[2]),
        bad("FROM debian:12\nCOPY $SRC /\nARG SRC=a\n", at=[2]),
        bad("FROM debian:12\nARG TARGETVARIANT\nENV V=$TARGETVARANT\n", at=[3]),
        bad("FROM nginx:1\nCOPY <<EOF /etc/nginx/x.conf\ntry_files $uri =404;\nEOF\n", at=[3]),
        good("FROM debian:12\nARG foo\nCOPY a$foo ${PATH} /x/\n"),
        good("FROM debian:12 AS b\nARG A=a\nFROM b\nCOPY $A /\n"),
        good("FROM golang:1.23\nENV PATH=$PATH:$GOPATH/bin\nWORKDIR $GOPATH/src\n"),
        good("FROM debian:12\nENV LD_LIBRARY_PATH=/x:$LD_LIBRARY_PATH\nRUN echo $nope\n"),
        good("FROM nginx:1\nCOPY <<'EOF' /etc/nginx/x.conf\ntry_files $uri =404;\nEOF\n"),
        good("FROM debian:12\nCOPY ${SRC:-src} /\n"),
    ),
    needs=("~$",),
    check=check,
)

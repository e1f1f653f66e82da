"""Go packages without a version."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.dockerfile.pinning._unpinned import unpinned
from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction
from dockgate.rules.subjects.packages import PackageCall

_MOVING = frozenset({"latest", "upgrade", "patch", "main", "master", "HEAD", "develop", "trunk"})


def _pinned(operand: str) -> bool:
    path, at, version = operand.partition("@")
    remote = "." in path.partition("/")[0] and not path.endswith("...")
    return not remote or (bool(at) and version not in _MOVING)


def _pinned_or_of_go_mod(operand: str) -> bool:
    return "@" not in operand or _pinned(operand)


def _gets(_instruction: Instruction, call: PackageCall) -> bool:
    return call.verb_word.value == "get"


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at go get without a version, and at @latest or a branch in go get and go install."""
    advice = "name the version: {}@vX.Y.Z"
    yield from unpinned(dockerfile, ("go",), _pinned, advice, applies=_gets)
    yield from unpinned(
        dockerfile,
        ("go",),
        _pinned_or_of_go_mod,
        advice,
        applies=lambda i, call: not _gets(i, call),
    )


RULE = Rule(
    "unpinned-go-package",
    Dockerfile,
    Severity.INFO,
    why=(
        "@latest, a branch, or go get without a version mean what the repository holds on the "
        "day of the build: two builds of one commit differ, and nobody has looked at what came. "
        "A version is pinned for good, since the checksum database and the module proxy keep it. "
        "`go install PATH` without @ is left in peace, where peers fire: Go takes the version "
        "from go.mod then, and refuses to run where there is none."
    ),
    references=(
        "https://go.dev/ref/mod#go-install",
        "CWE-1357",
    ),
    aliases=("DL3062", "DF054"),
    examples=(
        bad("FROM golang:1.23\nRUN go install golang.org/x/tools/gopls@latest\n", at=[2]),
        bad(
            "FROM golang:1.23\nRUN go get -d golang.org/x/net/html && \\\n go get a.b/c@main\n",
            at=[2, 3],
        ),
        good("FROM golang:1.23\nRUN go install golang.org/x/tools/gopls@v0.16.1\n"),
        good("FROM golang:1.23\nRUN go install ./... && go install . && go get ./...\n"),
        good("FROM golang:1.23\nRUN go install example.com/tool/cmd/x && go get a.b/c@$V\n"),
        good("FROM golang:1.23\nRUN go build -o /a a.b/c && go mod download\n"),
    ),
    needs=("go",),
    check=check,
)

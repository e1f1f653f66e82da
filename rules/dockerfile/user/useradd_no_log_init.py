"""useradd with a high user id, which makes a huge sparse file."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects.accounts import read
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.text import Span

#: From here on the file's apparent size, 292 bytes a uid, is tens of megabytes.
HIGH = 100_000


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at useradd's user id when neither -l nor --no-log-init is given."""
    for instruction, command in dockerfile.commands("useradd"):
        call = read(command)
        word = call.options.get("u")
        uid = call.values.get("u", "")
        if word is None or "l" in call.options or command.name_word is None:
            continue
        uid = uid if uid.isdecimal() else (word.expand(instruction.env) or "")
        if uid.isdecimal() and uid.isascii() and int(uid) >= HIGH:
            at = command.name_word.span.end
            edit = Edit(Span(at, at), " --no-log-init")
            yield Finding(
                f"useradd with user id {uid} and without --no-log-init writes a log sized by the "
                "highest user id",
                word.span,
                stage=instruction.stage,
                fixes=() if instruction.json else (Fix("add --no-log-init", (edit,)),),
            )


RULE = Rule(
    "useradd-no-log-init",
    Dockerfile,
    Severity.WARNING,
    why=(
        "useradd writes an entry into /var/log/lastlog and faillog at an offset that grows with "
        "the user id. With an id of ten digits the file claims hundreds of gigabytes; it is "
        "sparse on disk, but Go's tar, which packs layers, writes out the zeros, so the build "
        "takes hours, fills the disk of the machine that builds, or gives an image that nobody "
        "can pull. --no-log-init leaves the entry out; a container has no use for it."
    ),
    references=(
        "https://docs.docker.com/build/building/best-practices/#user",
        "https://github.com/golang/go/issues/13548",
        "CWE-400",
    ),
    aliases=("DL3046", "DF064"),
    examples=(
        bad(
            "FROM debian:12\nRUN useradd -u 123456 app\n",
            at=[2],
            fixed="FROM debian:12\nRUN useradd --no-log-init -u 123456 app\n",
        ),
        bad(
            "FROM debian:12\nARG UID=1000650000\nRUN true && \\\n  useradd -m --uid $UID app\n",
            at=[4],
            fixed=(
                "FROM debian:12\nARG UID=1000650000\n"
                "RUN true && \\\n  useradd --no-log-init -m --uid $UID app\n"
            ),
        ),
        bad(
            "FROM debian:12\nRUN useradd --uid=200000 app\n",
            at=[2],
            fixed="FROM debian:12\nRUN useradd --no-log-init --uid=200000 app\n",
        ),
        good("FROM debian:12\nRUN useradd -l -u 123456 app\n"),
        good("FROM debian:12\nRUN useradd -rlmu 123456 app\n"),
        good("FROM debian:12\nRUN useradd -u 10001 -g 123456 app\n"),
        good("FROM alpine:3.22\nRUN adduser -D -u 123456 app\n"),
    ),
    needs=("useradd",),
    check=check,
)

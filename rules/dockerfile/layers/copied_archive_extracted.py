"""An archive is copied and then unpacked, which keeps it in a layer."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.copies import Copied, Copy, copies
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.shell import Command

_TAR = (".tar", ".tgz", ".tbz2", ".tbz", ".txz", ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst")


def _unpacked(command: Command) -> list[str]:
    """The archives that tar reads."""
    values = [word.value for word in command.args]
    if not values:
        return []
    first = values[0].lstrip("-")
    extracts = ("x" in first and first.isalpha() and not values[0].startswith("--")) or any(
        v in ("-x", "--extract", "--get") or (v.startswith("-") and v[1:2] != "-" and "x" in v)
        for v in values
    )
    return [v for v in values if v.lower().endswith(_TAR)] if extracts else []


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at COPY of a tar archive of the context that a later RUN of the stage extracts."""
    opened = [(i, c) for i, c in dockerfile.commands("tar", "bsdtar") if i.cmd == "RUN"]
    if not opened:
        return
    known = Copied(filter(_is_archive, copies(dockerfile)))
    told: set[int] = set()
    for instruction, command in opened:
        for path in _unpacked(command):
            copy = known.before(instruction, path)
            if copy is not None and copy.source.span.start not in told:
                told.add(copy.source.span.start)
                name = copy.source.value
                yield Finding(
                    f"{name} is copied and then unpacked: the image holds it twice",
                    copy.source.span,
                    stage=copy.instruction.stage,
                    help=f"ADD {name} unpacks it, and the archive stays out of the image",
                )


def _is_archive(copy: Copy) -> bool:
    instruction = copy.instruction
    if instruction.cmd != "COPY" or instruction.flag("from") is not None:
        return False
    return copy.path.lower().endswith(_TAR)


RULE = Rule(
    "copied-archive-extracted",
    Dockerfile,
    Severity.INFO,
    why=(
        "COPY puts the archive into a layer of its own, which stays in the image even when the "
        "RUN that unpacks it deletes it: everybody who pulls the image pulls its content twice. "
        "ADD unpacks a local tar archive (plain, gzip, bzip2, xz) while it copies, and keeps "
        "nothing else; RUN --mount=type=bind gives tar the file without copying it."
    ),
    references=(
        "https://docs.docker.com/reference/dockerfile/#add",
        "https://docs.docker.com/build/building/best-practices/#add-or-copy",
    ),
    aliases=("DL3010", "prefer-add-unpack", "DF067"),
    examples=(
        bad("FROM debian:12\nCOPY app.tar.gz /tmp/\nRUN tar xzf /tmp/app.tar.gz -C /opt\n", at=[2]),
        bad(
            "FROM debian:12\nWORKDIR /src\nCOPY a.txt \\\n  a.tgz ./\n"
            "RUN tar -C /opt -xf a.tgz && rm a.tgz\n",
            at=[4],
        ),
        bad("FROM debian:12\nCOPY x.tar /a.tar\nRUN cd / && tar --extract --file a.tar\n", at=[2]),
        good("FROM debian:12\nADD app.tar.gz /opt\n"),
        good("FROM debian:12\nCOPY app.tar.gz /srv/\nRUN tar tzf /srv/app.tar.gz\n"),
        good("FROM debian:12\nCOPY a.tar.gz /a/\nRUN tar xzf /b/a.tar.gz\n"),
        good("FROM debian:12\nCOPY app.zip /tmp/\nRUN unzip /tmp/app.zip\n"),
        good("FROM debian:12\nCOPY --from=b /a.tar /a.tar\nRUN tar xf /a.tar\n"),
    ),
    needs=("bsdtar", "tar"),
    check=check,
)

"""ADD where COPY does the same."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.sources import is_git, is_surely_plain, is_web, may_be_archive

ONLY_ADD = ("checksum", "unpack", "keep-git-dir")


def _needs_add(source: str, target: str) -> bool:
    if not source or "$" in source:  # not known here: app.jar tells that no archive is unpacked
        return not re.search(r"\.[a-z][a-z0-9]*$", target) or may_be_archive(target)
    return is_web(source) or is_git(source) or may_be_archive(source)


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at ADD when all its sources are plain files or folders of the context."""
    for instruction in dockerfile.with_triggers():
        if instruction.cmd != "ADD" or any(instruction.flag(name) for name in ONLY_ADD):
            continue
        sources, written = instruction.values[:-1], [w.value for w in instruction.words[:-1]]
        if not sources or any(_needs_add(s, instruction.values[-1]) for s in sources):
            continue
        word = dockerfile.text[instruction.keyword]
        edit = Edit(instruction.keyword, "copy" if word.islower() else "COPY")
        safe = all(is_surely_plain(s) or s.startswith("<<") for s in sources)
        yield Finding(
            f"ADD {' '.join(written)} is what COPY does",
            instruction.keyword,
            stage=instruction.stage,
            fixes=(Fix("use COPY", (edit,), safe=safe),),
        )


RULE = Rule(
    "add-instead-of-copy",
    Dockerfile,
    Severity.INFO,
    why=(
        "ADD does more than it says: it unpacks a local archive whatever its name, and fetches "
        "web addresses and git repositories. For plain files the reader must rule all that out, "
        "and a file which one day is a tar archive, or is replaced by one, lands unpacked in the "
        "image, with the paths and modes that its maker chose. COPY copies. The fix is unsafe "
        "where the name does not show that the source is no archive."
    ),
    references=(
        "https://docs.docker.com/build/building/best-practices/#add-or-copy",
        "CIS Docker 1.6 4.9",
    ),
    aliases=(
        "DL3020",
        "DS-0005",
        "CKV_DOCKER_4",
        "add_instead_of_copy",
        "prefer-copy-over-add",
        "CIS-DI-0009",
        "DF006",
    ),
    examples=(
        bad("FROM debian:12\nADD app.py /\n", at=[2], fixed="FROM debian:12\nCOPY app.py /\n"),
        bad(
            "FROM debian:12\nadd --chown=1:1 . \\\n  /app\n",
            at=[2],
            fixed="FROM debian:12\ncopy --chown=1:1 . \\\n  /app\n",
        ),
        bad(
            "FROM debian:12\nONBUILD ADD src/ rootfs /\n",
            at=[2],
            fixed="FROM debian:12\nONBUILD COPY src/ rootfs /\n",
        ),
        bad(
            'FROM debian:12\nADD ["a b.txt", "/"]\n',
            at=[2],
            fixed=('FROM debian:12\nCOPY ["a b.txt", "/"]\n'),
        ),
        bad(
            "FROM eclipse-temurin:21\nARG JAR\nADD ${JAR} app.jar\n",
            at=[3],
            fixed="FROM eclipse-temurin:21\nARG JAR\nCOPY ${JAR} app.jar\n",
        ),
        good("FROM scratch\nADD rootfs.tar.xz /\n"),
        good("FROM scratch\nADD alpine-*.tar* /\n"),
        good("FROM debian:12\nADD https://example.com/a.txt /\n"),
        good("FROM debian:12\nADD git@github.com:docker/buildx.git#v0.14.1 /src\n"),
        good("FROM debian:12\nARG ROOTFS\nADD ${ROOTFS} /\n"),
        good("FROM debian:12\nCOPY app.py /\n"),
    ),
    needs=("ADD",),
    check=check,
)

"""wget that fills the build's log with dots."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.pattern import pattern
from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile, Stage
from dockgate.rules.subjects.installed import inventory
from dockgate.rules.subjects.shell import Command
from dockgate.rules.subjects.text import Span
from dockgate.rules.subjects.users import base_of

_QUIET = pattern(
    r"-[a-zA-Z]*[qV].*|-[a-zA-Z]*nv.*|--(?:quiet|no-verbose|progress|show-progress|output-file"
    r"|append-output|spider|version|help).*|-[oa].*"
)

_SMALL = (".asc", ".sig", ".gpg", ".key", ".sha256", ".sha512", ".md5", ".pem", ".list", ".repo")


def _is_gnu(stage: Stage) -> bool:
    """Whether its wget is likely GNU's: BusyBox's knows no --progress and fails on it."""
    base = base_of(stage)
    small = "alpine" in base.name or "busybox" in base.name
    return not small or "wget" in inventory(stage).packages


def _quiet(command: Command) -> bool:
    return any(_QUIET.fullmatch(word.value) for word in command.args) or not command.args


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at GNU wget in a RUN with neither -q, -nv nor --progress."""
    for instruction, command in dockerfile.commands("wget"):
        word, stage = command.name_word, instruction.stage
        if instruction.cmd != "RUN" or word is None or stage is None or _quiet(command):
            continue
        if any(word.value.startswith("$") for word in command.args[:1]) or not _is_gnu(stage):
            continue
        if any(word.value.endswith(_SMALL) for word in command.args):
            continue
        fixes: tuple[Fix, ...] = ()
        if not command.exec_form:
            edit = Edit(Span(word.span.end, word.span.end), " --progress=dot:giga")
            fixes = (Fix("one line for 32 MB", (edit,), safe=False),)
        yield Finding(
            "wget writes a line to the log for every 50 kB that it fetches",
            word.span,
            stage=stage,
            help="add --no-verbose (-nv), or --progress=dot:giga",
            fixes=fixes,
        )


RULE = Rule(
    "wget-progress",
    Dockerfile,
    Severity.INFO,
    why=(
        "Without a terminal wget writes a line of dots for every 50 kB: 2,000 lines for 100 MB. "
        "BuildKit cuts the log of a step at 2 MiB, so that the lines that say what went wrong "
        "may be the ones that are lost, and people scroll past the rest. -nv still shows errors, "
        "which -q does not. BusyBox's wget, as in Alpine, has neither option and is left in "
        "peace; the fix is unsafe because a base image may have another wget than it seems."
    ),
    references=("https://www.gnu.org/software/wget/manual/wget.html#Download-Options",),
    aliases=("DL3047", "DF056"),
    examples=(
        bad(
            "FROM debian:12\nRUN wget https://x.org/a\n",
            at=[2],
            fixed="FROM debian:12\nRUN wget --progress=dot:giga https://x.org/a\n",
        ),
        bad(
            "FROM alpine:3.20\nRUN apk add wget && \\\n    wget -O /a https://x.org/a\n",
            at=[3],
            fixed=(
                "FROM alpine:3.20\nRUN apk add wget && \\\n"
                "    wget --progress=dot:giga -O /a https://x.org/a\n"
            ),
        ),
        good("FROM debian:12\nRUN wget -qO- https://x.org/a | sh; wget -nv https://x.org/a\n"),
        good("FROM debian:12\nRUN wget --progress=bar https://x.org/a && wget -o log x.org/a\n"),
        good("FROM alpine:3.20\nRUN wget https://x.org/a\n"),
        good("FROM debian:12\nRUN wget -O /a.asc https://x.org/a.asc\n"),
        good("FROM debian:12\nHEALTHCHECK CMD wget -O /dev/null http://localhost/\n"),
    ),
    needs=("wget",),
    check=check,
)

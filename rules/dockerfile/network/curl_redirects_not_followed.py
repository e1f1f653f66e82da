"""curl that saves the redirect instead of the file."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects import apt
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.downloads import address_of, is_local, saved_as
from dockgate.rules.subjects.text import Span

#: Requests that are more than a download.
_OTHER = ("-I", "--head", "-X", "--request", "-d", "--data", "-F", "--form", "-T", "-w", "-K")


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at curl without --location in a RUN that saves or pipes what it gets."""
    calls = dockerfile.commands("curl")
    configured = apt.Decided(dockerfile, "curlrc") if calls else None
    for instruction, command in calls:
        word = command.name_word
        if instruction.cmd != "RUN" or word is None or address_of(command) is None:
            continue
        if command.has("-L", "--location", "--location-trusted", "--next", *_OTHER):
            continue
        if (saved_as(command) is None and command.pipe_to is None) or is_local(command):
            continue
        if configured is not None and configured.before(instruction):
            continue
        fixes: tuple[Fix, ...] = ()
        if not command.exec_form:
            edit = Edit(Span(word.span.end, word.span.end), " --location")
            fixes = (Fix("follow redirects", (edit,), safe=False),)
        yield Finding(
            "curl without --location takes a redirect for the file",
            word.span,
            stage=instruction.stage,
            help="add --location (-L)",
            fixes=fixes,
        )


RULE = Rule(
    "curl-redirects-not-followed",
    Dockerfile,
    Severity.INFO,
    why=(
        "Without --location curl saves what the redirect says, usually nothing or a line of "
        "HTML, and ends with status 0, even with --fail. The build breaks, or goes on with an "
        "empty file, on the day the server moves the download to another address, as release "
        "pages and mirrors do. The fix is unsafe because a redirect may lead to another host: "
        "compare a checksum. Requests that send something or ask only for headers are left."
    ),
    references=("https://curl.se/docs/manpage.html#-L",),
    aliases=("curl-should-follow-redirects",),
    examples=(
        bad(
            "FROM debian:12\nRUN curl -fsSo /a https://x.org/a\n",
            at=[2],
            fixed="FROM debian:12\nRUN curl --location -fsSo /a https://x.org/a\n",
        ),
        bad(
            "FROM debian:12\nRUN set -e; \\\n  curl -fsS https://x.org/a.tgz | tar xz\n",
            at=[3],
            fixed=(
                "FROM debian:12\nRUN set -e; \\\n"
                "  curl --location -fsS https://x.org/a.tgz | tar xz\n"
            ),
        ),
        good("FROM debian:12\nRUN curl -fsSL https://x.org/a -o /a && curl -ILo b x.org/b\n"),
        good("FROM debian:12\nRUN curl -X POST -d a=b https://x.org/a -o /a; curl -V\n"),
        good("FROM debian:12\nRUN curl -fo /a http://localhost:8080/a\n"),
        good("FROM debian:12\nHEALTHCHECK CMD curl -f https://x.org/ -o /dev/null\n"),
    ),
    needs=("curl",),
    check=check,
)

"""curl that takes an error page for the file."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects import apt
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction
from dockgate.rules.subjects.downloads import VERIFIERS, saved_as
from dockgate.rules.subjects.shell import Command
from dockgate.rules.subjects.text import Span

#: Commands that fail by themselves when they are given an error page.
_NOTICES = VERIFIERS | frozenset(
    {"tar", "unzip", "gunzip", "gzip", "xz", "dpkg", "rpm", "apt-get", "apt", "bsdtar", "jq", "7z"}
    | {"bunzip2", "zstd", "test", "[", "grep", "java"}
)

#: Endings of files that carry a checksum of their own: whoever opens them notices.
_CHECKED = (".deb", ".rpm", ".apk", ".zip", ".tgz", ".gz", ".xz", ".bz2", ".zst", ".whl", ".gem")


def _unnoticed(instruction: Instruction, command: Command) -> bool:
    if instruction.cmd == "HEALTHCHECK":
        return command.pipe_to is None and "substitution" not in command.context
    script = instruction.script
    file = saved_as(command)
    if instruction.cmd != "RUN" or script is None or file is None or file.endswith(_CHECKED):
        return False
    return not any(
        other.name in _NOTICES for other in script.commands if other.span.start > command.span.start
    )


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at curl without --fail that saves what it gets, or that is a health check."""
    calls = dockerfile.commands("curl")
    configured = apt.Decided(dockerfile, "curlrc") if calls else None
    for instruction, command in calls:
        word = command.name_word
        if command.has("-f", "--fail", "--fail-with-body", "-I", "--head", "-w", "--write-out"):
            continue
        if word is None or not _unnoticed(instruction, command) or command.has("-K", "--config"):
            continue
        if configured is not None and configured.before(instruction):
            continue
        checks = instruction.cmd == "HEALTHCHECK"
        fixes: tuple[Fix, ...] = ()
        if not command.exec_form:
            edit = Edit(Span(word.span.end, word.span.end), " --fail")
            fixes = (Fix("fail on HTTP errors", (edit,), safe=False),)
        yield Finding(
            "curl without --fail: a server that answers 500 counts as healthy"
            if checks
            else f"curl without --fail saves an error page as {saved_as(command)}, and goes on",
            word.span,
            stage=instruction.stage,
            help="add --fail (-f)",
            fixes=fixes,
        )


RULE = Rule(
    "curl-ignores-http-errors",
    Dockerfile,
    Severity.WARNING,
    why=(
        "curl ends with status 0 when it got an answer, also when the answer is 404 or 500. The "
        "error page is then saved as the file, the build goes on, and what fails is the program "
        "in production; as a health check, a server that answers nothing but errors counts as "
        "healthy. --fail makes curl end with status 22. Where the next command notices by itself "
        "(tar, unzip, sha256sum, dpkg, jq) or the status is asked for, it is left in peace."
    ),
    references=(
        "https://curl.se/docs/manpage.html#-f",
        "https://docs.docker.com/reference/dockerfile/#healthcheck",
        "CWE-252",
    ),
    aliases=("DF035",),
    examples=(
        bad(
            "FROM debian:12\nRUN curl -sSLo /etc/apt/keyrings/a.asc https://x.org/a.asc\n",
            at=[2],
            fixed=(
                "FROM debian:12\n"
                "RUN curl --fail -sSLo /etc/apt/keyrings/a.asc https://x.org/a.asc\n"
            ),
        ),
        bad(
            "FROM debian:12\nHEALTHCHECK --interval=5m \\\n  CMD curl http://localhost/\n",
            at=[3],
            fixed=(
                "FROM debian:12\nHEALTHCHECK --interval=5m \\\n"
                "  CMD curl --fail http://localhost/\n"
            ),
        ),
        bad('FROM debian:12\nHEALTHCHECK CMD ["curl", "http://localhost/"]\n', at=[2]),
        good("FROM debian:12\nRUN curl -fsSLo /a https://x.org/a && curl --fail -O x.org/b\n"),
        good("FROM debian:12\nRUN curl -Lo a.tgz https://x.org/a.tgz && tar xf a.tgz\n"),
        good("FROM debian:12\nRUN curl -sS https://x.org/i | sh && curl -I https://x.org/\n"),
        good("FROM debian:12\nHEALTHCHECK CMD curl -s http://localhost/ | grep ok\n"),
        good("FROM debian:12\nCMD curl https://x.org/ -o /a\n"),
    ),
    needs=("curl",),
    check=check,
)

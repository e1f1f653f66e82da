"""Downloads that give up at the first fault of the network."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects import apt
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.downloads import address_of, is_local

_SETTINGS = {
    "curl": (("--retry", "--retry-all-errors", "-K", "--config"), "curlrc", "--retry 5"),
    "wget": (
        ("-t", "--tries", "--retry-connrefused", "--retry-on-http-error", "--config"),
        "wgetrc",
        "--tries=5 --retry-connrefused",
    ),
}


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire once a RUN for curl and for wget, when neither options nor a file say it."""
    for name, (options, file, advice) in _SETTINGS.items():
        calls = dockerfile.commands(name)
        configured = apt.Decided(dockerfile, file) if calls else None
        done: set[int] = set()
        for instruction, command in calls:
            word = command.name_word
            if instruction.cmd != "RUN" or word is None or id(instruction) in done:
                continue
            if command.has(*options) or address_of(command) is None or is_local(command):
                continue
            if configured is not None and configured.before(instruction):
                continue
            done.add(id(instruction))
            yield Finding(
                f"{name} gives up at the first fault of the network",
                word.span,
                stage=instruction.stage,
                help=f"add {advice}, or COPY a .{file} for all downloads",
            )


RULE = Rule(
    "download-without-retry",
    Dockerfile,
    Severity.INFO,
    enabled=False,
    why=(
        "A build farm meets broken connections, full servers and 503 answers every day, and one "
        "of them throws a long build away. curl --retry, or a .curlrc and .wgetrc in the builder "
        "stage, try again. Off by default: most builds are repeated by whoever runs them, wget "
        "tries broken connections again by itself, and the settings are a matter of taste."
    ),
    references=(
        "https://curl.se/docs/manpage.html#--retry",
        "https://www.gnu.org/software/wget/manual/wget.html#Download-Options",
    ),
    aliases=("prefer-curl-config", "prefer-wget-config"),
    examples=(
        bad("FROM debian:12\nRUN curl -fLO https://x.org/a\n", at=[2]),
        bad("FROM debian:12\nRUN true && \\\n  wget -q https://x.org/a https://x.org/b\n", at=[3]),
        good("FROM debian:12\nRUN curl --retry 3 -fLO https://x.org/a && wget -t 3 x.org/a\n"),
        good("FROM debian:12\nCOPY .curlrc /root/.curlrc\nRUN curl -fLO https://x.org/a\n"),
        good("FROM debian:12\nHEALTHCHECK CMD curl -f http://localhost/\n"),
    ),
    check=check,
)

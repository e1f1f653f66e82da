"""A download that is unpacked or installed without a look at its checksum."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from os.path import basename

from dockgate.rules.pattern import glob, pattern
from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.downloads import (
    DOWNLOADERS,
    VERIFIERS,
    address_of,
    downloads,
    is_local,
    names_commit,
    run_files,
    saved_as,
)
from dockgate.rules.subjects.shell import Command

_UNPACK = frozenset(
    {"tar", "bsdtar", "unzip", "7z", "7za", "7zr", "gunzip", "gzip", "zcat", "xz", "unxz", "xzcat"}
    | {"bunzip2", "bzip2", "bzcat", "zstd", "unzstd", "cpio", "ar"}
)
_INSTALL = frozenset(
    {"dpkg", "rpm", "apt-get", "apt", "apk", "yum", "dnf", "microdnf", "zypper", "install", "gdebi"}
    | {"pip", "pip3", "npm", "gem", "java", "msiexec"}
)
_PROGRAM_FOLDER = pattern(r"/(?:s?bin|cli-plugins)(?:/|$)")
_EXECUTABLE = pattern(r"(?:[ugoa]*\+[rwXst]*x[rwXst]*|0?[1-7]?[157][0-7]{2})$")


def _use(command: Command) -> tuple[str, list[str]]:
    """What a command does with files that makes them part of the image, and the files."""
    values = [word.value for word in command.args]
    if command.name in _UNPACK:
        return "unpacks {}", values
    if command.name in _INSTALL:
        return "installs {}", values
    if command.name == "chmod" and any(_EXECUTABLE.match(value) for value in values):
        return "makes {} executable", values
    if command.name in ("mv", "cp", "ln") and values and _PROGRAM_FOLDER.search(values[-1]):
        return "puts {} among the programs", values[:-1]
    return "", []


def _unverified(commands: Iterable[Command]) -> Iterator[tuple[Command, str, str]]:
    """Downloads with what is done with them, and by which command, nothing being verified."""
    commands = list(commands)
    last = max((i for i, c in enumerate(commands) if c.name in VERIFIERS), default=-1)
    fetched: dict[str, Command] = {}
    for index, command in enumerate(commands):
        if downloads(command):
            consumer = command.pipe_to
            if consumer is not None and consumer.name in _UNPACK:
                yield command, consumer.name, "unpacks {}"
            elif index > last and command.pipe_to is None:
                file = saved_as(command)
                if file and _PROGRAM_FOLDER.search(file):
                    yield command, command.name, "puts {} among the programs"
                elif file:
                    fetched[basename(file)] = command
            continue
        action, files = _use(command) if fetched else ("", [])
        for file in files:
            wanted = basename(file)
            used = [wanted] if wanted in fetched else []
            if "*" in wanted and len(wanted) > 1:
                used = [name for name in fetched if glob(name, wanted)]
            for name in used:
                yield fetched.pop(name), command.name, action


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the address of each download that its RUN takes into use unverified."""
    done: set[int] = set()
    for instruction, _ in dockerfile.commands(*sorted(DOWNLOADERS)):
        script = instruction.script
        if instruction.cmd != "RUN" or script is None or id(instruction) in done:
            continue
        done.add(id(instruction))
        run = {id(source) for source, _ in run_files(script.commands)}  # curl-pipe-shell says so
        for source, user, action in _unverified(script.commands):
            word = address_of(source) or source.name_word
            if id(source) in run or word is None or is_local(source) or source.has("--checksum"):
                continue
            if names_commit(word.value, instruction.stage):
                continue
            itself = user == source.name
            yield Finding(
                f"{user} {action.format(f'what {word.value} gives')}, unverified"
                if itself
                else f"{source.name} fetches {word.value}, and {user} {action.format('it')}, "
                "unverified",
                word.span,
                stage=instruction.stage,
                help="save it and compare: echo 'SHA256  FILE' | sha256sum -c -, or use "
                "ADD --checksum=sha256:…",
            )


RULE = Rule(
    "download-without-checksum",
    Dockerfile,
    Severity.WARNING,
    why=(
        "What a web address gives can change between two builds: by a replaced release, a "
        "taken-over account or domain, or somebody on the way. TLS says who sent it, not that it "
        "is what was reviewed. Unpacked, installed or made executable it is in every image that "
        "is built from then on. Comparing a checksum that stands in the Dockerfile, or a "
        "signature, makes the build stop instead. Package managers check signatures themselves "
        "and are left in peace, as are files that are only read and those that a whole commit "
        "names on a git host; a download that is run at once is curl-pipe-shell."
    ),
    references=(
        "https://docs.docker.com/reference/dockerfile/#add---checksum",
        "CIS Docker 1.6 4.11",
        "CWE-494",
    ),
    aliases=(),
    examples=(
        bad("FROM debian:12\nRUN curl -fsSL https://x.org/a.tgz | tar xz -C /opt\n", at=[2]),
        bad("FROM debian:12\nRUN wget -q https://x.org/a.deb && \\\n dpkg -i a.deb\n", at=[2]),
        bad("FROM debian:12\nRUN curl -fLo /usr/local/bin/a \\\n  https://x.org/a\n", at=[3]),
        bad(
            "FROM debian:12\nRUN curl -fLO https://x.org/a-$V.zip; unzip '*.zip'; rm *.zip\n",
            at=[2],
        ),
        bad(
            "FROM debian:12\nRUN echo '1  b' | sha256sum -c - \\\n"
            " && curl -fLo a https://x.org/a && chmod +x a && mv a /usr/bin\n",
            at=[3],
        ),
        good(
            "FROM debian:12\nRUN curl -fLo a.tgz https://x.org/a.tgz \\\n"
            " && echo '0123  a.tgz' | sha256sum -c - && tar xf a.tgz\n"
        ),
        good("FROM debian:12\nRUN curl -fLO https://x.org/a{,.asc} && gpg --verify a.asc a\n"),
        good("FROM debian:12\nRUN curl -fLo /etc/apt/keyrings/a.asc https://x.org/a.asc\n"),
        good("FROM debian:12\nRUN curl -fL https://x.org/a.json | jq -r .v && tar xf b.tgz\n"),
        good("FROM debian:12\nRUN wget https://x.org/a && sh a\n"),
        good(
            f"FROM debian:12\nENV C={40 * 'a'}\n"
            "RUN wget -O /usr/bin/x https://github.com/o/r/raw/$C/x && chmod +x /usr/bin/x\n"
        ),
        bad(
            "FROM debian:12\nARG C=main\n"
            "RUN wget -O /usr/bin/x https://github.com/o/r/raw/$C/x && chmod +x /usr/bin/x\n",
            at=[3],
        ),
        good("FROM debian:12\nRUN apt-get install -y curl tar && echo 'curl x | tar x'\n"),
    ),
    needs=("aria2c", "curl", "fetch", "http", "https", "lwp-request", "wget", "wget2"),
    check=check,
)

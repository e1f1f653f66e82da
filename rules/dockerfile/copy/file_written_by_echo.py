"""A RUN does nothing but write a file with fixed content."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.shell import Command

_WRITERS = ("echo", "printf", "cat")


def _file(command: Command) -> str:
    """The file that the command writes anew or appends to, when all is literal."""
    if command.name not in _WRITERS or command.pipe_from or command.pipe_to or command.wrappers:
        return ""
    if not all(word.literal for word in command.args):
        return ""
    if command.name == "cat" and (
        command.args or not any(r.operator.startswith("<<") for r in command.redirects)
    ):
        return ""
    for redirect in command.redirects:
        target = redirect.target
        if redirect.operator in (">", ">>") and target is not None and target.literal:
            return target.value if target.value.startswith("/") else ""
    return ""


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the RUN when all of its commands write one file."""
    for instruction in dockerfile.find("RUN"):
        script = instruction.script
        if script is None or not script.commands or script.commands[0].name not in _WRITERS:
            continue
        files = {_file(command) for command in script.commands}
        if len(files) == 1 and "" not in files:
            (file,) = files
            yield Finding(
                f"RUN does nothing but write {file}",
                instruction.keyword,
                stage=instruction.stage,
                help=f"write it with a heredoc: COPY <<EOF {file}",
            )


RULE = Rule(
    "file-written-by-echo",
    Dockerfile,
    Severity.STYLE,
    why=(
        "COPY <<EOF puts a text into the image without starting a shell: no quoting of quotes, no "
        "echo that reads backslashes in one shell and not in the other, and it works in images "
        "that have no shell. The rule is off by default, because the RUN does what it should, "
        "and a heredoc needs Dockerfile syntax 1.4, which older builders do not know."
    ),
    references=(
        "https://docs.docker.com/reference/dockerfile/#here-documents",
        "https://docs.docker.com/reference/dockerfile/#copy",
    ),
    aliases=("prefer-copy-heredoc",),
    enabled=False,
    examples=(
        bad("FROM debian:12\nRUN echo 'a=1' > /etc/a.conf\n", at=[2]),
        bad("FROM debian:12\nRUN echo a > /etc/a && \\\n printf 'b\\n' >> /etc/a\n", at=[2]),
        bad("FROM debian:12\nRUN cat <<EOF > /etc/a\na\nEOF\n", at=[2]),
        good("FROM debian:12\nRUN echo $HOME > /etc/a\n"),
        good("FROM debian:12\nRUN apt-get update && echo a > /etc/a\n"),
        good("FROM debian:12\nRUN echo hello\nCOPY <<EOF /etc/a\na\nEOF\n"),
        good("FROM debian:12\nRUN echo a | tee /etc/a\n"),
    ),
    check=check,
)

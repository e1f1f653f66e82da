"""Which shell /bin/sh is, and the parts of instructions that a shell reads."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from dockgate.rules.data import load
from dockgate.rules.rule import Edit
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction, Reference, Stage
from dockgate.rules.subjects.images import matches_any
from dockgate.rules.subjects.shell import POSIX_SHELLS, Command, Script
from dockgate.rules.subjects.text import MappedText, Span
from dockgate.rules.subjects.users import base_of

#: Shells in which `set -o pipefail` is known for certain: dash has it in its newest release only.
WITH_PIPEFAIL = frozenset({"bash", "zsh", "ksh", "mksh", "ash"})

_SH = ("/bin/sh", "/usr/bin/sh")


def default_shell(stage: Stage | None) -> str:
    """What /bin/sh is in the stage's base: "dash", "ash" (BusyBox), "bash", or "" if unknown."""
    if stage is None or stage.windows:
        return ""
    base = base_of(stage)
    if base.undefined or "$" in base.name:
        return ""
    return _known_shell(base.name)


@lru_cache(1024)
def _known_shell(image: str) -> str:
    """As `default_shell`, by the image's name: a file's stages rest on few."""
    base = Reference("from", image, image, Span(0, 0))
    facts = load("default-shells")
    for shell, name in (("busybox", "ash"), ("bash", "bash"), ("dash", "dash")):
        if matches_any(base, facts[shell]):
            return name
    return ""


def shell_of(command: Command, stage: Stage | None) -> str:
    """The shell that reads the command: `default_shell` where it is `sh`, "" if unknown."""
    return default_shell(stage) if command.shell == "sh" else command.shell


def replaces_sh(command: Command) -> bool:
    """Whether the command puts another program in the place of /bin/sh."""
    args = [word.value for word in command.args]
    if command.name in ("ln", "mv", "cp"):
        return bool(args) and args[-1] in _SH
    if command.name == "dpkg-reconfigure":
        return "dash" in args
    if command.name == "update-alternatives":
        return any(arg in _SH or arg == "sh" for arg in args)
    return False


def scripts(dockerfile: Dockerfile, *commands: str) -> Iterator[tuple[Instruction, Script]]:
    """What POSIX shells run, of these instructions (RUN where none is named), triggers too."""
    wanted = commands or ("RUN",)
    for instruction in dockerfile.with_triggers():
        script = instruction.script
        if script is None or script.language != "posix" or instruction.cmd not in wanted:
            continue
        if not script.shell or script.shell in POSIX_SHELLS:  # `#!/usr/bin/env rev`
            yield instruction, script


def texts(dockerfile: Dockerfile, *commands: str) -> Iterator[tuple[Instruction, MappedText]]:
    """The text of these instructions (all where none is named) and of their heredocs."""
    for instruction in dockerfile.with_triggers():
        if instruction.cmd == "ONBUILD" or (commands and instruction.cmd not in commands):
            continue
        yield instruction, instruction.body
        for heredoc in instruction.heredocs:
            yield instruction, heredoc.body


def first_command(dockerfile: Dockerfile, instruction: Instruction, command: str) -> Edit | None:
    """The edit that puts a command before all others of RUN's script; None in exec form.

    In a heredoc that is its first line, or the second where the first names an interpreter.
    """
    script = instruction.script
    if script is None or instruction.json or script.language != "posix":
        return None
    for heredoc in instruction.heredocs:
        if heredoc.span.start == script.span.start:
            text = heredoc.body.text
            at = heredoc.body.source(text.find("\n") + 1 if text.startswith("#!") else 0)
            line = dockerfile.text.text.rfind("\n", 0, at) + 1
            indent = dockerfile.text.text[line:at]  # the tabs of `<<-`
            return Edit(Span(at, at), f"{command}\n{indent}")
    body = instruction.body
    at = body.source(len(body.text) - len(body.text.lstrip()))
    return Edit(Span(at, at), f"{command}; ") if body.text.strip() else None


def in_heredoc(instruction: Instruction) -> bool:
    """Whether the heredoc itself is the script, as in `RUN <<EOF`."""
    script = instruction.script
    return script is not None and any(
        heredoc.span.start == script.span.start for heredoc in instruction.heredocs
    )

"""`dockgate init`."""

from __future__ import annotations

from dockgate.cli.declare import Argument, Command, Option
from dockgate.cli.output import note, write

HELP = {
    "github": "A GitHub workflow: lint with SARIF upload, then the gated build.",
    "gitlab": "GitLab jobs: lint with a code quality report, then the gated build with its own.",
    "jenkins": "A Jenkins pipeline: lint with published reports, then the security gate.",
    "pre-commit": "The hook for pre-commit.",
    "policy": "A .dockgate.yaml in which every key is explained.",
}
OPTIONS = (Option("force", ("--force",), "flag", "Overwrite a file that exists.", False),)


def _command(name: str) -> Command:
    return Command(
        name,
        HELP[name],
        f"dockgate.cli.init:{name.replace('-', '_')}",
        arguments=(
            Argument(
                "file", "FILE", "Where to write it; - prints it. Default: its usual place.",
                required=False,
            ),
        ),
        options=OPTIONS,
        examples=(f"dockgate init {name}", f"dockgate init {name} -"),
    )  # fmt: skip


COMMAND = Command(
    "init",
    "Write a file to start from: CI, a hook, or a policy; never over one that exists.",
    commands=tuple(map(_command, HELP)),
)


def github(*, file: str | None, force: bool) -> int:
    """Write a GitHub workflow."""
    return _start("github", file, force=force)


def gitlab(*, file: str | None, force: bool) -> int:
    """Write GitLab jobs."""
    return _start("gitlab", file, force=force)


def jenkins(*, file: str | None, force: bool) -> int:
    """Write a Jenkins pipeline."""
    return _start("jenkins", file, force=force)


def pre_commit(*, file: str | None, force: bool) -> int:
    """Write a pre-commit configuration."""
    return _start("pre-commit", file, force=force)


def policy(*, file: str | None, force: bool) -> int:
    """Write a configuration with a policy."""
    return _start("policy", file, force=force)


def _start(name: str, file: str | None, *, force: bool) -> int:
    """Write or print; 1 where a file is in the way, and what to add to it is printed."""
    import os

    from dockgate.linter import files
    from dockgate.linter.init import starter as starters

    starter = starters.STARTERS[name]
    text = starters.text(starter)
    if file == "-":
        write(text)
        return 0
    path = file or starter.path
    folder = os.path.dirname(path)
    rivals = (os.path.join(folder, rival) for rival in starter.rivals)
    exists = next((p for p in (path, *rivals) if os.path.lexists(p)), None)
    if exists is not None and not force:
        write(starters.addition(starter))
        hint = "dockgate migrate --write" if "hadolint" in exists else f"--force writes {path}"
        note(f"{exists} exists, nothing is written: add what is printed, or {hint}")
        return 1
    if os.path.lexists(path):
        files.replace(path, text.encode())
    else:
        files.create(path, text.encode())
    note(f"wrote {path}; next: {starter.next}")
    return 0

"""Emacs in a terminal that nobody looks at: it opens a file with the recipe and runs a script."""

import contextlib
import fcntl
import json
import os
import pty
import select
import subprocess
import termios
import time
from pathlib import Path
from typing import Any

from tests.editors import PATH, RECIPES
from tests.tools import debian

_HERE = Path(__file__).parent
_SECONDS = 60


def program() -> debian.Program:
    """Emacs, with the Lisp packages of the recipes."""
    return debian.program(
        "emacs-nox", "usr/bin/emacs-nox", "elpa-eglot", "elpa-flycheck", "elpa-dockerfile-mode"
    )


def run(script: str, file: Path, setup: str, **variables: str) -> Any:
    """What a script of this folder answers about an open file.

    `setup` is a user's init file; `variables` are the script's.
    """
    emacs = program()
    home = file.parent / "home"
    result = home / "result.json"
    home.mkdir()
    init = home / "init.el"
    init.write_text(setup)
    command = [
        *emacs.command, "-Q", "-nw", "-L", RECIPES / "emacs", "-L", _HERE,
        "--eval", "(require 'dockerfile-mode)", "-l", init, "-l", "try-common",
        "--visit", file, "-l", _HERE / script,
    ]  # fmt: skip
    environment = {
        **emacs.environment, "PATH": PATH, "HOME": str(home), "TERM": "xterm", "LC_ALL": "C.UTF-8",
        "RESULT": str(result), **variables,
    }  # fmt: skip
    screen = _in_terminal([str(word) for word in command], file.parent, environment)
    assert result.exists(), screen
    answer = json.loads(result.read_text())
    assert "failure" not in answer, answer
    return answer


def _in_terminal(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    """Run a program to its end with a terminal of its own; gives what it wrote there."""
    ours, its = pty.openpty()
    written = b""
    end = time.monotonic() + _SECONDS
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdin=its, stdout=its, stderr=its,
        start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )  # fmt: skip
    os.close(its)
    try:
        with contextlib.suppress(OSError):  # the other end is closed: the program has ended
            while time.monotonic() < end:
                if select.select([ours], [], [], 0.1)[0]:
                    written += os.read(ours, 65536)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(1)
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    return written.decode("utf-8", "replace")

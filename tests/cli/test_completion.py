"""Shell completion, in a real bash; the scripts of the other shells where those are installed."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dockgate.cli.declare import MODULES
from tests.cli.command import ROOT, dockgate

BASH = shutil.which("bash")
needs_bash = pytest.mark.skipif(BASH is None, reason="bash is not installed")
PROMPT = "ready> "


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `dockgate` in it, for PATH."""
    folder = tmp_path_factory.mktemp("bin")
    script = (
        f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(ROOT))} exec {sys.executable} -m dockgate "$@"\n'
    )
    (folder / "dockgate").write_text(script)
    (folder / "dockgate").chmod(0o755)
    return folder


def environment(programs: Path) -> dict[str, str]:
    return {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "TERM": "dumb"}


def candidates(programs: Path, cwd: Path, *words: str) -> list[str]:
    """What bash's completion function offers for the last word of a command line."""
    line = " ".join(map(shlex.quote, ("dockgate", *words)))
    script = f"""
eval "$(dockgate --show-completion bash)"
complete -p dockgate >/dev/null || exit 9
COMP_WORDS=({line}); COMP_CWORD={len(words)}
_dockgate_completion dockgate
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    assert BASH is not None
    done = subprocess.run(
        [BASH, "--norc", "-c", script],
        cwd=cwd,
        env=environment(programs),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


@needs_bash
@pytest.mark.parametrize(
    ("words", "some"),
    [
        (("",), set(MODULES)),
        (("li",), {"lint"}),
        (("lint", "--base"), {"--baseline"}),
        (("lint", "--no-"), {"--no-baseline", "--no-cache"}),
        (("lint", "--format", "js"), {"json", "jsonl"}),
        (("lint", "--fail-on", ""), {"error", "warning", "info", "style"}),
        (("lint", "--select", "root"), {"root-user"}),
        (("lint", "--select", "sudo,DL300"), {"sudo,DL3002", "sudo,DL3004"}),
        (("lint", "--ignore", "=", "root"), {"root-user"}),
        (("lint", "--format", "=", "js"), {"json", "jsonl"}),
        (("lint", "--ignore", "="), {"root-user", "sudo"}),
        (("explain", "DL300"), {"DL3002", "DL3004"}),
        (("explain", ""), {"root-user", "sudo"}),
        (("policy", ""), {"show", "schema"}),
    ],
    ids=" ".join,
)
def test_bash_is_offered(
    programs: Path, tmp_path: Path, words: tuple[str, ...], some: set[str]
) -> None:
    found = candidates(programs, tmp_path, *words)
    assert some <= set(found)
    begun = words[-1] if words[-1] != "=" else ""
    assert all(word.startswith(begun) for word in found)
    assert len(found) == len(set(found))


@needs_bash
@pytest.mark.parametrize("words", [("lint", "Dock"), ("lint", "--output", ""), ("parse", "")])
def test_files_are_left_to_bash(programs: Path, tmp_path: Path, words: tuple[str, ...]) -> None:
    """With no candidates `complete -o default` offers files."""
    assert candidates(programs, tmp_path, *words) == []


@needs_bash
def test_a_key_is_pressed(programs: Path, tmp_path: Path) -> None:
    """An interactive bash in a terminal, and TAB."""
    import pty

    (tmp_path / "Dockerfile").write_text("FROM a:1\n")
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(tmp_path)
        env = {**environment(programs), "PS1": PROMPT, "INPUTRC": "/dev/null", "HISTFILE": ""}
        os.execve(str(BASH), ["bash", "--norc", "--noprofile", "-i"], env)
    try:
        until(terminal, PROMPT)
        send(terminal, "bind 'set enable-bracketed-paste off'\n")
        until(terminal, PROMPT)
        send(terminal, 'eval "$(dockgate --show-completion bash)"\n')
        until(terminal, PROMPT)
        send(terminal, "dockgate expl\troot-u\t")
        until(terminal, "explain root-user ")
        send(terminal, "\x15dockgate lint --select=root-u\t")
        until(terminal, "--select=root-user ")
        send(terminal, "Dockerf\t")
        until(terminal, "Dockerfile ")
    finally:
        send(terminal, "\x15exit\n")
        os.close(terminal)
        os.waitpid(process, 0)


def send(terminal: int, text: str) -> None:
    os.write(terminal, text.encode())


def until(terminal: int, text: str, seconds: float = 30) -> None:
    """Read what the terminal shows until `text` is there."""
    import select

    seen, deadline = "", time.monotonic() + seconds
    while text not in seen:
        left = deadline - time.monotonic()
        ready = select.select([terminal], [], [], max(left, 0))[0]
        assert ready, f"{text!r} did not come: {seen!r}"
        seen += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\a", "", os.read(terminal, 4096).decode())


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_for_a_shell_that_is_named(tmp_path: Path, shell: str) -> None:
    ran = dockgate("--show-completion", shell, cwd=tmp_path)
    assert (ran.code, ran.err) == (0, "")
    assert f"_DOCKGATE_COMPLETE=complete_{shell}" in ran.out
    program = shutil.which(shell)
    if program is not None:  # it must parse
        checked = subprocess.run(
            [program, "-n"], input=ran.out, text=True, capture_output=True, check=False, timeout=60
        )
        assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize(
    ("shell", "asked", "some"),
    [
        ("zsh", {"_TYPER_COMPLETE_ARGS": "dockgate lint --select root"}, "root-user"),
        ("zsh", {"_TYPER_COMPLETE_ARGS": "dockgate lint --form"}, "--format"),
        (
            "fish",
            {
                "_TYPER_COMPLETE_ARGS": "dockgate explain DL300",
                "_TYPER_COMPLETE_FISH_ACTION": "get-args",
            },
            "DL3002",
        ),
    ],
)
def test_what_other_shells_ask_for(
    tmp_path: Path, shell: str, asked: dict[str, str], some: str
) -> None:
    ran = dockgate(cwd=tmp_path, env={"_DOCKGATE_COMPLETE": f"complete_{shell}", **asked})
    assert (ran.code, ran.err) == (0, "")
    assert some in ran.out


def test_a_shell_that_is_not_known(tmp_path: Path) -> None:
    ran = dockgate("--show-completion", "tcsh", cwd=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert "'tcsh' is not one of 'bash', 'zsh', 'fish'" in ran.err
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize(("shell", "rc"), [("bash", ".bashrc"), ("zsh", ".zshrc")])
def test_installation(tmp_path: Path, shell: str, rc: str) -> None:
    ran = dockgate("--install-completion", shell, env={"HOME": str(tmp_path)})
    assert (ran.code, ran.err) == (0, "")
    assert (tmp_path / rc).is_file()
    scripts = [p for p in tmp_path.rglob("*") if p.is_file() and p.name != rc]
    assert any("_DOCKGATE_COMPLETE" in path.read_text() for path in scripts)

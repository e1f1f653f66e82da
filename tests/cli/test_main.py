"""The way in: exit codes, one line for every error, never a traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dockgate import __main__, __version__
from tests.cli.command import ROOT, dockgate


def test_version_and_help() -> None:
    assert dockgate("--version") == (0, f"dockgate {__version__}\n", "")
    for argv in ((), ("-h",), ("--help",)):
        ran = dockgate(*argv)
        assert (ran.code, ran.err) == (0, "")
        assert ran.out.startswith("Usage: dockgate [OPTIONS] COMMAND")
        for name in ("lint", "rules", "explain", "parse", "policy"):
            assert f"\n  {name} " in ran.out


@pytest.mark.parametrize(
    ("argv", "line"),
    [
        (("lint", "--nope"), "No such option: --nope"),
        (("nope",), "No such command 'nope'"),
        (("lint", "/no/such/file"), "cannot read /no/such/file: No such file or directory"),
        (("lint", "--context", "/no/such"), "--context /no/such: no such folder"),
        (("lint", "--config", "/no/such"), "cannot read /no/such: No such file or directory"),
        (("lint", "--select", "rot-user"), "unknown rule 'rot-user': did you mean 'root-user'?"),
        (("lint", "--ignore", "DL3004,xx"), "unknown rule 'xx'"),
        (
            ("lint", "--statistics", "-f", "hadolint"),
            "--statistics does not go with --format hadolint",
        ),
        (("lint", "--unsafe-fixes"), "--unsafe-fixes does nothing alone"),
        (("lint", "--build-arg", "=x"), "--build-arg =x: write NAME=VALUE"),
        (("explain", "rootuser"), "unknown rule 'rootuser': did you mean 'root-user'?"),
        (("parse", "/no/such/file"), "cannot read /no/such/file: No such file or directory"),
        (("policy",), "Missing command"),
    ],
)
def test_a_usage_error_is_one_line(argv: tuple[str, ...], line: str, tmp_path: Path) -> None:
    ran = dockgate(*argv, cwd=tmp_path)
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.startswith("dockgate: ")
    assert line in ran.err
    assert ran.err.count("\n") == 1


def test_what_nobody_foresaw_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from dockgate.cli import quick

    def fail(_argv: list[str]) -> None:
        raise RuntimeError("a\nb\x1b[31m")

    monkeypatch.setattr(quick, "recognise", fail)
    monkeypatch.delenv("DOCKGATE_TRACEBACK", raising=False)
    assert __main__.main(["lint"]) == 3
    err = capsys.readouterr().err
    assert err.startswith("dockgate: internal error: RuntimeError: a\\nb\\x1b[31m (")
    assert err.count("\n") == 1
    monkeypatch.setenv("DOCKGATE_TRACEBACK", "1")
    __main__.main(["lint"])
    assert "Traceback" in capsys.readouterr().err


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    """`dockgate rules | head -1`."""
    read, write = os.pipe()
    os.close(read)
    ran = subprocess.run(
        [sys.executable, "-m", "dockgate", "rules", "--format", "json"],
        stdout=write,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        timeout=60,
        check=False,
    )
    os.close(write)
    assert (ran.returncode, ran.stderr) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_one_line() -> None:
    with open("/dev/full", "wb") as full:
        ran = subprocess.run(
            [sys.executable, "-m", "dockgate", "rules"],
            stdout=full,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            timeout=60,
            check=False,
        )
    assert ran.returncode == 3
    assert ran.stderr == b"dockgate: cannot finish: No space left on device\n"


def test_closed_outputs_are_no_error(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM a:latest\n")
    shell = f"cd {ROOT} && exec {sys.executable} -m dockgate lint {tmp_path} >&- 2>&-"
    assert subprocess.run(["sh", "-c", shell], timeout=60, check=False).returncode == 1


def test_an_interrupt_ends_quietly() -> None:
    """Ctrl-C while standard input is read."""
    with subprocess.Popen(
        [sys.executable, "-m", "dockgate", "lint", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    ) as process:
        assert process.stdin is not None
        process.stdin.write(b"FROM a\n")
        process.stdin.flush()
        waiting = Path(f"/proc/{process.pid}/wchan")
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and not (
            waiting.exists() and "pipe" in waiting.read_text()
        ):
            time.sleep(0.05)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 130
        assert process.stderr is not None
        assert process.stderr.read() == b""


def test_the_locale_does_not_matter(tmp_path: Path) -> None:
    ran = dockgate(
        "lint", "--stdin-filename", b"\xff\xc3\xa9", "-f", "json", "-",
        stdin=b"FROM debian:latest\nENV a=\xff\xc3\xa9\n",
        env={"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        cwd=tmp_path,
    )  # fmt: skip
    assert ran.code == 1
    assert '"file": "\ufffd' in ran.out
    assert ran.err == ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell: str) -> None:
    ran = dockgate(env={"_DOCKGATE_COMPLETE": f"source_{shell}"})
    assert ran.code == 0
    assert "_DOCKGATE_COMPLETE" in ran.out

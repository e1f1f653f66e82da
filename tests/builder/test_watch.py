"""The progress of a scan: bytes and rate on a terminal, gone at the end; nothing elsewhere."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from dockgate.builder.layout import read_images
from dockgate.builder.watch import Watch
from tests.builder.images import write_archive, write_layout
from tests.cli.command import ROOT
from tests.terminal import Terminal, shown


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    found = shown(monkeypatch)
    monkeypatch.setenv("NO_COLOR", "1")
    return found


@pytest.mark.parametrize("form", ["layout", "archive", "folder"])
def test_every_stored_byte_is_counted(terminal: Terminal, tmp_path: Path, form: str) -> None:
    content = os.urandom(3_000_000)
    source = tmp_path / form
    if form == "layout":
        write_layout(source, [{"a": content}, {"b": content[:1_000_000]}], {})
    elif form == "archive":
        write_archive(source, [{"a": content}, {"b": content[:1_000_000]}])
    else:
        (source / "etc").mkdir(parents=True)
        (source / "a").write_bytes(content)
        (source / "etc" / "b").write_bytes(content[:1_000_000])
    with Watch() as watch:
        read_images(str(source), watch=watch)
    states = terminal.getvalue().removesuffix("\r\033[K").split("\r\033[K")
    assert len(states) >= 3
    assert "4.0MB" in states[-1]
    assert states[-1].endswith("/s")
    assert ("4.0MB of 4.0MB" in states[-1]) is (form != "folder")
    assert terminal.getvalue().endswith("\r\033[K")
    assert "\n" not in terminal.getvalue()


def test_layers_of_the_cache_are_counted_too(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    write_layout(tmp_path / "layout", [{"a": os.urandom(3_000_000)}], {})
    for _ in range(2):
        terminal.truncate(0)
        with Watch() as watch:
            read_images(str(tmp_path / "layout"), cached=True, watch=watch)
        assert "3.0MB of 3.0MB" in terminal.getvalue()


SLOW = """
import sys
from dockgate.linter import progress
progress.AFTER = progress.EVERY = 0.0
from dockgate.__main__ import main
sys.exit(main())
"""


def scan_in_a_terminal(layout: Path, **variables: str) -> str:
    """What a terminal gets on standard error."""
    main, other = pty.openpty()
    env = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", **variables}
    words = ["scan", "--no-cache", "--format", "json", str(layout)]
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, *words], env=env, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=other,
    )  # fmt: skip
    os.close(other)
    got = b""
    try:
        while piece := os.read(main, 65536):
            got += piece
    except OSError:  # the other end is closed
        pass
    finally:
        os.close(main)
        process.wait(60)
    return got.decode()


@pytest.mark.parametrize(
    ("variables", "shown", "coloured"),
    [
        ({}, True, True),
        ({"NO_COLOR": "1"}, True, False),
        ({"TERM": "dumb"}, False, False),
    ],
)
def test_a_real_terminal(
    tmp_path: Path, variables: dict[str, str], shown: bool, coloured: bool
) -> None:
    write_layout(tmp_path / "layout", [{"a": os.urandom(3_000_000)}], {})
    got = scan_in_a_terminal(tmp_path / "layout", **{"NO_COLOR": "", **variables})
    assert ("MB/s" in got) is shown
    assert ("\033[36m" in got) is coloured
    if shown:
        after = got.rpartition("MB/s")[2]
        assert after.startswith("\r\033[K")

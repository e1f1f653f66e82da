"""The bar: on a terminal, after a second, gone at the end; nowhere else."""

from __future__ import annotations

import contextlib
import io
from types import SimpleNamespace
from typing import Any

import pytest

from dockgate.linter import progress
from dockgate.linter.progress import Progress
from tests.terminal import Terminal, shown


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return shown(monkeypatch)


def run(total: int = 4) -> None:
    with Progress(total) as bar:
        for _ in range(total):
            bar.step()


def test_it_tells_how_far_it_is_and_goes_away(terminal: Terminal) -> None:
    run()
    shown = terminal.getvalue()
    assert "1/4 files" in shown
    assert "4/4 files" in shown
    assert "\n" not in shown
    assert shown.endswith("\r\033[K")


def test_it_goes_away_when_the_run_is_ended(terminal: Terminal) -> None:
    with contextlib.suppress(KeyboardInterrupt), Progress(3) as bar:
        bar.step()
        raise KeyboardInterrupt
    assert terminal.getvalue().endswith("\r\033[K")


def test_a_short_run_shows_nothing(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "AFTER", 60.0)
    run()
    assert terminal.getvalue() == ""


def test_one_file_needs_none(terminal: Terminal) -> None:
    run(1)
    assert terminal.getvalue() == ""


def test_colours_are_left_out_where_they_are_not_wanted(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    run()
    assert "\033[36m" in terminal.getvalue()
    monkeypatch.setenv("NO_COLOR", "1")
    terminal.seek(0)
    terminal.truncate()
    run()
    assert "\033[36m" not in terminal.getvalue()


def test_a_terminal_without_utf8_gets_ascii(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Terminal, "encoding", "ascii")
    run()
    assert terminal.getvalue().isascii()


@pytest.mark.parametrize("term", ["dumb", None])
def test_a_terminal_that_cannot_move_gets_nothing(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, term: str | None
) -> None:
    monkeypatch.setenv("TERM", term) if term else monkeypatch.delenv("TERM")
    run()
    assert terminal.getvalue() == ""


@pytest.mark.parametrize("stream", [io.StringIO(), None])
def test_a_pipe_gets_nothing(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, stream: Any
) -> None:
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=stream))
    run()
    assert stream is None or stream.getvalue() == ""

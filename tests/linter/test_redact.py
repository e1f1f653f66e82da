"""No output shows a secret: neither the code frame, nor a diff, nor a fix of the JSON."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockgate.linter.redact import Redactor
from dockgate.linter.report import Report
from dockgate.linter.reporters import hadolint, json_v1, text
from dockgate.linter.run import lint_bytes
from dockgate.rules.subjects.text import Span, Text
from tests.cli.command import dockgate

TOKEN = "ghp_" + "0123456789abcdefghijklmnopqrstuvwxyz"
SOURCE = f"FROM a:1\nENV API_TOKEN={TOKEN}\nONBUILD ENV B={TOKEN}\nCMD serve --token {TOKEN}\n"


@pytest.mark.parametrize("reporter", [text, json_v1, hadolint])
def test_no_report_shows_a_secret(reporter: object) -> None:
    report = Report([lint_bytes(SOURCE.encode(), "Dockerfile")])
    rendered = reporter.render(report)  # type: ignore[attr-defined]
    assert TOKEN not in rendered
    assert "ghp_" in rendered


def test_a_diff_shows_none() -> None:
    done = dockgate("lint", "--diff", "--unsafe-fixes", "-", stdin=SOURCE.encode())
    assert TOKEN not in done.out + done.err
    assert "+CMD [" in done.out


def test_offsets_stay() -> None:
    source = Text("ENV PASSWORD=hunter2 USER=hunter2\n")
    shown = Redactor(source, [Span(13, 20)]).text.text
    assert shown == "ENV PASSWORD=h****** USER=hunter2\n"


def test_a_fix_writes_the_secret_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "Dockerfile"
    file.write_text("FROM a:1\nENV VNC_PW=vncpassword\nRUN apt-get install curl\n")
    dockgate("lint", "--fix", str(file))
    assert file.read_text() == "FROM a:1\nENV VNC_PW=vncpassword\nRUN apt-get install -y curl\n"

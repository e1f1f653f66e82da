"""`--format hadolint-text`: hadolint's lines."""

from dockgate.linter.report import FileReport, Report
from dockgate.linter.reporters import hadolint_text
from dockgate.linter.run import lint_bytes
from dockgate.rules.subjects.text import Text


def test_a_line_has_file_line_code_level_and_message() -> None:
    report = Report([lint_bytes(b"FROM debian\nRUN sudo id\n", "app/Dockerfile")])
    lines = hadolint_text.render(report).splitlines()
    assert (
        "app/Dockerfile:1 DL3006 error: base image debian has no tag, which means latest" in lines
    )
    assert "app/Dockerfile:2 DL3004 warning: sudo is run" in lines
    # A rule that hadolint does not have goes by its own name.
    assert any(line.startswith("app/Dockerfile:1 missing-user error: ") for line in lines)


def test_what_could_not_be_finished_is_an_error() -> None:
    report = Report([FileReport("Dockerfile", Text(""), [], ["more than it can take"])])
    assert hadolint_text.render(report) == "Dockerfile:1 DL1000 error: more than it can take\n"


def test_a_name_cannot_make_a_line() -> None:
    report = Report([FileReport("a\nb\x1b[2J", Text(""), [], ["c\nd"])])
    assert hadolint_text.render(report) == "a\\nb\\x1b[2J:1 DL1000 error: c\\nd\n"

"""What is true of every format, also of one that comes later: the registry is asked."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings

from dockgate.linter.report import Report
from dockgate.linter.reporters import formats
from tests.cli.test_startup import OTHERS, STDLIB

from .readers import READERS, read
from .samples import ROOT, SECRETS, any_report, corpus, reports

ALL = tuple(dict.fromkeys((*formats.LINT, *formats.IMAGE)))
REPORTS = reports()
#: Light parts of the standard library that some format needs.
LIGHT = {"base64", "binascii", "html"}
#: Formats that tell only of Dockerfiles, and are not offered for images.
FILES_ONLY = set(formats.LINT) - set(formats.IMAGE)


@pytest.mark.parametrize("format_", ALL)
@pytest.mark.parametrize("kind", REPORTS)
def test_every_kind_of_run_gives_a_valid_file(kind: str, format_: str) -> None:
    read(REPORTS[kind], format_)


@pytest.mark.parametrize("format_", ALL)
@given(report=any_report())
@settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_whatever_a_report_holds_the_file_is_valid(format_: str, report: Report) -> None:
    read(report, format_)


@pytest.mark.parametrize("format_", [name for name in ALL if name in READERS])
def test_real_files_give_valid_files(format_: str) -> None:
    read(Report(corpus(25)), format_)


@pytest.mark.parametrize("format_", ALL)
def test_no_format_shows_a_secret(format_: str) -> None:
    rendered = formats.render(REPORTS["secrets"], format_)
    if format_ in formats.LINT:
        assert "app/Dockerfile" in rendered or "app%2FDockerfile" in rendered
    for secret in SECRETS:
        assert secret not in rendered
        assert secret[:12] not in rendered


@pytest.mark.parametrize("format_", ALL)
@pytest.mark.parametrize("kind", ["unfinished file", "undecided", "no image", "refused build"])
def test_no_format_takes_a_failure_for_a_success(kind: str, format_: str) -> None:
    report = REPORTS[kind]
    if format_ in FILES_ONLY and not report.files:
        return
    told = formats.render(report, format_)
    clean = formats.render(REPORTS["clean" if report.files else "accepted"], format_)
    assert told != clean
    for failure in [*report.failures, *(report.reasons if kind == "no image" else [])]:
        assert failure.split(":")[0] in told


@pytest.mark.parametrize("format_", ALL)
def test_the_same_report_gives_the_same_bytes(
    format_: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    first = formats.render(REPORTS["build"], format_)
    assert formats.render(reports()["build"], format_) == first


@pytest.mark.parametrize("format_", ALL)
def test_a_format_imports_little(format_: str) -> None:
    """Nothing heavy, and of the formats only itself."""
    probe = (
        "import sys\n"
        "from dockgate.linter.reporters import formats\n"
        "from dockgate.linter.run import lint_bytes\n"
        "from dockgate.linter.report import Report\n"
        "report = Report([lint_bytes(b'FROM debian\\nRUN sudo id\\n', 'Dockerfile')])\n"
        "before = set(sys.modules)\n"
        f"formats.render(report, {format_!r})\n"
        "print(*(set(sys.modules) - before))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=True, cwd=ROOT
    )
    names = done.stdout.split()
    heavy = {name.partition(".")[0] for name in names} - STDLIB - OTHERS - LIGHT
    assert {name for name in heavy if not name.startswith("_")} == set()


def test_formats_are_offered_where_they_make_sense() -> None:
    assert "gitlab-container-scanning" not in formats.LINT
    assert not {"hadolint", "checkstyle", "gitlab", "sonarqube"} & set(formats.IMAGE)
    assert {"text", "json", "jsonl", "sarif", "junit"} <= set(formats.LINT) & set(formats.IMAGE)

"""Several processes: the same output, no file lost in silence, nothing left running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dockgate.linter import config, jobs, shellcheck, work
from dockgate.linter.batch import Options, lint_paths
from dockgate.linter.errors import UsageError
from dockgate.linter.reporters import formats
from dockgate.linter.scope import Scope
from dockgate.linter.work import Source

BAD = "FROM debian\nLABEL a b\nRUN sudo apt-get install -y curl; for x in $@; do echo $x; done\n"

pytestmark = pytest.mark.skipif(not jobs.FORKS, reason="no forks here")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / ".cache"))
    config.forget()
    yield
    config.forget()


def put(count: int) -> None:
    for number in range(count):
        Path(f"{number:03}.Dockerfile").write_text(f"{BAD}# {number}\nENV A{number}=$B\n")


@pytest.mark.parametrize("format_", ["text", "json", "sarif"])
@pytest.mark.parametrize("count", [2, 3])
def test_the_output_is_the_same(format_: str, count: int) -> None:
    put(70)
    Path("005.Dockerfile").write_bytes(b"FROM a\0")
    Path("007.Dockerfile").write_bytes(b"FROM \xff\xfe\nRUN \n")
    alone, together = (lint_paths(["."], Options(jobs=number)) for number in (1, count))
    for outcome in (alone, together):
        assert len(outcome.report.files) == 70
        assert outcome.failed
        assert len(outcome.report.failures) == 1
    assert formats.render(together.report, format_) == formats.render(alone.report, format_)


def test_the_output_of_shellcheck_is_the_same() -> None:
    if not shellcheck.installed():
        pytest.skip("ShellCheck is not installed")
    put(40)
    alone, together = (
        lint_paths(["."], Options(jobs=number, shellcheck=True)) for number in (1, 2)
    )
    assert "shellcheck" in {finding.rule.name for finding in alone.report.findings}
    for format_ in ("json", "sarif"):
        assert formats.render(together.report, format_) == formats.render(alone.report, format_)


def test_a_configuration_that_cannot_be_meant_ends_the_run() -> None:
    put(50)
    Path(".dockgate.yaml").write_text("nonsense: 1\n")
    with pytest.raises(UsageError, match="nonsense"):
        lint_paths(["."], Options(jobs=2))


def test_a_process_that_dies_leaves_its_files_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    put(60)
    real = work.results

    def deadly(sources: list[Source], scope: Scope) -> Iterator[object]:
        for source in sources:
            if source.name.endswith("020.Dockerfile"):
                os.kill(os.getpid(), signal.SIGKILL)
            yield from real([source], scope)

    monkeypatch.setattr(jobs, "results", deadly)
    outcome = lint_paths(["."], Options(jobs=2))
    assert outcome.undecided
    assert [file.path for file in outcome.report.files] == [f"{n:03}.Dockerfile" for n in range(60)]
    lost = [file.path for file in outcome.report.files if file.failures]
    assert "020.Dockerfile" in lost
    assert len(lost) <= jobs.PORTION
    assert all(file.findings for file in outcome.report.files if not file.failures)


def test_what_raises_in_a_process_leaves_its_files_undecided(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    put(40)
    monkeypatch.setattr(jobs, "results", None)
    outcome = lint_paths(["."], Options(jobs=2))
    assert len(outcome.report.failures) == 40
    assert "Traceback" not in capfd.readouterr().err


def test_how_many_processes_pay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(4)), raising=False)
    assert jobs.processes(0, 10) == 1
    assert jobs.processes(0, 2 * jobs.PAYS) == 2
    assert jobs.processes(0, 10_000) == 4
    assert jobs.processes(3, 10_000) == 3
    assert jobs.processes(99, 4) == 2
    assert jobs.processes(10**9, 10**9) == jobs.MAX_JOBS
    monkeypatch.setattr(jobs, "FORKS", False)
    assert jobs.processes(8, 10_000) == 1


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found]


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="no /proc here")
@pytest.mark.parametrize(
    ("sent", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_nothing_goes_on_when_the_run_is_ended(sent: signal.Signals, code: int) -> None:
    stage = "FROM debian\n" + "".join(f"RUN echo {n} | grep $A{n} && x{n}\n" for n in range(400))
    for number in range(300):
        Path(f"{number}.Dockerfile").write_text(f"{stage}# {number}\n")
    command = [sys.executable, "-m", "dockgate", "lint", "--no-cache", "-j2", "."]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    children: list[int] = []
    until = time.monotonic() + 60
    while len(children) < 2 and time.monotonic() < until:
        children = _children(process.pid)
        time.sleep(0.02)
    assert len(children) == 2
    process.send_signal(sent)
    _, error = process.communicate(timeout=60)
    assert process.returncode == code
    assert b"Traceback" not in error
    while any(map(_alive, children)) and time.monotonic() < until:
        time.sleep(0.02)
    assert not any(map(_alive, children))


def test_fixes_are_written_whatever_the_number_of_processes() -> None:
    put(50)
    outcome = lint_paths(["."], Options(jobs=2, fix=True))
    assert outcome.fixed >= 50
    assert not lint_paths(["."], Options(jobs=2, diff=True)).diff

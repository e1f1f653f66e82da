"""Private folders go, however their owner ends; children end with us."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dockgate.builder import child
from dockgate.builder.workspace import PREFIX, workspace
from dockgate.linter.errors import UnfinishedError

HOLD = (
    "import sys, time\n"
    "from dockgate.builder.workspace import workspace\n"
    "with workspace() as folder:\n"
    "    (folder / 'layout').mkdir()\n"
    "    print(folder, flush=True)\n"
    "    time.sleep(60)\n"
)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield tmp_path
    tempfile.tempdir = None


def hold() -> subprocess.Popen[str]:
    """Another run that is in the middle of its work."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip()
    return process


def folders(root: Path) -> list[Path]:
    return list(root.glob(PREFIX + "*"))


def test_a_folder_is_private_and_goes(root: Path) -> None:
    with workspace() as folder:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        (folder / "file").touch()
    assert folders(root) == []


def test_it_goes_when_the_run_fails(root: Path) -> None:
    with pytest.raises(ValueError), workspace():
        raise ValueError
    assert folders(root) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_cleanly(root: Path, number: signal.Signals) -> None:
    process = hold()
    process.send_signal(number)
    process.wait(10)
    assert folders(root) == []
    if number != signal.SIGINT:
        assert process.returncode == 128 + number


def test_what_a_killed_run_left_is_cleared_by_the_next(root: Path) -> None:
    process = hold()
    process.kill()
    process.wait(10)
    left = folders(root)
    assert len(left) == 1
    asked: list[Path] = []

    def before(folder: Path) -> bool:
        asked.append(folder)
        return True

    with workspace(before):
        assert not left[0].exists()
    assert asked == left
    assert folders(root) == []


def test_one_that_must_stay_stays(root: Path) -> None:
    process = hold()
    process.kill()
    process.wait(10)
    with workspace(lambda _: False):
        assert len(folders(root)) == 2
    assert len(folders(root)) == 1


def test_a_living_run_keeps_its_folder(root: Path) -> None:
    process = hold()
    try:
        with workspace():
            assert len(folders(root)) == 2
        assert len(folders(root)) == 1
    finally:
        process.terminate()
        process.wait(10)


def test_what_is_not_ours_is_left_alone(root: Path) -> None:
    (root / f"{PREFIX}file").touch()
    (root / f"{PREFIX}open").mkdir(mode=0o755)
    (root / f"{PREFIX}link").symlink_to(root / f"{PREFIX}open")
    with workspace():
        pass
    assert len(folders(root)) == 3


def test_no_room_is_one_line(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(root / "missing"))
    with pytest.raises(UnfinishedError, match="TMPDIR"), workspace():
        pass


def supervised(*command: str) -> tuple[subprocess.Popen[bytes], int]:
    """A command under `child`, and our end of its pipe."""
    theirs, ours = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", child.__file__, str(theirs), *command],
        pass_fds=(theirs,), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    os.close(theirs)
    return process, ours


def test_a_command_runs_as_it_is() -> None:
    process, ours = supervised("/bin/sh", "-c", "echo out; exit 7")
    assert process.communicate(timeout=10)[0] == b"out\n"
    assert process.returncode == 7
    os.write(ours, child.DONE)
    os.close(ours)


def test_a_command_that_is_not_there() -> None:
    process, ours = supervised("/no/such/program")
    assert b"/no/such/program" in process.communicate(timeout=10)[0]
    assert process.returncode == 127
    os.close(ours)


def test_a_command_and_its_children_end_with_us() -> None:
    process, ours = supervised("/bin/sh", "-c", "sleep 60 & echo $!; wait")
    assert process.stdout is not None
    grandchild = int(process.stdout.readline())
    os.close(ours)
    assert process.wait(10) == -signal.SIGKILL
    for _ in range(100):
        if not Path(f"/proc/{grandchild}").exists():
            break
        time.sleep(0.05)
    assert not Path(f"/proc/{grandchild}").exists()
    process.stdout.close()

"""Baselines, changes and statistics as a user meets them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dockgate.__main__ import main
from dockgate.linter import config

Lint = Callable[..., tuple[int, str, str]]
BAD = "FROM debian:12.8\nRUN sudo make\nUSER root\n"
ONLY = ("--select", "sudo,root-user")


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / ".git" / "cache"))
    Path("Dockerfile").write_text(BAD)
    config.forget()
    yield
    config.forget()


@pytest.fixture
def lint(capsysbinary: pytest.CaptureFixture[bytes]) -> Lint:
    """Runs `dockgate lint` in this process: (exit code, standard output, standard error)."""

    def run(*argv: str) -> tuple[int, str, str]:
        config.forget()
        code = main(["lint", *argv])
        out, err = capsysbinary.readouterr()
        return code, out.decode(), err.decode()

    return run


def rules(out: str) -> list[str]:
    return [d["rule"] for d in json.loads(out)["diagnostics"]]


def test_create_compare_prune(lint: Lint) -> None:
    base = (*ONLY, "--baseline", "b.json")
    code, out, err = lint(*base)
    assert (code, out) == (2, "")
    assert err == "dockgate: baseline b.json: no such file: make it with --write-baseline\n"
    assert lint(*base, "--write-baseline") == (
        0,
        "no findings in 1 file\n",
        "dockgate: 2 findings written to b.json (before: 0)\n",
    )
    left = "dockgate: 2 findings left out: known to b.json\n"
    assert lint(*base) == (0, "no findings in 1 file\n", left)
    Path("Dockerfile").write_text("# moved\n" + BAD + "RUN sudo reboot\n")
    code, out, err = lint(*base, "-q")
    assert (code, err) == (1, left)
    assert out.startswith("Dockerfile:5:5 warning sudo ")
    Path("Dockerfile").write_text(BAD.replace("RUN sudo make\n", ""))
    assert lint(*base, "-q")[2] == (
        "dockgate: 1 finding left out: known to b.json\n"
        "dockgate: 1 finding of b.json fixed by now: --prune-baseline takes them out\n"
    )
    assert lint(*base, "-q", "--prune-baseline") == (
        0,
        "",
        "dockgate: 1 finding left out: known to b.json\n"
        "dockgate: 1 fixed finding taken out of b.json (left: 1)\n",
    )


@pytest.mark.parametrize("format_", ["json", "sarif", "hadolint", "short", "junit"])
def test_every_format_leaves_them_out(lint: Lint, format_: str) -> None:
    lint("--baseline", "b.json", "--write-baseline")
    Path("Dockerfile").write_text(BAD + "EXPOSE 22\n")
    code, out, _ = lint("--baseline", "b.json", "-f", format_)
    assert code == 1
    assert ("ssh" in out.lower()) or "22" in out
    assert "sudo is run" not in out


def test_the_threshold_counts_what_is_told(lint: Lint) -> None:
    lint("--baseline", "b.json", "--write-baseline")
    Path("Dockerfile").write_text(BAD + "ADD a.txt /\n")
    assert lint("--baseline", "b.json", "-q")[0] == 0  # info
    assert lint("--baseline", "b.json", "-q", "--fail-on", "info")[0] == 1
    Path(".dockgate.yaml").write_text("fail_on: info\n")
    assert lint("--baseline", "b.json", "-q")[0] == 1


def test_the_result_cache_knows_the_same_findings(lint: Lint) -> None:
    lint("--baseline", "b.json", "--write-baseline")
    for _ in range(2):
        assert lint("--baseline", "b.json", "-q")[:2] == (0, "")
        assert lint("--baseline", "b.json", "-q", "--no-cache")[:2] == (0, "")


def test_the_configuration_names_a_baseline(lint: Lint) -> None:
    Path("a").mkdir()
    Path("a/Dockerfile").write_text(BAD)
    Path("a/.dockgate.yaml").write_text("baseline: known.json\n")
    code, out, err = lint()
    assert (code, out) == (2, "")
    assert "baseline a/known.json: no such file" in err
    code, out, err = lint("-q", *ONLY, "--write-baseline")
    assert code == 1  # the Dockerfile above has no baseline
    assert {line.split(":")[0] for line in out.splitlines()} == {"Dockerfile"}
    assert err == "dockgate: 2 findings written to a/known.json (before: 0)\n"
    assert json.loads(Path("a/known.json").read_text())["findings"][0]["file"] == "Dockerfile"
    assert lint("-q", *ONLY, "a")[:2] == (0, "")
    assert lint("-q", *ONLY, "a")[:2] == (0, "")  # from the result cache
    assert lint("-q", *ONLY, "a", "--no-baseline")[0] == 1
    assert lint("--diff", "--select", "sudo", "a")[0] == 0
    Path("other.json").write_text('{"version": 1, "findings": []}')
    assert lint("-q", *ONLY, "a", "--baseline", "other.json")[0] == 1


@pytest.mark.parametrize("name", ["/etc/passwd", "../b.json", "a/../../b.json"])
def test_a_configuration_names_no_file_elsewhere(lint: Lint, name: str) -> None:
    Path(".dockgate.yaml").write_text(f"baseline: {name}\n")
    code, out, err = lint("--write-baseline")
    assert (code, out) == (2, "")
    assert "baseline: write a path below the folder of this file" in err


def test_what_is_no_baseline_is_not_written_over(lint: Lint) -> None:
    Path("notes.json").write_text('{"mine": 1}')
    code, _, err = lint("--baseline", "notes.json", "--write-baseline", "--fix")
    assert code == 2
    assert err.startswith("dockgate: baseline notes.json: no baseline of dockgate: mend it")
    assert Path("notes.json").read_text() == '{"mine": 1}'


def test_an_undecided_file_stays_undecided(lint: Lint) -> None:
    lint("--baseline", "b.json", "--write-baseline")
    Path("x.Dockerfile").write_bytes(b"\x7fELF\0")
    for more in ((), ("--write-baseline",), ("--prune-baseline",), ("--exit-zero",)):
        code, out, _ = lint("--baseline", "b.json", *more)
        assert code == 3
        assert "x.Dockerfile undecided binary content" in out


def test_standard_input(lint: Lint, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    lint("--baseline", "b.json", "--write-baseline")

    def stdin(text: str) -> None:
        class Stdin:
            buffer = io.BytesIO(text.encode())

        monkeypatch.setattr("sys.stdin", Stdin)

    stdin("# typed\n" + BAD)
    argv = ("--baseline", "b.json", "-q", "--stdin-filename", "Dockerfile", "-")
    assert lint(*argv)[:2] == (0, "")
    stdin(BAD)
    code, _, err = lint("--baseline", "b.json", "--write-baseline", "-")
    assert (code, "add --stdin-filename" in err) == (2, True)


@pytest.mark.parametrize(
    ("argv", "line"),
    [
        (("--write-baseline",), "no baseline is named: add --baseline FILE"),
        (("--prune-baseline",), "no baseline is named: add --baseline FILE"),
        (("--no-baseline", "--baseline", "b"), "--no-baseline does not go with --baseline"),
        (
            ("--baseline", "b", "--write-baseline", "--prune-baseline"),
            "--write-baseline does not go with --prune-baseline",
        ),
        (
            ("--baseline", "b", "--write-baseline", "--diff-base", "HEAD"),
            "--diff-base does not go with --write-baseline",
        ),
        (("--diff", "--diff-base", "HEAD"), "--diff does not go with --diff-base"),
        (("--diff", "--baseline", "b"), "--diff does not go with --baseline"),
        (("--diff-base=-x",), "--diff-base -x: no revision of git"),
        (("--diff-base", "HEAD", "--context", "."), "leave out --context"),
        (("--diff-base", "HEAD", "/"), "--diff-base: / is in no repository of git"),
        (("--statistics", "-f", "sarif"), "--statistics does not go with --format sarif"),
        (("--jobs=-1",), "--jobs -1: write a number of processes"),
    ],
)
def test_what_does_not_go_together(lint: Lint, argv: tuple[str, ...], line: str) -> None:
    code, out, err = lint(*argv)
    assert (code, out) == (2, "")
    assert err.startswith("dockgate: ")
    assert line in err
    assert err.count("\n") == 1


def git(*argv: str) -> None:
    name = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *name, *argv], check=True, timeout=60, capture_output=True)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_pull_request(lint: Lint, monkeypatch: pytest.MonkeyPatch) -> None:
    os.rmdir(".git")
    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-q", "-m", "one")
    git("switch", "-q", "-c", "topic")
    assert lint("--diff-base", "main") == (0, "no findings in 0 files\n", "")
    Path("Dockerfile").write_text(BAD + "EXPOSE 22\n")
    Path("new").mkdir()
    Path("new/Dockerfile").write_text("FROM debian:12.8\nUSER root\n")
    code, out, err = lint("-q", "--diff-base", "main", "--select", "sudo,root-user,ssh-exposed")
    assert (code, err) == (1, "dockgate: 2 findings left out: there at main already\n")
    assert [line.split()[:3] for line in out.splitlines()] == [
        ["Dockerfile:4:8", "warning", "ssh-exposed"],
        ["new/Dockerfile:2:6", "error", "root-user"],
    ]
    baseline = ("--baseline", "b.json")
    Path("new/Dockerfile").unlink()
    lint(*baseline, "--write-baseline")
    assert lint("-q", "--diff-base", "main", *baseline)[:2] == (0, "")
    assert "fixed by now" not in lint("-q", "--diff-base", "main", *baseline)[2]
    code, out, err = lint("--diff-base", "nowhere")
    assert (code, out) == (2, "")
    assert "--diff-base nowhere: no such revision" in err


def test_statistics(lint: Lint) -> None:
    Path("b.Dockerfile").write_text(BAD + "RUN sudo x\n")
    code, out, _ = lint("--statistics", *ONLY)
    assert code == 1
    assert [line.partition(" (")[0] for line in out.splitlines()] == [
        "     3 warning sudo       in 2 files",
        "     2 error   root-user  in 2 files",
        "2 errors, 3 warnings in 2 files",
    ]
    Path("Dockerfile").write_text("# dockgate: ignore=sudo\n" + BAD.replace("RUN sudo", "RUN"))
    out = lint("--statistics", "--select", "unused-ignore,sudo")[1]
    assert "unused-ignore  in 1 file (1 fixable with --fix)\n" in out


def test_statistics_in_json(lint: Lint) -> None:
    report = json.loads(lint("--statistics", "-f", "json", *ONLY)[1])
    assert [d["rule"] for d in report["diagnostics"]] == ["sudo", "root-user"]
    assert report["statistics"] == [
        {
            "rule": rule,
            "severity": severity,
            "findings": 1,
            "files": 1,
            "fixable": {"safe": 0, "unsafe": 0},
        }
        for rule, severity in (("root-user", "error"), ("sudo", "warning"))
    ]
    assert "statistics" not in json.loads(lint("-f", "json")[1])

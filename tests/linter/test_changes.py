"""`--diff-base`: only what a change brought, in real repositories."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dockgate.linter import config, shellcheck
from dockgate.linter import git as git_module
from dockgate.linter.batch import Options, lint_paths
from dockgate.linter.changes import Changes
from dockgate.linter.errors import UnfinishedError, UsageError
from dockgate.linter.report import Report
from dockgate.linter.run import Scope

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

OLD = "FROM debian:12.8\nRUN sudo make\nCMD a\nUSER 1\n"
IDENTITY = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
Git = Callable[..., str]


@pytest.fixture
def git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Git]:
    """A repository with one commit, `main`, that has one Dockerfile; the current folder."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.chdir(tmp_path)
    config.forget()

    def run(*argv: str) -> str:
        done = subprocess.run(
            ["git", *IDENTITY, *argv], capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    run("init", "-q", "-b", "main")
    Path("Dockerfile").write_text(OLD)
    run("add", ".")
    run("commit", "-q", "-m", "one")
    yield run
    config.forget()


def since(
    revision: str, *paths: str, options: Options | None = None
) -> tuple[list[tuple[str, str]], Report]:
    """(file, rule) of what is told, and the report."""
    options, where = options or Options(), paths or (".",)
    found = Changes(revision, where, options)
    outcome = lint_paths(where, options, found.among)
    found.apply(outcome.report)
    told = [(file.path, f.rule.name) for file in outcome.report.files for f in file.findings]
    return told, outcome.report


def test_nothing_has_changed(git: Git) -> None:
    told, report = since("main")
    assert (told, report.files) == ([], [])
    told, report = since("HEAD", "Dockerfile")
    assert (told, len(report.files)) == ([], 1)


def test_only_what_came_is_told(git: Git) -> None:
    Path("Dockerfile").write_text("# moved\n\n" + OLD.replace("USER", "ADD a.txt /\nUSER"))
    assert since("main")[0] == [("Dockerfile", "add-instead-of-copy")]


def test_a_finding_far_from_the_change_is_told(git: Git) -> None:
    """The first CMD stands where it was; the second, added below, makes it useless."""
    Path("Dockerfile").write_text(OLD.replace("USER 1\n", "USER 1\nCMD b\n"))
    told, report = since("main")
    assert [rule for _, rule in told if rule == "multiple-cmd"] == ["multiple-cmd"]
    (finding,) = [f for f in report.findings if f.rule.name == "multiple-cmd"]
    assert finding.span is not None
    assert report.files[0].text.position(finding.span.start).line == 3


def test_committed_staged_and_untracked_files(git: Git) -> None:
    git("switch", "-q", "-c", "topic")
    for name in ("committed", "staged", "untracked"):
        Path(name).mkdir()
        Path(name, "Dockerfile").write_text(OLD)
        if name != "untracked":
            git("add", name)
        if name == "committed":
            git("commit", "-q", "-m", name)
    told, report = since("main")
    assert [file.path for file in report.files] == [
        "committed/Dockerfile",
        "staged/Dockerfile",
        "untracked/Dockerfile",
    ]
    assert {("untracked/Dockerfile", "sudo"), ("committed/Dockerfile", "sudo")} <= set(told)
    assert {path for path, _ in since("HEAD")[0]} == {"staged/Dockerfile", "untracked/Dockerfile"}


def test_the_base_is_where_the_branches_parted(git: Git) -> None:
    """What main fixed since is not this branch's doing."""
    git("switch", "-q", "-c", "topic")
    git("switch", "-q", "main")
    Path("Dockerfile").write_text(OLD.replace("sudo ", ""))
    git("commit", "-q", "-a", "-m", "fixed")
    git("switch", "-q", "topic")
    Path("Dockerfile").write_text(OLD + "EXPOSE 22\n")
    assert since("main")[0] == [("Dockerfile", "ssh-exposed")]


def test_renamed_files_are_followed(git: Git) -> None:
    Path("app").mkdir()
    git("mv", "Dockerfile", "app/Dockerfile")
    Path("app/Dockerfile").write_text(OLD + "EXPOSE 22\n")
    assert since("main")[0] == [("app/Dockerfile", "ssh-exposed")]
    git("commit", "-q", "-a", "-m", "moved")
    assert since("main~0")[0] == []
    assert since("HEAD~1")[0] == [("app/Dockerfile", "ssh-exposed")]


def test_of_equal_findings_the_new_one_is_told(git: Git) -> None:
    Path("Dockerfile").write_text(OLD.replace("RUN", "RUN sudo make && true\nRUN"))
    told, report = since("main")
    assert ("Dockerfile", "sudo") in told
    places = [f.span.start for f in report.findings if f.span is not None and f.rule.name == "sudo"]
    assert [report.files[0].text.position(place).line for place in places] == [2]


def test_names_of_every_kind(git: Git) -> None:
    names = ["-x.Dockerfile", "a b.Dockerfile", "q\"'.Dockerfile", ":(top).Dockerfile"]
    names += ["nl\n.Dockerfile", "é.Dockerfile", os.fsdecode(b"\xff.Dockerfile"), "*.Dockerfile"]
    for name in names:
        Path(name).write_text(OLD)
    git("add", "-A")
    git("commit", "-q", "-m", "names")
    assert since("HEAD")[1].files == []
    for name in names:
        Path(name).write_text(OLD + "EXPOSE 22\n")
    assert sorted(since("HEAD")[0]) == sorted((name, "ssh-exposed") for name in names)


def test_below_a_folder_and_from_elsewhere(git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("a").mkdir()
    Path("a/Dockerfile").write_text(OLD)
    assert since("main", "a")[0] != []
    monkeypatch.chdir("a")
    assert {path for path, _ in since("main")[0]} == {"Dockerfile"}
    assert since("main", "..")[1].files[0].path == "../a/Dockerfile"


def test_a_link_to_a_dockerfile(git: Git) -> None:
    os.symlink("Dockerfile", "link.Dockerfile")
    git("add", ".")
    git("commit", "-q", "-m", "link")
    assert since("HEAD")[1].files == []
    Path("Dockerfile").write_text(OLD + "EXPOSE 22\n")
    assert since("HEAD")[0] == [("Dockerfile", "ssh-exposed"), ("link.Dockerfile", "ssh-exposed")]


def test_a_repository_within_is_left_out(git: Git) -> None:
    Path("sub").mkdir()
    git("-C", "sub", "init", "-q")
    Path("sub/Dockerfile").write_text(OLD)
    assert since("main")[1].files == []
    with pytest.raises(UsageError, match="no such revision"):
        since("main", "sub")


def test_standard_input(git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    class Stdin:
        buffer = io.BytesIO((OLD + "EXPOSE 22\n").encode())

    monkeypatch.setattr("sys.stdin", Stdin)
    options = Options(stdin_filename="Dockerfile")
    assert since("main", "-", options=options)[0] == [("Dockerfile", "ssh-exposed")]
    with pytest.raises(UsageError, match="add --stdin-filename"):
        Changes("main", ["-"], Options())


def test_failures_stay(git: Git) -> None:
    Path("Dockerfile").write_bytes(b"\x7fELF\0")
    git("commit", "-q", "-a", "-m", "broken")
    assert since("HEAD")[1].failures == []  # not changed, and found in a folder
    assert len(since("HEAD", "Dockerfile")[1].failures) == 1
    Path("Dockerfile").write_text(OLD)
    assert ("Dockerfile", "sudo") in since("HEAD")[0]


def test_the_configuration_of_today_holds_for_both(git: Git) -> None:
    Path(".dockgate.yaml").write_text(
        "rules: {apt-recommends: error, unpinned-apt-package: error}\n"
    )
    Path("Dockerfile").write_text("FROM debian:12.8\nRUN apt-get install -y curl\nUSER 1\n")
    git("add", ".")
    git("commit", "-q", "-m", "x")
    Path(".dockgate.yaml").write_text("rules: {apt-recommends: error}\n")
    Path("Dockerfile").write_text(
        "FROM debian:12.8\nRUN apt-get install -y curl\nUSER 1\nEXPOSE 22\n"
    )
    config.forget()
    assert since("HEAD")[0] == [("Dockerfile", "ssh-exposed")]


def test_locked_rules_are_told_all_the_same(git: Git) -> None:
    Path(".dockgate.yaml").write_text("locked: [sudo]\n")
    Path("Dockerfile").write_text(OLD + "# x\n")
    assert since("main")[0] == [("Dockerfile", "sudo")]


def test_shellcheck(git: Git) -> None:
    if not shellcheck.installed():
        pytest.skip("ShellCheck is not installed")
    Path("Dockerfile").write_text("FROM a:1\nRUN cp $X /\nUSER 1\n")
    git("commit", "-q", "-a", "-m", "x")
    Path("Dockerfile").write_text("FROM a:1\nRUN cp $X /\nRUN cp $(y) /\nUSER 1\n")
    report = since("HEAD", options=Options(shellcheck=True))[1]
    assert [f.rule.aliases for f in report.findings if f.rule.name == "shellcheck"] == [("SC2046",)]


def test_many_files(git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(git_module, "PATHS", 3)
    for number in range(10):
        Path(f"{number}.Dockerfile").write_text(OLD + f"ENV N={number}\n")
    git("add", ".")
    git("commit", "-q", "-m", "many")
    for number in range(0, 10, 2):
        Path(f"{number}.Dockerfile").write_text(OLD + f"ENV N={number}\nEXPOSE 22\n")
    told = since("HEAD")[0]
    assert told == [(f"{number}.Dockerfile", "ssh-exposed") for number in range(0, 10, 2)]


@pytest.mark.parametrize(
    ("revision", "why"),
    [
        ("nowhere", "no such revision"),
        ("-x", "no revision of git"),
        ("--output=x", "no revision of git"),
        ("", "no revision of git"),
        ("main..main", "no such revision"),
        ("main:Dockerfile", "no such revision"),
        ("main\nmain", "no such revision"),
    ],
)
def test_what_is_no_revision(git: Git, revision: str, why: str) -> None:
    with pytest.raises(UsageError, match=why) as caught:
        Changes(revision, ["."], Options())
    assert os.listdir() == [name for name in os.listdir() if name in (".git", "Dockerfile")]
    assert "--diff-base" in str(caught.value)


def test_no_common_history(git: Git) -> None:
    git("switch", "-q", "--orphan", "other")
    git("commit", "-q", "--allow-empty", "-m", "x")
    with pytest.raises(UsageError, match=r"no common history .* fetch depth of 0"):
        Changes("main", ["."], Options())


def test_no_repository_and_no_git(git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="is in no repository of git"):
        Changes("main", ["/"], Options())
    with pytest.raises(UsageError, match="leave out --context"):
        Changes("main", ["."], Options(scope=Scope(context=".")))
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(UsageError, match="git cannot be run: No such file or directory"):
        Changes("main", ["."], Options())


def test_a_git_that_fails_leaves_the_run_undecided(git: Git) -> None:
    found = Changes("main", ["."], Options())
    Path("Dockerfile").write_text(OLD + "# x\n")
    shutil.rmtree(".git/objects")
    with pytest.raises(UnfinishedError, match="git ls-tree failed"):
        found.among(["Dockerfile"])


def test_nothing_of_the_repository_is_run(git: Git, tmp_path: Path) -> None:
    """Hooks, filters, text conversion, a monitor, remote helpers: all would leave a trace."""
    trace = tmp_path / ".git" / "trace"
    evil = tmp_path / ".git" / "evil"
    evil.write_text(f"#!/bin/sh\necho $0 $@ >> {trace}\ncat\n")
    evil.chmod(0o755)
    Path(".gitattributes").write_text("* filter=evil diff=evil\n")
    git("add", ".")
    git("commit", "-q", "-m", "attributes")
    for key in (
        *("core.fsmonitor", "core.pager", "core.editor", "core.sshCommand", "diff.external"),
        *("filter.evil.clean", "filter.evil.smudge", "filter.evil.process"),
        *("diff.evil.textconv", "diff.evil.command", "gpg.program", "credential.helper"),
    ):
        git("config", key, str(evil))
    git("config", "alias.ls-tree", f"!{evil}")
    git("config", "protocol.ext.allow", "always")
    git("config", "extensions.partialClone", "origin")
    git("config", "remote.origin.url", f"ext::{evil}")
    git("config", "remote.origin.promisor", "true")
    for hook in ("post-index-change", "post-checkout", "pre-auto-gc", "fsmonitor-watchman"):
        shutil.copy(evil, f".git/hooks/{hook}")
    shutil.move("Dockerfile", "moved.Dockerfile")
    subprocess.run(
        ["git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "rm", "-q",
         "--cached", "Dockerfile"], check=True,
    )  # fmt: skip
    trace.unlink(missing_ok=True)
    before = {p: p.stat().st_mtime_ns for p in Path(".git").rglob("*")}
    assert ("moved.Dockerfile", "sudo") in since("main")[0]
    blob = git("rev-parse", "main:Dockerfile")
    assert not trace.exists()
    assert {p: p.stat().st_mtime_ns for p in Path(".git").rglob("*")} == before
    Path(f".git/objects/{blob[:2]}/{blob[2:]}").unlink()  # as in a partial clone: to be fetched
    Path("Dockerfile").write_text(OLD + "EXPOSE 22\n")
    assert ("Dockerfile", "sudo") in since("main", "Dockerfile")[0]
    assert not trace.exists()


def test_a_callers_git_variables_do_not_lead_astray(
    git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hook is run with GIT_DIR and GIT_INDEX_FILE set."""
    Path("Dockerfile").write_text(OLD + "EXPOSE 22\n")
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"):
        monkeypatch.setenv(name, "/nowhere")
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", "false")
    assert since("main")[0] == [("Dockerfile", "ssh-exposed")]


def test_sha256_repositories(tmp_path: Path, git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("other").mkdir()
    monkeypatch.chdir("other")
    git("init", "-q", "-b", "main", "--object-format=sha256")
    Path("Dockerfile").write_text(OLD)
    git("add", ".")
    git("commit", "-q", "-m", "one")
    assert since("main")[1].files == []
    Path("Dockerfile").write_text(OLD + "EXPOSE 22\n")
    assert since("main")[0] == [("Dockerfile", "ssh-exposed")]

"""The result cache: same output, never a stale or a foreign one, no secret in it, bounded."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockgate.linter import cache, config, shellcheck
from dockgate.linter.batch import Options, Outcome, lint_paths
from dockgate.linter.report import Report
from dockgate.linter.reporters import formats
from dockgate.linter.results import Result, dump, parse
from dockgate.linter.run import lint_bytes
from dockgate.linter.scope import Scope
from dockgate.rules.finding import Severity

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "../shared/corpus/dockerfiles.jsonl"
BAD = "FROM debian\nRUN apt-get install curl\nUSER root\n"
SECRET = "ghp_" + "x4Kd9sLq2Wm7Zt1Rb8Vn3Yc6Hf5Jg0Pa4QeT"
HIDDEN = f"FROM debian:12.8\nENV TOKEN {SECRET}\nLABEL a b\nUSER 1000\n"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A repository to work in, and a cache of its own."""
    folder = tmp_path / "repo"
    (folder / ".git").mkdir(parents=True)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(cache.OFF, raising=False)
    config.forget()
    yield tmp_path / "cache" / "dockgate" / "results"
    config.forget()


def put(text: str, name: str = "Dockerfile") -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text)


def run(*paths: str, **options: object) -> Outcome:
    config.forget()
    return lint_paths(paths or ("Dockerfile",), Options(**{"cache": True, **options}))  # type: ignore[arg-type]


def names(outcome: Outcome) -> list[str]:
    return [finding.rule.name for finding in outcome.report.findings]


def entries(home: Path) -> list[Path]:
    return sorted(home.iterdir()) if home.exists() else []


def forged(home: Path, data: bytes) -> None:
    """Every entry is about `data`, and whole."""
    for entry in entries(home):
        text = dump(Result(lint_bytes(data, "Dockerfile"), None))
        assert text is not None
        entry.write_bytes(cache.FORM + cache._hash(text).encode() + text)


def sources() -> list[bytes]:
    found = []
    for line in CORPUS.read_text(encoding="utf-8").splitlines()[::9]:
        row = json.loads(line)
        found.append(base64.b64decode(row["b64"]) if "b64" in row else row["text"].encode())
    return [*found, BAD.encode(), HIDDEN.encode(), b"", b"\xff\xfeF\0", b"FROM a\nRUN \xff\n"]


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not here")
@pytest.mark.parametrize("format_", formats.LINT)
def test_what_is_told_is_the_same_to_the_byte(format_: str) -> None:
    for data in sources():
        fresh = lint_bytes(data, "a/Dockerfile")
        dumped = dump(Result(fresh, None))
        assert dumped is not None
        again = parse(dumped, data, "a/Dockerfile").report
        assert formats.render(Report([again]), format_) == formats.render(Report([fresh]), format_)


def test_a_second_run_takes_what_is_known(home: Path) -> None:
    put(BAD)
    first = run()
    assert len(entries(home)) == 1
    assert names(run()) == names(first) == names(run(cache=False))
    assert run().failed
    assert not run(fail_on=Severity.ERROR, select=frozenset({"missing-healthcheck"})).failed


def test_nothing_is_looked_at_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(BAD)
    first = names(run())
    monkeypatch.setattr("dockgate.linter.run.examine", None)
    monkeypatch.setattr("dockgate.linter.work.examine", None)
    assert names(run()) == first
    with pytest.raises(TypeError):
        run(cache=False)


def _outside(configuration: str) -> None:
    put(configuration, "../.dockgate.yaml")
    Path(".git").rmdir()


def _pipe(entry: Path) -> None:
    entry.unlink()
    os.mkfifo(entry)


def _folder(entry: Path) -> None:
    entry.unlink()
    entry.mkdir()


def _link(entry: Path) -> None:
    entry.rename(entry.with_name("x"))
    entry.symlink_to("x")


@pytest.mark.parametrize(
    "change",
    [
        lambda: put(BAD + "\n"),
        lambda: put("rules: {sudo: off}\n", ".dockgate.yaml"),
        lambda: put("ignored: [DL3002]\n", ".hadolint.yaml"),
        lambda: _outside("rules: {sudo: off}\n"),
    ],
    ids=["content", "configuration", "hadolint", "outer configuration"],
)
def test_what_it_depends_on_is_in_its_name(home: Path, change: object) -> None:
    put(BAD)
    run()
    assert callable(change)
    change()
    run()
    assert len(entries(home)) == 2


@pytest.mark.parametrize(
    "options",
    [
        {"select": frozenset({"root-user"})},
        {"ignore": frozenset({"root-user"})},
        {"fail_on": Severity.ERROR},
        {"profile": "strict"},
        {"scope": Scope(build_args={"A": "1"})},
        {"scope": Scope(target="x")},
        {"scope": Scope(platform="linux/arm64")},
    ],
    ids=str,
)
def test_options_are_in_its_name(home: Path, options: dict[str, object]) -> None:
    put(BAD)
    run()
    run(**options)
    run(**options)
    assert len(entries(home)) == 2


def test_every_option_is_in_its_name_unless_it_is_known_not_to_matter() -> None:
    before = cache._common(Options())
    for name in set(Options._fields) - {"cache", "config", "jobs", "scope"}:
        other: Any = {name: "other"}
        assert cache._common(Options()._replace(**other)) != before, name
    for name in set(Scope._fields) - {"context", "bases"}:
        other = {name: "other"}
        scope = Scope()._replace(**other)
        assert cache._common(Options(scope=scope)) != before, name
    assert cache._common(Options(jobs=7, cache=True)) == before


def test_the_day_and_the_path_are_in_its_name(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(BAD)
    put(BAD, "other/Dockerfile")
    run()
    run("other/Dockerfile")
    assert len(entries(home)) == 2
    tomorrow = time.time() + 86_400
    monkeypatch.setattr(time, "time", lambda: tomorrow)
    run()
    assert len(entries(home)) == 3


def test_a_configuration_named_by_option_is_read_anew(home: Path) -> None:
    put(BAD)
    put("rules: {root-user: off}\n", "c.yaml")
    assert "root-user" not in names(run(config="c.yaml"))
    put("rules: {root-user: error}\n", "c.yaml")
    assert "root-user" in names(run(config="c.yaml"))


def test_another_version_of_the_rules_knows_nothing(tmp_path: Path) -> None:
    """In a checkout an edit of a rule counts at once."""
    checkout = tmp_path / "checkout"
    copy = (
        "import shutil, sys; shutil.copytree(*sys.argv[1:], ignore=shutil.ignore_patterns('_*_'))"
    )
    for part in ("linter", "rules"):
        subprocess.run([sys.executable, "-c", copy, ROOT / part, checkout / part], check=True)
    subprocess.run(
        [sys.executable, "-c", copy, ROOT / "dockgate/cli", checkout / "dockgate/cli"], check=True
    )
    for name in ("__init__.py", "__main__.py"):
        (checkout / "dockgate" / name).write_bytes((ROOT / "dockgate" / name).read_bytes())
    for part in ("linter", "rules"):
        (checkout / "dockgate" / part).symlink_to(f"../{part}")
    put(BAD)

    def lint() -> str:
        code = f"import sys; sys.path.insert(0, {str(checkout)!r}); import dockgate.__main__ as m"
        call = f"{code}; assert {str(checkout)!r} in m.__file__; m.main(['lint', '-q'])"
        return subprocess.run(
            [sys.executable, "-c", call], capture_output=True, text=True, check=True
        ).stdout

    first = lint()
    assert "the image runs as root" in first or "root-user" in first
    assert lint() == first
    rule = checkout / "rules/dockerfile/user/root_user.py"
    rule.write_text(
        rule.read_text()
        .replace("return\n", "return  # edited\n")
        .replace("def check(", "def check_before(", 1)
        + "\n\nRULE.check = lambda dockerfile: ()\n"
    )
    assert "root-user" not in lint()


@pytest.mark.parametrize(
    "damage",
    [
        lambda entry: entry.write_bytes(b""),
        lambda entry: entry.write_bytes(entry.read_bytes()[:-1]),
        lambda entry: entry.write_bytes(entry.read_bytes().replace(b"root", b"toor")),
        lambda entry: entry.write_bytes(cache.FORM + b"0" * (cache.MAX_ENTRY + 1)),
        lambda entry: _pipe(entry),
        lambda entry: _folder(entry),
        lambda entry: _link(entry),
    ],
    ids=["empty", "cut", "changed", "huge", "pipe", "folder", "link"],
)
def test_a_damaged_entry_is_passed_over(home: Path, damage: object) -> None:
    put(BAD)
    first = names(run())
    (entry,) = entries(home)
    assert callable(damage)
    damage(entry)
    assert names(run()) == first
    assert names(run()) == first


@pytest.mark.parametrize("data", [b"", b"FROM a\0", b"FROM debian:12.8\nUSER 1\n", HIDDEN.encode()])
def test_an_entry_about_another_file_is_passed_over(home: Path, data: bytes) -> None:
    put(BAD)
    first = names(run())
    forged(home, data)
    assert names(run()) == first


@given(st.binary(max_size=60) | st.text("0123456789:=safe", max_size=60).map(str.encode))
@settings(max_examples=300)
def test_no_entry_can_do_more_than_not_be_read(data: bytes) -> None:
    try:
        result = parse(data, BAD.encode(), "Dockerfile")
    except (ValueError, IndexError, StopIteration, RuntimeError):
        return
    assert formats.render(Report([result.report]), "text")


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o500])
def test_a_folder_that_others_write_is_not_used(home: Path, mode: int) -> None:
    home.mkdir(parents=True)
    home.chmod(mode)
    put(BAD)
    assert "root-user" in names(run())
    if mode & 0o022:
        assert not entries(home)
    home.chmod(0o700)


def test_a_link_in_place_of_the_folder_is_not_used(home: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    home.parent.mkdir(parents=True)
    home.symlink_to(tmp_path / "elsewhere")
    put(BAD)
    assert "root-user" in names(run())
    assert not list((tmp_path / "elsewhere").iterdir())


def test_where_nothing_can_be_written_there_is_no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    put(BAD)
    for place in ("/dev/null", "/proc/none"):
        monkeypatch.setenv("XDG_CACHE_HOME", place)
        assert "root-user" in names(run())


def test_the_environment_can_switch_it_off(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cache.OFF, "1")
    put(BAD)
    assert "root-user" in names(run())
    assert not entries(home)


def test_the_folder_and_its_entries_are_the_users_alone(home: Path) -> None:
    put(BAD)
    run()
    assert home.stat().st_mode & 0o777 == 0o700
    assert [entry.stat().st_mode & 0o777 for entry in entries(home)] == [0o600]


def test_no_secret_is_kept(home: Path) -> None:
    put(HIDDEN)
    first, second = run(), run()
    assert "secret-in-env" in names(first)
    for entry in entries(home):
        assert SECRET.encode() not in entry.read_bytes()
    assert SECRET not in formats.render(second.report, "json")
    assert formats.render(second.report, "json") == formats.render(first.report, "json")


def test_what_could_not_be_finished_is_not_kept(home: Path) -> None:
    Path("Dockerfile").write_bytes(b"FROM a\0")
    assert run().undecided
    assert not entries(home)


@pytest.mark.parametrize(
    "options",
    [{"fix": True}, {"diff": True}, {"scope": Scope(context=".")}, {"cache": False}],
    ids=str,
)
def test_what_it_cannot_tell_is_not_kept(home: Path, options: dict[str, object]) -> None:
    put(BAD)
    run(**options)
    assert not entries(home)


def test_findings_of_shellcheck_are_not_kept(home: Path) -> None:
    if not shellcheck.installed():
        pytest.skip("ShellCheck is not installed")
    put("FROM debian:12.8\nRUN echo $A $B\nUSER 1\n")
    put("shellcheck: true\n", ".dockgate.yaml")
    assert "shellcheck" in names(run())
    assert not entries(home)


def test_what_a_configuration_means_for_the_run_is_kept(home: Path) -> None:
    put(BAD)
    put("failure-threshold: error\nformat: json\nignored: [DL3002]\n", ".hadolint.yaml")
    first, second = run(), run()
    assert len(entries(home)) == 1
    assert second.notes == first.notes != []
    assert (second.failed, second.baselines) == (first.failed, first.baselines)


def test_it_is_bounded(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "SWEEPS", "")
    monkeypatch.setattr(cache, "MAX_ENTRIES", 8)
    old = time.time() - cache.MAX_AGE - 9
    put(BAD)
    run()
    (entry,) = entries(home)
    os.utime(entry, (old, old))
    (home / ".1.dead").write_bytes(b"")
    os.utime(home / ".1.dead", (old, old))
    for number in range(30):
        put(f"{BAD}# {number}\n")
        run()
        assert len(entries(home)) <= 8
    assert entry not in entries(home)
    assert home / ".1.dead" not in entries(home)


def test_an_entry_that_is_used_stays_young(home: Path) -> None:
    put(BAD)
    run()
    (entry,) = entries(home)
    old = time.time() - cache.FRESH - 9
    os.utime(entry, (old, old))
    run()
    assert entry.stat().st_mtime > old + 9


def test_many_runs_may_use_it_at_once(home: Path) -> None:
    for number in range(40):
        put(f"{BAD}# {number}\n", f"{number}.Dockerfile")
    command = [sys.executable, "-m", "dockgate", "lint", "--exit-zero", "-f", "json", "."]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(6)]
    outputs = {process.communicate(timeout=120)[0] for process in runs}
    assert [process.returncode for process in runs] == [0] * 6
    assert len(outputs) == 1
    assert len(entries(home)) == 40
    assert not [entry for entry in entries(home) if entry.name.startswith(".")]
    assert subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout in outputs

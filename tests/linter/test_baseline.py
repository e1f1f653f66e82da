"""Baselines: an old finding is never new again, a new one is never hidden."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dockgate.linter import baseline, config, shellcheck
from dockgate.linter.baseline import Baselines
from dockgate.linter.batch import Options, lint_paths
from dockgate.linter.errors import UsageError
from dockgate.linter.fingerprint import counted, fingerprint, identity, leave_out
from dockgate.linter.report import FileReport, Report
from dockgate.linter.run import Scope, lint_bytes

CORPUS = Path(__file__).parents[2] / "../shared/corpus/dockerfiles.jsonl"
BAD = "FROM debian:12.8\nRUN sudo make\nUSER root\n"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    config.forget()
    yield
    config.forget()


def linted(text: str) -> FileReport:
    return lint_bytes(text.encode("utf-8", "surrogateescape"), "Dockerfile")


def told(before: str, now: str) -> list[str]:
    """The rules told of `now` where the findings of `before` are the baseline."""
    report = linted(now)
    leave_out(report, counted(linted(before), {}), {})
    return [finding.rule.name for finding in report.findings]


def apply(
    *paths: str, options: Options | None = None, write: bool = False, prune: bool = False
) -> tuple[Report, list[str]]:
    options = options or Options()
    outcome = lint_paths(paths or (".",), options)
    notes = Baselines(options, "b.json", write=write, prune=prune).apply(outcome.report)
    return outcome.report, notes


def rules(report: Report) -> list[str]:
    return [finding.rule.name for finding in report.findings]


def entries() -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(Path("b.json").read_text())["findings"]
    return found


# -- what a finding is known by


@pytest.mark.parametrize(
    "now",
    [
        "# a comment\n\n" + BAD,
        "FROM debian:12.8\n\n\n  RUN   sudo  make\nUSER   root\n",
        "FROM debian:13.1 \nRUN sudo make\nUSER root\n",
        "FROM debian:12.8\nLABEL a=b\nRUN sudo make && true\nUSER root\n",
        BAD.replace("\n", "\r\n"),
        "FROM debian:12.8\nRUN true; \\\n    # why\n    sudo make\nUSER root\n",
    ],
)
def test_an_old_finding_stays_old(now: str) -> None:
    assert "sudo" in [f.rule.name for f in linted(now).findings]
    assert not {"sudo", "root-user", "unpinned-base-digest"} & set(told(BAD, now))


@pytest.mark.parametrize(
    ("now", "new"),
    [
        (BAD.replace("sudo make", "sudo install"), "sudo"),
        (BAD + "RUN sudo make\n", "sudo"),
        (BAD.replace("debian:12.8", "ubuntu:24.04"), "unpinned-base-digest"),
        (BAD.replace("debian:12.8", "debian"), "unpinned-base"),
        (BAD.replace("debian", "registry:5000/debian"), "unpinned-base-digest"),
    ],
)
def test_a_new_finding_is_told(now: str, new: str) -> None:
    assert new in told(BAD, now)


def test_a_fingerprint_knows_of_a_secret_only_what_is_shown() -> None:
    one, other = (
        linted(f"FROM a:1\nENV API_TOKEN=ghp_{body}\n")
        for body in ("q8WmZ3xKc0TnYb5RjLd7VfHs2GpA4eUi9oXt", "Zx1Cv2Bn3Mq4We5Rt6Yu7Io8Pa9Sd0Fg1Hj2")
    )
    secrets = [[f for f in report.findings if "secret" in f.rule.name] for report in (one, other)]
    assert secrets[0]
    assert fingerprint(one, secrets[0][0]) == fingerprint(other, secrets[1][0])


def test_findings_of_the_whole_file_and_of_its_lines_differ() -> None:
    report = linted(BAD)
    ids = [identity(report, finding) for finding in report.findings]
    assert len(set(ids)) == len(ids)
    for finding in report.findings:
        finding.span = None
    assert {one.rule for one in ids} == {identity(report, f).rule for f in report.findings}
    assert not set(ids) & {identity(report, f) for f in report.findings}


LINES = st.sampled_from(
    [
        "RUN sudo make",
        "RUN cd /x && sudo make install",
        "USER root",
        "RUN curl http://a.b/x | sh",
        "RUN apt-get install -y curl \\\n    git \\\n    make",
        "ADD a.txt /",
        "COPY . /",
        "ENV A b",
        "CMD run it",
        "EXPOSE 22",
        "MAINTAINER me",
        "RUN pip install x && pip install y",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(LINES, max_size=8), st.data())
def test_inserted_lines_make_nothing_new(lines: list[str], data: st.DataObject) -> None:
    before = "\n".join(["FROM debian:12.8", *lines, ""])
    rows = before.split("\n")
    inserted = []
    for row in rows:
        quiet = st.sampled_from(["", "# a comment", "  ", "   # more"])
        inserted += data.draw(st.lists(quiet, max_size=2))
        inserted.append(row)
    assume(not inserted[0].startswith("  "))
    known = counted(linted(before), {})
    # an empty line among continued ones is itself what a rule warns of
    assert set(told(before, "\n".join(inserted))) <= {"empty-continuation-line"}
    assert known == counted(linted(before), {})


@settings(max_examples=150, deadline=None)
@given(st.lists(LINES, max_size=6), st.permutations(range(6)), st.lists(LINES, max_size=3))
def test_as_many_are_told_as_have_come(lines: list[str], order: list[int], more: list[str]) -> None:
    """Moved lines make nothing new, whatever is known at most what was there is left out."""
    before = linted("\n".join(["FROM debian:12.8", *lines, ""]))
    moved = [lines[index] for index in order if index < len(lines)]
    now = linted("\n".join(["FROM debian:12.8", *moved, *more, ""]))
    known, there = counted(before, {}), counted(now, {})
    leave_out(now, known, {})
    left = counted(now, {})
    for one, count in there.items():
        assert left.get(one, 0) == max(count - known.get(one, 0), 0)


@settings(max_examples=60, deadline=None)
@given(st.lists(LINES, min_size=2, max_size=6), st.randoms())
def test_moved_instructions_make_nothing_new(lines: list[str], random: object) -> None:
    """Rules on single lines: what depends on the order of lines may rightly change."""
    alone = {"sudo", "curl-pipe-shell", "add-instead-of-copy", "legacy-key-value", "ssh-exposed"}
    before = "\n".join(["FROM debian:12.8", *lines, ""])
    random.shuffle(lines)  # type: ignore[attr-defined]
    assert not alone & set(told(before, "\n".join(["FROM debian:12.8", *lines, ""])))


@pytest.mark.skipif(not CORPUS.exists(), reason="needs the shared corpus")
def test_real_files_have_nothing_new(tmp_path: Path) -> None:
    """Create, compare; then with a comment above every instruction."""
    for number, line in enumerate(CORPUS.read_text(encoding="utf-8").splitlines()[::8]):
        text = json.loads(line)["text"]
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "Dockerfile").write_bytes(text.encode("utf-8", "surrogateescape"))
    found = lint_paths(["."], Options()).report.findings
    _, notes = apply(write=True)
    assert notes == [f"{len(found)} findings written to b.json (before: 0)"]
    assert len(found) > 300
    report, notes = apply()
    assert rules(report) == []
    assert notes == [f"{len(found)} findings left out: known to b.json"]
    total = sum(entry["count"] for entry in entries())  # type: ignore[misc]
    assert total == len(found)
    for path in tmp_path.glob("*/Dockerfile"):
        rows = path.read_bytes().split(b"\n")
        first = next((i for i, row in enumerate(rows) if row[:5].upper() == b"FROM "), None)
        if first is not None:
            path.write_bytes(b"\n".join([*rows[:first], b"# new", b"", *rows[first:]]))
    report, _ = apply()
    assert rules(report) == []


# -- the file


def test_the_file_is_sorted_and_stable() -> None:
    for name in ("b", "a", "a/x"):
        os.makedirs(name, exist_ok=True)
        Path(name, "Dockerfile").write_text(BAD)
    apply(write=True)
    first = Path("b.json").read_bytes()
    assert [e["file"] for e in entries()] == sorted(str(e["file"]) for e in entries())
    assert {e["file"] for e in entries()} == {"a/Dockerfile", "a/x/Dockerfile", "b/Dockerfile"}
    lines = first.decode().split("\n")
    assert len(lines) == len(entries()) + 5 + 1
    assert b"sudo make" not in first
    apply(write=True)
    assert Path("b.json").read_bytes() == first


def test_paths_are_relative_to_the_baseline(monkeypatch: pytest.MonkeyPatch) -> None:
    os.makedirs("a/b")
    Path("a/b/Dockerfile").write_text(BAD)
    apply("a", write=True)
    assert {e["file"] for e in entries()} == {"a/b/Dockerfile"}
    monkeypatch.chdir("a/b")
    outcome = lint_paths(["Dockerfile"], Options())
    Baselines(Options(), "../../b.json").apply(outcome.report)
    assert rules(outcome.report) == []
    os.symlink("a", "../../link")
    outcome = lint_paths(["../../link/b/Dockerfile"], Options())
    Baselines(Options(), "../../b.json").apply(outcome.report)
    assert rules(outcome.report) == []


def test_a_third_of_two_is_told() -> None:
    path = Path("Dockerfile")
    path.write_text("FROM debian:12.8\nRUN sudo make\nRUN sudo make\n")
    apply(write=True)
    path.write_text("FROM debian:12.8\n" + "RUN sudo make\n" * 3)
    assert rules(apply()[0]) == ["sudo"]


def test_fixed_findings_are_noted_and_pruned() -> None:
    path = Path("Dockerfile")
    path.write_text(BAD)
    Path("gone").mkdir()
    Path("gone/Dockerfile").write_text(BAD)
    apply(write=True)
    Path("gone/Dockerfile").unlink()
    path.write_text(BAD.replace("RUN sudo make\n", "RUN echo\n") + "ADD a.txt /\n")
    report, notes = apply()
    assert rules(report) == ["add-instead-of-copy"]
    assert notes[1].endswith(" findings of b.json fixed by now: --prune-baseline takes them out")
    assert {e["file"] for e in entries()} == {"Dockerfile", "gone/Dockerfile"}
    report, notes = apply(prune=True)
    assert rules(report) == ["add-instead-of-copy"]
    assert {e["file"] for e in entries()} == {"Dockerfile"}
    assert not {"sudo", "add-instead-of-copy"} & {e["rule"] for e in entries()}
    assert notes[1] == f"{notes[1].split()[0]} fixed findings taken out of b.json (left: 3)"
    assert len(apply()[1]) == 1


def test_what_a_run_does_not_look_at_stays() -> None:
    for name in ("a", "b"):
        Path(f"{name}.Dockerfile").write_text(BAD)
    apply(write=True)
    whole = entries()
    Path("a.Dockerfile").write_text("FROM scratch\n")
    only = Options(select=frozenset({"root-user"}))
    _, notes = apply("a.Dockerfile", options=only, prune=True)
    assert notes[0] == f"1 fixed finding taken out of b.json (left: {len(whole) - 1})"
    kept = [e for e in whole if (e["file"], e["rule"]) != ("a.Dockerfile", "root-user")]
    assert entries() == kept
    apply("a.Dockerfile", options=only, write=True)
    assert entries() == kept


def test_a_context_is_not_judged_without_it() -> None:
    Path("Dockerfile").write_text("FROM scratch\nCOPY . /\n")
    Path(".env").write_text("DB_PASSWORD=hunter2\n")
    with_context = Options(scope=Scope(context="."))
    apply(options=with_context, write=True)
    assert "secret-in-context" in {e["rule"] for e in entries()}
    assert rules(apply(options=with_context)[0]) == []
    for write, prune in ((False, False), (False, True), (True, False)):
        _, notes = apply(write=write, prune=prune)
        assert not any("fixed" in note and not note.startswith("0 ") for note in notes)
        assert "secret-in-context" in {e["rule"] for e in entries()}
    Path("sub").mkdir()
    Path("sub/.env").write_text("DB_PASSWORD=hunter2\n")
    assert "secret-in-context" in rules(apply(options=with_context)[0])


def test_shellcheck_codes_are_told_apart() -> None:
    if not shellcheck.installed():
        pytest.skip("ShellCheck is not installed")
    Path("Dockerfile").write_text("FROM a:1\nRUN cp $X /\n")
    options = Options(shellcheck=True)
    apply(options=options, write=True)
    assert "SC2086" in {e["rule"] for e in entries()}
    assert rules(apply(options=options)[0]) == []
    assert "fixed" not in "".join(apply()[1])
    Path("Dockerfile").write_text("FROM a:1\nRUN cp $X /\nRUN cp $(y) /\n")
    report, _ = apply(options=options)
    assert {f.rule.aliases for f in report.findings if f.rule.name == "shellcheck"} == {("SC2046",)}


def test_an_undecided_file_is_not_hidden() -> None:
    Path("Dockerfile").write_text(BAD)
    apply(write=True)
    before = entries()
    Path("Dockerfile").write_bytes(b"\x7fELF\0")
    for write, prune in ((False, False), (False, True), (True, False)):
        report, _ = apply(write=write, prune=prune)
        assert report.failures
        assert entries() == before


def test_locked_rules_are_told_all_the_same() -> None:
    Path("Dockerfile").write_text(BAD)
    apply(write=True)
    Path(".dockgate.yaml").write_text("locked: [root-user]\n")
    config.forget()
    assert rules(apply()[0]) == ["root-user"]
    apply(write=True)
    assert "root-user" not in {e["rule"] for e in entries()}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "Expecting value"),
        ("[]", "no baseline of dockgate"),
        ('{"version": 2, "findings": []}', "version 2 is not known here"),
        ('{"version": true, "findings": []}', "version true is not known here"),
        ('{"version": 1, "findings": {}}', "findings is no list"),
        ('{"version": 1, "findings": [1]}', "finding 1 has not just"),
        ('{"version": 1, "findings": [], "x": 1}', "no baseline of dockgate"),
        ("[" * 100_000, "recursion"),
        ("<<<<<<< HEAD\n{}", "Expecting value"),
        (b"\xff\xfe\xfd", "codec can't decode"),
        (
            '{"version": 1, "findings": [{"file": "a", "rule": "b", "fingerprint": '
            '"0123456789abcdef", "count": 0}]}',
            "count is a number from 1",
        ),
        (
            '{"version": 1, "findings": [{"file": 1, "rule": "b", "fingerprint": '
            '"0123456789abcdef", "count": 1}]}',
            "are texts",
        ),
        (
            '{"version": 1, "findings": [{"file": "a", "rule": "b", "fingerprint": "0", '
            '"count": 1}]}',
            "has 16 digits",
        ),
    ],
)
def test_a_broken_baseline_is_one_line(content: str | bytes, why: str) -> None:
    Path("b.json").write_bytes(content.encode() if isinstance(content, str) else content)
    for create in (False, True):  # what is there is not taken for nothing
        with pytest.raises(UsageError) as caught:
            baseline.read("b.json", create=create)
        assert str(caught.value).startswith("baseline b.json: ")
        assert why in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_baseline_that_is_not_there_or_no_file() -> None:
    with pytest.raises(UsageError, match=r"b\.json: no such file: make it with --write-baseline"):
        baseline.read("b.json")
    os.mkfifo("pipe")
    with pytest.raises(UsageError, match="not a regular file"):
        baseline.read("pipe", create=True)
    os.symlink("/nowhere/at/all", "link.json")
    with pytest.raises(UsageError, match="no such file"):
        baseline.read("link.json", create=True)


def test_a_huge_baseline_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baseline, "MAX_BYTES", 10)
    Path("b.json").write_text('{"version": 1, "findings": []}')
    with pytest.raises(UsageError, match="larger than"):
        baseline.read("b.json")


def test_merged_lines_count_once() -> None:
    Path("Dockerfile").write_text(BAD)
    apply(write=True)
    lines = Path("b.json").read_text().split("\n")
    lines.insert(3, lines[3])
    Path("b.json").write_text("\n".join(lines))
    assert rules(apply()[0]) == []
    Path("Dockerfile").write_text(BAD.replace("RUN sudo make\n", "RUN sudo make\n" * 2))
    assert set(rules(apply()[0])) <= {"sudo", "build-tools-in-final-stage"}
    assert "sudo" in rules(apply()[0])


def test_names_that_are_not_utf_8() -> None:
    name = os.fsdecode(b"\xff.Dockerfile")
    Path(name).write_text(BAD)
    apply(write=True)
    assert rules(apply()[0]) == []
    assert Counter(e["file"] for e in entries()).keys() == {name}

"""Moving from hadolint: what is found stays the same, and nothing else of a file changes."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dockgate.linter import config as configuration
from dockgate.linter import migrate
from dockgate.linter.config import DEFAULT_CONFIG
from dockgate.linter.errors import UsageError
from dockgate.linter.migration import comments
from dockgate.linter.migration import configuration as moving
from dockgate.linter.report import FileReport
from dockgate.linter.run import lint_bytes
from tests.cli.command import dockgate

CORPUS = Path(__file__).parents[2] / "../shared/corpus/dockerfiles.jsonl"
SEED = 20_261_121
FILES = 60  #: of the corpus


def told(report: FileReport) -> list[tuple[str, str, int, str]]:
    return sorted(
        (
            f.rule.name,
            f.severity.label,
            report.text.position(f.span.start).line if f.span else 0,
            f.message,
        )
        for f in report.findings
    )


def moved(source: str | bytes) -> tuple[str, list[str]]:
    data = source.encode() if isinstance(source, str) else source
    change, notes, failures = comments.moved(data, "Dockerfile", DEFAULT_CONFIG)
    assert not failures
    return (change.after if change else data).decode("utf-8", "surrogateescape"), notes


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# hadolint ignore=DL3004\n", "# dockgate: ignore=sudo\n"),
        ("#hadolint  ignore = dl3004\n", "#dockgate: ignore=sudo\n"),
        ("## hadolint ignore=sudo\n", "## dockgate: ignore=sudo\n"),
        ("  # hadolint global ignore=DL3004\n", "  # dockgate: ignore-file=sudo\n"),
        ("# hadolint ignore=DL3004,DL3004\n", "# dockgate: ignore=sudo\n"),
        (
            "# hadolint ignore=DL3004 # the vendor's script\n",
            "# dockgate: ignore=sudo reason: the vendor's script\n",
        ),
        (
            "# hadolint ignore=DL3004  Reason: as 1=2, x\n",
            "# dockgate: ignore=sudo Reason: as 1=2, x\n",
        ),
        ("# hadolint ignore=SC2086, DL3004\n", "# dockgate: ignore=SC2086,sudo\n"),
    ],
)
def test_a_comment(before: str, after: str) -> None:
    for end in ("\n", "\r\n"):
        for mark in ("", "\ufeff"):
            source = f"{mark}FROM a:1\n{before}RUN sudo x\n".replace("\n", end)
            expected = f"{mark}FROM a:1\n{after}RUN sudo x\n".replace("\n", end)
            assert moved(source) == (expected, [])


def test_a_comment_behind_a_byte_order_mark() -> None:
    source = "\ufeff# hadolint global ignore=DL3004\nFROM a:1\nRUN sudo x\n"
    expected = "\ufeff# dockgate: ignore-file=sudo\nFROM a:1\nRUN sudo x\n"
    assert moved(source) == (expected, [])


def test_what_ignores_nothing_stays_and_is_told() -> None:
    source = "FROM a:1\n# hadolint ignore=DL3004\nRUN x\n"
    text, notes = moved(source)
    assert text == source
    assert notes == [
        "Dockerfile:2: DL3004 ignores nothing here: the comment stays as it is",
    ]


def test_an_unknown_code_is_told() -> None:
    text, notes = moved("FROM a:1\n# hadolint ignore=DL9999,DL3004,DL3015\nRUN sudo x\n")
    assert text == "FROM a:1\n# dockgate: ignore=sudo\nRUN sudo x\n"
    assert notes == [
        "Dockerfile:2: dockgate has no rule for DL9999: left out",
        "Dockerfile:2: DL3015 ignores nothing here: left out",
    ]
    source = "FROM a:1\n# hadolint ignore=DL9999\nRUN sudo x\n"
    text, notes = moved(source)
    assert text == source
    assert notes == ["Dockerfile:2: dockgate has no rule for DL9999: the comment stays as it is"]


def test_the_shell_pragma_is_told() -> None:
    source = "FROM a:1\n# hadolint shell=bash\nRUN x\n"
    text, notes = moved(source)
    assert text == source
    assert notes[0].startswith("Dockerfile:2: `hadolint shell=bash` stays")


def test_bytes_that_are_no_utf8_stay() -> None:
    text, _ = moved(b"FROM a:1\n# hadolint ignore=DL3004 \xe9\nRUN sudo x \xe9\n")
    assert text == "FROM a:1\n# dockgate: ignore=sudo reason: \udce9\nRUN sudo x \udce9\n"


def with_pragmas(text: str, chance: random.Random) -> str:
    """The file with hadolint's comments above instructions, most of them for what is found."""
    report = lint_bytes(text.encode("utf-8", "surrogateescape"), "Dockerfile")
    codes: dict[int, list[str]] = {}
    for finding in report.findings:
        peers = [alias for alias in finding.rule.aliases if re.fullmatch(r"DL\d{4}", alias)]
        if finding.span is not None and peers and chance.random() < 0.7:
            line = report.text.position(finding.span.start).line
            codes.setdefault(line, []).append(chance.choice(peers))
    lines = text.split("\n")
    for line in sorted(codes, reverse=True):
        if line > 1 and lines[line - 2].rstrip("\r").endswith(("\\", "`")):
            continue  # within an instruction, where a heredoc may be
        extra = chance.choice([[], [], ["DL3059"], ["DL7777"], ["SC2086"]])
        form = chance.choice(["", "", "global "])
        tail = chance.choice(["", " # why", " reason: why"])
        names = ",".join([*codes[line], *extra])
        lines.insert(line - 1, f"# hadolint {form}ignore={names}{tail}")
    return "\n".join(lines)


def test_the_findings_of_real_files_stay() -> None:
    if not CORPUS.exists():
        pytest.skip("no corpus beside the repository")
    texts = [row["text"] for row in map(json.loads, CORPUS.open()) if "text" in row]
    chance = random.Random(SEED)
    own = [text for text in texts if "hadolint" in text]
    sources = own + [with_pragmas(t, chance) for t in chance.sample(texts, FILES)]
    taken = 0
    for number, source in enumerate(sources):
        if number % 3 == 1:
            source = source.replace("\r\n", "\n").replace("\n", "\r\n")
        if number % 3 == 2:
            source = "\ufeff" + source.removeprefix("\ufeff")
        data = source.encode("utf-8", "surrogateescape")
        change, _notes, failures = comments.moved(data, "Dockerfile", DEFAULT_CONFIG)
        assert not failures
        if change is None:
            continue
        before, after = lint_bytes(data, "Dockerfile"), lint_bytes(change.after, "Dockerfile")
        assert told(before) == told(after)
        old, new = data.split(b"\n"), change.after.split(b"\n")
        for was, now in zip(old, new, strict=True):
            if was != now:
                assert b"hadolint" in was
                assert b"dockgate: ignore" in now
                assert was.endswith(b"\r") == now.endswith(b"\r")
                taken += 1
        again, _, _ = comments.moved(change.after, "Dockerfile", DEFAULT_CONFIG)
        assert again is None
    assert taken > FILES


CODES = st.sampled_from(
    [f"DL{n}" for n in (3002, 3004, 3006, 3008, 3015, 3020, 3059, 4006, 9999)]
    + ["SC2086", "SC1091", "sc2046"]
)
LISTS = st.lists(CODES, max_size=5)
HADOLINT = st.fixed_dictionaries(
    {},
    optional={
        "ignored": LISTS,
        "override": st.fixed_dictionaries(
            {}, optional=dict.fromkeys(("error", "warning", "info", "style"), LISTS)
        ),
        "trustedRegistries": st.lists(st.sampled_from(["docker.io", "*.x.com", "y: #z"])),
        "label-schema": st.dictionaries(
            st.sampled_from(["author", "a.b", "x: #y", "on"]),
            st.sampled_from(["text", "rawtext", "URL", "semver", "hash", "rfc3339", "spdx"]),
        ),
        "strict-labels": st.booleans(),
        "failure-threshold": st.sampled_from(["error", "warning", "info", "style", "none"]),
        "no-fail": st.booleans(),
        "disable-ignore-pragma": st.booleans(),
        "format": st.just("json"),
        "no-color": st.booleans(),
    },
)


@given(HADOLINT)
@settings(max_examples=60, deadline=None)
def test_a_configuration_means_the_same(
    tmp_path_factory: pytest.TempPathFactory, value: dict[str, object]
) -> None:
    folder = tmp_path_factory.mktemp("move")
    old, new = folder / ".hadolint.yaml", folder / ".dockgate.yaml"
    old.write_text(yaml.safe_dump(value))
    new.write_text(moving.moved(str(old), str(new)).text)
    configuration.forget()
    before, after = configuration.read(str(old)), configuration.read(str(new))
    assert before.selection.severities == after.selection.severities
    for name in before.settings.__slots__:
        assert getattr(before.settings, name) == getattr(after.settings, name), name
    assert (before.fail_on, before.inline_ignores) == (after.fail_on, after.inline_ignores)


def test_a_whole_configuration(tmp_path: Path) -> None:
    old = tmp_path / ".hadolint.yaml"
    old.write_text(
        "# ours\n"
        "ignored:\n"
        "  - DL3008  # a snapshot pins them\n"
        "  - DL9999\n"
        "override: {error: [DL3004], style: [SC2086]}\n"
        "failure-threshold: info\n"
        "format: tty\n"
        "colour: blue\n"
    )
    text, notes = moving.moved(str(old), str(tmp_path / ".dockgate.yaml"))
    assert yaml.safe_load(text) == {
        "rules": {"unpinned-apt-package": False, "sudo": "error", "SC2086": "style"},
        "fail_on": "info",
    }
    assert "unpinned-apt-package: off  # DL3008: a snapshot pins them\n" in text
    assert notes == [
        f"{old}:4: dockgate has no rule for DL9999: left out",
        f"{old}:7: format: say it with `dockgate lint --format`",
        f"{old}:8: colour means nothing to dockgate: left out",
        f"{old}: comments that are not carried over stand in line 1",
    ]


def test_an_unknown_label_format_is_an_error(tmp_path: Path) -> None:
    old = tmp_path / ".hadolint.yaml"
    old.write_text("label-schema:\n  a: text\n  b: colour\n")
    with pytest.raises(UsageError, match=r":3: label-schema: dockgate knows no format 'colour'"):
        moving.moved(str(old), str(tmp_path / ".dockgate.yaml"))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".hadolint.yaml").write_text("ignored: [DL3059]\n")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/.hadolint.yml").write_text("no-fail: true\n")
    (tmp_path / "sub/Dockerfile").write_bytes(
        b"FROM a:1\r\n# hadolint ignore=DL3004\r\nRUN sudo x\r\n"
    )
    (tmp_path / "sub/Dockerfile").chmod(0o640)
    configuration.forget()
    return tmp_path


def test_the_diff_writes_nothing_and_applies(repository: Path) -> None:
    ran = dockgate("migrate", cwd=repository)
    assert ran.code == 0
    assert "3 files to change, none written" in ran.err
    assert not (repository / ".dockgate.yaml").exists()
    import subprocess

    applied = subprocess.run(
        ["git", "apply", "--check", "-"], cwd=repository, input=ran.out.encode(), check=False
    )
    (repository / ".git").rmdir()
    assert applied.returncode == 0


def test_writing_keeps_what_lint_says(repository: Path) -> None:
    before = dockgate("lint", "-f", "json", cwd=repository)
    ran = dockgate("migrate", "--write", cwd=repository)
    assert ran.code == 0
    assert (repository / "sub/Dockerfile").read_bytes() == (
        b"FROM a:1\r\n# dockgate: ignore=sudo\r\nRUN sudo x\r\n"
    )
    assert (repository / "sub/Dockerfile").stat().st_mode & 0o777 == 0o640
    assert yaml.safe_load((repository / "sub/.dockgate.yaml").read_text()) == {"fail_on": "never"}
    after = dockgate("lint", "-f", "json", cwd=repository)
    assert after == before
    assert dockgate("migrate", cwd=repository).out == ""


def test_a_configuration_that_is_not_read_is_left(repository: Path) -> None:
    (repository / ".dockgate.yaml").write_text("fail_on: info\n")
    ran = dockgate("migrate", "--write", cwd=repository)
    assert ".hadolint.yaml is not read, for there is .dockgate.yaml: left as it is" in ran.err
    assert "sub/.hadolint.yml is not read, for there is .dockgate.yaml" in ran.err
    assert (repository / ".dockgate.yaml").read_text() == "fail_on: info\n"
    assert not (repository / "sub/.dockgate.yaml").exists()


def test_a_file_that_cannot_be_looked_at_leaves_it_undecided(repository: Path) -> None:
    (repository / "Dockerfile").write_bytes(
        "# hadolint ignore=DL3004".encode("utf-16") + b"hadolint"
    )
    ran = dockgate("migrate", cwd=repository)
    assert ran.code == 3
    assert "Dockerfile: UTF-16 text" in ran.err


def test_errors_are_one_line(repository: Path) -> None:
    for argv, line in (
        (("nope",), "cannot read nope"),
        (("--diff", "--write"), "--diff writes nothing"),
    ):
        ran = dockgate("migrate", *argv, cwd=repository)
        assert ran.code == 2
        assert ran.out == ""
        assert line in ran.err
        assert ran.err.count("\n") == 1


def test_a_file_that_is_named_twice_moves_once(repository: Path) -> None:
    ran = dockgate("migrate", ".", "sub", "sub/.hadolint.yml", "--write", cwd=repository)
    assert ran.code == 0
    assert ran.err.count("wrote ") == 3


def test_nothing_to_do(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM a:1\n")
    configuration.forget()
    assert migrate.plan([str(tmp_path)]).changes == []
    ran = dockgate("migrate", cwd=tmp_path)
    assert (ran.code, ran.out) == (0, "")
    assert "nothing of hadolint's is left to move" in ran.err

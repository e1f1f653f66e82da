from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockgate.linter import files
from dockgate.linter.config import Config
from dockgate.linter.errors import UnfinishedError
from dockgate.linter.fixes import MAX_FIX_ROUNDS, apply, unified_diff
from dockgate.linter.fixes import fix as run_fixes
from dockgate.linter.run import Scope
from dockgate.rules.registry import rules_of
from dockgate.rules.rule import Edit, Finding, Fix
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.text import Span, Text


def fix(*edits: tuple[int, int, str], title: str = "") -> Fix:
    return Fix(title, tuple(Edit(Span(start, end), text) for start, end, text in edits))


def test_edits_of_several_fixes() -> None:
    assert apply("abcdef", [fix((4, 5, "E"), (0, 1, "")), fix((2, 2, "-"))]) == "b-cdEf"


def test_a_fix_is_applied_whole_or_not_at_all() -> None:
    assert apply("abcdef", [fix((0, 2, "X")), fix((1, 3, "Y"), (5, 6, "Z"))]) == "Xcdef"


def test_two_insertions_at_one_point_do_not_mix() -> None:
    assert apply("ab", [fix((1, 1, "2")), fix((1, 1, "1"))]) == "a1b"


@pytest.mark.parametrize("edit", [(-1, 0, "x"), (0, 9, "x"), (2, 1, "x")])
def test_edits_outside_of_the_text_are_left_out(edit: tuple[int, int, str]) -> None:
    assert apply("ab", [fix(edit)]) == "ab"


def test_new_lines_end_as_the_others_do() -> None:
    assert apply("a\r\nb\r\n", [fix((3, 3, "x\ny\n"))]) == "a\r\nx\r\ny\r\nb\r\n"
    assert apply("a\nb\r\n", [fix((2, 2, "x\r\n"))]) == "a\nx\nb\r\n"


spans = st.tuples(st.integers(-1, 9), st.integers(-1, 9), st.text("xy\n", max_size=3))
fixes = st.lists(st.builds(lambda e: fix(*e), st.lists(spans, max_size=3)), max_size=6)


@given(st.text("abc\n", max_size=8), fixes, st.randoms())
def test_the_order_of_fixes_does_not_matter(
    text: str, given_fixes: list[Fix], random: Random
) -> None:
    shuffled = list(given_fixes)
    random.shuffle(shuffled)
    assert apply(text, shuffled) == apply(text, given_fixes)


@given(st.text("abc\n", max_size=8), fixes)
def test_nothing_but_the_edits_changes(text: str, given_fixes: list[Fix]) -> None:
    covered = {i for f in given_fixes for e in f.edits for i in range(e.span.start, e.span.end)}
    marked = "".join(c if i in covered else chr(0x1000 + i) for i, c in enumerate(text))
    fixed = apply(marked, given_fixes)
    kept = [c for c in fixed if ord(c) >= 0x1000]
    assert kept == [c for c in marked if ord(c) >= 0x1000]


def test_many_fixes_are_quick() -> None:
    many = [fix((i, i + 1, "x")) for i in range(10_000)]
    assert apply("a" * 10_000, many) == "x" * 10_000


def test_a_diff_tells_every_byte() -> None:
    assert unified_diff(Text("a\nb\n", "f"), Text("a\nc", "f")) == (
        "--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n\\ No newline at end of file\n"
    )
    assert unified_diff(Text("a\r\n\udcff\n", "f"), Text("a\r\n", "f")).endswith(" a\r\n-\udcff\n")
    assert unified_diff(Text("a"), Text("a")) == ""


def test_a_file_is_replaced_with_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_bytes(b"old")
    path.chmod(0o640)
    files.replace(str(path), b"new", expected=b"old")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ["Dockerfile"]


def test_a_link_stays_and_its_target_is_written(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    target, link = tmp_path / "a/real", tmp_path / "Dockerfile"
    target.write_bytes(b"old")
    link.symlink_to("a/real")
    files.replace(str(link), b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_what_somebody_else_has_written_meanwhile_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_bytes(b"newer")
    with pytest.raises(UnfinishedError, match="has changed meanwhile"):
        files.replace(str(path), b"fixed", expected=b"new")
    assert path.read_bytes() == b"newer"


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UnfinishedError, match=r"cannot write .*: No such file or directory"):
        files.replace(str(tmp_path / "no/where"), b"")
    with pytest.raises(UnfinishedError, match=r"cannot write .*: Is a directory"):
        files.replace(str(tmp_path), b"")


def test_a_pipe_is_written_into(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        files.replace(str(path), b"text")
        assert os.read(reader, 9) == b"text"
    finally:
        os.close(reader)


def corpus() -> list[bytes]:
    """Every eighth real file that a rule could have fixes for."""
    path = Path(__file__).parents[2] / "../shared/corpus/dockerfiles.jsonl"
    if not path.exists():
        pytest.skip("needs the corpus of real Dockerfiles beside the repository")
    lines = path.read_text().splitlines()
    texts = [json.loads(line)["text"] for line in lines[::8]]
    return [text.encode("utf-8", "surrogateescape") for text in texts]


def test_fixed_files_are_stable_and_keep_their_line_ends() -> None:
    applied = 0
    for data in corpus():
        for source in (data, data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")):
            fixed = run_fixes(source, "Dockerfile", Config(), unsafe=True, scope=Scope())
            assert fixed.failure == ""
            again = run_fixes(fixed.data, "Dockerfile", Config(), unsafe=True, scope=Scope())
            assert again.data == fixed.data
            if source is not data:
                assert b"\n" not in fixed.data.replace(b"\r\n", b"")
            applied += fixed.applied
    assert applied > 20


def test_a_fix_that_breaks_the_file_is_not_applied(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaking(dockerfile: Dockerfile) -> Iterator[Finding]:
        span = dockerfile.instructions[0].keyword
        yield Finding("x", span, fixes=[Fix("break it", (Edit(span, "NOPE"),))])

    monkeypatch.setattr(rules_of("dockerfile")["unpinned-base"], "check", breaking)
    source = b"FROM debian:12.8\nUSER 1\n"
    fixed = run_fixes(source, "Dockerfile", Config(), unsafe=False, scope=Scope())
    assert fixed.data == source
    assert fixed.failure == "a fix breaks the file and is not applied: break it"


def test_fixes_that_never_settle_come_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def growing(dockerfile: Dockerfile) -> Iterator[Finding]:
        end = len(dockerfile.text.text)
        yield Finding("x", Span(0, 4), fixes=[Fix("more", (Edit(Span(end, end), "# x\n"),))])

    monkeypatch.setattr(rules_of("dockerfile")["unpinned-base"], "check", growing)
    fixed = run_fixes(b"FROM debian:12.8\n", "f", Config(), unsafe=False, scope=Scope())
    assert fixed.applied == MAX_FIX_ROUNDS
    assert "did not settle" in fixed.failure

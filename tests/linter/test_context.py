"""The build context is what BuildKit would be sent, and COPY brings what it would bring."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockgate.linter import context as contexts
from dockgate.linter import document, run
from dockgate.linter.errors import UnfinishedError
from dockgate.linter.ignore_patterns import (
    Matcher,
    PatternError,
    clean,
    go_match,
    read_ignore_file,
)
from dockgate.rules.settings import Settings
from dockgate.rules.subjects.context import Context


def load(root: Path, dockerfile: str = "FROM a\nCOPY . .\n", path: str | None = None) -> Context:
    name = path or str(root / "Dockerfile")
    return contexts.load(str(root), document.read(dockerfile.encode(), name))


def fill(root: Path, *files: str, **contents: str) -> None:
    for name in files:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(contents.get(name, ""))


def sent(root: Path, ignore: str) -> list[str]:
    (root / ".dockerignore").write_text(ignore)
    return [file.path for file in load(root).files if file.path != ".dockerignore"]


def brought(root: Path, *instructions: str) -> list[list[str]]:
    source = "FROM a\n" + "".join(f"{line}\n" for line in instructions)
    return [[file.path for file in one.files] for one in load(root, source).copied]


# --- the patterns ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("a", "a", True),
        ("a", "a/b/c", True),
        ("a", "b/a", False),  # not a .gitignore: only at the root
        ("**/a", "a", True),
        ("**/a", "x/y/a", True),
        ("**/a", "x/ba", False),
        ("**a", "x/ba", True),
        ("**", "x/y", True),
        ("**/**", "x/y", True),
        ("a/**", "a", False),
        ("a/**", "a/b/c", True),
        ("a/**/c", "a/c", True),
        ("a/**/c", "a/x/y/c", True),
        ("**/a/*", "x/a/b", True),
        ("**/a/**", "x/a/b/c", True),
        ("*", "a/b", True),
        ("*/b", "a/b", True),
        ("*/b", "a/x/b", False),
        ("*.md", "a.md", True),
        ("*.md", "x/a.md", False),
        ("**/*.md", "a.md", True),
        ("**/*.md", "x/y/a.md", True),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("a?c", "a☺c", True),
        ("a[b-d]e", "ace", True),
        ("a[^b-d]e", "ace", False),
        ("a\\*b", "a*b", True),
        ("a\\*b", "axb", False),
        ("a.b", "axb", False),
        ("a+(b)|{c}$", "a+(b)|{c}$", True),
        ("a*b*c*d*e*f", "axbxcxdxexf", True),
    ],
)
def test_a_pattern_matches_as_in_buildkit(pattern: str, path: str, matches: bool) -> None:
    assert Matcher([pattern]).matches(path) is matches


@pytest.mark.parametrize(
    ("patterns", "path", "matches"),
    [
        (["*.md", "!a.md"], "a.md", False),
        (["!a.md", "*.md"], "a.md", True),
        (["docs", "!docs/a"], "docs/a", False),
        (["docs", "!docs/a"], "docs/b", True),
        (["docs/*", "!docs/a"], "docs/a", False),
        (["**", "!src"], "src/x/y", False),
        (["**", "!src", "src/x"], "src/x/y", True),
        (["*", "!src/*.js"], "src/a.js", False),
        (["*", "!src/*.js"], "src/a.ts", True),
    ],
)
def test_the_last_pattern_decides(patterns: list[str], path: str, matches: bool) -> None:
    assert Matcher(patterns).matches(path) is matches


@pytest.mark.parametrize(
    "pattern", ["[", "a[", "[]a]", "[^", "[^bc", "[-]", "[x-]", "[-x]", "[a-b-c]", "a\\", "!"]
)
def test_what_buildkit_refuses_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        Matcher([pattern])


def test_an_ignore_file_is_read_as_docker_reads_it() -> None:
    text = "\ufeff# comment\r\n\n  /a/  \r\n!  ./b/../c \n #no\n//x\n \t \n!/y\n../z\n"
    assert read_ignore_file(text) == ["a", "!c", "#no", "x", "!y", "../z"]


@pytest.mark.parametrize(
    ("path", "cleaned"),
    [
        ("", "."),
        ("a/", "a"),
        ("a//b/./c", "a/b/c"),
        ("a/../../b", "../b"),
        ("/../a", "/a"),
        ("//a", "/a"),
        ("/", "/"),
        ("a/..", "."),
    ],
)
def test_paths_are_cleaned_as_in_go(path: str, cleaned: str) -> None:
    assert clean(path) == cleaned


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("*.json", "a.json", True),
        ("*.json", "x/a.json", False),
        ("a*b?c*x", "abxbbxdbxebxczzx", True),
        ("**", "a/b", False),
        ("[\\]a]", "]", True),
        ("[x\\-]", "-", True),
        ("[a-ζ]", "α", True),
        ("a.b", "axb", False),
    ],
)
def test_sources_match_as_in_go(pattern: str, path: str, matches: bool) -> None:
    assert go_match(pattern)(path) is matches


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab*?[]^-\\/.!|(ζ"), st.text(alphabet="ab/.-ζ", min_size=1))
def test_no_pattern_makes_it_fail(pattern: str, path: str) -> None:
    with contextlib.suppress(PatternError):
        assert Matcher([pattern]).matches(path) in (True, False)
    with contextlib.suppress(PatternError):
        assert go_match(pattern)(path) in (True, False)


def test_a_hostile_pattern_takes_no_time() -> None:
    begin = time.process_time()
    Matcher(["**/" + "a*" * 60 + "b", "**/**/" * 30 + "x"]).matches("a" * 200 + "/a" * 100)
    assert time.process_time() - begin < 1


def test_without_re2_wildcards_are_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "re2", None)
    assert Matcher(["**/a*b?"]).matches("x/aXbc")
    with pytest.raises(PatternError, match="google-re2"):
        Matcher(["a*" * 20 + "b"])


# --- the folder -----------------------------------------------------------------------------


def test_what_is_sent(tmp_path: Path) -> None:
    fill(tmp_path, "a.md", "src/b.md", "src/c.js", "keep/d.md", ".git/HEAD")
    assert sent(tmp_path, "") == [".git/HEAD", "a.md", "keep/d.md", "src/b.md", "src/c.js"]
    assert sent(tmp_path, ".git\n*.md\n") == ["keep/d.md", "src/b.md", "src/c.js"]
    assert sent(tmp_path, "**/*.md\n!keep/*\n.git") == ["keep/d.md", "src/c.js"]
    # moby does not ask "!keep" of the folder, which nothing had excluded, nor then of its files.
    assert sent(tmp_path, "**/*.md\n!keep\n.git") == ["src/c.js"]
    assert sent(tmp_path, "*\n!src/*.js\n") == ["src/c.js"]


def test_the_ignore_file_beside_the_dockerfile_wins(tmp_path: Path) -> None:
    fill(tmp_path, "a", "b", "build/x.Dockerfile")
    (tmp_path / ".dockerignore").write_text("a\n")
    name = str(tmp_path / "build/x.Dockerfile")
    assert load(tmp_path, path=name).ignore_path == ".dockerignore"
    (tmp_path / "build/x.Dockerfile.dockerignore").write_text("b\n")
    context = load(tmp_path, path=name)
    assert context.ignore_path == "build/x.Dockerfile.dockerignore"
    assert {"a", "b"} & {file.path for file in context.files} == {"a"}


def test_without_an_ignore_file_all_is_sent(tmp_path: Path) -> None:
    fill(tmp_path, "Dockerfile", "a")
    context = load(tmp_path)
    assert context.ignore_path is None
    assert [file.path for file in context.files] == ["Dockerfile", "a"]


def test_links_are_not_followed_out_of_it(tmp_path: Path) -> None:
    outside, root = tmp_path / "outside", tmp_path / "root"
    fill(outside, "secret.env", **{"secret.env": "DB_PASSWORD=hunter2\n"})
    fill(root, "real/prod.env", **{"real/prod.env": "DB_PASSWORD=hunter2\n"})
    (root / "away").symlink_to(outside)
    (root / "file.env").symlink_to(outside / "secret.env")
    (root / "within").symlink_to("real")
    (root / "loop").symlink_to(".")
    context = load(root, "FROM a\nCOPY away /a/\nCOPY file.env /b/\nCOPY within/ /c/\n")
    away, file, within = context.copied
    assert [f.path for f in away.files] == ["away"]
    assert [f.path for f in file.files] == ["file.env"]
    assert [f.path for f in within.files] == ["real/prod.env"]
    assert list(context.secrets) == ["real/prod.env"]


def test_what_copy_brings(tmp_path: Path) -> None:
    fill(tmp_path, "a.js", "src/b.js", "src/c.ts", "src/d/e.js", "x y.txt", "s[1].txt")
    everything = ["a.js", "s[1].txt", "src/b.js", "src/c.ts", "src/d/e.js", "x y.txt"]
    assert brought(
        tmp_path,
        "COPY . /",
        "COPY /src/ /",
        "COPY ../../src/d /",
        "COPY a.js src/c.ts /x/",
        "COPY *.js /",
        "COPY src/*.js /",
        "COPY sr?/* /",
        "COPY s*/d /",
        'COPY ["x y.txt", "/"]',
        "COPY s[[]1].txt /",
        "COPY missing /",
        "COPY --exclude=*.ts --exclude=d src /",
        "COPY --parents --exclude=src/d src /",
    ) == [
        everything,
        ["src/b.js", "src/c.ts", "src/d/e.js"],
        ["src/d/e.js"],
        ["a.js"],
        ["src/c.ts"],
        ["a.js"],
        ["src/b.js"],
        ["src/b.js", "src/c.ts", "src/d/e.js"],
        ["src/d/e.js"],
        ["x y.txt"],
        ["s[1].txt"],
        [],
        ["src/b.js"],
        ["src/b.js", "src/c.ts"],
    ]


def test_what_comes_from_elsewhere_is_none_of_the_context(tmp_path: Path) -> None:
    fill(tmp_path, "a", "EOF")
    assert (
        brought(
            tmp_path,
            "COPY --from=build a /",
            "ADD https://example.com/a /",
            "ADD git@github.com:x/y.git /",
            "COPY <<EOF /b\na\nEOF",
        )
        == []
    )
    assert brought(tmp_path, "ONBUILD COPY a /", "ARG F=a", "COPY $F /") == [["a"], ["a"]]


def test_what_is_ignored_though_named(tmp_path: Path) -> None:
    fill(tmp_path, "a", "b", "d/c")
    (tmp_path / ".dockerignore").write_text("a\nd\n")
    context = load(tmp_path, "FROM a\nCOPY a /\nCOPY b /\nCOPY d/c /\nCOPY ? /\n")
    assert [one.ignored for one in context.copied] == [True, False, True, True]
    assert [len(one.files) for one in context.copied] == [0, 1, 0, 1]


def test_secrets_are_those_of_files_that_are_copied(tmp_path: Path) -> None:
    secret = "DB_PASSWORD=hunter2\n"
    fill(tmp_path, "a/.env", "b/.env", **{"a/.env": secret, "b/.env": secret})
    context = load(tmp_path, "FROM a\nCOPY a /\n")
    assert list(context.secrets) == ["a/.env"]
    assert context.secrets["a/.env"][0].redacted == "h…"


@pytest.mark.parametrize("ignore", ["[", "!\n", "a\\\n", "x" * 70_000])
def test_an_ignore_file_that_buildkit_refuses(tmp_path: Path, ignore: str) -> None:
    (tmp_path / ".dockerignore").write_text(ignore)
    with pytest.raises(contexts.ContextError) as error:
        load(tmp_path)
    assert "\n" not in str(error.value)
    assert ".dockerignore" in str(error.value)


def test_what_is_no_folder(tmp_path: Path) -> None:
    fill(tmp_path, "file")
    for root in (tmp_path / "missing", tmp_path / "file"):
        with pytest.raises(contexts.ContextError, match="no such folder"):
            load(root)


def test_a_source_with_a_bad_pattern(tmp_path: Path) -> None:
    with pytest.raises(contexts.ContextError, match="COPY at line 2"):
        load(tmp_path, "FROM a\nCOPY a[ /\n")


def test_bounds_end_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, "a", "b", "c/d/e/f", a="x" * 100)
    monkeypatch.setattr(contexts, "MAX_ENTRIES", 3)
    with pytest.raises(contexts.ContextError, match="more than 3 files"):
        load(tmp_path)
    monkeypatch.setattr(contexts, "MAX_ENTRIES", 100)
    monkeypatch.setattr(contexts, "MAX_DEPTH", 2)
    with pytest.raises(contexts.ContextError, match="nested deeper"):
        load(tmp_path)
    monkeypatch.setattr(contexts, "MAX_DEPTH", 10)
    monkeypatch.setattr(contexts, "MAX_TOTAL_BYTES", 50)
    with pytest.raises(contexts.ContextError, match="too much to search"):
        load(tmp_path)


def test_a_large_file_is_read_to_its_end(tmp_path: Path) -> None:
    secret = b"DB_PASSWORD=hunter2\n"
    (tmp_path / "big.env").write_bytes(b"# nothing here\n" * 1_300_000 + secret)
    context = load(tmp_path)
    assert [one.line for one in context.secrets["big.env"]] == [1_300_001]


def test_what_cannot_be_searched_whole_ends_in_one_line(tmp_path: Path) -> None:
    many = "".join(f"A{i}_PASSWORD=hunter{i}\n" for i in range(2000))
    fill(tmp_path, "x.env", **{"x.env": many})
    with pytest.raises(contexts.ContextError, match=r"x\.env: more than 1,000 secrets") as error:
        load(tmp_path)
    assert isinstance(error.value, UnfinishedError)
    assert "\n" not in str(error.value)
    report = run.lint_bytes(b"FROM a\nCOPY . .\n", "Dockerfile", context=str(tmp_path))
    assert len(report.failures) == 1


def test_a_declared_name_is_read_in_the_context(tmp_path: Path) -> None:
    fill(tmp_path, "x.env", **{"x.env": "ACME_PIN=4711\n"})
    dockerfile = document.read(b"FROM a\nCOPY . .\n", "Dockerfile")
    dockerfile.settings = Settings(secret_names=("ACME_PIN",))
    assert list(contexts.load(str(tmp_path), dockerfile).secrets) == ["x.env"]


def test_pipes_and_odd_names_do_no_harm(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / os.fsdecode(b"\xff.env")).write_text("DB_PASSWORD=hunter2\n")
    context = load(tmp_path)
    assert len(context.files) == 1
    assert len(context.secrets) == 1


def test_twenty_thousand_files_take_two_seconds(tmp_path: Path) -> None:
    for folder in range(200):
        (tmp_path / f"src/d{folder}").mkdir(parents=True)
        for file in range(100):
            (tmp_path / f"src/d{folder}/f{file}.js").write_text(f"export const x{file} = 1;\n")
    (tmp_path / ".dockerignore").write_text(
        "**/*.log\nnode_modules\n**/.git\n!keep\nsrc/*/f1?.js\n"
    )
    begin = time.process_time()
    context = load(tmp_path, "FROM a\nCOPY . .\nCOPY src/d*/f20.js /x/\n")
    spent = time.process_time() - begin
    assert len(context.files) == 200 * 90 + 1
    assert len(context.copied[1].files) == 200
    assert spent < 2


def test_what_dockerignore_leaves_decides_on_sources_before_install(tmp_path: Path) -> None:
    fill(tmp_path, "package.json", "package-lock.json", "src/app.js", "README.md")
    source = b"FROM node:22\nCOPY . .\nRUN npm ci\n"

    def fires() -> bool:
        report = run.lint_bytes(source, str(tmp_path / "Dockerfile"), context=str(tmp_path))
        return "sources-before-install" in {finding.rule.name for finding in report.findings}

    assert fires()
    (tmp_path / ".dockerignore").write_text("*\n!package*.json\n")
    assert not fires()
    (tmp_path / ".dockerignore").write_text("*\n!package*.json\n!src\n")
    assert fires()

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dockgate.linter.discover import discover, is_dockerfile
from dockgate.linter.errors import UsageError


def tree(root: Path, *paths: str, **files: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("FROM scratch\n")


def ignore(root: Path, text: str) -> None:
    root.mkdir(parents=True, exist_ok=True)
    (root / ".gitignore").write_text(text)


def found(root: Path) -> list[str]:
    return [os.path.relpath(path, root) for path in discover(str(root))]


@pytest.mark.parametrize(
    "name",
    ["Dockerfile", "dockerfile", "DOCKERFILE", "Containerfile", "a.Dockerfile", "x.dockerfile",
     "Dockerfile.dev", "dockerfile.ARM64", "Dockerfile.a.b"],
)  # fmt: skip
def test_names_that_are_dockerfiles(name: str) -> None:
    assert is_dockerfile(name)


@pytest.mark.parametrize(
    "name",
    ["Dockerfiles", "MyDockerfile", "Dockerfile-dev", "Dockerfile.dockerignore", "dockerfile~", ""],
)
def test_names_that_are_none(name: str) -> None:
    assert not is_dockerfile(name)


def test_folders_are_searched_in_order(tmp_path: Path) -> None:
    tree(tmp_path, "b/Dockerfile", "a/x.Dockerfile", "Dockerfile", "a/README", ".git/Dockerfile")
    (tmp_path / "Dockerfile.d").mkdir()
    assert found(tmp_path) == ["Dockerfile", "a/x.Dockerfile", "b/Dockerfile"]


def test_paths_are_shown_as_the_folder_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree(tmp_path, "a/Dockerfile")
    monkeypatch.chdir(tmp_path)
    assert list(discover(".")) == ["a/Dockerfile"]
    assert list(discover("a")) == ["a/Dockerfile"]
    assert list(discover("./a/")) == ["./a/Dockerfile"]


def test_gitignore_files_are_heard_nested_and_above(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    tree(tmp_path, "s/Dockerfile", "s/build/Dockerfile", "s/a/Dockerfile", "s/a/keep.Dockerfile")
    ignore(tmp_path, "build/\n/s/a/*.Dockerfile\n")
    ignore(tmp_path / "s/a", "!keep.Dockerfile\n/Dockerfile\n")
    assert found(tmp_path) == ["s/Dockerfile", "s/a/keep.Dockerfile"]
    assert found(tmp_path / "s") == ["Dockerfile", "a/keep.Dockerfile"]


def test_gitignore_above_means_nothing_outside_of_a_repository(tmp_path: Path) -> None:
    tree(tmp_path, "s/Dockerfile")
    ignore(tmp_path, "Dockerfile\n")
    assert found(tmp_path / "s") == ["Dockerfile"]
    assert found(tmp_path) == []


def test_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    tree(tmp_path, "a/Dockerfile")
    (tmp_path / "a/loop").symlink_to(tmp_path)
    (tmp_path / "x.Dockerfile").symlink_to(tmp_path / "a/Dockerfile")
    (tmp_path / "y.Dockerfile").symlink_to(tmp_path / "nowhere")
    assert found(tmp_path) == ["a/Dockerfile", "x.Dockerfile"]


@pytest.mark.parametrize("text", ["!\n[\n\\\n/\n//\n\0\n", "\udcff\n"])
def test_patterns_without_a_meaning_are_passed_over(tmp_path: Path, text: str) -> None:
    tree(tmp_path, "Dockerfile")
    (tmp_path / ".gitignore").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert found(tmp_path) == ["Dockerfile"]


def test_a_folder_that_cannot_be_listed_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot list .*: No such file"):
        found(tmp_path / "nowhere")


FOLDERS = ["", "a", "b", "a/b"]
PATTERNS = [
    *("Dockerfile", "/Dockerfile", "a/", "/a", "b", "a/b", "**/b", "a/*", "a/**", "**/Dockerfile"),
    *("!Dockerfile", "!b", "!a/", "!a/b", "!/x.Dockerfile", "*.Dockerfile", "# x", ""),
]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(
        st.sampled_from(FOLDERS), st.lists(st.sampled_from(PATTERNS), max_size=4), max_size=3
    )
)
def test_it_finds_what_git_does_not_ignore(
    tmp_path_factory: pytest.TempPathFactory, ignores: dict[str, list[str]]
) -> None:
    root = tmp_path_factory.mktemp("repo")
    tree(root, *(os.path.join(f, n) for f in FOLDERS for n in ("Dockerfile", "x.Dockerfile")))
    for folder, patterns in ignores.items():
        ignore(root / folder, "\n".join(patterns))
    git = ["git", "-C", str(root)]
    subprocess.run([*git, "init", "-q"], check=True)
    listed = subprocess.run(
        [*git, "ls-files", "-z", "--others", "--exclude-standard"], capture_output=True, check=True
    )
    expected = [name for name in listed.stdout.decode().split("\0") if name.endswith("Dockerfile")]
    assert sorted(found(root)) == sorted(expected)

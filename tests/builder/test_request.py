"""docker build's flags become a checked request; what cannot be meant is one clear line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockgate.builder.reference import parse, parse_tag
from dockgate.builder.request import BuildRequest, make_request
from dockgate.linter.errors import UsageError


@pytest.fixture
def context(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    return tmp_path


def request_of(context: Path, **flags: Any) -> BuildRequest:
    return make_request(str(context), **flags)


def test_defaults(context: Path) -> None:
    request = request_of(context)
    assert request.dockerfile == str(context / "Dockerfile")
    assert request.tags == ()
    assert not request.loads


def test_lower_case_dockerfile_is_buildkits_second_try(tmp_path: Path) -> None:
    (tmp_path / "dockerfile").write_text("FROM scratch\n")
    assert request_of(tmp_path).dockerfile == str(tmp_path / "dockerfile")


def test_names_are_completed_and_kept_once(context: Path) -> None:
    request = request_of(context, tags=["app", "app:latest", "localhost:5000/x/y:2"])
    assert [str(tag) for tag in request.tags] == [
        "docker.io/library/app:latest",
        "localhost:5000/x/y:2",
    ]


@pytest.mark.parametrize(
    ("flags", "loads"),
    [({}, True), ({"load": True}, True), ({"push": True}, False),
     ({"push": True, "load": True}, True)],
)  # fmt: skip
def test_the_engine_gets_the_image_unless_it_is_only_pushed(
    context: Path, flags: dict[str, bool], loads: bool
) -> None:
    assert request_of(context, tags=["app"], **flags).loads is loads


def test_a_bare_build_arg_is_taken_from_the_environment(
    context: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FROM_OUTSIDE", "1=2")
    monkeypatch.delenv("UNSET_HERE", raising=False)
    request = request_of(context, build_args=["A=x=y", "FROM_OUTSIDE", "UNSET_HERE", "A=z"])
    assert dict(request.build_args) == {"A": "z", "FROM_OUTSIDE": "1=2"}


def test_what_came_by_name_alone_stays_off_the_command_line(
    context: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FROM_OUTSIDE", "not for ps")
    request = request_of(context, build_args=["FROM_OUTSIDE", "A=1"])
    assert request.build_arg_words == ["FROM_OUTSIDE", "A=1"]
    request = request_of(context, build_args=["FROM_OUTSIDE", "FROM_OUTSIDE=said"])
    assert request.build_arg_words == ["FROM_OUTSIDE=said"]


def test_a_platform_from_the_environment(context: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_DEFAULT_PLATFORM", "linux/arm64")
    assert request_of(context).platform == "linux/arm64"
    assert request_of(context, platforms=["linux/amd64"]).platform == "linux/amd64"
    monkeypatch.setenv("DOCKER_DEFAULT_PLATFORM", "linux/arm64,linux/amd64")
    with pytest.raises(UsageError, match="one platform"):
        request_of(context)


def test_images_that_cached_layers_come_from(context: Path) -> None:
    given = ["a/b:1", "type=registry,ref=r.example.com/c", "type=local,src=x", "type=inline"]
    request = request_of(context, further={"--cache-from": given, "--ulimit": ()})
    assert request.cache_images == ["a/b:1", "r.example.com/c"]
    assert request.further == (("--cache-from", tuple(given)),)


def test_values_of_build_args_are_redacted(context: Path) -> None:
    request = request_of(context, build_args=["TOKEN=s3cr3t-value", "TINY=1"])
    assert request.redact("failed: s3cr3t-value in step 1") == "failed: … in step 1"


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        ({"context": "-"}, "standard input"),
        ({"context": "https://example.com/x.git"}, "remote context"),
        ({"context": "git@example.com:x.git"}, "remote context"),
        ({"context": "no/such/folder"}, "does not exist"),
        ({"context": __file__}, "is not a folder"),
        ({"file": "-"}, "standard input"),
        ({"file": "https://example.com/Dockerfile"}, "remote Dockerfile"),
        ({"file": "missing.Dockerfile"}, "does not exist"),
        ({"file": os.path.dirname(__file__)}, "is not a file"),
        ({"tags": ["App"]}, "lower case"),
        ({"tags": ["app@sha256:" + "0" * 64]}, "digest"),
        ({"tags": ["app:" + "x" * 129]}, "not an image name"),
        ({"tags": ["--help"]}, "not an image name"),
        ({"push": True}, "--tag"),
        ({"platforms": ["linux/amd64,linux/arm64"]}, "one platform"),
        ({"platforms": ["linux/amd64", "linux/arm64"]}, "one platform"),
        ({"platforms": ["linux amd64"]}, "OS/ARCH"),
        ({"labels": ["=x"]}, "KEY=VALUE"),
        ({"iidfile": "no/such/folder/iid"}, "--iidfile"),
        ({"sbom_file": "no/such/folder/bom.json"}, "--sbom-file"),
        ({"metadata_file": "no/such/folder/m"}, "--metadata-file"),
        ({"secrets": [""]}, "empty"),
        ({"target": "--push"}, "starts with '-'"),
        ({"further": {"--output": ["."]}}, "before it is judged"),
        ({"further": {"--allow": ["network.host"]}}, "--allow"),
        ({"further": {"--build-context": ["a=b"]}}, "not linted"),
        ({"further": {"--cache-to": ["type=registry,ref=r.example.com/a:1"]}}, "before the image"),
        ({"further": {"--cache-to": ["r.example.com/a:1"]}}, "before the image"),
        ({"further": {"--cache-to": ["type=local,dest=x,type=registry"]}}, "before the image"),
        ({"further": {"--cache-from": ["--push"]}}, "--cache-from"),
        ({"further": {"--add-host": ["--push"]}}, "--add-host"),
        ({"further": {"--ulimit": ["nofile"]}}, "--ulimit"),
        ({"further": {"--provenance": ["generator=evil/x"]}}, "--provenance"),
        ({"further": {"--sbom": ["generator=evil/x"]}}, "--sbom"),
        ({"build_args": ["BUILDKIT_SYNTAX=evil/frontend"]}, "# syntax="),
    ],
)
def test_what_cannot_be_meant(context: Path, flags: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError) as caught:
        make_request(**{"context": str(context), **flags})
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_broken_build_arg_is_not_repeated(context: Path) -> None:
    with pytest.raises(UsageError) as caught:
        request_of(context, build_args=["bad name=hunter2"])
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "host", "repository", "tag"),
    [
        ("debian", "docker.io", "library/debian", ""),
        ("index.docker.io/debian:12", "docker.io", "library/debian", "12"),
        ("ghcr.io/o/p/q:v1", "ghcr.io", "o/p/q", "v1"),
        ("127.0.0.1:5000/a", "127.0.0.1:5000", "a", ""),
        ("[::1]:5000/a:b", "[::1]:5000", "a", "b"),
        ("localhost/a__b-c", "localhost", "a__b-c", ""),
    ],
)
def test_references(text: str, host: str, repository: str, tag: str) -> None:
    found = parse(text)
    assert (found.host, found.repository, found.tag) == (host, repository, tag)


@given(st.text(max_size=60))
def test_any_text_is_a_name_or_a_usage_error(text: str) -> None:
    try:
        found = parse_tag(text)
    except UsageError:
        return
    assert parse_tag(str(found)) == found

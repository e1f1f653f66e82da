"""A Dockerfile whose base images are known: what stages inherit, and what rules then say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from dockgate.linter import document
from dockgate.linter.config import DEFAULT_CONFIG
from dockgate.linter.errors import UnfinishedError
from dockgate.linter.run import Scope, lint
from dockgate.rules.subjects.base_image import BaseImage, key
from dockgate.rules.subjects.dockerfile import Dockerfile
from tests.cli.command import dockgate

APP = "docker.io/library/app:1"
PLATFORM = "linux/amd64"
DIGEST = "sha256:" + 64 * "a"


class Asked(Mapping[str, BaseImage]):
    """One image for every name; remembers what was asked for."""

    def __init__(self, image: BaseImage | None) -> None:
        self.image = image
        self.asked: list[str] = []

    def __getitem__(self, name: str) -> BaseImage:
        self.asked.append(name)
        if self.image is None:
            raise UnfinishedError(f"could not resolve {name}")
        return self.image

    def __iter__(self) -> Iterator[str]:
        return iter(self.asked)

    def __len__(self) -> int:
        return len(self.asked)


def image(**known: object) -> BaseImage:
    found = BaseImage(architecture="amd64", platform=PLATFORM, digest=DIGEST)
    return found._replace(**known)  # type: ignore[arg-type]


def read(source: str, base: BaseImage, build_args: dict[str, str] | None = None) -> Dockerfile:
    bases = {key(APP, PLATFORM): base}
    return document.read(source.encode(), platform=PLATFORM, bases=bases, build_args=build_args)


def found(source: str, base: BaseImage | None) -> dict[str, str]:
    """Message by rule, with this base known, or not."""
    bases = {key(APP, PLATFORM): base} if base is not None else None
    scope = Scope(platform=PLATFORM, bases=bases)
    report, _ = lint(source.encode(), "Dockerfile", DEFAULT_CONFIG, scope)
    assert report.failures == []
    return {finding.rule.name: finding.message for finding in report.findings}


def test_a_stage_inherits_what_its_base_sets() -> None:
    base = image(
        user="1000",
        env=(("PATH", "/x"), ("HOME_OF", "/srv")),
        labels={"a": "b"},
        workdir="/srv",
        shell=("/bin/bash", "-o", "pipefail", "-c"),
    )
    dockerfile = read("FROM app:1 AS a\nWORKDIR in\nRUN x\nCOPY a $HOME_OF\nFROM a\n", base)
    for stage in dockerfile.stages:
        assert stage.base_image == base
        assert (stage.user, stage.user_instruction) == ("1000", None)
        assert dict(stage.env) == {"PATH": "/x", "HOME_OF": "/srv"}
        assert dict(stage.labels) == {"a": "b"}
        assert stage.workdir == "/srv/in"
        assert stage.shell == base.shell
    run, copy = dockerfile.find("RUN", "COPY")
    assert run.shell == base.shell
    assert copy.values[-1] == "/srv"
    assert copy.undefined == []


def test_path_is_there_where_the_base_sets_none() -> None:
    assert read("FROM app:1\n", image()).stages[0].env["PATH"].startswith("/usr/local/sbin")
    windows = read("FROM app:1\n", image(os="windows")).stages[0]
    assert (windows.windows, dict(windows.env)) == (True, {})


def test_triggers_of_the_base_run_first() -> None:
    base = image(
        onbuild=(
            "ARG V=1",
            "ENV X=$V",
            "USER app",
            "HEALTHCHECK CMD /ok",
            'CMD ["run"]',
            "ONBUILD USER root",
            "FROM other",
            "COPY . .",
            "no instruction",
            "",
        )
    )
    (stage,) = read("FROM app:1\nENV Y=$X\n", base, {"V": "2"}).stages
    assert dict(stage.env).items() >= {"X": "2", "Y": "2"}.items()
    assert (stage.user, stage.user_instruction, stage.healthcheck) == ("app", None, None)
    known = stage.base_image
    assert known is not None
    assert (known.user, known.healthcheck, known.cmd) == ("app", ("CMD-SHELL", "/ok"), ("run",))


@pytest.mark.parametrize(
    ("source", "asked"),
    [
        ("FROM app\n", ["docker.io/library/app:latest linux/amd64"]),
        ("FROM --platform=linux/arm64/v8 x.org/a/b:1\n", ["x.org/a/b:1 linux/arm64"]),
        (f"FROM a:1@{DIGEST}\n", [f"docker.io/library/a:1@{DIGEST} linux/amd64"]),
        ("ARG V=3\nFROM a:$V AS b\nFROM b\n", ["docker.io/library/a:3 linux/amd64"]),
        ("FROM unused AS u\nFROM scratch\n", []),
        ("FROM used:1 AS u\nFROM scratch\nCOPY --from=u /a /a\n",
         ["docker.io/library/used:1 linux/amd64"]),
        ("FROM No/Such\n", []),
        ("FROM a:$UNDEFINED\n", []),
        ("FROM --platform=a/b/c/d a\n", []),
        ("# nothing\n", []),
    ],
)  # fmt: skip
def test_what_is_asked_for(source: str, asked: list[str]) -> None:
    bases = Asked(image())
    document.read(source.encode(), platform=PLATFORM, bases=bases)
    assert bases.asked == asked


def test_only_the_target_is_asked_for() -> None:
    bases = Asked(image())
    source = b"FROM one AS a\nFROM two AS b\n"
    document.read(source, platform=PLATFORM, bases=bases, target="a")
    assert bases.asked == ["docker.io/library/one:latest linux/amd64"]


def test_what_cannot_be_told_is_a_failure_and_changes_nothing() -> None:
    source = b"FROM app:1 AS a\nFROM app:1\nCOPY --from=a /a /a\nCMD a\n"
    bases = Asked(None)
    report, _ = lint(source, "f", DEFAULT_CONFIG, Scope(platform=PLATFORM, bases=bases))
    plain, _ = lint(source, "f", DEFAULT_CONFIG, Scope(platform=PLATFORM))
    assert report.failures == ["could not resolve docker.io/library/app:1 linux/amd64"]
    assert [f.message for f in report.findings] == [f.message for f in plain.findings]


def test_who_the_image_runs_as() -> None:
    source = 'FROM app:1\nCMD ["a"]\n'
    assert "most likely root" in found(source, None)["missing-user"]
    assert "missing-user" not in found(source, image(user="1000"))
    assert found(source, image())["missing-user"].endswith("root: app:1 has no USER either")
    assert found(source, image(user="0:0"))["missing-user"].endswith("root: app:1 has USER 0:0")
    # A base that is known by name to have a user of its own, and has none.
    name = "cgr.dev/chainguard/python:latest"
    scope = Scope(platform=PLATFORM, bases={key(name, PLATFORM): image()})
    report, _ = lint(f"FROM {name}\n".encode(), "f", DEFAULT_CONFIG, scope)
    assert "missing-user" in {finding.rule.name for finding in report.findings}


def test_a_user_by_a_variable_of_the_base() -> None:
    source = "FROM app:1\nUSER $RUN_AS\n"
    assert "root-user" not in found(source, None)
    assert "root-user" not in found(source, image(env=(("RUN_AS", "app"),)))
    assert "which is 0" in found(source, image(env=(("RUN_AS", "0"),)))["root-user"]
    assert "root-user" in found(source, image())


def test_a_user_is_made_where_the_base_has_one() -> None:
    source = "FROM app:1\nRUN useradd -u 2 other\nCMD a\n"
    assert "user-never-used" in found(source, image())
    assert "user-never-used" not in found(source, image(user="app"))


def test_sudo_under_a_base_that_runs_as_root() -> None:
    source = "FROM app:1\nRUN sudo true\nUSER 1\n"
    assert found(source, image())["sudo"].endswith("root already")
    assert not found(source, image(user="app"))["sudo"].endswith("root already")


@pytest.mark.parametrize("test", [("CMD", "/ok"), ("NONE",)])
def test_the_health_check_of_the_base_counts(test: tuple[str, ...]) -> None:
    source = 'FROM app:1\nCMD ["a"]\n'
    assert "missing-healthcheck" in found(source, None)
    assert "missing-healthcheck" not in found(source, image(healthcheck=test))
    assert found(source, image())["missing-healthcheck"].endswith("nor has app:1")


def test_what_nobody_starts_needs_no_health_check() -> None:
    source = "FROM app:1\nCOPY a /a\n"
    assert "missing-healthcheck" not in found(source, image())
    assert "missing-healthcheck" in found(source, image(cmd=("a",)))
    assert "missing-healthcheck" in found(source, image(entrypoint=("a",)))


def test_the_shell_of_the_base_counts() -> None:
    source = "FROM app:1\nRUN curl x | tar x\n"
    assert "pipe-without-pipefail" in found(source, image())
    bash = image(shell=("/bin/bash", "-o", "pipefail", "-c"))
    assert "pipe-without-pipefail" not in found(source, bash)


def test_an_image_for_another_platform() -> None:
    message = found("FROM app:1\n", image(architecture="arm64"))["base-platform-mismatch"]
    assert message == "app:1 is for linux/arm64, not for linux/amd64"
    assert "base-platform-mismatch" not in found("FROM app:1\n", image(variant="v2"))


def test_the_digest_is_offered_where_it_is_known() -> None:
    scope = Scope(platform=PLATFORM, bases={key(APP, PLATFORM): image()})
    report, _ = lint(b"ARG V=1\nFROM app:$V AS a\nFROM app:1\n", "f", DEFAULT_CONFIG, scope)
    fixes = [f for one in report.findings for f in one.fixes if "unpinned" in one.rule.name]
    assert [edit.text for fix in fixes for edit in fix.edits] == [f"@{DIGEST}"]
    assert not any(fix.safe for fix in fixes)


def test_a_platform_that_is_none_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    ran = dockgate("lint", "--platform", "linux/amd64/v1/x", str(tmp_path))
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("dockgate: --platform: ")

"""`--resolve` as a user meets it: with a real engine and a real registry."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import pytest

from dockgate.builder.resolve import ResolvedBases
from dockgate.linter import document
from tests.builder.running import Gate, Result
from tests.engine.client import Engine

BASE = """\
FROM scratch
COPY Dockerfile /
ENV APP_HOME=/srv/app RUN_AS=app
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
HEALTHCHECK CMD /bin/true
WORKDIR /srv/app
USER 1000
LABEL of=base
ONBUILD ENV FROM_TRIGGER=yes
ONBUILD HEALTHCHECK --interval=9s CMD /bin/trigger $APP_HOME
CMD ["/bin/sh"]
"""
CHILD = """FROM {}
ENV OWN=$APP_HOME-$FROM_TRIGGER PATH=/own:$PATH
LABEL own=1
WORKDIR sub
USER $RUN_AS
"""
NO_ENGINE = {"DOCKER_HOST": "unix:///nowhere/docker.sock"}


class Bases:
    """Images of this test's own, made from `BASE`."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine = engine
        self.folder = folder
        self.name = f"resolve/{uuid.uuid4().hex[:8]}"
        (folder / "Dockerfile").write_text(BASE)

    def push(self, tag: str = "1") -> str:
        """Build into the registry alone; gives the name."""
        name = f"{self.engine.registry}/{self.name}:{tag}"
        self._build("--push", "--tag", name)
        self.engine.run("image", "rm", name)  # the engine keeps what it pushes
        return name

    def load(self) -> str:
        """Build into the engine alone; gives the name."""
        self._build("--load", "--tag", f"{self.name}:1")
        return f"{self.name}:1"

    def _build(self, *words: str) -> None:
        self.engine.run("buildx", "build", "--quiet", *words, str(self.folder))


@pytest.fixture
def bases(engine: Engine, tmp_path: Path) -> Bases:
    folder = tmp_path / "base"
    folder.mkdir()
    return Bases(engine, folder)


@pytest.fixture
def gate(engine: Engine, tmp_path: Path) -> Gate:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    return Gate(engine, temporary)


def lint(gate: Gate, folder: Path, source: str, *words: str) -> Result:
    path = folder / "Dockerfile"
    path.write_text(source)
    return gate("lint", "--format", "json", *words, path)


def rules(result: Result) -> set[str]:
    return {finding["rule"] for finding in result.json["diagnostics"]}


def failures(result: Result) -> list[str]:
    return [failure["message"] for failure in result.json["failures"]]


SOURCE = "FROM {}\nCOPY a $APP_HOME/a\nENV X=$FROM_TRIGGER\nRUN wget x | tar x\n"
OF_THE_BASE = {"missing-user", "missing-healthcheck", "pipe-without-pipefail"}


def test_the_registry_tells_what_the_engine_does_not_have(
    gate: Gate, bases: Bases, tmp_path: Path
) -> None:
    source = SOURCE.format(bases.push())
    without = lint(gate, tmp_path, source)
    assert rules(without) >= {"missing-user", "missing-healthcheck"}
    asked = lint(gate, tmp_path, source, "--resolve")
    assert failures(asked) == []
    assert not rules(asked) & OF_THE_BASE
    assert rules(asked) < rules(without)
    gate.extra = NO_ENGINE
    assert lint(gate, tmp_path, source, "--resolve").json == asked.json


def test_the_engine_tells_what_no_registry_has(gate: Gate, bases: Bases, tmp_path: Path) -> None:
    name = bases.load()
    try:
        asked = lint(gate, tmp_path, SOURCE.format(name), "--resolve")
        assert failures(asked) == []
        assert not rules(asked) & OF_THE_BASE
        assert not (tmp_path / "cache").exists()
    finally:
        gate.remove(name)
    gone = lint(gate, tmp_path, SOURCE.format(name), "--resolve")
    assert gone.exit == 3
    (line,) = failures(gone)
    assert line.startswith(f"could not resolve {name} for linux/")
    assert rules(gone) >= {"missing-user", "missing-healthcheck"}


@pytest.mark.parametrize("flavour", ["engine", "classic_engine"])
def test_a_stage_inherits_what_its_image_will_have(
    flavour: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Held to the image that BuildKit makes of the same Dockerfile."""
    engine: Engine = request.getfixturevalue(flavour)
    bases = Bases(engine, tmp_path)
    for name, value in engine.env.items():
        monkeypatch.setenv(name, value)
    base, made = bases.load(), f"{bases.name}:child"
    source = CHILD.format(base)
    (tmp_path / "Dockerfile").write_text(source)
    engine.run("buildx", "build", "--quiet", "--load", "--tag", made, str(tmp_path))
    try:
        told = json.loads(engine.run("image", "inspect", made))[0]["Config"]
        stage = document.read(source.encode(), bases=ResolvedBases()).final
    finally:
        engine.run("image", "rm", made, base)
    assert stage is not None
    assert [f"{name}={value}" for name, value in stage.env.items()] == told["Env"]
    assert stage.user == told["User"] == "app"
    assert stage.workdir == told["WorkingDir"] == "/srv/app/sub"
    assert list(stage.shell or ()) == told["Shell"]
    assert dict(stage.labels) == told["Labels"]
    assert stage.base_image is not None
    assert list(stage.base_image.healthcheck or ()) == told["Healthcheck"]["Test"]
    assert list(stage.base_image.cmd) == told["Cmd"]


def test_docker_hub_is_asked_where_the_engine_asks(gate: Gate, tmp_path: Path) -> None:
    """The engine of the tests has a mirror; without the engine there is no way to Docker Hub."""
    source = 'FROM debian:bookworm-slim\nCMD ["sh"]\n'
    asked = lint(gate, tmp_path, source, "--resolve")
    assert failures(asked) == []
    messages = [f["message"] for f in asked.json["diagnostics"]]
    assert any("debian:bookworm-slim has no USER either" in message for message in messages)


def test_what_cannot_be_told_is_undecided(gate: Gate, engine: Engine, tmp_path: Path) -> None:
    gate.extra = NO_ENGINE
    source = "FROM 127.0.0.1:1/a\nUSER 1\nHEALTHCHECK NONE\n"
    asked = lint(gate, tmp_path, source, "--resolve")
    assert asked.exit == 3
    (line,) = failures(asked)
    assert "neither an engine nor its registry answers" in line
    assert "leave out --resolve" in line
    assert rules(asked) == rules(lint(gate, tmp_path, source))
    missing = lint(gate, tmp_path, f"FROM {engine.registry}/no/such:1\n", "--resolve")
    assert f"there is no {engine.registry}/no/such:1" in failures(missing)[0]


def test_by_digest_nobody_is_asked_twice(
    gate: Gate, bases: Bases, engine: Engine, tmp_path: Path
) -> None:
    name = bases.push()
    digest = engine.manifest_digest(bases.name, "1")
    first = lint(gate, tmp_path, f"FROM {name}@{digest}\n", "--resolve")
    gate.extra = NO_ENGINE
    # The same digest at a registry that is not there: only the cache can know it.
    elsewhere = lint(gate, tmp_path, f"FROM 127.0.0.1:1/x@{digest}\n", "--resolve")
    assert failures(elsewhere) == failures(first) == []
    assert not rules(elsewhere) & OF_THE_BASE


def test_the_digest_that_is_pinned_is_the_registrys(
    gate: Gate, bases: Bases, engine: Engine, tmp_path: Path
) -> None:
    name = bases.push()
    lint(gate, tmp_path, f"FROM {name}\n", "--resolve", "--fix", "--unsafe-fixes")
    digest = engine.manifest_digest(bases.name, "1")
    assert (tmp_path / "Dockerfile").read_text().startswith(f"FROM {name}@{digest}\n")


def test_a_build_asks_only_when_told_to(gate: Gate, bases: Bases, tmp_path: Path) -> None:
    context = tmp_path / "context"
    context.mkdir()
    (context / "Dockerfile").write_text(f"FROM {bases.push()}\nCOPY Dockerfile /x\n")
    (context / ".dockerignore").write_text(".git\n")
    words = ("build", "--format", "json", "--progress", "quiet", context)
    refused = gate(*words)
    assert refused.exit == 1
    assert any("missing-user" in reason for reason in refused.json["reasons"])
    accepted = gate(*words, "--resolve")
    assert not any("missing-user" in reason for reason in accepted.json["reasons"])
    assert json.loads(accepted.out)["verdict"] == "accepted"

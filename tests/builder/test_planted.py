"""The acceptance test of what is found in an image: all that was planted, and hardly anything else.

Every planted thing in its layer and at its line of the Dockerfile; no secret in any output.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from dockgate.builder.layout import open_image
from dockgate.linter.reporters import formats
from tests.builder import planted
from tests.builder.planted import DOCKERFILE, Plant
from tests.cli.command import dockgate
from tests.linter.reporters.readers import READERS, plain, valid

SEED = 20_261_122
MAX_FALSE = 5  #: findings at warning or above that an untouched base may have
#: True of any image that nobody made for a service; nothing that is wrong with the base's files.
OF_THE_CONFIGURATION = {"image-missing-healthcheck", "image-root-user", "image-missing-user"}


class Made(NamedTuple):
    folder: Path
    plants: list[Plant]
    secrets: list[str]
    cache: Path

    def scan(self, format: str, *more: str) -> tuple[str, str]:
        done = dockgate(
            "scan", "--vulnerabilities", "off", "--format", format, "-f", "Dockerfile", *more,
            "layout", cwd=self.folder, env={"XDG_CACHE_HOME": str(self.cache)},
        )  # fmt: skip
        assert done.code in (0, 1, 3), done.err
        return done.out, done.err


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("planted")
    (folder / "Dockerfile").write_text(DOCKERFILE)
    made = planted.planted(folder / "layout", SEED)
    return Made(folder, made.plants, made.secrets, folder / "cache")


@pytest.fixture(scope="module")
def report(made: Made) -> Any:
    return valid(json.loads(made.scan("json")[0]), "docs/json-v1.json")


PLANTS = (
    "deleted AWS key", "deleted GitHub token", "SSH key", "Stripe, Slack, password, URL",
    "JSON api_key", "setuid", "miner", "authorized_keys", "empty password", "ARG in the history",
    "ENV", "LABEL",
)  # fmt: skip


@pytest.mark.parametrize("what", PLANTS)
def test_each_is_found_in_its_layer_and_line(made: Made, report: Any, what: str) -> None:
    plant = next(one for one in made.plants if one.what == what)
    found = [
        one
        for one in report["diagnostics"]
        if one["rule"] == plant.rule
        and (one["path"] or "") == plant.path
        and plant.says in one["message"]
    ]
    assert found, [one["message"] for one in report["diagnostics"] if one["rule"] == plant.rule]
    if not plant.line:
        assert all(one["layer"] is None for one in found)
        return
    origin = found[0]["origin"]
    assert (origin["file"], origin["line"]) == ("Dockerfile", plant.line)
    assert origin["instruction"] == DOCKERFILE.splitlines()[plant.line - 1]
    assert origin["baseImage"] is None
    manifest = _manifest(made.folder / "layout")
    assert found[0]["layer"] == manifest["layers"][plant.line - 1]["digest"]


def test_nothing_planted_is_left_out_of_the_list(made: Made) -> None:
    assert sorted(PLANTS) == sorted(plant.what for plant in made.plants)


def test_all_four_secrets_of_the_env_file_are_found(made: Made) -> None:
    image = open_image(str(made.folder / "layout"))
    found = [one for layer in image.layers for one in layer.secrets if one.path == "app/.env"]
    assert {one.secret.line for one in found} == {1, 2, 3, 4}


@pytest.mark.parametrize("format", [f for f in formats.IMAGE if f != "json"])
def test_every_format_is_valid_and_shows_no_secret(made: Made, report: Any, format: str) -> None:
    out, err = made.scan(format)
    READERS.get(format, plain)(out.encode())
    whole = out + err + json.dumps(report)
    assert [secret for secret in made.secrets if secret in whole] == []
    assert "id_ed25519" in out


def test_the_untouched_base_is_quiet(tmp_path: Path) -> None:
    planted.base(tmp_path / "layout")
    done = dockgate(
        "scan", "--vulnerabilities", "off", "--format", "json", "layout",
        cwd=tmp_path, env={"XDG_CACHE_HOME": str(tmp_path / "cache")},
    )  # fmt: skip
    report = json.loads(done.out)
    assert report["failures"] == []
    loud = [
        f"{one['rule']}: {one['message']}"
        for one in report["diagnostics"]
        if one["severity"] in ("error", "warning") and one["rule"] not in OF_THE_CONFIGURATION
    ]
    assert len(loud) <= MAX_FALSE, loud


def _manifest(layout: Path) -> Any:
    def blob(digest: str) -> Any:
        return json.loads((layout / "blobs" / digest.replace(":", "/")).read_text())

    index = json.loads((layout / "index.json").read_text())
    return blob(index["manifests"][0]["digest"])

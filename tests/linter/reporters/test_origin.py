"""Of a finding in an image every format tells what made its layer, where that is known."""

from __future__ import annotations

import json

import pytest

from dockgate.linter.report import Origin, Report
from dockgate.linter.reporters import formats

from .readers import read
from .samples import DIGEST, LAYER, traced

BASE = Origin("RUN apt-get install x", "Dockerfile", 1, "debian:12")
UNKNOWN_LINE = Origin("COPY a b")


def report(origin: Origin | None = None) -> Report:
    return Report(images=[traced(origin)], verdict="refused", reasons=["r"], digest=DIGEST)


#: Formats of one short line for each finding have no room for it.
@pytest.mark.parametrize("format", [f for f in formats.IMAGE if f not in ("grouped", "short")])
def test_every_format_tells_line_and_instruction(format: str) -> None:
    text = formats.render(report(), format)
    assert "app/Dockerfile" in text
    assert "chmod u+s" in text


def test_json_tells_what_is_known() -> None:
    def origin(one: Origin | None) -> object:
        return read(report(one), "json")["diagnostics"][0]["origin"]

    instruction = "RUN chmod u+s 'a b'"
    known = {"file": "app/Dockerfile", "line": 3, "baseImage": None}
    assert origin(None) == {"instruction": instruction, **known}
    known = {"file": "Dockerfile", "line": 1, "baseImage": "debian:12"}
    assert origin(BASE) == {"instruction": "RUN apt-get install x", **known}
    known = {"file": None, "line": None, "baseImage": None}
    assert origin(UNKNOWN_LINE) == {"instruction": "COPY a b", **known}
    assert read(report(), "json")["diagnostics"][1]["origin"] is None


def test_text_names_the_base_image_and_its_line() -> None:
    assert "  made by: the base image debian:12 (Dockerfile:1)\n" in formats.render(
        report(BASE), "text"
    )
    assert "  made by: COPY a b\n" in formats.render(report(UNKNOWN_LINE), "text")


def test_sarif_points_at_the_dockerfile_first() -> None:
    """GitHub shows a result only where its first location is in a file of the repository."""
    result = read(report(), "sarif")["runs"][0]["results"][0]
    (place,) = result["locations"]
    physical = place["physicalLocation"]
    assert physical["artifactLocation"] == {"uri": "app/Dockerfile", "uriBaseId": "SRCROOT"}
    assert physical["region"]["startLine"] == 3
    (related,) = result["relatedLocations"]
    assert related["physicalLocation"]["artifactLocation"]["uriBaseId"] == "IMAGES"
    assert LAYER in json.dumps(related["logicalLocations"])


@pytest.mark.parametrize("origin", [BASE, UNKNOWN_LINE])
def test_sarif_does_not_point_at_a_file_that_only_the_image_tells_of(origin: Origin) -> None:
    result = read(report(origin), "sarif")["runs"][0]["results"][0]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uriBaseId"] == "IMAGES"
    assert "relatedLocations" not in result
    assert "Made by" in result["message"]["text"]


def test_github_annotates_the_line() -> None:
    commands = read(report(), "github")
    assert {k: commands[0][1][k] for k in ("file", "line")} == {
        "file": "app/Dockerfile",
        "line": "3",
    }
    assert "file" not in read(report(BASE), "github")[0][1]

from __future__ import annotations

import pytest

from dockgate.linter.language.hover import hover
from dockgate.rules.registry import all_rules
from tests.linter.language.asked import TOKEN, at, at_cursor

STAGES = """\
ARG VERSION=1.2
FROM debian:12 AS build
ARG VERSION
ENV HOME=/srv MODE=${MODE:-quick} DB_PASSWORD=hunter2
USER app
WORKDIR /srv
FROM build AS final
COPY --from=build /srv /srv
RUN echo $HOME ${VERSION:-none} '$HOME' $OTHER
"""


def told(text: str, what: str, nth: int = 0, shift: int = 1) -> str:
    analysis, offset = at(text, what, nth)
    found = hover(analysis, offset + shift)
    return found[1] if found else ""


def test_a_finding_shows_its_rules_page() -> None:
    text = told("FROM debian:12\nUSER root\n", "root")
    assert "the image runs as root" in text
    assert "**root-user** (error)" in text
    assert "CWE-250" in text
    assert "(https://docs.docker.com/reference/dockerfile/#user)" in text


@pytest.mark.parametrize("name", ["root-user", "DL3002", "CKV_DOCKER_8"])
def test_a_name_in_an_ignore_comment_shows_the_page(name: str) -> None:
    text = f"FROM debian:12\n# dockgate: ignore=missing-user,{name} reason: x\nUSER root\n"
    assert "**root-user** (error)" in told(text, name)
    assert "**root-user**" in told("# hadolint ignore=DL3002\nFROM debian:12\n", "DL3002")
    assert told(text, "reason") == ""


def test_a_stage_shows_what_is_in_force() -> None:
    for what, nth in (("build", 0), ("build", 1), ("build", 2)):
        text = told(STAGES, what, nth)
        page = text[text.index("**Stage") :]
        assert "`app`" in page
        assert "workdir: `/srv`" in page
        assert "`MODE` = `quick`" in page
    assert "**Stage `final`** from `build`" in told(STAGES, "final")
    assert "**Stage `final`**" in told(STAGES, "FROM build")


def test_values_of_secrets_are_hidden() -> None:
    assert "DB_PASSWORD" in told(STAGES, "final")
    assert "hunter2" not in told(STAGES, "final")
    text = f"FROM debian:12 AS x\nENV PLACE=https://u:{TOKEN}@example.com\nRUN echo $PLACE\n"
    for what in ("AS x", "$PLACE"):
        found = told(text, what, shift=3)
        assert "PLACE" in found
        assert TOKEN not in found


@pytest.mark.parametrize(
    ("what", "answer"),
    [
        ("$HOME", "`HOME` is `/srv` here"),
        ("${VERSION:-none}", "`${VERSION:-none}` expands to `1.2`"),
        ("$OTHER", "not set by this Dockerfile"),
        ("${MODE:-quick}", "`${MODE:-quick}` expands to `quick`"),
    ],
)
def test_a_variable_shows_what_it_expands_to(what: str, answer: str) -> None:
    assert answer in told(STAGES, what, shift=2)


def test_a_global_argument_reaches_its_stage() -> None:
    text = "ARG V=12\nARG EMPTY\nFROM debian:${V} AS a\nARG V\nARG W\nRUN echo $V $W\n"
    assert "`V` is `12` here" in told(text, "${V}")
    assert "`V` is `12` here" in told(text, "$V ")
    assert "no value here unless `--build-arg W=…`" in told(text, "$W")


def test_what_the_shell_does_not_expand_is_no_variable() -> None:
    assert "HOME" not in told(STAGES, "'$HOME'", shift=3)


def test_an_instruction_shows_its_help() -> None:
    text = told("FROM debian:12\nCOPY . /x\n", "COPY")
    assert "`COPY [flags] SOURCE... DESTINATION`" in text
    assert "- `--from`:" in text


def test_hostile_text_stays_text() -> None:
    hostile = "FROM a AS x\nENV A='` <img src=x onerror=alert(1)> [l](command:evil) ``'\nRUN $A\n"
    found = told(hostile, "$A")
    assert "`A` is ``` ` <img" in found  # within inline code, whatever it holds
    name = "x[l](command:evil)<b>"
    text = told(f"FROM debian:12\nCOPY --from={name} /a /b\n", name)
    assert "[l](command:evil)" not in text.replace("\\[l\\]", "")


def test_every_rule_has_a_page() -> None:
    for rule in all_rules().values():
        analysis, offset = at_cursor(f"# dockgate: ignore=|{rule.name} reason: x\nFROM a\n")
        found = hover(analysis, offset)
        assert found is not None
        assert f"**{rule.name}**" in found[1]

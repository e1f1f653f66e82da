"""What a stage leaves installed."""

from __future__ import annotations

import pytest

from dockgate.rules.subjects.installed import inventory
from tests.rules.subjects import read


def left(source: str) -> tuple[set[str], bool]:
    final = read(source).final
    assert final is not None
    found = inventory(final)
    return set(found.packages), found.unsure


@pytest.mark.parametrize(
    ("source", "packages"),
    [
        ("RUN apt-get install -y curl=7.* git:amd64 wget/sid", {"curl", "git"}),
        ("RUN apt-get install -y curl && apt-get purge -y curl", set()),
        ("RUN apt-get install -y g++ gcc\nRUN apt-get remove -y 'g*'", set()),
        ("RUN apt-get install -y a b-", {"a"}),
        ("ENV D='a b'\nRUN apt-get install -y $D ${D}", {"a", "b"}),
        ("RUN deps='a b'; apt-get install -y $deps c; apt-get purge -y $deps", {"c"}),
        ("RUN apk add --virtual .x gcc make && apk add curl && apk del .x", {"curl"}),
        ("RUN apk add -t .x gcc~=13 && apk add 'curl>8' jq@edge", {"gcc", "curl", "jq"}),
        ("RUN microdnf install -y tar gzip && microdnf remove tar", {"gzip"}),
        ("RUN yum install -y a && yum history undo last -y", set()),
        (
            "RUN apt-get install -y a; m=$(apt-mark showmanual); apt-get install -y b;"
            " apt-mark showmanual | xargs apt-mark auto; apt-mark manual $m;"
            " apt-get purge -y --auto-remove",
            {"a"},
        ),
        ("RUN echo apt-get install -y a && pip install b", set()),
    ],
)
def test_what_is_left(source: str, packages: set[str]) -> None:
    assert left(f"FROM debian:12\n{source}\n")[0] == packages


def test_parents_count_and_other_stages_do_not() -> None:
    source = (
        "FROM debian:12 AS a\nRUN apt-get install -y a\nFROM debian:12 AS b\n"
        "RUN apt-get install -y b\nFROM a\nRUN apt-get install -y c\n"
    )
    assert left(source)[0] == {"a", "c"}


@pytest.mark.parametrize(
    "step",
    [
        "./install.sh",
        "sh /x.sh",
        "make install",
        "apt-get install -y $X",
        "apt-get install -y ./a.deb",
        "dpkg -i a.deb",
        ". /x",
        "/opt/setup",
        "$RUN_THIS",
    ],
)
def test_a_step_that_cannot_be_seen_through_makes_it_unsure(step: str) -> None:
    assert left(f"FROM debian:12\nRUN {step}\n")[1]


@pytest.mark.parametrize("step", ["true", "apt-get install -y a", "mkdir -p /x && cp a b"])
def test_a_plain_step_does_not(step: str) -> None:
    assert not left(f"FROM debian:12\nRUN {step}\n")[1]

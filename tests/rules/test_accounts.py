"""What useradd and its relations are told."""

from __future__ import annotations

import pytest

from dockgate.rules.subjects.accounts import created, memberships
from dockgate.rules.subjects.signals import canonical, is_signal
from tests.rules.subjects import read


def stage(script: str) -> object:
    return read(f"FROM debian:12\nARG NAME=app\nRUN {script}\n").stages[0]


@pytest.mark.parametrize(
    ("script", "name", "uid"),
    [
        ("useradd app", "app", ""),
        ("useradd -ms /bin/bash -u 1000 -G a,b app", "app", "1000"),
        ("useradd --uid 1000 --gid 5 --create-home app", "app", "1000"),
        ("useradd --uid=1000 --shell=/bin/sh $NAME", "app", "1000"),
        ("useradd -u1000 app -m", "app", "1000"),
        ("adduser -D -h /home/x -s /bin/sh -u 7 app", "app", "7"),
        ("adduser --system --home /x --uid 7 app", "app", "7"),
        ("sudo useradd -r app", "app", ""),
    ],
)
def test_accounts(script: str, name: str, uid: str) -> None:
    (account,) = created(stage(script))  # type: ignore[arg-type]
    assert (account.name, account.uid) == (name, uid)


def test_adding_to_a_group_makes_no_account() -> None:
    assert created(stage("adduser app audio")) == []  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ("usermod -aG docker,video app", [("app", "docker"), ("app", "video")]),
        ("usermod --append --groups docker app", [("app", "docker")]),
        ("useradd -G audio app", [("app", "audio")]),
        ("adduser app audio", [("app", "audio")]),
        ("addgroup app audio", [("app", "audio")]),
        ("gpasswd -a app audio", [("app", "audio")]),
        ("useradd app && addgroup audio", []),
    ],
)
def test_memberships(script: str, found: list[tuple[str, str]]) -> None:
    assert list(memberships(stage(script))) == found  # type: ignore[arg-type]


def test_signals() -> None:
    for value in ("SIGTERM", "term", "15", "SIGRTMIN+3", "rtmax-14", "64", "SIGPOLL"):
        assert is_signal(value), value
    for value in ("", "0", "65", "SIGFOO", "RTMIN+16", "RTMAX-15", "15.0", "TERM "):
        assert not is_signal(value), value
    assert canonical("15") == canonical("term") == canonical("SigTerm") == "SIGTERM"
    assert canonical("9") == "SIGKILL"
    assert canonical("31") == "SIGSYS"
    assert canonical("nonsense") == "nonsense"

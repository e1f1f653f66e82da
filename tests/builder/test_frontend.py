"""A foreign frontend reads a Dockerfile as it likes: found wherever BuildKit looks for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockgate.builder import frontend

EVIL = "evil.example.net/frontend:1"


@pytest.mark.parametrize(
    "start",
    [
        "# syntax={}\n",
        "#syntax={}\r\n",
        "\ufeff# syntax={}\n",
        "#!/usr/bin/env x\n# syntax={}\n",
        "\ufeff#!x\n#  SYNTAX\t=\t{}\n",
        "# escape=`\n# check=skip=all\n# syntax={} --option\n",
        "// syntax={}\n",
        "#!x\n// syntax={}\n",
        '{{"syntax": "{}"}}',
        '#!x\n {{"Syntax": "{} more"}}\n',
    ],
)
def test_where_buildkit_looks(start: str) -> None:
    data = start.format(EVIL).encode()
    assert frontend.declared(data) == EVIL
    assert EVIL in frontend.foreign(data, [])


@pytest.mark.parametrize(
    "data",
    [
        "FROM a\n# syntax={}\n",
        "\n# syntax={}\n",
        "# a remark\n# syntax={}\n",
        "# syntax=\nFROM a\n",
        "#!# syntax={}\nFROM a\n",
        '["syntax", "{}"]',
        "{{",
        "",
    ],
)
def test_where_it_does_not_look(data: str) -> None:
    assert frontend.foreign(data.format(EVIL).encode(), []) == ""


@pytest.mark.parametrize(
    ("name", "trusted", "known"),
    [
        ("docker/dockerfile", (), True),
        ("docker/dockerfile:1.7-labs", (), True),
        ("docker.io/docker/dockerfile-upstream:master", (), True),
        ("index.docker.io/docker/dockerfile:1@sha256:" + "a" * 64, (), True),
        ("docker/dockerfile-evil:1", (), False),
        ("docker/dockerfiles:1", (), False),
        ("evil.example.net/docker/dockerfile:1", (), False),
        ("docker.io.evil.example.net/docker/dockerfile:1", (), False),
        ("someone/frontend:1", ("docker.io",), False),  # trusted for bases
        ("mirror.example.com/docker/dockerfile:1", ("mirror.example.com/docker",), True),
        ("Not A Name", ("*/*",), False),
    ],
)
def test_whose_is_taken(name: str, trusted: tuple[str, ...], known: bool) -> None:
    data = f"# syntax={name}\nFROM a\n".encode()
    assert (frontend.foreign(data, trusted) == "") is known


@given(st.binary(max_size=200), st.sampled_from([b"", b"# syntax=", b"// syntax=", b'{"syntax":']))
def test_any_bytes(data: bytes, start: bytes) -> None:
    said = frontend.foreign(start + data, ())
    assert len(said) < 600

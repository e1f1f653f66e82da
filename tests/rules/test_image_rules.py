"""Image rules beyond their examples: what a container would do, and how much is told."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from dockgate.builder.layout import open_image
from dockgate.rules.image._programs import elf, script
from dockgate.rules.image.files.image_file_capability import names
from dockgate.rules.registry import rules_of
from dockgate.rules.rule import File, Finding
from dockgate.rules.subjects.image import Image
from dockgate.rules.subjects.listing import TOLD
from dockgate.rules.subjects.passwd import identity
from dockgate.rules.subjects.programs import first_command
from tests.builder.images import link, write_layout
from tests.rules.subjects import run

PASSWD = "root:x:0:0:root:/root:/bin/sh\napp:x:10001:20:a:/app:/bin/sh\n"
GROUP = "root:x:0:\nstaff:x:20:\nwheel:x:10:app,x\n"


def _image(folder: Path, *layers: Any, **config: Any) -> Image:
    write_layout(folder, layers, config)
    return open_image(str(folder))


def _found(name: str, image: Image) -> list[Finding]:
    return run([rules_of("image")[name]], image)


# -- whom a container runs as


@pytest.mark.parametrize(
    ("user", "uid", "groups"),
    [
        ("", 0, {0}),
        ("app", 10001, {20, 10}),
        ("10001", 10001, {20, 10}),
        ("app:wheel", 10001, {10}),
        ("app:99", 10001, {99}),
        ("4242", 4242, {0}),
    ],
)
def test_identity(tmp_path: Path, user: str, uid: int, groups: set[int]) -> None:
    image = _image(tmp_path, {"etc/passwd": PASSWD, "etc/group": GROUP}, User=user)
    who = identity(image)
    assert who is not None
    assert (who.uid, set(who.groups)) == (uid, groups)


# -- what starts


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("nginx -g 'daemon off;'", "nginx"),
        ("exec gunicorn app", "gunicorn"),
        ("A=1 B=x exec run", "run"),
        ("curl -f http://localhost || exit 1", "curl"),
        ("curl;ls", "curl"),
        ("cd /app && ./run", None),
        ("$APP run", None),
        ("A=$(id) run", None),
        ("if true; then x; fi", None),
        ("{ x; }", None),
        ("'unclosed", None),
        ("", None),
    ],
)
def test_the_first_command_of_a_script(text: str, command: str | None) -> None:
    assert first_command(text) == command


BROKEN = {
    "missing": ({}, "is not in the image"),
    "mode": ({"app/run": elf(mode=0o644)}, "its mode is 644"),
    "owner": ({"app/run": elf(mode=0o700)}, "not executable by user app"),
    "folder": ({"app/": File(mode=0o700), "app/run": elf()}, "/app is closed to it"),
    "a folder": ({"app/run/": File(mode=0o755)}, "is a folder"),
    "link": ({"app/run": File(link="/gone")}, "is not in the image"),
    "empty": ({"app/run": script("")}, "is empty"),
    "text": ({"app/run": script("echo\n")}, "neither an ELF program nor a script"),
    "windows": ({"app/run": script("#!/bin/sh\r\n")}, "ends as in Windows"),
    "interpreter": ({"app/run": script("#!/bin/bash\n")}, "/bin/bash is not in the image"),
    "env": ({"app/run": script("#!/bin/env python3\n")}, "python3 is not in any folder of PATH"),
    "loader": ({"app/run": elf(loader="/lib/ld.so")}, "needs the loader /lib/ld.so"),
    "unreadable": ({"app/run": script(mode=0o711)}, "a script that user app may not read"),
    "ring": ({"app/run": script("#!/app/run\n")}, "without an end"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_cannot_start_is_told(tmp_path: Path, what: str) -> None:
    files, said = BROKEN[what]
    base = {"etc/passwd": PASSWD, "bin/sh": elf(), "bin/env": elf()}
    image = _image(tmp_path, base, files, User="app", Cmd=["/app/run"])
    found = _found("image-command-cannot-start", image)
    assert len(found) == 1
    assert said in found[0].message


@pytest.mark.parametrize(
    "words",
    [
        ["/usr/bin/sh", "-c", "run"],
        ["tini", "-g", "--", "run"],
        ["./run"],
        ["hard"],
        ["/proc/self/exe"],
        ["dumb-init", "--rewrite", "15:3", "whatever"],
        ["env", "whatever"],
    ],
)
def test_what_starts_is_not_told(tmp_path: Path, words: list[str]) -> None:
    hard = link("usr/bin/run", hard=True)
    hard.mode = 0o755
    files = {
        "bin": File(link="usr/bin"),
        "usr/bin/sh": File(link="dash"),
        "usr/bin/dash": elf(),
        "usr/bin/run": script("#!/bin/env -S sh -e\n"),
        **{f"usr/bin/{name}": elf() for name in ("env", "tini", "dumb-init")},
        "usr/bin/hard": hard,
    }
    image = _image(tmp_path, files, Cmd=words, WorkingDir="/usr/bin")
    assert _found("image-command-cannot-start", image) == []


def test_layers_that_could_not_be_read_are_no_reason(tmp_path: Path) -> None:
    image = _image(tmp_path, {"a": ""}, Cmd=["/run"])
    image.layers[0].unread = "encrypted"
    assert _found("image-command-cannot-start", image) == []


def test_a_root_file_system_has_no_command(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "usr").mkdir()
    image = open_image(str(tmp_path))
    assert _found("image-command-cannot-start", image) == []
    assert _found("image-platform-mismatch", image) == []


# -- how much is told


def test_many_findings_of_a_layer_become_one(tmp_path: Path) -> None:
    files = {f"app/{n:04}": File("", mode=0o666) for n in range(500)}
    found = _found("image-world-writable", _image(tmp_path, files))
    assert len(found) == TOLD + 1
    assert "490 more" in found[-1].message


def test_a_tree_that_everybody_may_change_is_one_finding(tmp_path: Path) -> None:
    files = {"app/": File(mode=0o777), "app/lib/": File(mode=0o777)}
    files |= {f"app/lib/{n}": File("", mode=0o777) for n in range(50)}
    assert [one.path for one in _found("image-world-writable", _image(tmp_path, files))] == ["app"]


# -- capabilities


def test_capabilities_are_read_as_setcap_writes_them(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_text("")
    try:
        subprocess.run(["setcap", "cap_sys_admin,cap_bpf+ep", str(file)], check=True)
        attribute = os.getxattr(file, "security.capability")
    except (OSError, subprocess.CalledProcessError, AttributeError):
        pytest.skip("setcap cannot be run here")
    assert names(attribute) == ["cap_sys_admin", "cap_bpf"]


@pytest.mark.parametrize("attribute", [b"", b"\1", b"\0\0\0\2abcd", bytes(20)])
def test_damaged_capabilities_are_none(attribute: bytes) -> None:
    assert names(attribute) == []


# -- no rule is lost on hostile images

HOSTILE = {
    "etc/passwd": b"\xff:x:99999999999999999999:0::/:\n::::\nroot:x:0:0\n" + b"a:" * 5000,
    "etc/group": b"g:x:-1:\n:::\n\xff",
    "etc/shadow": b"::\n\xff::\n",
    "etc/ld.so.preload": b"\xff\x1b[31m.so\n",
    "root/.ssh/authorized_keys": b"\xff ssh-rsa AAAA\n",
    "usr/bin/\udcff": File("#!\x1b[31m", mode=0o7777),
    "bin/a": File(b"\x7fELF" + b"\xff" * 70, mode=0o755, xattrs={"security.capability": b"\2"}),
}


def test_rules_hold_on_hostile_files(tmp_path: Path) -> None:
    image = _image(
        tmp_path, HOSTILE, {"etc/passwd": None}, HOSTILE, User="\x1b[1m:\n", Cmd=["\x1b", ""],
        Entrypoint=["/bin/a"], Env=["PATH=::\x1b", "=", "LD_PRELOAD=\x1b"],
        Healthcheck={"Test": ["CMD-SHELL", "\x1b'"]}, Volumes={"\x1b": {}, "/etc\n": {}},
        ExposedPorts={"22": {}, "x/y/z": {}}, Labels={"org.opencontainers.image.title": "minimal"},
        history=["|9 /bin/sh -c \x1b", "ADD", "ADD a b\x1b c", "RUN /bin/sh -c apt-get update"],
    )  # fmt: skip
    for finding in run(rules_of("image").values(), image):
        assert (finding.message + finding.help + (finding.path or "")).isprintable(), finding

"""apk: databases as Alpine's, Wolfi's and apk 3's are.

There is no apk to compare with in any registry that tests may use: the databases here are written
by the format's documentation, and two other readers of them say what `apk info -v` would.
"""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path

import pytest

from dockgate.builder.packages.apk import ApkReader
from dockgate.rules.subjects.reading import ReadError
from tests.builder.images import LayerFiles, link
from tests.tools import trivy
from tests.tools.syft import Found, syft

from .reading import ALPINE, packages_of, value_of
from .trees import in_folder

DATABASE = "lib/apk/db/installed"
INSTALLED = """\
C:Q1iZ+C2JJdBlm2KKtAOkSkM7zZegY=
P:busybox
V:1.36.1-r29
A:x86_64
S:507831
I:962560
T:Size optimized toolbox of many common UNIX utilities
U:https://busybox.net/
L:GPL-2.0-only
o:busybox
m:Sören Tempel <soeren+alpine@soeren-tempel.net>
t:1659366884
c:2bf6ec48e526113f87216683cd341a78af5f0b3f
D:so:libc.musl-x86_64.so.1
p:cmd:busybox=1.36.1-r29
F:bin
R:busybox
a:0:0:755
Z:Q1WUwBY0eOGgzgVxTZxJBZPyQUicI=
F:tmp
M:0:0:1777
F:

C:Q1ciplPwPAKDa19jkbxYjiiv+G5Es=
P:libssl3
V:3.3.2-r0
A:x86_64
L:Apache-2.0
o:openssl
F:lib
R:libssl.so.3
a:0:0:755
Z:Q1/on1tWApiZJE4XvUyE6MTFO2MY0=

C:Q1O4GFJRvHz95tPjO84qpEvkNVwDw=
P:.build-deps
V:20240901.101112
A:noarch
D:gcc

"""


def test_packages_with_origin_licence_and_architecture(tmp_path: Path) -> None:
    found = packages_of(tmp_path, {"etc/os-release": ALPINE, DATABASE: INSTALLED})
    assert [one[:7] for one in found.packages] == [
        ("apk", ".build-deps", "20240901.101112", ".build-deps", "20240901.101112", "noarch", ()),
        ("apk", "busybox", "1.36.1-r29", "busybox", "1.36.1-r29", "x86_64", ("GPL-2.0-only",)),
        ("apk", "libssl3", "3.3.2-r0", "openssl", "3.3.2-r0", "x86_64", ("Apache-2.0",)),
    ]
    assert found.packages[1].supplier == "Sören Tempel <soeren+alpine@soeren-tempel.net>"
    assert found.packages[2].purl == (
        "pkg:apk/alpine/libssl3@3.3.2-r0?arch=x86_64&distro=alpine-3.20.3&upstream=openssl"
    )
    assert found.unread == []


def test_apk_3_has_it_in_usr(tmp_path: Path) -> None:
    wolfi = "ID=wolfi\nVERSION_ID=20230201\n"
    layer: LayerFiles = {
        "lib": link("usr/lib"),
        "usr/lib/apk/db/installed": INSTALLED,
        "usr/lib/os-release": wolfi,
        "etc/os-release": link("../usr/lib/os-release"),
    }
    found = packages_of(tmp_path, layer)
    assert [one.name for one in found.packages] == [".build-deps", "busybox", "libssl3"]
    assert found.packages[1].namespace == "wolfi"
    assert found.distro.qualifier == "wolfi-20230201"
    assert found.unread == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (INSTALLED[:-12], "ends in the middle of a line"),
        (INSTALLED.replace("V:3.3.2-r0\n", ""), "the version of libssl3 is ''"),
        (INSTALLED.replace("P:libssl3\n", ""), "a package's name is ''"),
        ("this is no database\n\n" + INSTALLED, "'this is no database'"),
        ("x\n", "'x'"),
        (INSTALLED.replace("P:libssl3", "P:lib ssl3"), "a package's name is 'lib ssl3'"),
    ],
)
def test_a_damaged_database_is_told(text: str, said: str) -> None:
    with pytest.raises(ReadError) as caught:
        value_of(ApkReader(), DATABASE, text.encode())
    assert said in str(caught.value)


def test_an_empty_database_is_no_empty_alpine(tmp_path: Path) -> None:
    found = packages_of(tmp_path, {"etc/os-release": ALPINE, "bin/busybox": "", DATABASE: ""})
    assert found.packages == []
    assert [one.partition(":")[0] for one in found.unread] == [
        "Alpine Linux v3.20 without packages"
    ]


def database(seed: int, count: int) -> tuple[str, set[tuple[str, str]]]:
    """An installed database of `count` packages, and (name, version) of each.

    Names, versions and fields are of all forms that abuild's documentation allows.
    """
    chosen = random.Random(seed)
    names = [f"{stem}{n}" for n in range(count // 6 + 1) for stem in (
        "lib", "py3-", "so-", "font-noto-", "gtk+", "c++_",
    )][:count]  # fmt: skip
    chosen.shuffle(names)
    stanzas = []
    for name in names:
        version = f"{chosen.randint(0, 30)}.{chosen.randint(0, 99)}" + chosen.choice(
            ("", ".1", "a", "_alpha", "_rc2", "_p20240102", "_git20231201", ".0.1b_pre1")
        )
        version += f"-r{chosen.randint(0, 20)}"
        stanza = [
            f"C:Q1{chosen.randbytes(20).hex()[:27]}=",
            f"P:{name}", f"V:{version}", "A:x86_64", f"S:{chosen.randint(1, 9**9)}", "I:4096",
            "T:A text with V:1.0 and P:other in it", "U:https://example.org/?a=b",
            "L:MIT AND GPL-2.0",
        ]  # fmt: skip
        stanza += chosen.sample(
            ["o:origin", "m:Somebody <s@example.org>", "t:1659366884", "c:2bf6ec48", "k:10",
             "D:so:libc.musl-x86_64.so.1 busybox>=1 !old", "p:cmd:x=1 so:liby.so.1=1.2",
             "i:a b=1-r0", "r:replaced", "q:5", "s:edge", "f:fS"],
            chosen.randint(0, 12),
        )  # fmt: skip
        for folder in range(chosen.randint(0, 3)):
            stanza += [f"F:usr/lib/{name}/{folder}", "M:0:0:1777", f"R:file{folder}", "a:0:0:755"]
            stanza += [f"Z:Q1{chosen.randbytes(20).hex()[:27]}="]
        stanzas.append(("\n".join(stanza), (name, version)))
    text = "".join(f"{stanza}\n\n" for stanza, _ in stanzas)
    return text, {pair for _, pair in stanzas}


def trivys(folder: Path) -> set[tuple[str, str]]:
    command = [
        trivy.program(), "rootfs", folder, "--format", "json", "--list-all-pkgs", "--quiet",
        "--scanners", "license", "--offline-scan", "--skip-db-update", "--skip-java-db-update",
        "--cache-dir", folder.with_name("cache"),
    ]  # fmt: skip
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-500:]
    return {
        (one["Name"], one["Version"])
        for result in json.loads(done.stdout).get("Results", [])
        if result.get("Type") == "alpine"
        for one in result.get("Packages") or ()
    }


@pytest.mark.parametrize("seed", [1, 2])
def test_other_readers_list_the_same_packages(tmp_path: Path, seed: int) -> None:
    text, expected = database(seed, 300)
    for path, content in (("etc/os-release", ALPINE), ("etc/alpine-release", "3.20.3\n"),
                          (DATABASE, text)):  # fmt: skip
        file = tmp_path / "root" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    mine = {(one.name, one.version) for one in in_folder(tmp_path / "root")}
    assert mine == expected
    assert trivys(tmp_path / "root") == expected
    assert syft(f"dir:{tmp_path / 'root'}") == {Found("apk", *pair) for pair in expected}

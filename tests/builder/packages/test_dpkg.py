"""dpkg: the packages equal `dpkg-query`'s on this machine's own database."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from dockgate.builder.layout import open_image
from dockgate.builder.packages.dpkg import DpkgReader, licenses
from dockgate.builder.packages.package import Package
from dockgate.rules.subjects.reading import ReadError
from tests.builder.images import LayerFiles, link
from tests.tools import missing

from .reading import DEBIAN, packages_of, value_of

FORM = "${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}"
STATUS = "var/lib/dpkg/status"
ZLIB = """\
Package: zlib1g
Status: install ok installed
Multi-Arch: same
Architecture: amd64
Source: zlib
Version: 1:1.2.13.dfsg-1
Description: compression library - runtime
 zlib is a library.
 .
 Version: 99 of a text is none.
"""


def rows(packages: list[Package]) -> list[str]:
    return sorted(
        "\t".join((one.name, one.version, one.arch, one.source_name, one.source_version))
        for one in packages
    )


def asked(admin: Path) -> list[str]:
    """What dpkg-query says of a database, without what is not there."""
    if shutil.which("dpkg-query") is None:
        raise missing("no dpkg-query here")
    done = subprocess.run(
        ["dpkg-query", f"--admindir={admin}", "-W", "-f", "${db:Status-Status}\t" + FORM + "\n"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = (line.partition("\t") for line in done.stdout.splitlines())
    return sorted(row for state, _, row in found if state not in ("config-files", "not-installed"))


def admin(folder: Path, status: str, updates: dict[str, str] | None = None) -> Path:
    """A database of dpkg's."""
    (folder / "updates").mkdir(parents=True)
    (folder / "info").mkdir()
    (folder / "status").write_text(status)
    for name, text in (updates or {}).items():
        (folder / "updates" / name).write_text(text)
    return folder


@pytest.fixture(scope="module")
def status() -> str:
    path = Path("/", STATUS)
    if not path.exists():
        raise missing("no dpkg database here")
    return path.read_text()


def test_equals_dpkg_query_on_this_machine(status: str, tmp_path: Path) -> None:
    expected = asked(admin(tmp_path / "dpkg", status))
    assert len(expected) > 80
    layer = {"etc/os-release": DEBIAN, STATUS: status}
    found = packages_of(tmp_path / "image", layer)
    assert rows(found.packages) == expected
    assert found.unread == []
    assert {(one.type, one.namespace, one.distro) for one in found.packages} == {
        ("deb", "debian", "debian-12")
    }


def test_equals_dpkg_query_in_every_state_and_with_a_journal(status: str, tmp_path: Path) -> None:
    states = ("config-files", "half-installed", "unpacked", "half-configured", "installed",
              "triggers-pending", "installed")  # fmt: skip
    number = 0

    def other(_: re.Match[str]) -> str:
        nonlocal number
        number += 1
        want = "hold" if number % 5 == 0 else "install"
        state = states[number % len(states)]
        more = "\nTriggers-Pending: /usr/lib" if state == "triggers-pending" else ""
        return f"Status: {want} ok {state}{more}"

    status = re.sub(r"(?m)^Status: install ok installed$", other, status)
    paragraphs = status.split("\n\n")
    gone = re.sub(r"(?m)^Status: .*", "Status: deinstall ok config-files", paragraphs[1])
    newer = re.sub(r"(?m)^Status: .*", "Status: install ok installed", paragraphs[2])
    newer = re.sub(r"(?m)^Version: .*", "Version: 99:1", newer)
    updates = {"0000": gone + "\n", "0001": newer + "\n"}
    for text in updates.values():
        assert "Triggers-Pending" not in text or "installed" in text
    expected = asked(admin(tmp_path / "dpkg", status, updates))
    layer: LayerFiles = {
        STATUS: status,
        **{f"var/lib/dpkg/updates/{name}": text for name, text in updates.items()},
        "var/lib/dpkg/updates/tmp.i": "Pack",
    }
    found = packages_of(tmp_path / "image", layer)
    assert rows(found.packages) == expected
    assert any("\t99:1\t" in row for row in expected)
    assert found.unread == []


def test_distroless_has_a_file_for_each_package(tmp_path: Path) -> None:
    text = ZLIB.replace("Status: install ok installed\n", "")
    base = "Package: base-files\nVersion: 12.4\nArchitecture: amd64"
    layer = {
        "etc/os-release": DEBIAN,
        "var/lib/dpkg/status.d/zlib1g": text,
        "var/lib/dpkg/status.d/zlib1g.md5sums": "0 usr/lib/libz.so.1",
        "var/lib/dpkg/status.d/base": base,
    }
    found = packages_of(tmp_path, layer)
    assert [one.purl for one in found.packages] == [
        "pkg:deb/debian/base-files@12.4?arch=amd64&distro=debian-12",
        "pkg:deb/debian/zlib1g@1:1.2.13.dfsg-1?arch=amd64&distro=debian-12&upstream=zlib",
    ]
    assert found.packages[1].path == "var/lib/dpkg/status.d/zlib1g"
    assert found.unread == []


def test_one_package_of_two_architectures_is_two(tmp_path: Path) -> None:
    status = ZLIB + "\n" + ZLIB.replace("amd64", "i386")
    found = packages_of(tmp_path / "image", {STATUS: status})
    assert [one.arch for one in found.packages] == ["amd64", "i386"]
    assert rows(found.packages) == asked(admin(tmp_path / "dpkg", status))


def test_a_package_belongs_to_the_layer_that_brought_it(tmp_path: Path) -> None:
    curl = "Package: curl\nStatus: install ok installed\nArchitecture: amd64\nVersion: 7.88\n"
    newer = ZLIB.replace("1:1.2.13", "1:1.3")
    found = packages_of(
        tmp_path,
        {STATUS: ZLIB},
        {STATUS: f"{ZLIB}\n{curl}"},
        {"etc/hostname": "a"},
        {STATUS: f"{newer}\n{curl}"},
    )
    digests = _digests(tmp_path)
    assert [(one.name, one.layer) for one in found.packages] == [
        ("curl", digests[1]),
        ("zlib1g", digests[3]),
    ]


def _digests(folder: Path) -> list[str]:
    return [layer.digest for layer in open_image(str(folder), readers=[]).layers]


def test_a_deleted_database_does_not_count(tmp_path: Path) -> None:
    found = packages_of(tmp_path, {STATUS: ZLIB}, {STATUS: None})
    assert found.packages == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ZLIB[:-8], "ends in the middle of a line"),
        (ZLIB.replace("Version: 1:1.2.13.dfsg-1\n", ""), "the version of zlib1g is ''"),
        (ZLIB.replace("Package: zlib1g\n", ""), "a package's name is ''"),
        (ZLIB.replace("ok installed", "ok fine"), "the status of zlib1g is 'install ok fine'"),
        (ZLIB.replace("Status: install ok installed\n", ""), "the status of zlib1g is ''"),
        (ZLIB.replace("Source: zlib", "Source: zlib (1) x"), "the source of zlib1g"),
        (ZLIB.replace("Package: zlib1g", "Package: zlib\x1b[31m1g"), "a package's name"),
        ("\0\1\2\3\n", "is damaged"),
        (ZLIB.replace("zlib1g", "z" * 600), "a package's name"),
    ],
)
def test_a_damaged_database_is_told(text: str, said: str) -> None:
    with pytest.raises(ReadError) as caught:
        value_of(DpkgReader(), STATUS, text.encode())
    assert said in str(caught.value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 200


def test_a_damaged_database_leaves_the_inventory_unread(tmp_path: Path) -> None:
    found = packages_of(tmp_path, {"etc/os-release": DEBIAN, "bin/sh": "", STATUS: ZLIB[:-8]})
    assert found.packages == []
    assert any("dpkg could not read 'var/lib/dpkg/status'" in one for one in found.unread)
    assert any("Debian GNU/Linux 12 (bookworm) without packages" in one for one in found.unread)


def test_licences_of_this_machine_are_those_of_its_copyright_files(
    status: str, tmp_path: Path
) -> None:
    path = Path("/usr/share/doc/zlib1g/copyright")
    if not path.exists():
        raise missing("no copyright files here")
    layer: LayerFiles = {STATUS: status, str(path)[1:]: path.read_bytes()}
    found = {one.name: one.licenses for one in packages_of(tmp_path, layer).packages}
    assert found["zlib1g"] == ("Zlib",)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Files: *\nLicense: GPL-2+ and MIT\n text\n\nLicense: MIT\n x\nLicense:  MIT\n",
         ["GPL-2+ and MIT", "MIT"]),
        ("On Debian see /usr/share/common-licenses/GPL-2.\nor `/usr/share/common-licenses/LGPL'\n",
         ["GPL-2", "LGPL"]),
        ("License:\n text only\n", []),
        ("", []),
    ],
)  # fmt: skip
def test_licences(text: str, names: list[str]) -> None:
    assert licenses(text.encode()) == names


def test_licences_through_a_linked_folder(tmp_path: Path) -> None:
    layer: LayerFiles = {
        STATUS: ZLIB,
        "usr/share/doc/zlib/copyright": "License: Zlib\n",
        "usr/share/doc/zlib1g": link("zlib"),
    }
    assert packages_of(tmp_path, layer).packages[0].licenses == ("Zlib",)

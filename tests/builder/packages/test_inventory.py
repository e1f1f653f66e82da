"""Which distribution it is, and what an inventory says of what it cannot know."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockgate.builder.packages.package import Distro
from tests.builder.images import LayerFiles, link

from .reading import ALPINE, DEBIAN, ROCKY, packages_of
from .test_apk import DATABASE, INSTALLED
from .test_dpkg import STATUS, ZLIB


@pytest.mark.parametrize(
    ("layer", "qualifier", "namespace", "like"),
    [
        ({"etc/os-release": DEBIAN}, "debian-12", "debian", ()),
        ({"usr/lib/os-release": DEBIAN}, "debian-12", "debian", ()),
        ({"etc/os-release": link("../usr/lib/os-release"), "usr/lib/os-release": ALPINE},
         "alpine-3.20.3", "alpine", ()),
        ({"etc/os-release": ROCKY}, "rocky-9.3", "rocky", ("rhel", "centos", "fedora")),
        ({"etc/os-release": "ID='opensuse-leap'\nID_LIKE=\"suse opensuse\"\nVERSION_ID=15.6\n"},
         "opensuse-leap-15.6", "opensuse", ("suse", "opensuse")),
        ({"etc/os-release": 'NAME="Amazon Linux"\nVERSION="2023"\nID="amzn"\nID_LIKE="fedora"\n'
                            'VERSION_ID="2023"\n'}, "amzn-2023", "amzn", ("fedora",)),
        ({"etc/os-release": "ID=azurelinux\nVERSION_ID=\"3.0\"\n"}, "azurelinux-3.0", "azurelinux",
         ()),
        ({"etc/os-release": "ID=photon\nVERSION_ID=5.0\n"}, "photon-5.0", "photon", ()),
        ({"etc/os-release": 'ID="ol"\nVERSION_ID="9.4"\nID_LIKE="fedora"\n'}, "ol-9.4", "ol",
         ("fedora",)),
        ({"etc/os-release": "ID=debian\nVERSION_CODENAME=trixie\n"}, "debian-trixie", "debian",
         ()),
        ({"etc/redhat-release": "CentOS release 6.10 (Final)\n"}, "centos-6.10", "centos", ()),
        ({"etc/redhat-release": "Red Hat Enterprise Linux Server release 6.10 (Santiago)\n"},
         "rhel-6.10", "redhat", ()),
        ({"etc/debian_version": "7.11\n"}, "debian-7", "debian", ()),
        ({"etc/debian_version": "trixie/sid\n"}, "debian-trixie", "debian", ()),
        ({"etc/alpine-release": "3.4.6\n"}, "alpine-3.4.6", "alpine", ()),
        ({"etc/os-release": "# nothing\n"}, "", "", ()),
        ({"etc/os-release": "ID=a b\x1b[2J\nVERSION_ID=1\n"}, "", "", ()),
        ({"etc/os-release": "ID=debian\nVERSION_ID=$(reboot)\n"}, "debian", "debian", ()),
        ({}, "", "", ()),
    ],
)  # fmt: skip
def test_distro(
    layer: dict[str, str], qualifier: str, namespace: str, like: tuple[str, ...], tmp_path: Path
) -> None:
    distro = packages_of(tmp_path, {"empty/": "", **layer}).distro
    assert (distro.qualifier, distro.namespace, distro.like) == (qualifier, namespace, like)


@pytest.mark.parametrize(
    ("release", "said"),
    [
        (DEBIAN, "Debian GNU/Linux 12 (bookworm) without packages: /var/lib/dpkg/status"),
        (ALPINE, "Alpine Linux v3.20 without packages: /lib/apk/db/installed"),
        (ROCKY, "Rocky 9.3 without packages: /var/lib/rpm/rpmdb.sqlite"),
        ("ID=hobby\nID_LIKE=ubuntu\n", "hobby without packages: /var/lib/dpkg/status"),
    ],
)
def test_a_system_without_its_packages_is_told(release: str, said: str, tmp_path: Path) -> None:
    shell: LayerFiles = {
        "etc/os-release": release,
        "usr/bin/dash": "",
        "usr/bin/sh": link("dash"),
        "bin": link("usr/bin"),
    }
    found = packages_of(tmp_path / "shell", shell)
    assert len(found.unread) == 1
    assert found.unread[0].startswith(said)
    assert packages_of(tmp_path / "static", {"etc/os-release": release, "app": ""}).unread == []


def test_an_image_of_one_program_has_no_packages(tmp_path: Path) -> None:
    found = packages_of(tmp_path, {"app": "x"})
    assert found == ([], Distro(), [])


@pytest.mark.parametrize(
    ("path", "name"),
    [("var/lib/pacman/local/bash-5-1/desc", "pacman"), ("var/db/pkg/a/b/PF", "Portage"),
     ("nix/store/abc-hello/bin/hello", "Nix"), ("usr/lib/opkg/status", "opkg")],
)  # fmt: skip
def test_packages_that_no_reader_knows_are_told(path: str, name: str, tmp_path: Path) -> None:
    found = packages_of(tmp_path, {path: "x"})
    assert found.unread == [f"packages of {name} are there: dockgate does not read them"]


def test_two_kinds_in_one_image_in_a_fixed_order(tmp_path: Path) -> None:
    layer = {"etc/os-release": DEBIAN, STATUS: ZLIB, DATABASE: INSTALLED}
    found = packages_of(tmp_path / "1", layer)
    assert [one.type for one in found.packages] == ["apk", "apk", "apk", "deb"]
    again = packages_of(tmp_path / "2", dict(reversed(layer.items())))
    assert [one._replace(layer="") for one in again.packages] == [
        one._replace(layer="") for one in found.packages
    ]

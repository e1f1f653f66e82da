"""Volumes over folders of the system."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad_image, good_image
from dockgate.rules.subjects.image import Image, shown

_MOUNTED = ("proc", "sys", "dev")
_FINE = ("dev/shm", "dev/mqueue", "sys/fs/cgroup")
_SYSTEM = frozenset(
    {"", "bin", "boot", "etc", "home", "lib", "lib32", "lib64", "opt", "root", "run", "sbin"}
    | {"usr", "usr/bin", "usr/lib", "usr/local", "usr/sbin", "var", "var/lib", "var/run"}
)
_SOCKETS = ("docker.sock", "containerd.sock", "crio.sock", "podman.sock")


def check(image: Image) -> Iterator[Finding]:
    """One finding for each volume that hides or keeps what belongs to the system."""
    for volume in image.config.volumes:
        path = "/".join(part for part in volume.split("/") if part not in ("", "."))
        folder = path.partition("/")[0]
        if path.endswith(_SOCKETS):
            said = "is an engine's socket: whoever reaches it is root on the host"
        elif path.startswith(_FINE):
            continue
        elif folder in _MOUNTED:
            said = "is mounted by the kernel or the engine when a container starts"
        elif path in _SYSTEM:
            said = "is a folder of the system: what is in it stays as it was in the first start"
        else:
            continue
        yield Finding(
            f"volume /{shown(path)} {said}",
            help="declare the folder of the data alone, such as /var/lib/NAME",
        )


RULE = Rule(
    "image-system-volume",
    Image,
    Severity.WARNING,
    why=(
        "A volume is filled from the image once, when its first container starts, and kept. Over "
        "/etc, /usr or /root it keeps the programs and settings of that day: the next version of "
        "the image starts with the old ones, security updates included, and files that hold "
        "secrets outlive their container. Over /proc, /sys and /dev the start fails or devices "
        "vanish. A volume for the engine's socket asks its user to hand over the host."
    ),
    check=check,
    references=(
        "https://docs.docker.com/reference/dockerfile/#volume",
        "CIS Docker 1.6 5.6",
        "CIS Docker 1.6 5.32",
        "CWE-668",
    ),
    aliases=("DKL-DI-0002", "DS-0030"),
    examples=(
        bad_image({"app": ""}, config={"Volumes": {"/etc": {}}}, found=["config"]),
        bad_image({"app": ""}, config={"Volumes": {"/dev/sda": {}, "/d": {}}}, found=["config"]),
        bad_image({"app": ""}, config={"Volumes": {"/var/run/docker.sock": {}}}, found=["config"]),
        good_image({"app": ""}, config={"Volumes": {"/data": {}, "/var/lib/mysql": {}}}),
        good_image({"app": ""}, config={"Volumes": {"/dev/mqueue": {}, "/etc/nginx/conf.d": {}}}),
    ),
)

"""A folder of the system as WORKDIR or VOLUME."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction

#: What the kernel and the engine mount over: nothing below them is the image's.
_MOUNTED = {
    "/proc": "which the kernel mounts over when the container starts",
    "/sys": "which the kernel mounts over when the container starts",
    "/dev": "which the engine mounts over when the container starts",
}
#: What a system consists of: as the place of a program's files or as a volume it is a slip.
_SYSTEM = ("/bin", "/sbin", "/lib", "/lib64", "/boot", "/usr", "/usr/bin", "/usr/sbin", "/usr/lib")
_FINE = ("/dev/shm", "/dev/mqueue", "/sys/fs/cgroup")  # noqa: S108


def _fault(instruction: Instruction, value: str) -> str:
    path = "/" + value.strip("/")
    if not value.startswith("/") or path.startswith(_FINE):
        return ""
    for folder, what in _MOUNTED.items():
        if path == folder or path.startswith(folder + "/"):
            return what
    if path in _SYSTEM:
        return "a folder of the system"
    if instruction.cmd == "VOLUME" and path in ("/", "/etc", "/root", "/var", "/var/lib"):
        return "a folder of the system"
    return ""


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the path."""
    for instruction in dockerfile.find("WORKDIR", "VOLUME"):
        for word, value in zip(instruction.words, instruction.values, strict=False):
            fault = _fault(instruction, value.strip("\"'"))
            if fault:
                yield Finding(
                    f"{instruction.cmd} {value} is {fault}",
                    word.span,
                    stage=instruction.stage,
                    help="use a folder of its own, such as /app or /var/lib/NAME",
                )


RULE = Rule(
    "system-directory",
    Dockerfile,
    Severity.INFO,
    why=(
        "/proc, /sys and /dev are mounted over in every container: what a build puts there is "
        "gone when it runs, and a volume there makes the start fail or hides devices. A volume "
        "over /usr, /lib or /etc keeps the programs and settings of the first start: the next "
        "version of the image starts with the old ones, security updates included. A program "
        "that works in /bin or /usr/lib writes among the system's own files. /dev/shm is fine."
    ),
    references=(
        "https://docs.docker.com/reference/dockerfile/#volume",
        "CIS Docker 1.6 5.6",
    ),
    aliases=("DS-0030", "DKL-DI-0002"),
    examples=(
        bad("FROM alpine:3.22\nWORKDIR /proc/app\n", at=[2]),
        bad('FROM alpine:3.22\nVOLUME ["/data", "/usr"]\n', at=[2]),
        bad("FROM alpine:3.22\nVOLUME /data \\\n  /dev\n", at=[3]),
        bad("FROM alpine:3.22\nARG D=/sys\nWORKDIR ${D}\n", at=[3]),
        bad("FROM alpine:3.22\nWORKDIR /usr/bin/\nVOLUME /etc\n", at=[2, 3]),
        good("FROM alpine:3.22\nWORKDIR /development\nWORKDIR /etc/nginx\n"),
        good("FROM alpine:3.22\nVOLUME /dev/shm /etc/nginx/conf.d /var/lib/app\n"),
        good("FROM alpine:3.22\nWORKDIR /\nWORKDIR usr\nWORKDIR /usr/src/app\n"),
    ),
    needs=("VOLUME", "WORKDIR"),
    check=check,
)

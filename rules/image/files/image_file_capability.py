"""Files that give whoever runs them rights of root."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from dockgate.rules.image._programs import elf
from dockgate.rules.rule import Finding, Rule, Severity, bad_image, good_image
from dockgate.rules.subjects.entries import Entries
from dockgate.rules.subjects.image import Image
from dockgate.rules.subjects.listing import few, seen

ATTRIBUTE = "security.capability"

#: In the order of their numbers (capabilities(7), linux/capability.h).
_NAMES = (
    "chown", "dac_override", "dac_read_search", "fowner", "fsetid", "kill", "setgid", "setuid",
    "setpcap", "linux_immutable", "net_bind_service", "net_broadcast", "net_admin", "net_raw",
    "ipc_lock", "ipc_owner", "sys_module", "sys_rawio", "sys_chroot", "sys_ptrace", "sys_pacct",
    "sys_admin", "sys_boot", "sys_nice", "sys_resource", "sys_time", "sys_tty_config", "mknod",
    "lease", "audit_write", "audit_control", "setfcap", "mac_override", "mac_admin", "syslog",
    "wake_alarm", "block_suspend", "audit_read", "perfmon", "bpf", "checkpoint_restore",
)  # fmt: skip
#: With one of these a program can become root, or leave the container where the engine allows it.
_DANGEROUS = frozenset(
    {"chown", "dac_override", "dac_read_search", "fowner", "setuid", "setgid", "setpcap"}
    | {"sys_module", "sys_rawio", "sys_ptrace", "sys_admin", "setfcap", "mknod", "bpf"}
    | {"mac_override", "mac_admin", "net_admin", "sys_chroot"}
)


def names(attribute: bytes) -> list[str]:
    """The permitted capabilities that the attribute gives: `cap_net_raw` (versions 1 to 3)."""
    try:
        version = struct.unpack_from("<I", attribute)[0] >> 24
        (permitted,) = struct.unpack_from("<I", attribute, 4)
        if version > 1:
            permitted |= struct.unpack_from("<I", attribute, 12)[0] << 32
    except struct.error:
        return []
    return [
        f"cap_{_NAMES[number] if number < len(_NAMES) else number}"
        for number in range(64)
        if permitted >> number & 1
    ]


def check(image: Image) -> Iterator[Finding]:
    """One finding for each such file; worst where the right is as good as root."""
    yield from few(_findings(image), "files with capabilities")


def _findings(image: Image) -> Iterator[Finding]:
    for one in seen(image, _with_attributes):
        value = one.entry.xattrs.get(ATTRIBUTE)
        given = names(value) if value is not None else []
        if not given:
            continue
        dangerous = [name for name in given if name.removeprefix("cap_") in _DANGEROUS]
        yield Finding(
            f"{one.shown} gives whoever runs it {', '.join(given)}",
            layer=one.layer.digest,
            path=one.shown,
            help=f"take it away in the layer that brings it: `setcap -r /{one.shown}`",
            at_most=None if dangerous else Severity.INFO,
        )


def _with_attributes(entries: Entries) -> list[int]:
    found = {number for number, further in entries.further.items() if further.xattrs}
    found.update(n for n, origin in entries.origins.items() if origin in found)
    return sorted(found)


def _attribute(*numbers: int) -> dict[str, bytes]:
    bits = sum(1 << number for number in numbers)
    low, high = bits & 0xFFFFFFFF, bits >> 32
    return {ATTRIBUTE: struct.pack("<IIIII", 0x02000001, low, 0, high, 0)}


RULE = Rule(
    "image-file-capability",
    Image,
    Severity.WARNING,
    why=(
        "Capabilities of a file are setuid in parts, and `ls -l` does not show them: whoever runs "
        "the file has the right, whatever user the container has. With cap_setuid, "
        "cap_dac_override, cap_sys_admin and some more a program can make itself root of the "
        "container, and with a generous engine of the host. They are meant for one program that "
        "does one thing, never for an interpreter or a shell. Rights that lead to nothing else, "
        "as cap_net_bind_service and the cap_net_raw of ping, are a hint."
    ),
    check=check,
    references=(
        "https://man7.org/linux/man-pages/man7/capabilities.7.html",
        "CIS Docker 1.6 4.8",
        "CWE-250",
    ),
    examples=(
        bad_image({"usr/bin/python3": elf(xattrs=_attribute(7))}, found=["usr/bin/python3"]),
        bad_image({"opt/agent": elf(xattrs=_attribute(21, 39))}, found=["opt/agent"]),
        bad_image({"usr/bin/ping": elf(xattrs=_attribute(13))}, found=["usr/bin/ping"]),
        good_image({"usr/bin/ping": elf(xattrs={"user.note": b"cap_net_raw"})}),
        good_image({"usr/bin/ping": elf(xattrs=_attribute(13))}, {"usr/bin/ping": elf()}),
    ),
)

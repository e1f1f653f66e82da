"""Files in an image that run with the rights of their owner or group."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.pattern import pattern
from dockgate.rules.rule import Example, File, Finding, Rule, Severity, bad_image, good_image
from dockgate.rules.subjects.image import Image, shown
from dockgate.rules.subjects.listing import Seen, few, seen, with_mode

_SETUID = 0o4000
_SETGID = 0o2000
_GROUP_EXECUTES = 0o010

#: Told by image-sudo: raising rights is what they are for.
RAISERS = frozenset({"sudo", "doas", "pkexec", "sudo-rs"})

_FOLDERS = frozenset({"bin", "sbin", "usr/bin", "usr/sbin"})

#: What base images bring with these bits: of Debian, Ubuntu, Alpine, Fedora and their kin
#: (packages util-linux, shadow, login, passwd, pam, dbus, openssh, busybox-suid, iputils).
_KNOWN_NAMES = pattern(
    r"arping|bbsuid|bsd-write|chage|chfn|chsh|clockdiff|crontab|dotlockfile|expiry|gpasswd|mount"
    r"|newgidmap|newgrp|newuidmap|pam_extrausers_chkpwd|pam_timestamp_check|passwd|ping6?|ssh-agent|su"
    r"|traceroute6|umount|unix2?_chkpwd|utempter|wall|write|write\.ul"
)
_KNOWN_PATHS = {
    "usr/lib/dbus-1.0/dbus-daemon-launch-helper",
    "usr/libexec/dbus-1/dbus-daemon-launch-helper",
    "usr/lib/openssh/ssh-keysign",
    "usr/lib/ssh/ssh-keysign",
    "usr/libexec/openssh/ssh-keysign",
    "usr/libexec/utempter/utempter",
    "usr/lib/x86_64-linux-gnu/utempter/utempter",
    "usr/lib/aarch64-linux-gnu/utempter/utempter",
}


def _is_known(path: str) -> bool:
    folder, _, name = path.rpartition("/")
    return path in _KNOWN_PATHS or (folder in _FOLDERS and bool(_KNOWN_NAMES.fullmatch(name)))


def check(image: Image) -> Iterator[Finding]:
    """One finding for each file with the bit; those that base images bring as one of each layer."""
    known: dict[str, list[Seen]] = {}
    strange: list[Finding] = []
    for one in seen(image, with_mode(_SETUID | _SETGID)):
        entry = one.entry
        if entry.kind not in ("file", "hardlink") or one.path.rpartition("/")[2] in RAISERS:
            continue
        if entry.mode & _SETUID or entry.mode & _GROUP_EXECUTES:
            if _is_known(one.path):
                known.setdefault(one.layer.digest, []).append(one)
            else:
                strange.append(_finding(one))
    yield from few(strange, "setuid or setgid files")
    for digest, programs in known.items():
        names = sorted({one.path.rpartition("/")[2] for one in programs})
        yield Finding(
            f"{len(programs)} setuid or setgid program{'s' if len(programs) > 1 else ''} that "
            f"distributions bring: {shown(', '.join(names), 120)}",
            layer=digest,
            help="run with --security-opt no-new-privileges, which makes them harmless, or take "
            "the bits away: `find / -xdev -perm /6000 -type f -exec chmod a-s {} +`",
            at_most=Severity.INFO,
        )


def _finding(one: Seen) -> Finding:
    entry = one.entry
    if entry.mode & _SETUID:
        said = f"setuid: whoever runs it has the rights of user {entry.uid}"
        letter = "u"
    else:
        said = f"setgid: whoever runs it has the rights of group {entry.gid}"
        letter = "g"
    return Finding(
        f"{one.shown} is {said}",
        layer=one.layer.digest,
        path=one.shown,
        help=f"take the bit away in the layer that brings it: `chmod {letter}-s /{one.shown}`",
    )


_TOOL = File("#!/bin/sh\n", mode=0o4755)
_EXAMPLES: tuple[Example, ...] = (
    bad_image({"usr/bin/tool": _TOOL}, found=["usr/bin/tool"]),
    bad_image({"usr/bin/passwd": _TOOL, "bin/su": _TOOL}, found=["config"]),
    bad_image({"opt/tool": File("", mode=0o2755, gid=42)}, found=["opt/tool"]),
    good_image({"usr/bin/sudo": _TOOL, "usr/bin/tool": File("", mode=0o755)}),
    good_image({"opt/tool": _TOOL}, {"opt/tool": None}),
    good_image({"var/mail/": File(mode=0o2775)}),
)

RULE = Rule(
    "image-setuid",
    Image,
    Severity.WARNING,
    why=(
        "A setuid program runs as its owner, mostly root, whoever starts it. In a container that "
        "runs as an ordinary user it is the way back to root for whoever has got in: one hole in "
        "one of them is enough. Few images need any. The ones that base images bring are "
        "a hint, one for each layer; `no-new-privileges` at run time makes them all harmless. "
        "`sudo`, `doas` and `pkexec` have a rule of their own, image-sudo."
    ),
    check=check,
    references=(
        "https://docs.docker.com/reference/cli/docker/container/run/#security-opt",
        "CIS Docker 1.6 4.8",
        "CWE-250",
        "CWE-732",
    ),
    aliases=("CIS-DI-0008",),
    examples=_EXAMPLES,
)

"""Programs that raise rights: sudo and its like."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import File, Finding, Rule, Severity, bad_image, good_image
from dockgate.rules.subjects.image import Image
from dockgate.rules.subjects.listing import seen, with_name

PROGRAMS = ("sudo", "doas", "pkexec", "sudo-rs")
_FOLDERS = frozenset({"bin", "sbin", "usr/bin", "usr/sbin", "usr/local/bin", "usr/local/sbin"})


def check(image: Image) -> Iterator[Finding]:
    """One finding for each such program, and for each file that lets somebody in unasked."""
    for path, layer, entry in seen(image, with_name(*PROGRAMS)):
        folder, _, name = path.rpartition("/")
        if folder in _FOLDERS and entry.kind in ("file", "hardlink") and entry.mode & 0o4000:
            yield Finding(
                f"{name} is installed (/{path}): it is there to make root of an ordinary user",
                layer=layer.digest,
                path=path,
                help="leave it out: do what needs root before USER, start as the user that runs",
            )
    for path, (layer, value) in image.found("system").items():
        for line in value.get("nopasswd", ())[:1]:
            yield Finding(
                f"/{path} gives rights without a password: {line}",
                layer=layer.digest,
                path=path,
                help="take the line out, or allow the one command that is needed",
            )


RULE = Rule(
    "image-sudo",
    Image,
    Severity.WARNING,
    why=(
        "USER takes rights away from the process; sudo, doas and pkexec give them back to whoever "
        "has taken it over, and with NOPASSWD they do not even ask. Their own faults have made "
        "root of every user more than once (CVE-2021-3156, CVE-2021-4034). In a container nobody "
        "logs in: what needs root is done while the image is built, or by a step that drops its "
        "rights (`gosu`, `setpriv`)."
    ),
    check=check,
    references=(
        "https://docs.docker.com/build/building/best-practices/#user",
        "CIS Docker 1.6 4.8",
        "CWE-250",
    ),
    aliases=("DKL-DI-0001",),
    examples=(
        bad_image({"usr/bin/sudo": File("", mode=0o4755)}, found=["usr/bin/sudo"]),
        bad_image(
            {"etc/sudoers.d/app": "# for the build\napp ALL=(ALL) NOPASSWD:ALL\n"},
            found=["etc/sudoers.d/app"],
        ),
        bad_image({"etc/doas.conf": "permit nopass app as root\n"}, found=["etc/doas.conf"]),
        good_image({"etc/sudoers": "# %wheel ALL=(ALL) NOPASSWD: ALL\nroot ALL=(ALL) ALL\n"}),
        good_image({"usr/share/sudo": "", "usr/bin/sudo": File("", mode=0o755)}),
    ),
)

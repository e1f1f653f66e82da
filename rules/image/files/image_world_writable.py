"""Files and folders that everybody may change."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import File, Finding, Rule, Severity, bad_image, good_image
from dockgate.rules.subjects.image import Image
from dockgate.rules.subjects.listing import Seen, few, seen, with_mode

_STICKY = 0o1000
_EVERYBODY_WRITES = 0o002
#: Where everybody writes by custom; /dev and /proc are mounted over.
_EVERYBODY = ("tmp/", "var/tmp/", "run/lock/", "var/lock/", "dev/", "proc/", "sys/")
_CUSTOM = frozenset(path.rstrip("/") for path in _EVERYBODY)


def check(image: Image) -> Iterator[Finding]:
    """One finding for each, those within a folder that is told left out."""
    found = [one for one in seen(image, with_mode(_EVERYBODY_WRITES)) if _is_open(one)]
    folders = {one.path for one in found if one.entry.kind == "dir"}
    yield from few((_finding(one) for one in found if not _within(one.path, folders)), "of them")


def _is_open(one: Seen) -> bool:
    entry, path = one.entry, one.path
    if entry.kind == "dir":
        return not entry.mode & _STICKY and path not in _CUSTOM
    return entry.kind in ("file", "hardlink") and not path.startswith(_EVERYBODY)


def _within(path: str, folders: set[str]) -> bool:
    above = path.rpartition("/")[0]
    while above:
        if above in folders:
            return True
        above = above.rpartition("/")[0]
    return False


def _finding(one: Seen) -> Finding:
    mode = f"{one.entry.mode & 0o7777:o}"
    if one.entry.kind == "dir":
        said = f"folder {one.shown} is everybody's to change (mode {mode}): files can be replaced"
    else:
        said = f"{one.shown} is everybody's to change (mode {mode})"
    return Finding(
        said,
        layer=one.layer.digest,
        path=one.shown,
        help="give it to the user that writes there (`COPY --chown`), and take `o-w` away",
    )


RULE = Rule(
    "image-world-writable",
    Image,
    Severity.WARNING,
    why=(
        "USER keeps a process that was broken into from changing the programs that it runs; a "
        "`chmod 777` gives it all back. Whatever runs as anybody in the container may replace the "
        "code, the settings or the libraries there, and wait until they are loaded, by a process "
        "with more rights perhaps. In a folder without the sticky bit it may also replace files "
        "that it cannot write. Give the one folder that is written to the one user that writes."
    ),
    check=check,
    references=(
        "https://docs.docker.com/reference/dockerfile/#copy---chown---chmod",
        "CIS Docker 1.6 4.8",
        "CWE-732",
    ),
    aliases=("DF034",),
    examples=(
        bad_image({"app/": File(mode=0o777), "app/run": File("", mode=0o777)}, found=["app"]),
        bad_image({"etc/app.conf": File("", mode=0o666)}, found=["etc/app.conf"]),
        good_image({"tmp/": File(mode=0o1777), "srv/up/": File(mode=0o1777)}),
        good_image({"app/": File(mode=0o775), "app/run": File("", mode=0o664)}),
        good_image({"app/run": File("", mode=0o777)}, {"app/run": File("", mode=0o755)}),
    ),
)

"""What image rules ask of the files that say who may get in, and what starts by itself."""

from __future__ import annotations

import re

from dockgate.rules.settings import Settings
from dockgate.rules.subjects.entries import Entry
from dockgate.rules.subjects.image import shown
from dockgate.rules.subjects.reading import KIB, MIB, Content, Json, Want

NAME = "system"

#: Bytes of a file; real ones have some kilobytes.
MAX_FILE = 1 * MIB
#: Bytes of a file that starts something, and characters of a line that are looked at.
MAX_START = 128 * KIB
MAX_LINE = 2_000
#: Lines told of a file, and characters of each.
MAX_LINES = 20
MAX_TEXT = 160

_SHADOW = ("etc/shadow", "etc/passwd")
_KEYS = ("authorized_keys", "authorized_keys2")
_SUDOERS = ("etc/sudoers", "usr/local/etc/sudoers", "etc/doas.conf")
_SUDOERS_FOLDERS = ("etc/sudoers.d", "usr/local/etc/sudoers.d", "etc/doas.d")
_PRELOAD = "etc/ld.so.preload"
_STARTS = (
    "etc/crontab", "etc/anacrontab", "etc/rc.local", "etc/rc.d/rc.local", "etc/profile",
    "etc/bash.bashrc", "etc/bashrc", "root/.bashrc", "root/.profile", "root/.bash_profile",
    "etc/inittab",
)  # fmt: skip
_START_FOLDERS = (
    "etc/cron.d", "etc/cron.hourly", "etc/cron.daily", "etc/cron.weekly", "etc/cron.monthly",
    "etc/crontabs", "etc/periodic/15min", "etc/periodic/hourly", "etc/periodic/daily",
    "etc/periodic/weekly", "etc/periodic/monthly", "var/spool/cron", "var/spool/cron/crontabs",
    "etc/init.d", "etc/local.d", "etc/profile.d", "etc/update-motd.d", "etc/systemd/system",
    "etc/systemd/user", "lib/systemd/system", "usr/lib/systemd/system",
    "usr/local/lib/systemd/system", "etc/s6-overlay/scripts", "etc/cont-init.d", "etc/my_init.d",
)  # fmt: skip

_LOAD = rb"\b(?:curl|wget|fetch|lynx|aria2c|lwp-download|ftpget|tftp)\b"
_SHELL = rb"(?:sudo[ \t]+)?(?:[\w/.-]{0,60}/)?(?:(?:ba|da|a|z|k)?sh|python[0-9.]*|perl|ruby|php)\b"
#: A download that is run: piped into a shell, put in its place, or made executable.
_RUN_DOWNLOAD = re.compile(
    rb"(?:" + _LOAD + rb"[^\n;]{0,300}\|[ \t]*" + _SHELL
    + rb"|" + _SHELL + rb"[^\n;|]{0,40}(?:<\(|\$\(|`)[ \t]*" + _LOAD
    + rb"|" + _LOAD + rb"[^\n]{0,300}(?:&&|;)[^\n]{0,80}\bchmod[ \t]+[-0-7ugoa]*[0-7+]x?"
    + rb"|" + _LOAD + rb"[^\n]{0,300}(?:&&|;)[ \t]*" + _SHELL + rb"[ \t]+/"
    + rb"|\bbase64[ \t]+(?:-d|--decode)[^\n|]{0,40}\|[ \t]*" + _SHELL + rb")"
)  # fmt: skip
_NO_PASSWORD = re.compile(rb"^(?!\s*#)[^\n#]*\bNOPASSWD\b|^\s*permit\s+(?:\w+\s+)*nopass\b")
_KEY = re.compile(
    rb"(?m)^(?![ \t]*#)[^\n]{0,2000}?\b(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-\S{1,40}"
    rb"|sk-\S{1,60}@openssh\.com)[ \t]+AAAA"
)


class SystemReader:
    """Each value is a dict whose one key says what it is; see the functions."""

    name = NAME
    version = "2"
    wants = (
        Want(
            names=_KEYS,
            paths=(*_SHADOW, *_SUDOERS, _PRELOAD),
            folders=_SUDOERS_FOLDERS,
            smallest=1,
            largest=MAX_FILE,
            must=False,
        ),
        Want(paths=_STARTS, folders=_START_FOLDERS, smallest=1, largest=MAX_START, must=False),
    )

    def read(self, entry: Entry, content: Content) -> Json:
        """What the file says, None for nothing."""
        data = content.data()
        folder, _, name = entry.path.rpartition("/")
        if entry.path in _SHADOW:
            return _told("empty", _without_password(data))
        if name in _KEYS:
            count = len(_KEY.findall(data))
            return {"keys": count} if count else None
        if entry.path in _SUDOERS or folder in _SUDOERS_FOLDERS:
            return _told("nopasswd", _lines(_NO_PASSWORD, data))
        if entry.path == _PRELOAD:
            # as ld.so reads it: a comment ends with its line
            lines = b" ".join(line.split(b"#", 1)[0] for line in data.split(b"\n"))
            words = lines.replace(b":", b" ").split()
            return _told("libraries", [_text(word) for word in words])
        return _told("downloads", _lines(_RUN_DOWNLOAD, data.replace(b"\\\n", b"  ")))


def _told(key: str, found: list[str]) -> Json:
    return {key: found[:MAX_LINES]} if found else None


def _without_password(data: bytes) -> list[str]:
    """The accounts that let everybody in: an empty second field (shadow(5))."""
    rows = (line.split(b":") for line in data.splitlines())
    return [_text(row[0]) for row in rows if len(row) > 2 and row[0] and not row[1]]


def _lines(pattern: re.Pattern[bytes], data: bytes) -> list[str]:
    """The lines that fit, without comments."""
    return [
        _text(line.strip())
        for line in data.splitlines()
        if not line.lstrip().startswith(b"#") and pattern.search(line[:MAX_LINE])
    ]


def _text(data: bytes) -> str:
    return shown(data.decode("utf-8", "replace"), MAX_TEXT)


def reader(_settings: Settings) -> SystemReader:
    """The reader; see readers.py."""
    return SystemReader()

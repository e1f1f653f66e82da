"""Accounts and groups of an image (passwd(5), group(5)), and whom a container runs as."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.pattern import pattern
from dockgate.rules.record import NamedTuple
from dockgate.rules.subjects.image import Image

#: What Go's strconv.Atoi takes for a number: engines read a user so before they look for a name.
_NUMBER = pattern(r"[+-]?[0-9]{1,18}\Z")

#: Shells that let nobody in.
NO_SHELLS = frozenset({"nologin", "false", "true", "sync", "halt", "shutdown", "null"})


class Account(NamedTuple):
    """A line of /etc/passwd."""

    name: str
    uid: int
    gid: int
    home: str
    shell: str

    @property
    def logs_in(self) -> bool:
        """Whether it has a shell; none given is /bin/sh."""
        return self.shell.rpartition("/")[2] not in NO_SHELLS


class Group(NamedTuple):
    """A line of /etc/group."""

    name: str
    gid: int
    members: tuple[str, ...]


class Identity(NamedTuple):
    """Whom a container runs as."""

    uid: int
    groups: frozenset[int]
    shown: str  #: for a message: `user app`, `user 10001`


def accounts(image: Image) -> list[Account] | None:
    """The lines of /etc/passwd that are whole; None where there is no such file."""
    data = image.content("etc/passwd")
    if data is None:
        return None
    found = []
    for fields in _rows(data):
        if len(fields) > 5 and _NUMBER.match(fields[2]) and _NUMBER.match(fields[3]):
            shell = fields[6] if len(fields) > 6 else ""
            found.append(Account(fields[0], int(fields[2]), int(fields[3]), fields[5], shell))
    return found


def groups(image: Image) -> list[Group] | None:
    """The lines of /etc/group that are whole; None where there is no such file."""
    data = image.content("etc/group")
    if data is None:
        return None
    found = []
    for fields in _rows(data):
        if len(fields) > 2 and _NUMBER.match(fields[2]):
            members = fields[3].split(",") if len(fields) > 3 else []
            found.append(Group(fields[0], int(fields[2]), tuple(filter(None, members))))
    return found


def _rows(data: bytes) -> Iterator[list[str]]:
    for line in data.decode("utf-8", "surrogateescape").split("\n"):
        line = line.strip()
        if line and line[0] not in "#+-":
            yield line.split(":")


def identity(image: Image) -> Identity | None:
    """Whom the configuration's user means; None for a name that /etc/passwd does not have."""
    user, _, group = image.config.user.partition(":")
    user = user.strip()
    known = accounts(image) or []
    if not user or _NUMBER.match(user):
        uid = int(user or "0")
        account = next((one for one in known if one.uid == uid), None)
    else:
        account = next((one for one in known if one.name == user), None)
        if account is None and user != "root":
            return None
        uid = account.uid if account is not None else 0
    name = account.name if account is not None else str(uid)
    every = groups(image) or []
    if group.strip():
        own = group.strip()
        gids = {one.gid for one in every if one.name == own}
        if _NUMBER.match(own):
            gids.add(int(own))
        return Identity(uid, frozenset(gids), f"user {name}")
    gids = {account.gid if account is not None else 0}
    if account is not None:
        gids.update(one.gid for one in every if account.name in one.members)
    return Identity(uid, frozenset(gids), f"user {name}")

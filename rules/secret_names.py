"""What a name beside a value means: which variables and files hold secrets, which values are none.

The words are facts in `data/secrets.json`; the reading of them is here. Pure, and cheap enough to
be asked of every variable of every Dockerfile.
"""

from __future__ import annotations

import re
from functools import lru_cache

from dockgate.rules.data import load
from dockgate.rules.pattern import pattern
from dockgate.rules.record import NamedTuple

#: A value longer than this is not read as a name's secret: it is a text, not a password.
MAX_VALUE = 4096

#: A value shorter than this is an initial or a number, not a password.
MIN_VALUE = 3

#: A file name longer than this is no name (NAME_MAX of Linux is 255).
MAX_NAME = 1024

PASSWORD = "password"  # noqa: S105
TOKEN = "token"  # noqa: S105
KEY = "key"


class Words(NamedTuple):
    """`names` and `values` of data/secrets.json as sets."""

    passwords: frozenset[str]
    tokens: frozenset[str]
    endings: frozenset[str]
    needs_more: frozenset[str]
    certain_keys: frozenset[str]
    not_keys: frozenset[str]
    exact: frozenset[str]
    not_at_end: frozenset[str]
    not_anywhere: frozenset[str]
    switches: frozenset[str]
    placeholders: frozenset[str]
    dummies: frozenset[str]
    public: frozenset[str]
    logins: frozenset[str]


def facts() -> dict[str, dict[str, list[str]]]:
    """The content of data/secrets.json."""
    loaded: dict[str, dict[str, list[str]]] = load("secrets")
    return loaded


@lru_cache(maxsize=1)
def words() -> Words:
    """The word lists; built once."""
    lists: dict[str, list[str]] = facts()["names"] | facts()["values"]
    return Words(*(frozenset(lists[field]) for field in Words._fields))


def split_name(name: str) -> list[str]:
    """The words of a variable's name in upper case: `dbPassword`, `DB-PASSWORD` -> DB, PASSWORD."""
    parts: list[str] = []
    start = 0
    for at, char in enumerate(name):
        if not char.isalnum():
            if at > start:
                parts.append(name[start:at])
            start = at + 1
        elif char.isupper() and at > start and name[at - 1].islower():
            parts.append(name[start:at])
            start = at
    if start < len(name):
        parts.append(name[start:])
    return [part.upper() for part in parts]


@lru_cache(maxsize=4096)
def secret_name(name: str, further: tuple[str, ...] = ()) -> str | None:
    """What kind of secret a variable of this name holds: "password", "token", "key", or None.

    "key" is the weakest: only a value that looks random makes it a secret. `further` are names
    that the user has declared to mean a secret.
    """
    if not name or len(name) > MAX_NAME:
        return None
    known = words()
    upper = name.upper()
    if upper in known.exact or upper in (other.upper() for other in further):
        return PASSWORD if "PASS" in upper or "PWD" in upper else TOKEN
    parts = split_name(name)
    if not parts or not known.not_anywhere.isdisjoint(parts):
        return None
    while len(parts) > 1 and parts[-1].isdigit():  # DB_PASSWORD_2
        parts.pop()
    parts[-1] = parts[-1].rstrip("0123456789") or parts[-1]
    if upper.endswith("AWS_ACCESS_KEY_ID"):
        return TOKEN
    last = parts[-1]
    if last in known.not_at_end:
        return None
    kind = _kind(parts, last, known)
    if kind is not None or last in ("KEY", "KEYS"):
        return kind or _key_kind(parts, known)
    return None


def _kind(parts: list[str], last: str, known: Words) -> str | None:
    for part in reversed(parts):
        if part in known.needs_more and (part is not last or len(parts) == 1):
            continue
        if part in known.passwords:
            return PASSWORD
        if part in known.tokens:
            return TOKEN
        if part.endswith(tuple(known.endings)):
            return PASSWORD if "PASS" in part else TOKEN
    return None


def _key_kind(parts: list[str], known: Words) -> str | None:
    before = parts[-2] if len(parts) > 1 else ""
    if before in known.certain_keys:
        return TOKEN
    return None if before in known.not_keys else KEY


_REFERENCE = pattern(
    r"""["']?(?:\$\w+|\$\{[^}]*\}|\$\(.*\)|`.*`|\{\{.*\}\}|\$\{\{.*\}\}|%\w+%|<[^>]*>|\[[^\]]*\]|\$env:\w+|@\w+@|__\w+__|\#\{.*\})["']?\Z""",
    re.DOTALL,
)
_PATH = pattern(r"(?:file:|~|\.{1,2}|[A-Za-z]:)?[/\\](?:[\w.@+-]+[/\\])*[\w.@*+-]*\Z")
_FILE = pattern(r"[\w./-]+\.(?:json|ya?ml|txt|pem|key|crt|cer|conf|cfg|toml|ini|env|xml|sh)\Z")
_URL = pattern(r"[A-Za-z][A-Za-z0-9+.-]*://", re.ASCII)
_WORD = pattern(r"[A-Za-z]+")
_HEX = pattern(r"(?:0x)?[0-9A-Fa-f]+\Z")
_DIGEST = pattern(r"(?:sha(?:1|256|384|512)|md5)[:-]", re.IGNORECASE)


def is_reference(value: str) -> bool:
    """Whether the value stands for another: `$VAR`, `${VAR}`, `$(command)`, `{{ template }}`."""
    return _REFERENCE.match(value) is not None


def harmless_value(kind: str, value: str) -> bool:
    """Whether a value beside a secret's name gives nothing away.

    Empty, a reference, a switch, a path, a URL without a login, or a word that stands in for the
    real thing. A weak password (`changeme`) does give something away: it is the password.
    """
    value = value.strip().strip("\"'")
    known = words()
    if not MIN_VALUE <= len(value) <= MAX_VALUE or value.lower() in known.switches:
        return True
    if is_reference(value) or "${" in value or value[0] == "$":
        return True
    if not any(char.isalnum() for char in value):
        return True
    if len(set(value.lower())) == 1 and len(value) > 2:  # xxxxxxxx
        return True
    if _URL.match(value) and "@" not in value:
        return True
    if _PATH.match(value) and (value[0] != "/" or value.count("/") > 1 or len(value) < 16):
        return True
    if _FILE.match(value) or _DIGEST.match(value):
        return True
    found = {word.lower() for word in _WORD.findall(value)}
    if kind == PASSWORD:
        return not known.dummies.isdisjoint(found)
    if len(value) >= MIN_RANDOM_LENGTH and any(char.isdigit() for char in value):
        found.discard("example")  # AKIAIOSFODNN7EXAMPLE stands where the real key will
    if not known.placeholders.isdisjoint(found):
        return True
    if len(value) >= MIN_RANDOM_LENGTH and len(set(value)) < MIN_DISTINCT:  # ghp_xxxxxxxx
        return True
    return kind == KEY and not looks_random(value)


def asks_for_value(value: str) -> bool:
    """Whether a default is there to be replaced by the real one: `REPLACE_ME`, `your-token`."""
    found = {word.lower() for word in _WORD.findall(value)}
    return not found.isdisjoint(facts()["values"]["to_replace"])


#: Values of fewer characters are not judged by their randomness.
MIN_RANDOM_LENGTH = 16

#: Distinct characters that a token of that length has at least.
MIN_DISTINCT = 6

#: Digits that a random value has at least: `Ipv6CidrAssociations` is a name.
MIN_RANDOM_DIGITS = 2

#: Bits a character below which a value is words, not a key: English text has about 3 at length 20.
MIN_RANDOM_ENTROPY = 3.2


def looks_random(value: str) -> bool:
    """Whether the value looks made by a machine: long, of one word, letters and digits mixed.

    The forty digits of a key's fingerprint or of a commit are public, and no secret.
    """
    if len(value) < MIN_RANDOM_LENGTH or any(char.isspace() for char in value):
        return False
    if _HEX.match(value) and len(value) in (16, 40):
        return False
    digits = sum(char.isdigit() for char in value)
    has_letter = any(char.isalpha() for char in value)
    return digits >= MIN_RANDOM_DIGITS and has_letter and entropy(value) >= MIN_RANDOM_ENTROPY


def entropy(value: str) -> float:
    """Shannon's entropy of the characters, in bits a character."""
    from math import log2

    total = len(value)
    counts = [value.count(char) for char in set(value)]
    return -sum(count / total * log2(count / total) for count in counts)


@lru_cache(maxsize=4)
def _globs(globs: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(?:.*/)?(?:{'|'.join(map(_expression, globs))})\Z", re.DOTALL)


def _expression(glob: str) -> str:
    """One glob for `re`; what follows a `*` is looked for once, so that many cost no more."""
    first, *rest = map(re.escape, glob.lower().split("*"))
    between = "".join(f"(?>[^/]*?{part})" for part in rest[:-1])
    return first + between + ("[^/]*" + rest[-1] if rest else "")


@lru_cache(maxsize=4)
def _files(which: str) -> re.Pattern[str]:
    return _globs(tuple(facts()["files"][which]))


def _is_file(path: str, which: str) -> bool:
    path = path.rstrip("/").lower()
    if not path or len(path) > MAX_NAME:
        return False
    return _files(which).match(path) is not None and _files("public").match(path) is None


def secret_file(path: str, further: tuple[str, ...] = ()) -> bool:
    """Whether a file of this path holds a secret by what its name means; `/` parts the path.

    `further` are the globs that the user has declared, in the form of data/secrets.json.
    """
    return _is_file(path, "secret") or declared_file(path, further)


def declared_file(path: str, further: tuple[str, ...]) -> bool:
    """Whether one of the user's globs names the file."""
    path = path.rstrip("/").lower()
    return bool(further and path) and _globs(further).match(path[-MAX_NAME:]) is not None


def key_store(path: str) -> bool:
    """Whether it is a store of keys that cannot be looked into without its password."""
    return _is_file(path, "stores")


def secret_folder(path: str) -> bool:
    """Whether a folder of this name holds secrets: `.ssh`, `.aws`."""
    return path.rstrip("/").rpartition("/")[2].lower() in facts()["files"]["folders"]

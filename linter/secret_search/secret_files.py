"""Secrets in the files of an image or a build context: what a file is decides how it is read.

Every file is searched for tokens and keys. Names beside values are read in configuration and
scripts; in source code only where the value looks random. What packages bring (documents, tests,
translations) is public by nature: there a login is an example.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from dockgate.linter import secrets
from dockgate.linter.secret_search import assignments, prefilter, secret_shapes
from dockgate.rules import secret_names
from dockgate.rules.subjects.image import FileSecret
from dockgate.rules.subjects.secret import Secret
from dockgate.rules.subjects.text import Span

#: Bytes of one file that are read; what follows is not searched.
MAX_BYTES = 32 << 20

#: Bytes at the start of a file in which a NUL makes it binary (as in git).
SNIFF = 8000

#: Bytes of one file in which names beside values are read: configurations are small.
MAX_CONFIG = 1 << 20

#: Bytes before and after a candidate in a binary that are read as text.
BINARY_WINDOW = 4096

_ENV = re.compile(r"(?:^|/)(?:\.env|\.env\..+|[^/]+\.env|\.envrc|environment|[^/]+\.properties)\Z")
_CONFIG = re.compile(
    r"\.(?:ya?ml|eyaml|json|toml|ini|cfg|cnf|cf|conf|config|xml|tf|tfvars|tfstate|sh|bash|zsh|"
    r"ps1|bat|sql|npmrc|service)\Z"
    r"|(?:^|/)(?:\.npmrc|\.pypirc|\.netrc|\.pgpass|\.my\.cnf|\.s3cfg|\.boto|credentials|config|"
    r"\.bashrc|\.profile|\.bash_history|\.git-credentials|\.dockercfg|dockerfile[^/]*|_netrc|"
    r"\.?htpasswd)\Z"
)
_SOURCE = re.compile(
    r"\.(?:py|pyi|js|mjs|cjs|ts|tsx|jsx|go|java|kt|scala|groovy|gradle|rb|php|cs|c|h|cc|cpp|hpp|"
    r"swift|m|rs|pl|pm|lua|ex|exs|clj|dart|vue)\Z"
)
#: What may follow a bare value on its line; anything else makes both of them prose.
_REST = re.compile(r"[ \t]*(?:[\r\n\"'`,;}\])<&|\\]|#|\Z)")

_COMMENT = re.compile(r"\s*(?:#|//|;|--|\*|<!--|rem\s)", re.IGNORECASE)

#: Kinds that documents and tests are full of: logins and examples, not issued tokens.
_COMMON = secret_shapes.BY_CONTEXT | {
    "JSON Web Token",
    "NPM tokens",
    "Password Hash",
    "Telegram Bot Token",
    "Twilio API Key",
    "Google API Key",
    "Artifactory Credentials",
    "Docker Registry Login",
    "Mailchimp Access Key",
    "IBM Cloud IAM Key",
    "IBM COS HMAC Credentials",
    "SoftLayer Credentials",
    "Cloudant Credentials",
    "Discord Bot Token",
}


def find_in_bytes(data: bytes, path: str) -> list[FileSecret]:
    """The secrets in a file's content; `path` is where it lies, with `/`. Never raises.

    At most MAX_BYTES are read. Bytes that are not UTF-8 do not hide what stands beside them.
    """
    if len(data) > MAX_BYTES:
        data = data[:MAX_BYTES]
    path = path.lstrip("/")
    encoding = _encoding(data)
    if encoding == "":
        found = _in_binary(data, path)
    else:
        if encoding != "utf-8":
            data = data.decode(encoding, "replace").encode()
        found = _in_text(data, path)
    return [FileSecret(path, s, s.kind == secret_shapes.PRIVATE_KEY) for s in found]


def _encoding(data: bytes) -> str:
    """How to decode text: "utf-8" (any 8-bit kind), "utf-16" with its mark; "" for binaries."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    return "" if b"\0" in data[:SNIFF] else "utf-8"


def _in_binary(data: bytes, path: str) -> list[Secret]:
    found: list[Secret] = []
    where = origin(path)
    for start, end in prefilter.bytes_filter(binary=True).places(data):
        first = max(start - BINARY_WINDOW, 0)
        window = data[first : end + BINARY_WINDOW].decode("latin-1")
        place = (start - first, end - first)
        for secret in secrets.tokens_at(window, [place]):
            if secret.certain and not _public_by_nature(secret.kind, where, binary=True):
                span = Span(first + secret.span.start, first + secret.span.end)
                found.append(secret._replace(span=span, line=1))
        if len(found) >= secrets.MAX_SECRETS:
            break
    return found


def _in_text(data: bytes, path: str) -> list[Secret]:
    where = origin(path)
    places = list(prefilter.bytes_filter(binary=False).places(data))
    reads_names = len(data) <= MAX_CONFIG and not where.packaged and _reads_names(path.lower())
    if not places and not reads_names:
        return []
    text = data.decode("utf-8", "surrogateescape")
    found: list[Secret] = []
    if places:
        spans = places if text.isascii() else _characters(data, places)
        found += (
            secret
            for secret in secrets.tokens_at(text, spans)
            if not _public_by_nature(secret.kind, where, binary=False)
        )
    if reads_names:
        for pair in assignments_of(text, path):
            if len(found) >= secrets.MAX_SECRETS:
                break
            found.append(secrets.of_assignment(pair, text))
        found += _in_form(text, path)
    return secrets.distinct(found)


def _characters(data: bytes, places: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Byte spans as spans of the decoded text."""
    spans = []
    at = characters = 0
    for start, end in sorted(places):
        if start >= at:
            characters += len(data[at:start].decode("utf-8", "surrogateescape"))
            at = start
        first = characters - (len(data[start:at].decode("utf-8", "surrogateescape")))
        spans.append((first, first + len(data[start:end].decode("utf-8", "surrogateescape"))))
    return spans


def _reads_names(path: str) -> bool:
    return bool(_ENV.search(path) or _CONFIG.search(path) or _SOURCE.search(path))


def assignments_of(text: str, path: str) -> Iterator[assignments.Assignment]:
    """The secrets that names tell in a file of this path, by what such a file is."""
    lowered = path.lower()
    environment = _ENV.search(lowered) is not None
    source = not environment and _SOURCE.search(lowered) is not None
    if not environment and not source and not _CONFIG.search(lowered):
        return
    test = origin(path).test
    for pair in assignments.find(text):
        first = text.rfind("\n", 0, pair.start) + 1
        if _COMMENT.match(text, first, pair.start):
            continue
        if source and not pair.quoted:
            continue
        if (source or test) and not secret_names.looks_random(pair.value):
            continue
        if not environment and pair.kind != secret_names.PASSWORD and not _mixed(pair.value):
            continue
        if not environment and (" " in pair.value.strip() or _is_code(pair.value)):
            continue
        if not environment and not pair.quoted and _REST.match(text, pair.end) is None:
            continue
        yield pair


_CODE = re.compile(r"[A-Za-z_][\w-]*(?:[.:\[(/][\w.:/\[\]()-]*)+\Z|[A-Z][a-z]+\Z|[a-z_]+_[a-z_]+\Z")


#: Characters of the shortest token that a configuration's name makes one.
MIN_TOKEN = 8


def _mixed(value: str) -> bool:
    """Whether a token's value has letters and digits: `nextToken` is the name of a field."""
    return (
        len(value) >= MIN_TOKEN
        and any(char.isdigit() for char in value)
        and any(char.isalpha() for char in value)
    )


def _is_code(value: str) -> bool:
    """Whether an unquoted word is an identifier, a call or a type, as `config.password`."""
    return value[0] in "[(^" or _CODE.match(value) is not None


#: Files of a form of their own: where the password stands in them.
_FORMS = (
    (re.compile(r"(?:^|/)[._]netrc\Z"), re.compile(r"\bpassword\s+([^\s\"'$]+)")),
    (re.compile(r"(?:^|/)\.pgpass\Z"), re.compile(r"^(?:[^:#\n]*:){4}([^:\n]+)$", re.MULTILINE)),
    (
        re.compile(r"(?:^|/)\.?htpasswd\Z"),
        re.compile(r"^[^:#\s]+:(\{SHA\}[\w+/=]+|[./\w]{13})$", re.MULTILINE),
    ),
)


def _in_form(text: str, path: str) -> Iterator[Secret]:
    for name, expression in _FORMS:
        if name.search(path.lower()):
            for match in expression.finditer(text):
                yield secrets.of_name("Password", match.group(1), match.start(1), text)


class Origin(NamedTuple):
    """Whether a file comes with packages, with those of a language, among tests or documents."""

    packaged: bool
    bundled: bool
    test: bool


@lru_cache(maxsize=1)
def _parts() -> list[re.Pattern[str]]:
    def union(parts: list[str]) -> re.Pattern[str]:
        one = (re.escape(part).replace(r"\*", "[^/]*") for part in parts)
        return re.compile(rf"(?:^|/)(?:{'|'.join(one)})/")

    facts = secret_names.facts()["published"]
    return [
        union(facts["packages"] + facts["bundles"]),
        union(facts["bundles"]),
        union(facts["tests"]),
    ]


@lru_cache(maxsize=4096)
def origin(path: str) -> Origin:
    """Where a file of this path comes from, by the folders that it lies in."""
    folder = path.rpartition("/")[0].lower() + "/"
    return Origin(*(part.search(folder) is not None for part in _parts()))


def _public_by_nature(kind: str, where: Origin, *, binary: bool) -> bool:
    """Whether what is found there is an example or a test's key that anybody can download."""
    if not where.packaged:
        return False
    if kind == secret_shapes.PRIVATE_KEY:
        return where.bundled or where.test or binary
    return where.test or kind in _COMMON

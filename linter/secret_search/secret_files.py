"""Secrets in the files of an image or a build context: what a file is decides how it is read.

Every file is searched for tokens and keys. Names beside values are read in configuration and
scripts; in source code only where the value looks random. What packages bring (documents, tests,
translations) is public by nature: there a login is an example.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockgate.linter import secrets
from dockgate.linter.secret_search import (
    assignments,
    identity,
    loose_rows,
    paths,
    prefilter,
    private_keys,
    secret_shapes,
)
from dockgate.linter.secret_search.secret_shapes import Origin
from dockgate.rules import secret_names
from dockgate.rules.pattern import pattern
from dockgate.rules.subjects.secret import Secret
from dockgate.rules.subjects.text import Span

#: Bytes at the start of a file in which a NUL makes it binary (as in git).
SNIFF = 8000

#: Bytes before and after a candidate in a binary that are read as text.
BINARY_WINDOW = 4096

#: What may follow a bare value on its line; anything else makes both of them prose.
_REST = pattern(r"[ \t]*(?:[\r\n\"'`,;}\])<&|\\]|#|\Z)")

_COMMENT = pattern(r"\s*(?:#|//|;|--|\*|<!--|rem\s)", re.IGNORECASE)

#: Kinds that documents and tests are full of: logins and examples, not issued tokens.
_COMMON = secret_shapes.BY_CONTEXT | {
    "JSON Web Token",
    "NPM tokens",
    "Password Hash",
    "Telegram Bot Token",
    "Twilio API Key",
    "Google API Key",
    "Artifactory Credentials",
    "Azure Shared Access Signature",
    "Docker Registry Login",
    "Mailchimp Access Key",
    "IBM Cloud IAM Key",
    "IBM COS HMAC Credentials",
    "SoftLayer Credentials",
    "Cloudant Credentials",
    "Discord Bot Token",
}


def in_binary(data: bytes, path: str, salt: str = "") -> list[Secret]:
    """The tokens whose shape alone tells them, in a binary; names are not read there."""
    found: list[Secret] = []
    if paths.is_example(path):
        return found
    places = prefilter.bytes_filter(binary=True).places(data)
    key = private_keys.of_file(data)
    if key is None and not places:
        return found
    where = paths.origin(path)
    if key is not None and not _public_by_nature(
        secret_shapes.PRIVATE_KEY, where, binary=key.encrypted
    ):
        kind = secret_shapes.ENCRYPTED_KEY if key.encrypted else secret_shapes.PRIVATE_KEY
        one = Secret(kind, Span(0, len(data)), "…", 1, True, identity.mark(key.body))
        return [one._replace(allow=identity.allow_hash(key.body, salt))]
    for first, last, inside in _regions(places, data):
        text = data[first:last].decode("latin-1")
        for secret in secrets.tokens_at(text, inside, where):
            if secret.certain and not _public_by_nature(secret.kind, where, binary=True):
                known = secrets.identified(secret, text, _salt(salt, len(found)))
                span = Span(first + secret.span.start, first + secret.span.end)
                found.append(known._replace(span=span, line=1))
        secrets.require_few(len(found))
    return found


def _regions(
    places: list[tuple[int, int]], data: bytes
) -> Iterator[tuple[int, int, list[tuple[int, int]]]]:
    """The parts of a binary about candidates, with these relative to the part."""
    regions: list[tuple[int, int, list[tuple[int, int]]]] = []
    for start, end in sorted(places):
        first, last = max(start - BINARY_WINDOW, 0), min(end + BINARY_WINDOW, len(data))
        if regions and first <= regions[-1][1]:
            first, known, inside = regions.pop()
            last = max(last, known)
        else:
            inside = []
        inside.append((start - first, end - first))
        regions.append((first, last, inside))
    yield from regions


def _salt(salt: str, number: int) -> str:
    """Hashing takes time: whoever brings a thousand secrets has only the first ones hashed."""
    return salt if number < identity.MAX_HASHED else ""


def in_text(data: bytes, path: str, further: tuple[str, ...], salt: str = "") -> list[Secret]:
    """The secrets in a text, by what such a file is. Raises UnfinishedError: too many."""
    packaged, _, test = paths.of_folder(path)
    if packaged and test:
        return []
    places = prefilter.bytes_filter(binary=False).places(data)
    reads_names = not packaged and paths.has_names(path)
    if not places and not reads_names:
        return []
    where = paths.origin(path)
    text = data.decode("utf-8", "surrogateescape")
    found: list[Secret] = []
    if places:
        spans = prefilter.characters(text, data, places)
        found += (
            secret
            for secret in secrets.tokens_at(text, spans, where)
            if not _public_by_nature(secret.kind, where, binary=False)
        )
    if reads_names:
        lines = secrets.Lines(text)
        for pair in assignments_of(text, path, further):
            found.append(secrets.of_assignment(pair, lines))
            secrets.require_few(len(found))
        for secret in (*_in_form(text, path), *_web_keys(text, path)):
            found.append(secret)
            secrets.require_few(len(found))
        for secret in _loose(text, data, path, where):
            found.append(secret)
            secrets.require_few(len(found))
    return [
        secrets.identified(secret, text, _salt(salt, number))
        for number, secret in enumerate(secrets.distinct(found))
    ]


def _loose(text: str, data: bytes, path: str, where: Origin) -> Iterator[Secret]:
    """What detect-secrets' plugins for names and for randomness find, looked at once more.

    A keyword's value counts where a configuration gives it and it looks random; a random string
    where the file is there for secrets. An address is no secret.
    """
    if where.published or not paths.is_configuration(path):
        return
    if next(loose_rows.loose_filter().line_places(data), None) is None:
        return
    from dockgate.linter.secret_search import full_search

    of_secrets = secret_names.secret_file(path)
    lines = secrets.Lines(text)
    for one in full_search.loose(text, data, path):
        value = one.value.strip("\"'")
        if one.kind == full_search.KEYWORD:
            kind = "Key"
        elif one.kind in full_search.ENTROPY and of_secrets:
            kind = "Random String"
        else:
            continue
        if not _harmless(value) and not _names_no_secret(text, one.start):
            yield secrets.of_name(kind, value, text.index(value, one.start), lines)


def _harmless(value: str) -> bool:
    return secret_names.harmless_value(secret_names.KEY, value) or " " in value or _is_code(value)


_NAME_BEFORE = pattern(r"([\w.-]{1,64})\\?[\"']?\]?[ \t]{0,8}(?:=>|:=|=|:)[ \t]{0,8}\\?[\"']?\Z")


def _names_no_secret(text: str, start: int) -> bool:
    """Whether the name before a value says what it is: an identifier, a digest, something public.

    A value without a name, as in a list, is not known to be anything else than a secret.
    """
    match = _NAME_BEFORE.search(text[max(start - 96, 0) : start])
    if match is None:
        return False
    parts = secret_names.split_name(match.group(1))
    known = secret_names.words()
    return bool(parts) and (
        parts[-1] in known.not_at_end or not known.not_anywhere.isdisjoint(parts)
    )


def assignments_of(
    text: str, path: str, further: tuple[str, ...] = ()
) -> Iterator[assignments.Assignment]:
    """The secrets that names tell in a file of this path, by what such a file is.

    `further` are names that the user has declared to mean a secret.
    """
    if not paths.has_names(path):
        return
    environment = paths.is_environment(path)
    source = not environment and paths.is_source(path)
    where = paths.origin(path)
    for pair in assignments.find(text, further):
        first = text.rfind("\n", 0, pair.start) + 1
        if _COMMENT.match(text, first, pair.start):
            continue
        if source and not pair.quoted:
            continue
        if (source or where.test) and not secret_names.looks_random(pair.value):
            continue
        if where.published and secret_shapes.is_published(pair.value):
            continue
        if not environment and pair.kind != secret_names.PASSWORD and not _mixed(pair.value):
            continue
        if not environment and (" " in pair.value.strip() or _is_code(pair.value)):
            continue
        if not environment and not pair.quoted and _REST.match(text, pair.end) is None:
            continue
        yield pair


_CODE = pattern(r"[A-Za-z_][\w-]*(?:[.:\[(/][\w.:/\[\]()-]*)+\Z|[A-Z][a-z]+\Z|[a-z_]+_[a-z_]+\Z")


#: Characters of the shortest token that a configuration's name makes one.
MIN_TOKEN = 8

#: Characters and bits a character of a value that no path or name of a program has: base64 has
#: slashes, too.
MIN_KEY = 32
MIN_KEY_ENTROPY = 4.3


def _mixed(value: str) -> bool:
    """Whether a token's value has letters and digits: `nextToken` is the name of a field."""
    return (
        len(value) >= MIN_TOKEN
        and any(char.isdigit() for char in value)
        and any(char.isalpha() for char in value)
    )


def _is_code(value: str) -> bool:
    """Whether an unquoted word is an identifier, a call or a type, as `config.password`."""
    if value[0] in "[(^":
        return True
    if len(value) >= MIN_KEY and secret_names.entropy(value) >= MIN_KEY_ENTROPY:
        return not any(char.isdigit() for char in value)
    return _CODE.match(value) is not None


#: Files of a form of their own: where the password stands in them, its name before it if any.
_FORMS = (
    (re.compile(r"(?:^|/)[._]netrc\Z"), re.compile(r"\bpassword\s+([^\s\"'$]+)")),
    (re.compile(r"(?:^|/)\.pgpass\Z"), re.compile(r"^(?:[^:#\n]*:){4}([^:\n]+)$", re.MULTILINE)),
    (
        re.compile(r"(?:^|/)\.?htpasswd\Z"),
        re.compile(r"^[^:#\s]+:(\{SHA\}[\w+/=]+|[./\w]{13})$", re.MULTILINE),
    ),
    (
        re.compile(r"\.(?:xml|config)\Z"),
        re.compile(
            r"<([\w.:-]{0,40}(?:password|passphrase|secret|token)[\w.-]{0,40})>([^<\n]+)</",
            re.IGNORECASE,
        ),
    ),
    (
        re.compile(r"\.php\Z"),
        re.compile(r"\bdefine\(\s{0,9}['\"](\w{1,64})['\"]\s{0,9},\s{0,9}['\"]([^'\"\n]+)['\"]"),
    ),
)


def _in_form(text: str, path: str) -> Iterator[Secret]:
    lines = secrets.Lines(text)
    for name, expression in _FORMS:
        if name.search(path.lower()):
            comments = _Comments(text)
            for match in expression.finditer(text):
                value = match.group(match.re.groups)
                if match.re.groups == 2:
                    kind = secret_names.secret_name(match.group(1))
                    if kind is None or secret_names.harmless_value(kind, value):
                        continue
                if not comments.hold(match.start()):
                    yield secrets.of_name("Password", value, match.start(match.re.groups), lines)


#: An object of JSON without others in it, the type of a JSON Web Key (RFC 7517), and what is
#: private of one: `d` of a key pair, `k` of a symmetric key.
_OBJECT = pattern(r"\{[^{}]*+\}")
_KEY_TYPE = pattern(r"\"kty\"\s{0,9}:\s{0,9}\"(EC|RSA|OKP|oct)\"")
_PRIVATE = pattern(r"\"d\"\s{0,9}:\s{0,9}\"([\w-]{22,2000})\"")
_SYMMETRIC = pattern(r"\"k\"\s{0,9}:\s{0,9}\"([\w-]{22,2000})\"")


def _web_keys(text: str, path: str) -> Iterator[Secret]:
    """Private JSON Web Keys; a public one has neither of the two members."""
    if not path.lower().endswith(".json") or '"kty"' not in text:
        return
    lines = secrets.Lines(text)
    for found in _OBJECT.finditer(text):
        key = found.group()
        kind = _KEY_TYPE.search(key)
        if kind is None:
            continue
        match = (_SYMMETRIC if kind[1] == "oct" else _PRIVATE).search(key)
        if match is not None and secret_names.looks_random(match[1]):
            start = found.start() + match.start(1)
            yield secrets.of_name(secret_shapes.PRIVATE_KEY, match[1], start, lines)


class _Comments:
    """The comments of XML in a text, asked for at offsets that grow."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._start = self._end = -1

    def hold(self, offset: int) -> bool:
        """Whether the offset is in a comment."""
        while self._end <= offset:
            self._start = self._text.find("<!--", max(self._end, 0))
            if self._start < 0:
                self._start = self._end = len(self._text)
                return False
            end = self._text.find("-->", self._start)
            self._end = len(self._text) if end < 0 else end + 3
        return self._start <= offset


def _public_by_nature(kind: str, where: Origin, *, binary: bool) -> bool:
    """Whether what is found there is an example or a test's key that anybody can download."""
    if not where.packaged:
        return False
    if kind in (secret_shapes.PRIVATE_KEY, secret_shapes.ENCRYPTED_KEY):
        return where.bundled or where.test or binary
    return where.test or kind in _COMMON

"""Whether what a plugin found is a secret: the second look, with what stands around it.

A plugin sees a shape on one line. Here the value's edges, the login before a password, the body
after a key's head and the examples that everybody publishes are looked at.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from dockgate.rules import secret_names
from dockgate.rules.pattern import pattern

#: Characters of a key's body that must follow its head: the smallest key (Ed25519) has 64.
MIN_KEY_BODY = 48

#: Characters after a key's head in which its body must begin.
MAX_KEY_HEAD = 1200

#: Characters before a password in which the URL's scheme and login are looked for.
MAX_LOGIN = 256

#: Kinds that a name or a command tells, not the value's own shape.
BY_CONTEXT = frozenset(
    {
        "Authorization Header",
        "Basic Auth Credentials",
        "Command-line Password",
        "Netrc Password",
    }
)

PRIVATE_KEY = "Private Key"

#: Kinds whose expression has no edges of its own: it also matches within longer words.
_NEEDS_EDGES = frozenset(
    {
        "AWS Access Key",
        "Cloudant Credentials",
        "Discord Bot Token",
        "IBM COS HMAC Credentials",
        "Mailchimp Access Key",
        "SoftLayer Credentials",
        "Telegram Bot Token",
        "Twilio API Key",
    }
)

#: Kinds so short of shape that the value must look random too.
_NEEDS_RANDOM = frozenset(
    {
        "Artifactory Credentials",
        "GitHub Token",
        "IBM Cloud IAM Key",
        "Telegram Bot Token",
        "Twilio API Key",
    }
)

#: Distinct characters that a token has at least, its prefix counted.
MIN_DISTINCT = 8


class Origin(NamedTuple):
    """Where a text comes from: whether an example is one there.

    The keys of AWS's documentation in a Dockerfile or in `/app/.env` stand where the real ones
    will, and are told; only what others have published has them as examples.
    """

    packaged: bool = False  #: comes with a package of the system or of a language
    bundled: bool = False  #: with one of a language
    test: bool = False  #: among tests, examples or documents
    prose: bool = False  #: is to be read, or source code: `user:password` is an example there

    @property
    def published(self) -> bool:
        """Whether it is what others have published."""
        return self.packaged or self.test


OWN = Origin()  #: a Dockerfile, an image's configuration, a program's settings


def is_secret(kind: str, value: str, text: str, start: int, origin: Origin = OWN) -> bool:
    """Whether `value`, found by the plugin for `kind` at `text[start:]`, is a secret indeed."""
    end = start + len(value)
    if kind == PRIVATE_KEY:
        return is_private_key(text, end)
    if kind in BY_CONTEXT:
        return _login(kind, value, text, start, origin)
    if kind == "NPM tokens":
        return not secret_names.harmless_value(secret_names.TOKEN, value)
    if kind in _NEEDS_EDGES and (_word(text, start - 1) or _word(text, end)):
        return False
    if kind == "GitHub Token" and _word(text, start - 1):
        return False
    bare = value.strip("\"'=: \t")
    if kind == "Twilio API Key" and not bare.startswith("SK"):
        return False  # an account's identifier
    if kind in _NEEDS_RANDOM and not secret_names.looks_random(bare):
        return False
    if kind == "Artifactory Credentials" and (bare.isupper() or bare.islower()):
        return False
    if kind == "JSON Web Token" and _public_token(value, origin):
        return False
    if origin.published and is_published(bare):
        return False
    return len(set(bare)) >= MIN_DISTINCT


def _word(text: str, at: int) -> bool:
    return 0 <= at < len(text) and (text[at].isalnum() or text[at] in "_-")


def is_published(value: str) -> bool:
    """Whether it is a key of a vendor's documentation, such as AKIAIOSFODNN7EXAMPLE."""
    return value in secret_names.words().public or "EXAMPLE" in value.upper()


def _public_token(token: str, origin: Origin) -> bool:
    """Whether a JSON Web Token says of itself that anybody may have it, or is jwt.io's sample."""
    import base64
    import json

    try:
        part = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, IndexError):
        return False
    return isinstance(claims, dict) and (
        claims.get("role") == "anon" or (origin.published and claims.get("name") == "John Doe")
    )


_LOGIN_BEFORE = pattern(r"://([^:/@\s]+):\Z")


def _login(kind: str, value: str, text: str, start: int, origin: Origin) -> bool:
    if secret_names.harmless_value(secret_names.PASSWORD, value):
        return False
    if kind == "Authorization Header":
        return not secret_names.harmless_value(secret_names.TOKEN, value)
    if not origin.published and not origin.prose:
        return True
    before = text[max(start - MAX_LOGIN, 0) : start]
    match = _LOGIN_BEFORE.search(before)
    user = match.group(1) if match else before.rpartition(":")[0].rpartition(" ")[2]
    user = user.strip("\"'")
    return f"{user}:{value}".lower() not in secret_names.words().logins


_HEAD_REST = pattern(
    r"(?: BLOCK)?-----|:[^\n]*"  # the rest of a PEM head, or of PuTTY's first line
)
_KEY_LINES = pattern(
    r"(?:\s|\\[nrt]|\\|[\"'+,|>]|"  # line ends and what quotes, joins or indents them
    r"echo\b|"
    r"(?:Proc-Type|DEK-Info|Version|Comment|Encryption|Public-Lines|Charset|Hash):[^\n\\]*)+"
)
_BODY = pattern(r"[A-Za-z0-9+/=]+")


def is_private_key(text: str, end: int) -> bool:
    """Whether a key's body follows the head that ends at `text[end]`.

    A head alone (in a document, a parser's source, a test for its presence) is no key, nor is
    one whose body was left out (`MIIE…`, `<your key>`).
    """
    tail = text[end : end + MAX_KEY_HEAD + 8 * MIN_KEY_BODY]
    rest = _HEAD_REST.match(tail)
    if rest is None:
        return False
    at, body = rest.end(), 0
    seen: set[str] = set()
    if ":" in rest.group():  # PuTTY: its public half comes first
        lines = re.search(r"Private-Lines: \d+", text[end : end + 8 * MAX_KEY_HEAD])
        return lines is not None
    while body < MIN_KEY_BODY:
        gap = _KEY_LINES.match(tail, at)
        if gap is not None:
            at = gap.end()
        match = _BODY.match(tail, at)
        if match is None:
            return False
        body += match.end() - at
        seen.update(match.group())
        at = match.end()
    return len(seen) >= MIN_DISTINCT

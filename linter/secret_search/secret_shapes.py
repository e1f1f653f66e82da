"""Whether what a plugin found is a secret: the second look, with what stands around it.

A plugin sees a shape on one line. Here the value's edges, the login before a password, the body
after a key's head and the examples that everybody publishes are looked at.
"""

from __future__ import annotations

from dockgate.linter.secret_search import private_keys
from dockgate.rules import secret_names
from dockgate.rules.pattern import pattern
from dockgate.rules.record import NamedTuple

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
ENCRYPTED_KEY = "Encrypted Private Key"

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
        return _is_key(text, end, origin)
    if kind in BY_CONTEXT:
        return _login(kind, value, text, start, origin)
    if kind == "NPM tokens":
        if origin.prose and not secret_names.looks_random(value):
            return False  # `_auth = self.headers`, in a program's source
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


#: Characters that a password of letters only has at least, where logins are mostly examples.
MIN_CHOSEN = 12


def _chosen(user: str, password: str) -> bool:
    """Whether it is a password that somebody uses, not `scott:tiger` of an explanation."""
    if password.lower() == user.lower() or "%" in password:
        return False
    return len(password) >= MIN_CHOSEN or any(char.isdigit() for char in password)


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
    if origin.prose and not _chosen(user, value):
        return False
    return f"{user}:{value}".lower() not in secret_names.words().logins


def _is_key(text: str, end: int, origin: Origin) -> bool:
    """Whether a key follows its head; among what others publish only a whole one counts."""
    key = private_keys.parse(text, end)
    return key is not None and (key.whole or not origin.published)

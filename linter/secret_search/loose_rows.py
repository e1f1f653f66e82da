"""Rows of the prefilter for what tells no token by its shape: keywords, and high entropy.

Apart from the others, since the linter of Dockerfiles never asks them.
"""

from __future__ import annotations

from functools import lru_cache

from dockgate.linter.secret_search.prefilter import BytesFilter
from dockgate.linter.secret_search.token_rows import Row

#: The words that detect-secrets' keyword plugin goes by (a test holds them to its own). Letters
#: that are equal when case is ignored, and those beyond ASCII, are given as UTF-8.
KEYWORDS = (
    "api_?key", "auth_?key", "service_?key", "account_?key", "db_?key", "database_?key",
    "priv_?key", "private_?key", "client_?key", "db_?pass", "database_?pass", "key_?pass",
    "password", "passwd", "pwd", "secret", "contraseña", "contrasena",
)  # fmt: skip
_OTHER_BYTES = {"s": r"(?:s|\xc5\xbf)", "k": r"(?:k|\xe2\x84\xaa)", "ñ": r"[\x80-\xff]+"}
_NAME = "(?:" + "".join(_OTHER_BYTES.get(c, c) for c in "|".join(KEYWORDS)) + ")"
_BLANK = r"[\t\v\f\r \x1c-\x1f\x80-\xff]*"

#: Over bytes only, for detect-secrets' plugins that tell no token by its shape, in the order
#: of full_search.PLUGINS. No match is longer than a line.
ROWS = (
    Row(
        (),
        rf"{_NAME}\w*(?:\[[0-9]*\])?[\]'\"]{{0,2}}{_BLANK}[:=!]"
        rf"|{_NAME}\w*(?:.assign)?\(\""
        rf"|{_NAME}\S*{_BLANK}[\"'`]"
        rf"|[\"'`]{_BLANK}[!=]{{2,3}}{_BLANK}\w*{_NAME}",
        folded=True,
        probe=_NAME,
    ),
    # More than 4.5 bits a character need 23 different ones, more than 3 need 9.
    Row(
        (),
        r"[\"'][A-Za-z0-9+/\\_=\-]{23,}[\"']",
        probe=r"[\"'][A-Za-z0-9+/\\_=\-]{23}",
    ),
    Row((), r"[\"'][0-9A-Fa-f]{9,}[\"']", probe=r"[\"'][0-9A-Fa-f]{9}"),
)


@lru_cache(maxsize=1)
def loose_filter() -> BytesFilter:
    """The filter of these rows; compiled once."""
    return BytesFilter(ROWS)

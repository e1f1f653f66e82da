"""What tells one secret from another without keeping it: a short mark, and a hash to allow it by.

The mark has twenty bits: enough to see that two places hold the same secret, too few to tell which
one of the millions of likely passwords it is. The hash that an allow list names is scrypt with the
list's own salt: it fits one value only, and trying a word costs what signing in does.
"""

from __future__ import annotations

from functools import lru_cache

#: Hex digits of a mark.
MARK = 5

#: Cost of scrypt (RFC 7914): 16 MiB and some 40 ms for each secret.
COST, BLOCK, PARALLEL = 1 << 14, 8, 1
#: Bytes of the hash.
SIZE = 16

#: Characters of a salt at least.
MIN_SALT = 16

#: Secrets of one file that are hashed; those after them cannot be allowed.
MAX_HASHED = 50


def mark(value: str) -> str:
    """Equal for equal values, and by chance for one pair of a million others."""
    return _digest(value, b"dockgate mark").hex()[:MARK]


def allow_hash(value: str, salt: str) -> str:
    """What stands in `secrets.allow` for a value; "" without a salt."""
    if not salt:
        return ""
    # The value is not held by the memory of results, only a digest that is this process' own.
    key = _digest(value, _process_key())
    known = _known(salt)
    if key not in known:
        from hashlib import scrypt

        known[key] = scrypt(
            value.encode("utf-8", "surrogatepass"),
            salt=salt.encode("utf-8", "surrogatepass"),
            n=COST,
            r=BLOCK,
            p=PARALLEL,
            dklen=SIZE,
        ).hex()
    return known[key]


def _digest(value: str, key: bytes) -> bytes:
    from hashlib import blake2b

    return blake2b(value.encode("utf-8", "surrogatepass"), key=key, digest_size=16).digest()


@lru_cache(maxsize=1)
def _process_key() -> bytes:
    import os

    return os.urandom(32)


@lru_cache(maxsize=4)
def _known(_salt: str) -> dict[bytes, str]:
    return {}

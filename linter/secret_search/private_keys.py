"""Private keys, recognised by what they are made of: PEM, OpenSSH, PGP, PuTTY, DER and key stores.

A head (`-----BEGIN … PRIVATE KEY-----`) alone stands in documents, parsers and tests for its
presence. What follows it is decoded and looked into: RFC 5208 and 5915 (DER), RFC 4880 (PGP
packets), RFC 7292 (PKCS #12), OpenSSH's PROTOCOL.key. The key itself is never used.
"""

from __future__ import annotations

import re

from dockgate.rules.pattern import pattern
from dockgate.rules.record import NamedTuple

#: Characters of a key's body that must follow its head: the smallest key (Ed25519) has 64.
MIN_BODY = 48

#: Characters after a key's head in which its body must begin.
MAX_HEAD = 1200

#: Characters of a body that are looked at; an RSA key of 16,384 bits has 12,500.
MAX_BODY = 20_000

#: Distinct characters that a body has at least.
MIN_DISTINCT = 8

#: Bytes of a file that may be one key without armour, or of one key in a ring.
MAX_DER = 16 << 10

_HEAD_REST = pattern(
    r"(?: BLOCK)?-----|:[^\n]*"  # the rest of a PEM head, or of PuTTY's first line
)
_BETWEEN = pattern(
    r"(?:\s|\\[nrt]|\\|[\"',|>]|\+(?=[\s\"'])|"  # line ends and what quotes, joins or indents them
    r"echo\b|"
    r"(?:Proc-Type|DEK-Info|Version|Comment|Encryption|Public-Lines|Charset|Hash):[^\n\\]*)+"
)
_BODY = pattern(r"[A-Za-z0-9+/=]+")
_PUTTY = pattern(r"Private-Lines: \d{1,4}\s+(?P<body>[A-Za-z0-9+/=\s]+?)\s*Private-M")


class PrivateKey(NamedTuple):
    """A key that was found. `body` tells it from others and is not to be kept."""

    body: str
    encrypted: bool  #: with a passphrase
    whole: bool  #: its content is that of a key indeed; False: it only looks like one


def parse(text: str, end: int) -> PrivateKey | None:
    """The key whose head (up to `PRIVATE KEY`) ends at `text[end]`; None where no body follows.

    Nor is there one where it was left out: `MIIE…`, `<your key>`, the same letter throughout.
    """
    tail = text[end : end + MAX_HEAD + MAX_BODY]
    rest = _HEAD_REST.match(tail)
    if rest is None:
        return None
    if ":" in rest.group():
        return _putty(tail)
    at, size = rest.end(), 0
    parts: list[str] = []
    head = tail[: rest.end()]
    while size < MAX_BODY:
        gap = _BETWEEN.match(tail, at)
        if gap is not None:
            if not parts:
                head += gap.group()
            at = gap.end()
        match = _BODY.match(tail, at)
        if match is None:
            break
        parts.append(match.group())
        size += match.end() - at
        at = match.end()
    body = "".join(parts)
    if len(body) < MIN_BODY or len(set(body[:MAX_HEAD])) < MIN_DISTINCT:
        return None
    encrypted = "ENCRYPTED" in text[max(end - 40, 0) : end] or "ENCRYPTED" in head
    inner = _decoded(body)
    if inner is None:
        return PrivateKey(body, encrypted, False)
    kind = _kind_of(inner)
    return PrivateKey(body, encrypted or kind == "encrypted", kind != "")


def of_file(data: bytes) -> PrivateKey | None:
    """The key that a whole file is, or holds: DER, PKCS #12, a key ring of PGP, a store of Java."""
    if data.startswith(b"\x30"):
        return _der_file(data)
    if data.startswith(_JKS):
        return _java_store(data)
    if data[:1] in _PGP_SECRET_KEY:
        return _pgp_ring(data)
    return None


def _der_file(data: bytes) -> PrivateKey | None:
    """As in `.der`, `.key`, `.pk8`; and in `.p12`, `.pfx` the first bag with a key."""
    if len(data) > MAX_DER:
        return None
    content = _element(data, 0)
    if content is None or content[2] != len(data):
        return None
    kind = _der(data) or _pkcs12(data, content[1])
    return PrivateKey(data.hex(), kind == "encrypted", True) if kind else None


#: `INTEGER 3`, with which a PKCS #12 begins, and the identifiers of its bags with keys
#: (1.2.840.113549.1.12.10.1.1 and .2). Certificates alone, as in a trust store, have neither.
_PFX_VERSION = b"\x02\x01\x03"
_KEY_BAG = bytes.fromhex("060b2a864886f70d010c0a0101")
_SHROUDED_KEY_BAG = bytes.fromhex("060b2a864886f70d010c0a0102")


def _pkcs12(data: bytes, start: int) -> str:
    if not data.startswith(_PFX_VERSION, start):
        return ""
    if _KEY_BAG in data:
        return "plain"
    return "encrypted" if _SHROUDED_KEY_BAG in data else ""


_JKS = b"\xfe\xed\xfe\xed\0\0\0"
_JKS_KEY, _JKS_CERTIFICATE = 1, 2
#: Entries of a store that are looked at: those of certificate authorities have some hundred.
MAX_ENTRIES = 1000


def _java_store(data: bytes) -> PrivateKey | None:
    """The first private key of a JKS, always encrypted; None where it has certificates only."""

    def number(at: int, size: int = 4) -> int:
        return int.from_bytes(data[at : at + size], "big")

    at = 12
    for _ in range(min(number(8), MAX_ENTRIES)):
        kind = number(at)
        at += 4
        at += 2 + number(at, 2) + 8  # alias, date
        if kind == _JKS_KEY:
            key = data[at + 4 : at + 4 + number(at)]
            return PrivateKey(key.hex(), True, True) if len(key) >= MIN_BODY else None
        if kind != _JKS_CERTIFICATE or at >= len(data):
            return None
        at += 2 + number(at, 2)  # type
        at += 4 + number(at)
    return None


#: The first octets of a secret key packet (tag 5), in the old and the new form.
_PGP_SECRET_KEY = (b"\x94", b"\x95", b"\x96", b"\xc5")
_PGP_ALGORITHMS = frozenset({1, 2, 3, 16, 17, 18, 19, 22, 25, 26, 27, 28})


def _pgp_ring(data: bytes) -> PrivateKey | None:
    """The first key of what `gpg --export-secret-keys` writes, or of an old `secring.gpg`."""
    if len(data) < MIN_BODY:
        return None
    if data[0] == 0xC5:
        start = 2 if data[1] < 192 else 3 if data[1] < 224 else 6
        length = data[1]
        if start == 3:
            length = ((data[1] - 192) << 8) + data[2] + 192
        elif start == 6:
            length = int.from_bytes(data[2:6], "big")
    else:
        start = 1 + (1, 2, 4)[data[0] & 3]
        length = int.from_bytes(data[1:start], "big")
    end = start + length
    if not MIN_BODY <= length <= MAX_DER or end > len(data):
        return None
    # another packet follows: who it belongs to, or a signature
    if data[start] != 4 or data[start + 5] not in _PGP_ALGORITHMS or data[end : end + 1] < b"\x80":
        return None
    kind = _pgp(data[:end])
    return PrivateKey(data[start:end].hex(), kind == "encrypted", True) if kind else None


def _putty(tail: str) -> PrivateKey | None:
    match = _PUTTY.search(tail)
    if match is None:
        return None
    encrypted = re.search(r"^Encryption: (?!none)", tail, re.MULTILINE) is not None
    return PrivateKey(match["body"], encrypted, True)


def _decoded(body: str) -> bytes | None:
    import base64
    import binascii

    match = re.match(r"[A-Za-z0-9+/]+={0,2}", body)  # PGP's check sum follows the padding
    if match is None:
        return None
    text = match.group()
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return None


def _kind_of(inner: bytes) -> str:
    """Either `plain` or `encrypted`; "" where it is no key."""
    if inner.startswith(b"openssh-key-v1\0"):
        size = int.from_bytes(inner[15:19], "big")
        cipher = inner[19 : 19 + min(size, 64)]
        return "plain" if cipher == b"none" else "encrypted"
    if inner[:1] >= b"\x80":
        return _pgp(inner)
    return _der(inner)


def _element(data: bytes, at: int) -> tuple[int, int, int] | None:
    """The tag of a DER element, and where its content begins and ends."""
    if at + 2 > len(data):
        return None
    tag, length, start = data[at], data[at + 1], at + 2
    if length >= 0x80:
        count = length & 0x7F
        if not 1 <= count <= 4 or start + count > len(data):
            return None
        length = int.from_bytes(data[start : start + count], "big")
        start += count
    return (tag, start, start + length) if start + length <= len(data) else None


def _der(data: bytes) -> str:
    """Of PKCS #1, PKCS #8, SEC 1 and OpenSSL's DSA: a sequence that begins with a version."""
    outer = _element(data, 0)
    if outer is None or outer[0] != 0x30:
        return ""
    first = _element(data, outer[1])
    second = _element(data, first[2]) if first is not None else None
    if first is None or second is None:
        return ""
    if first[0] == 0x30 and second[0] == 0x04 and second[2] == outer[2]:
        return "encrypted"  # EncryptedPrivateKeyInfo: algorithm, octets
    if first[0] != 0x02 or data[first[1] : first[2]] not in (b"\0", b"\1"):
        return ""
    inner = _element(data, second[1]) if second[0] == 0x30 else None
    algorithm = inner is not None and inner[0] == 0x06
    number = second[0] == 0x02 and second[2] - second[1] >= 32
    secret = second[0] == 0x04 and 16 <= second[2] - second[1] <= 66
    return "plain" if algorithm or number or secret else ""


#: Numbers of a public key by algorithm (RFC 4880 9.1, RFC 6637, EdDSA): before them those with a
#: curve have its identifier, and ECDH more behind.
_PGP_NUMBERS = {1: 2, 2: 2, 3: 2, 16: 3, 17: 4, 18: 1, 19: 1, 22: 1}
_PGP_CURVES = (18, 19, 22)


def _pgp(data: bytes) -> str:
    """Of a secret key packet (tag 5 or 7): whether its string-to-key octet is zero."""
    try:
        return _secret_packet(data)
    except IndexError:
        return ""


def _secret_packet(data: bytes) -> str:
    tag = data[0] & 0x3F if data[0] & 0x40 else data[0] >> 2 & 0xF
    if tag not in (5, 7):
        return ""
    if data[0] & 0x40:
        at = 2 if data[1] < 192 else 3 if data[1] < 224 else 6
    else:
        at = 1 + (1, 2, 4, 0)[data[0] & 3]
    if data[at : at + 1] != b"\4":
        return "plain"
    algorithm = data[at + 5]
    at += 6
    if algorithm in _PGP_CURVES:
        at += 1 + data[at]
    for _ in range(_PGP_NUMBERS.get(algorithm, 0)):
        at += 2 + (int.from_bytes(data[at : at + 2], "big") + 7) // 8
    if algorithm == 18:
        at += 1 + int.from_bytes(data[at : at + 1], "big")
    return "plain" if data[at : at + 1] in (b"\0", b"") else "encrypted"

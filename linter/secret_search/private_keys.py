"""Private keys, recognised by what they are made of: PEM, OpenSSH, PGP, PuTTY, and plain DER.

A head (`-----BEGIN … PRIVATE KEY-----`) alone stands in documents, parsers and tests for its
presence. What follows it is decoded and looked into: RFC 5208 and 5915 (DER), RFC 4880 (PGP
packets), OpenSSH's PROTOCOL.key. The key itself is never used.
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

#: Bytes of a file that may be one key without armour.
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


def der_key(data: bytes) -> PrivateKey | None:
    """The key that a whole file is, in DER (`.der`, `.key`, `.pk8`)."""
    if not data.startswith(b"\x30") or len(data) > MAX_DER:
        return None
    content = _element(data, 0)
    if content is None or content[2] != len(data):
        return None
    kind = _der(data)
    return PrivateKey(data.hex(), kind == "encrypted", True) if kind else None


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

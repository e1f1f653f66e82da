"""Private keys without armour: key rings, key stores and JSON Web Keys, and their public halves."""

from __future__ import annotations

import base64
import json
import struct

import pytest

from dockgate.linter import secrets

KEY = bytes((37 * number + 11) % 256 for number in range(64))
TEXT = base64.urlsafe_b64encode(KEY[:32]).decode().rstrip("=")
CURVE = b"\x09" + bytes.fromhex("2b06010401da470f01")


def kinds(data: bytes, path: str) -> list[str]:
    found = secrets.find_in_bytes(data, path)
    assert all(one.private_key for one in found)
    return [one.secret.kind for one in found]


def packet(tag: int, body: bytes) -> bytes:
    """A packet of PGP, in the old form with two octets of length."""
    return bytes([0x81 | tag << 2]) + struct.pack(">H", len(body)) + body


def ring(tag: int, *, usage: int = 0) -> bytes:
    """A ring with one key of Ed25519 (RFC 4880, 5.5); `usage`: 254 with a passphrase."""
    public = b"\4" + struct.pack(">IB", 1_700_000_000, 22) + CURVE
    public += struct.pack(">H", 263) + b"\x40" + KEY[:32]
    secret = bytes([usage]) + struct.pack(">H", 255) + KEY[32:] + b"\x12\x34"
    whole = public + (secret if tag == 5 else b"")
    return packet(tag, whole) + packet(13, b"me <me@example.com>") + packet(2, b"\4\x13" + KEY)


def java_store(*kinds: int) -> bytes:
    """A JKS with such entries: 1 is a key with its certificate, 2 a certificate."""
    certificate = struct.pack(">H5sI", 5, b"X.509", len(KEY)) + KEY
    entries = b""
    for kind in kinds:
        entries += struct.pack(">IH1sQ", kind, 1, b"a", 1_700_000_000_000)
        if kind == 1:
            entries += struct.pack(">I", len(KEY)) + KEY + struct.pack(">I", 1)
        entries += certificate
    return b"\xfe\xed\xfe\xed" + struct.pack(">II", 2, len(kinds)) + entries + KEY[:20]


def element(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return bytes([tag, 0x82]) + struct.pack(">H", len(content)) + content


def pkcs12(bag: int) -> bytes:
    """As RFC 7292 has it, as far as the bags: 1 a key, 2 an encrypted one, 3 a certificate."""
    identifier = bytes.fromhex("060b2a864886f70d010c0a01") + bytes([bag])
    inside = element(0x30, element(0x30, identifier, element(0xA0, element(0x04, KEY * 4))))
    data = element(0x30, bytes.fromhex("06092a864886f70d010701"), element(0xA0, inside))
    return element(0x30, b"\2\1\3", element(0x30, data))


@pytest.mark.parametrize(
    ("path", "data", "kind"),
    [
        ("root/key.gpg", ring(5), "Private Key"),
        ("root/.gnupg/secring.gpg", ring(5, usage=254), "Encrypted Private Key"),
        ("srv/app.jks", java_store(1), "Encrypted Private Key"),
        ("srv/app.store", java_store(2, 2, 1), "Encrypted Private Key"),
        ("srv/app.p12", pkcs12(2), "Encrypted Private Key"),
        ("srv/keystore.jks", pkcs12(1), "Private Key"),
        ("app/key.json", json.dumps({"kty": "EC", "x": TEXT, "d": TEXT}).encode(), "Private Key"),
        ("app/oct.json", b'{"k":"' + TEXT.encode() + b'" , "kty" : "oct"}', "Private Key"),
        (
            "app/set.json",
            json.dumps({"keys": [{"kty": "RSA", "e": "AQAB"}, {"kty": "OKP", "d": TEXT}]}).encode(),
            "Private Key",
        ),
    ],
)
def test_a_file_is_a_private_key(path: str, data: bytes, kind: str) -> None:
    assert kinds(data, path) == [kind]


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("usr/share/keyrings/a.gpg", ring(6)),
        ("srv/a.gpg", ring(6)),
        ("srv/a.gpg", ring(5)[:40]),
        ("srv/a.bin", b"\x95\0\x60" + b"\5" + bytes(200)),
        ("srv/trust.jks", java_store(2, 2)),
        ("srv/trust.jks", java_store()),
        ("srv/trust.p12", pkcs12(3)),
        ("srv/a.jks", java_store(1)[:30]),
        ("usr/lib/sdk/jetty/keystore", java_store(1)),
        ("app/key.json", json.dumps({"kty": "EC", "x": TEXT, "y": TEXT}).encode()),
        ("app/key.json", json.dumps({"kty": "RSA", "n": TEXT, "k": TEXT}).encode()),
        ("app/other.json", json.dumps({"d": TEXT, "key": {"kty": "EC"}}).encode()),
        ("app/node_modules/jose/test/key.json", json.dumps({"kty": "EC", "d": TEXT}).encode()),
        ("app/node_modules/x/test/a.p12", pkcs12(2)),
    ],
)
def test_a_file_is_none(path: str, data: bytes) -> None:
    assert kinds(data, path) == []


def test_a_store_that_says_it_has_endless_entries_ends() -> None:
    endless = b"\xfe\xed\xfe\xed" + struct.pack(">II", 2, 0xFFFFFFFF) + bytes(100)
    assert kinds(endless, "srv/a.jks") == []

"""Private keys in an image."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.image.secrets import _layers
from dockgate.rules.rule import Finding, Rule, Severity, bad_image, good_image
from dockgate.rules.subjects.image import Image


def check(image: Image) -> Iterator[Finding]:
    """One finding for each file of each layer that holds a private key."""
    return _layers.findings(
        image,
        private_keys=True,
        help=(
            "replace the key pair; use `RUN --mount=type=ssh` for the build, and let containers "
            "get or make their key when they start"
        ),
    )


_KEY = """\
-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ5vZuppYd+42CUXxHMg/ct7AVGFoNVDItjXICx+3dBn
-----END PRIVATE KEY-----
"""
_PUBLIC = """\
-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAn5YZ4EJ2e23gTv4pdXEwAlTH0/cHZTC5JfEt85nqCJU=
-----END PUBLIC KEY-----
"""

RULE = Rule(
    "image-private-key",
    Image,
    Severity.ERROR,
    why=(
        "A private key proves who somebody is; in an image everybody who can pull it is that "
        "somebody: they log in where the owner of the SSH key may, or read what a server's TLS "
        "key protects. Host keys that a package makes when it is installed during a build are the "
        "same in all containers of the image. Deleting the file in a later layer leaves the key "
        "in the earlier one. A key that a passphrase protects is a warning: it is as safe as that. "
        "A key is known by what it is made of, whatever its file is called: PEM, DER, OpenSSH, "
        "PuTTY, PGP, JSON Web Keys, PKCS #12 and Java's key stores. Public keys, certificates and "
        "trust stores are not meant, nor the keys in tests and examples that packages bring."
    ),
    check=check,
    references=(
        "https://docs.docker.com/build/building/secrets/#ssh-mounts",
        "CIS Docker 1.6 4.10",
        "CWE-321",
        "CWE-522",
    ),
    aliases=("CIS-DI-0010",),
    examples=(
        bad_image({"root/.ssh/id_ed25519": _KEY}, found=["root/.ssh/id_ed25519"]),
        bad_image({"tmp/deploy": _KEY}, {"tmp/deploy": None}, found=["tmp/deploy"]),
        good_image({"etc/app/key.pub": _PUBLIC}),
        good_image({"etc/ssl/private/ssl-cert-snakeoil.key": _KEY}),
    ),
)

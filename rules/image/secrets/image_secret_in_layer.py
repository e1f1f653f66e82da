"""Secrets in the files of an image, those that a later layer deletes among them."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.image.secrets import _layers
from dockgate.rules.rule import Finding, Rule, Severity, bad_image, good_image
from dockgate.rules.subjects.image import Image


def check(image: Image) -> Iterator[Finding]:
    """One finding for each file of each layer that holds secrets other than private keys."""
    return _layers.findings(
        image,
        private_keys=False,
        help=(
            "revoke it; give it to the build with `RUN --mount=type=secret`, or to the container "
            "when it runs"
        ),
    )


_TOKEN = "ghp_" + "a8Fk29dkLmQp03nXz71bVcRt5YwEh4Jg6UoS"

RULE = Rule(
    "image-secret-in-layer",
    Image,
    Severity.ERROR,
    why=(
        "Whoever can pull an image can read every file of every layer. A layer is never changed "
        "by the next one: a file that `RUN rm` deletes is hidden in the container and lies in the "
        "image as before. A token in there must be taken as known to everyone who had access to "
        "the registry, and stays so after the image is built anew: it must be revoked. Archives "
        "(zip, jar, whl, tar, gzip, zstd) are looked into one level deep, SQLite databases by "
        "their columns. A secret is told once, with the other places that hold it. What is no "
        "secret goes into `secrets.allow`, as a hash."
    ),
    check=check,
    references=(
        "https://docs.docker.com/build/building/secrets/",
        "CIS Docker 1.6 4.10",
        "CWE-538",
        "CWE-798",
        "NIST SP 800-190 4.1.4",
    ),
    aliases=("CIS-DI-0010", "DS-0031"),
    examples=(
        bad_image({"app/.env": f"GITHUB_TOKEN={_TOKEN}\n"}, found=["app/.env"]),
        bad_image(
            {"root/.netrc": f"machine github.com login x password {_TOKEN}\n"},
            {"root/.netrc": None},
            found=["root/.netrc"],
        ),
        good_image({"app/.env": "GITHUB_TOKEN=${GITHUB_TOKEN}\nPORT=8080\n"}),
    ),
)

"""A user in the configuration that the image does not have."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.pattern import pattern
from dockgate.rules.rule import Finding, Rule, Severity, bad_image, good_image
from dockgate.rules.subjects.image import Image, shown
from dockgate.rules.subjects.passwd import groups, identity

_NUMBER = pattern(r"[+-]?[0-9]+\Z")


def check(image: Image) -> Iterator[Finding]:
    """One finding for a name that /etc/passwd or /etc/group does not have."""
    if image.config.os not in ("", "linux") or any(layer.unread for layer in image.layers):
        return
    user, _, group = (part.strip() for part in image.config.user.partition(":"))
    if identity(image) is None:
        yield Finding(
            f"image is to run as {shown(user)}, which is not in its /etc/passwd: no container of "
            "it starts",
            help="make the account in the final stage, or write its number: `USER 10001`",
        )
    elif group and not _NUMBER.match(group) and group not in _names(image):
        yield Finding(
            f"image is to run in the group {shown(group)}, which is not in its /etc/group: no "
            "container of it starts",
            help="make the group in the final stage, or write its number: `USER 10001:10001`",
        )


def _names(image: Image) -> set[str]:
    return {group.name for group in groups(image) or ()}


_ACCOUNTS = "root:x:0:0:root:/root:/bin/sh\napp:x:10001:10001::/app:/bin/sh\n"

RULE = Rule(
    "image-unknown-user",
    Image,
    Severity.WARNING,
    why=(
        "Engines look a user's name up in the image's own /etc/passwd when the container starts, "
        "and refuse to start it when the name is not there (`unable to find user`). The build "
        "does not notice. It happens where the account was made in another stage, where a base "
        "image has changed its accounts, and in images from scratch, which have no accounts. A "
        "number always works."
    ),
    check=check,
    references=(
        "https://docs.docker.com/reference/dockerfile/#user",
        "CIS Docker 1.6 4.1",
    ),
    examples=(
        bad_image({"etc/passwd": _ACCOUNTS}, config={"User": "www"}, found=["config"]),
        bad_image({"app": ""}, config={"User": "app"}, found=["config"]),
        bad_image({"etc/passwd": _ACCOUNTS}, config={"User": "app:www"}, found=["config"]),
        good_image({"etc/passwd": _ACCOUNTS}, config={"User": "app"}),
        good_image({"app": ""}, config={"User": "10001:10001"}),
    ),
)

"""Images whose process runs as root."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.pattern import pattern
from dockgate.rules.rule import Finding, Rule, Severity, bad_image, good_image
from dockgate.rules.subjects.image import Image, shown

#: What Go's strconv.Atoi takes for a number: engines read a user so before they look for a name.
_NUMBER = pattern(r"[+-]?[0-9]+\Z")

_HELP = "end the Dockerfile with a user of its own: `USER 10001`"


def check(image: Image) -> Iterator[Finding]:
    """One finding when the configuration's user is root by name, by number or by /etc/passwd."""
    if image.config.os == "windows" and image.platform.startswith("windows"):
        return  # has no root; its administrators are other names
    given = image.config.user
    user = given.partition(":")[0].strip()
    reason = f"runs as root: its user is {shown(given)!r}"
    if not given:
        reason = "has no user, so it runs as root"
    elif not user:
        reason += ", a group only"
    elif _NUMBER.match(user):
        if not _is_zero(user):
            return
    else:
        number = _number(image.content("etc/passwd") or b"", user)
        if user == "root":
            if number is not None and not _is_zero(number):
                return
        elif number is None or not _is_zero(number):
            return
        else:
            reason += ", which has the number 0 in /etc/passwd"
    yield Finding(f"image {reason}", help=_HELP)


def _is_zero(number: str) -> bool:
    """As engines read it: what is no number counts as 0."""
    return not _NUMBER.match(number) or not number.strip("+-0")


def _number(passwd: bytes, name: str) -> str | None:
    """The number in the first line of a user, as engines look it up."""
    for line in passwd.decode("utf-8", "surrogateescape").split("\n"):
        fields = line.strip().split(":")
        if fields[0] == name:
            return fields[2] if len(fields) > 2 else ""
    return None


_ACCOUNTS = """\
root:x:0:0::/root:/bin/sh
toor:x:0:0::/root:/bin/sh
app:x:10001:10001::/app:/bin/sh
"""

RULE = Rule(
    "image-root-user",
    Image,
    Severity.ERROR,
    why=(
        "A process that runs as root in a container is root of the host as soon as it breaks out "
        "of it, and until then may change every file of the image. Whoever finds a hole in the "
        "application has all of that at once. What counts is the user in the image's "
        "configuration, whatever the Dockerfile seemed to say; a name is looked up in the image's "
        "own /etc/passwd, because any name can have the number 0 there."
    ),
    check=check,
    references=(
        "https://docs.docker.com/build/building/best-practices/#user",
        "CIS Docker 1.6 4.1",
        "CWE-250",
        "NIST SP 800-190 4.1.2",
    ),
    aliases=("CIS-DI-0001", "DS-0002", "CKV_DOCKER_8"),
    examples=(
        bad_image({"app": "#!/bin/sh\n"}, found=["config"]),
        bad_image({"app": ""}, config={"User": "root"}, found=["config"]),
        bad_image({"app": ""}, config={"User": "00:10001"}, found=["config"]),
        bad_image({"app": ""}, config={"User": ":10001"}, found=["config"]),
        bad_image({"etc/passwd": _ACCOUNTS}, config={"User": "toor"}, found=["config"]),
        bad_image(
            {"etc/passwd": _ACCOUNTS},
            {"etc/passwd": "app:x:0:0::/app:/bin/sh\n"},
            config={"User": "app"},
            found=["config"],
        ),
        good_image({"app": ""}, config={"User": "10001"}),
        good_image({"etc/passwd": _ACCOUNTS}, config={"User": "app:app"}),
    ),
)

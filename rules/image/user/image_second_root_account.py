"""Accounts other than root that have its number."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad_image, good_image
from dockgate.rules.subjects.image import Image, shown
from dockgate.rules.subjects.passwd import accounts

_FILE = "etc/passwd"


def check(image: Image) -> Iterator[Finding]:
    """One finding for each account with the number 0 that is not called root."""
    for account in accounts(image) or ():
        if account.uid or account.name == "root":
            continue
        path = image.real(_FILE)
        layer, _ = image.final()[path]
        name = shown(account.name, 40)
        logs_in = f" and the shell {shown(account.shell, 60)}" if account.shell else ""
        yield Finding(
            f"account {name} is a second root: it has the number 0{logs_in}",
            layer=layer.digest,
            path=path,
            help=f"take it out, or give it a number of its own: `userdel {name}`",
            at_most=None if account.logs_in else Severity.WARNING,
        )


_ROOT = "root:x:0:0:root:/root:/bin/bash\n"

RULE = Rule(
    "image-second-root-account",
    Image,
    Severity.ERROR,
    why=(
        "Rights hang on the number, not on the name: every account with the number 0 is root. A "
        "second one is what intruders leave behind, because a change of root's own password would "
        "be noticed; and `USER toor` in a Dockerfile looks like an ordinary user to every reader "
        "and to every tool that compares names. Without a shell to log in with it is a warning."
    ),
    check=check,
    references=(
        "https://attack.mitre.org/techniques/T1136/001/",
        "CIS Docker 1.6 4.1",
        "CWE-250",
    ),
    aliases=("DKL-LI-0002",),
    examples=(
        bad_image(
            {"etc/passwd": _ROOT + "support:x:0:0::/root:/bin/sh\n"},
            found=["etc/passwd"],
        ),
        bad_image({"etc/passwd": _ROOT + "toor:x:00:0::/:/sbin/nologin\n"}, found=["etc/passwd"]),
        good_image({"etc/passwd": _ROOT + "app:x:1000:0::/app:/bin/sh\n"}),
        good_image({"app": ""}),
    ),
)

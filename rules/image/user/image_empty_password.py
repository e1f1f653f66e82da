"""Accounts into which everybody gets without a password."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad_image, good_image
from dockgate.rules.subjects.image import Image


def check(image: Image) -> Iterator[Finding]:
    """One finding for each file and account; lower layers' lines do not count."""
    for path, (layer, value) in image.found("system").items():
        for name in value.get("empty", ()):
            yield Finding(
                f"account {name} has an empty password in /{path}",
                layer=layer.digest,
                path=path,
                help=f"lock it: `passwd -l {name}`, or `*` as its password in /etc/shadow",
            )


RULE = Rule(
    "image-empty-password",
    Image,
    Severity.ERROR,
    why=(
        "An empty second field in /etc/shadow or /etc/passwd is no locked account but an open one: "
        "`su`, `login`, `sshd` with PermitEmptyPasswords and everything else that asks PAM lets "
        "whoever comes in without a question. Whoever breaks into a process that runs as an "
        "ordinary user is root with one `su`. Alpine's images had root so for years "
        "(CVE-2019-5021). Engines themselves never ask for a password, so that nothing breaks "
        "when the account is locked."
    ),
    check=check,
    references=(
        "https://nvd.nist.gov/vuln/detail/CVE-2019-5021",
        "CIS Docker 1.6 4.1",
        "CWE-258",
    ),
    aliases=("DKL-LI-0001",),
    examples=(
        bad_image({"etc/shadow": "root::19000:0:::::\napp:*:19000::::::\n"}, found=["etc/shadow"]),
        bad_image({"etc/passwd": "root::0:0:root:/root:/bin/sh\n"}, found=["etc/passwd"]),
        good_image({"etc/shadow": "root:*:19000:0:::::\napp:!:19000::::::\n"}),
        good_image({"etc/shadow": "root::0:::::\n"}, {"etc/shadow": "root:!:0:::::\n"}),
    ),
)

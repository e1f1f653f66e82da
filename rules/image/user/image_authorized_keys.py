"""Keys by which somebody may log in to every container."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad_image, good_image
from dockgate.rules.subjects.image import Image, shown


def check(image: Image) -> Iterator[Finding]:
    """One finding for each file with keys; worst where it lets in as root."""
    roots = {"root/.ssh", ".ssh", "etc/ssh", "etc/dropbear"}
    for path, (layer, value) in image.found("system").items():
        count = value.get("keys", 0)
        if not count:
            continue
        place = shown(path)
        root = path.rpartition("/")[0] in roots
        keys = "1 key" if count == 1 else f"{count} keys"
        yield Finding(
            f"{place} lets whoever has {keys} log in{' as root' if root else ''}",
            layer=layer.digest,
            path=place,
            help="take it out; go into a container with `docker exec` or `kubectl exec`",
            at_most=None if root else Severity.WARNING,
        )


_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ+WGeBCdntt8E7+KXVxMAJUx9P3B2UwuSXxLfOZ6giV a@b\n"

RULE = Rule(
    "image-authorized-keys",
    Image,
    Severity.ERROR,
    why=(
        "An authorized_keys file in an image lets the same people into every container that is "
        "ever made of it, and nobody can take their key away without building anew. It is how "
        "backdoors stay: one line in a base image is enough. Even where the key is the author's "
        "own, the image that is passed on carries it along. Without an SSH server it does nothing "
        "today; for other accounts than root it is a warning."
    ),
    check=check,
    references=(
        "https://attack.mitre.org/techniques/T1098/004/",
        "CIS Docker 1.6 5.7",
        "CWE-506",
    ),
    examples=(
        bad_image({"root/.ssh/authorized_keys": _KEY}, found=["root/.ssh/authorized_keys"]),
        bad_image(
            {"home/app/.ssh/authorized_keys": '# me\nfrom="10.0.0.1" ' + _KEY},
            found=["home/app/.ssh/authorized_keys"],
        ),
        good_image({"root/.ssh/authorized_keys": "# no keys\n"}),
        good_image({"root/.ssh/known_hosts": "example.com " + _KEY}),
    ),
)

"""Files that only those who build the image need."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad_image, good_image
from dockgate.rules.subjects.entries import Entries
from dockgate.rules.subjects.image import Image
from dockgate.rules.subjects.listing import few, seen

_NAMES = frozenset(
    {".DS_Store", "Thumbs.db", "desktop.ini", ".dockerignore", ".gitlab-ci.yml", "Jenkinsfile"}
    | {"Dockerfile", "Containerfile", "docker-compose.yml", "docker-compose.yaml", "compose.yaml"}
    | {"docker-compose.override.yml", "compose.yml", ".travis.yml", "Vagrantfile", "skaffold.yaml"}
)
_ENDINGS = (".swp", ".swo", "~", ".orig", ".rej")
_STARTS = ("#", ".#", ".nfs")
#: Where packages put such files on purpose.
_PACKAGED = (
    "usr/share/", "usr/lib/", "usr/local/lib/", "usr/local/share/", "usr/src/", "usr/include/",
    "var/lib/", "opt/venv/",
)  # fmt: skip
_LIBRARIES = ("/node_modules/", "/site-packages/", "/dist-packages/", "/vendor/", "/gems/")


def _pick(entries: Entries) -> list[int]:
    return [
        number
        for number, name in enumerate(entries.names)
        if name in _NAMES
        or name.endswith(_ENDINGS)
        or (name.startswith(_STARTS) and name.endswith("#" if name[0] == "#" else ""))
    ]


def check(image: Image) -> Iterator[Finding]:
    """One finding for each, those of packages left out."""
    yield from few(_findings(image), "such files")


def _findings(image: Image) -> Iterator[Finding]:
    for one in seen(image, _pick):
        inside = f"/{one.path}"
        if one.entry.kind != "file" or one.path.startswith(_PACKAGED):
            continue
        if any(folder in inside for folder in _LIBRARIES):
            continue
        yield Finding(
            f"{one.shown} is of no use in a container",
            layer=one.layer.digest,
            path=one.shown,
            help="name it in .dockerignore, or copy only what runs",
        )


RULE = Rule(
    "image-leftover-file",
    Image,
    Severity.INFO,
    why=(
        "Dockerfiles, compose files, editors' swap and backup files come along with `COPY . .`. "
        "They tell a reader how the image is built, which hosts and networks there are, and what "
        "a file was before somebody took the password out; and each change of them makes a new "
        "layer for everything that follows. A hint: most of them do no harm by themselves."
    ),
    check=check,
    references=(
        "https://docs.docker.com/build/concepts/context/#dockerignore-files",
        "CIS Docker 1.6 4.3",
        "CWE-530",
    ),
    aliases=("DKL-LI-0003",),
    examples=(
        bad_image({"app/Dockerfile": "FROM scratch\n"}, found=["app/Dockerfile"]),
        bad_image(
            {"etc/.app.conf.swp": "b0VIM", "srv/settings.py~": "KEY = 1\n"},
            found=["etc/.app.conf.swp", "srv/settings.py~"],
        ),
        good_image({"usr/share/doc/app/Dockerfile": "", "app/node_modules/a/Dockerfile": ""}),
        good_image({"app/Dockerfile": ""}, {"app": None}),
    ),
)

"""Repositories of sources, with all that ever was in them."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad_image, good_image
from dockgate.rules.subjects.image import Image, shown
from dockgate.rules.subjects.listing import few, seen, with_name

#: A file that every repository has, by the name of its folder.
_SIGNS = {".git": "HEAD", ".svn": "wc.db", ".hg": "requires", ".bzr": "branch-format"}


def check(image: Image) -> Iterator[Finding]:
    """One finding for each repository."""
    yield from few(_findings(image), "repositories")


def _findings(image: Image) -> Iterator[Finding]:
    for path, layer, entry in seen(image, with_name(*_SIGNS.values())):
        folder, _, name = path.rpartition("/")
        last = folder.rpartition("/")[2]
        bare = name == "HEAD" and last.endswith(".git")
        if entry.kind == "file" and (bare or _SIGNS.get(last) == name):
            place = shown(folder)
            yield Finding(
                f"repository {place} is in the image, with its whole history",
                layer=layer.digest,
                path=place,
                help="leave it out: `.git` in .dockerignore, and `git clone` in a build stage only",
            )


RULE = Rule(
    "image-repository-folder",
    Image,
    Severity.WARNING,
    why=(
        "A .git folder holds every version of every file: the password that was taken out last "
        "year, branches that nobody has published, the addresses and sometimes the tokens of "
        "remotes in its config. A web server that serves the folder it stands in gives all of it "
        "to whoever asks for /.git/HEAD, and bots do ask. It is also often the larger part of "
        "what COPY . . has copied."
    ),
    check=check,
    references=(
        "https://docs.docker.com/build/concepts/context/#dockerignore-files",
        "CIS Docker 1.6 4.3",
        "CWE-527",
    ),
    aliases=("DKL-LI-0003",),
    examples=(
        bad_image({"app/.git/HEAD": "ref: refs/heads/main\n"}, found=["app/.git"]),
        bad_image({".svn/wc.db": "SQLite format 3"}, found=[".svn"]),
        bad_image({"srv/app.git/HEAD": "ref: refs/heads/main\n"}, found=["srv/app.git"]),
        good_image({"app/.git": "gitdir: ../.git/modules/app\n", "app/HEAD": ""}),
        good_image({"app/.git/HEAD": ""}, {"app/.git": None}),
    ),
)

"""Histories of shells and clients: what somebody has typed."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad_image, good_image
from dockgate.rules.subjects.image import Image
from dockgate.rules.subjects.listing import few, seen, with_name

_NAMES = (
    ".ash_history", ".bash_history", ".dbshell", ".history", ".irb_history", ".ksh_history",
    ".lesshst", ".mongo_history", ".mysql_history", ".node_repl_history", ".psql_history",
    ".python_history", ".rediscli_history", ".sh_history", ".sqlite_history", ".viminfo",
    ".zsh_history", "ConsoleHost_history.txt", "fish_history",
)  # fmt: skip
#: Of those, what has typed passwords least often.
_HARMLESS = frozenset({".lesshst", ".viminfo", ".node_repl_history", ".irb_history"})


def check(image: Image) -> Iterator[Finding]:
    """One finding for each that is not empty."""
    yield from few(_findings(image), "histories")


def _findings(image: Image) -> Iterator[Finding]:
    for one in seen(image, with_name(*_NAMES)):
        if one.entry.kind == "file" and one.entry.size:
            harmless = one.path.rpartition("/")[2] in _HARMLESS
            yield Finding(
                f"{one.shown} keeps what somebody has typed",
                layer=one.layer.digest,
                path=one.shown,
                help="leave it out; commit no containers, and copy no homes",
                at_most=Severity.INFO if harmless else None,
            )


RULE = Rule(
    "image-shell-history",
    Image,
    Severity.WARNING,
    why=(
        "A history is in an image when somebody has typed in a container and committed it, or has "
        "copied a home. It shows addresses, accounts and, sooner or later, a password on a command "
        "line. It also means that nobody can build the image again, because a part of it was made "
        "by hand. What intruders do is in there too, which is why they delete it."
    ),
    check=check,
    references=(
        "https://attack.mitre.org/techniques/T1552/003/",
        "CIS Docker 1.6 4.10",
        "CWE-538",
    ),
    aliases=("DKL-LI-0003",),
    examples=(
        bad_image({"root/.bash_history": "mysql -pgeheim\n"}, found=["root/.bash_history"]),
        bad_image(
            {"home/a/.psql_history": "select 1;\n", "home/a/.viminfo": "# vim\n"},
            found=["home/a/.psql_history", "home/a/.viminfo"],
        ),
        good_image({"root/.bash_history": "", "etc/bash.bashrc": "HISTFILE=\n"}),
        good_image({"root/.bash_history": "ls\n"}, {"root/.bash_history": None}),
    ),
)

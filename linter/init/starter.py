"""Text of the starter files: templates with the version filled in. Nothing is written here."""

from __future__ import annotations

import os
from typing import NamedTuple

from dockgate import __version__
from dockgate.linter.config import HADOLINT_NAMES, NAMES

TEMPLATES = os.path.join(os.path.dirname(__file__), "templates")
VERSION = "@VERSION@"  #: what stands in a template for dockgate's version


class Starter(NamedTuple):
    """A file that `dockgate init` writes."""

    template: str  #: the file's name in templates/
    path: str  #: where it belongs, from the repository's root
    next: str  #: what to do once it is written: one line
    rivals: tuple[str, ...] = ()  #: files that would no longer count beside it
    head: str = ""  #: the line of the template below which stands what an existing file needs


STARTERS = {
    "github": Starter(
        "github.yml",
        ".github/workflows/dockgate.yml",
        "name your image in the job `build`, then commit it",
    ),
    "gitlab": Starter(
        "gitlab.yml",
        ".gitlab-ci.yml",
        "see that the runner of `dockgate-build` may run docker:dind, then commit it",
    ),
    "jenkins": Starter(
        "Jenkinsfile",
        "Jenkinsfile",
        "name your image and an agent that has Docker, then commit it",
    ),
    "pre-commit": Starter(
        "pre-commit.yaml",
        ".pre-commit-config.yaml",
        "pre-commit install; pre-commit run --all-files",
        head="repos:\n",
    ),
    "policy": Starter(
        "policy.yaml",
        NAMES[0],
        "dockgate policy show; dockgate lint",
        rivals=(*NAMES[1:], *HADOLINT_NAMES),
    ),
}


def text(starter: Starter) -> str:
    """The whole file."""
    with open(os.path.join(TEMPLATES, starter.template), encoding="utf-8", newline="") as file:
        return file.read().replace(VERSION, __version__)


def addition(starter: Starter) -> str:
    """What to add to a file that is there already."""
    return text(starter).partition(starter.head)[2] if starter.head else text(starter)

"""Packages of npm, yarn or pnpm without a version."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.dockerfile.pinning._unpinned import unpinned
from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile


def _pinned(operand: str) -> bool:
    version = operand[1:].partition("@")[2]
    if not version:  # a repository or a file
        return (
            ":" in operand
            or operand.endswith(".tgz")
            or ("/" in operand.lstrip("@") and (operand[0] != "@"))
        )
    return version.startswith("npm:") or any(c.isdigit() for c in version)


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the first package of each installation without a version, or with a tag only."""
    managers = ("npm", "yarn", "pnpm")
    return unpinned(dockerfile, managers, _pinned, "name the version: {}@VERSION")


RULE = Rule(
    "unpinned-npm-package",
    Dockerfile,
    Severity.INFO,
    why=(
        "npm install NAME takes the version that the registry calls latest on the day of the "
        "build, and a tag such as @latest or @next says the same. Two builds of one commit "
        "differ, and a hijacked release is in the image an hour after it is published, its "
        "install script run as root. npm keeps old versions, so a pin goes on working; packages "
        "that belong to the program belong into package.json and its lockfile."
    ),
    references=(
        "https://docs.npmjs.com/cli/commands/npm-install",
        "CWE-1357",
    ),
    aliases=("DL3016", "npm_install_without_pinned_version"),
    examples=(
        bad("FROM node:22\nRUN npm install -g typescript\n", at=[2]),
        bad(
            "FROM node:22\nRUN npm i @angular/cli@17 && \\\n  yarn global add serve@latest\n",
            at=[3],
        ),
        bad('FROM node:22\nRUN ["npm", "add", "@scope/sax"]\n', at=[2]),
        good("FROM node:22\nRUN npm install && npm ci && yarn && npm install ./a b.tgz\n"),
        good("FROM node:22\nRUN npm i -g a@1.2.3 @angular/cli@^17 npm@$V x/y#v1\n"),
        good("FROM node:22\nRUN pnpm add https://x.org/a.tgz git+ssh://x.org/b.git#1\n"),
        good("FROM node:22\nRUN npm run install foo && npm config set a b\n"),
    ),
    needs=("npm", "pnpm", "yarn"),
    check=check,
)

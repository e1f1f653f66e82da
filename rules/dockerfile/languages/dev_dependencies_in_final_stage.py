"""Dependencies for development installed into the image that ships."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from dockgate.rules.pattern import pattern
from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction, Stage
from dockgate.rules.subjects.packages import PackageCall

_FOR_DEVELOPERS = pattern(r"dev|test|debug|lint|ci\b|spec|local", re.IGNORECASE)
_DEV_FILE = pattern(
    r"(?:.*[/._-])?(?:dev|devel|development|tests?|testing|lint)(?:[._-].*)?\.(?:txt|in|pip)"
    r"|.*\[(?:.*,)?(?:dev|devel|tests?|testing|lint)(?:,.*)?\]"
)


class Tool(NamedTuple):
    """How an installation leaves development dependencies out."""

    verbs: frozenset[str]  #: as written
    left_out: re.Pattern[str]  #: an option that does
    variables: tuple[str, ...]  #: variables that do
    advice: str


_NODE = r"--omit=(?:.*,)?dev.*|--only=prod.*|--prod.*|-P|--global|-g|--location=global"
_TOOLS = {
    "npm": Tool(
        frozenset({"install", "i", "ci", "clean-install"}),
        re.compile(_NODE), ("NPM_CONFIG_OMIT", "npm_config_omit", "NPM_CONFIG_PRODUCTION"),
        "add --omit=dev",
    ),
    "yarn": Tool(
        frozenset({"install", "yarn"}), re.compile(_NODE), (),
        "add --production, or yarn workspaces focus --production since Yarn 2",
    ),
    "pnpm": Tool(frozenset({"install", "i"}), re.compile(_NODE), (), "add --prod"),
    "composer": Tool(
        frozenset({"install", "i", "update"}), re.compile(r"--no-dev"), ("COMPOSER_NO_DEV",),
        "add --no-dev",
    ),
    "bundle": Tool(
        frozenset({"install", "bundle"}), re.compile(r"--without.*"),
        ("BUNDLE_WITHOUT", "BUNDLE_ONLY"), "set ENV BUNDLE_WITHOUT=development:test before it",
    ),
    "poetry": Tool(
        frozenset({"install", "sync"}),
        re.compile(r"--no-dev|--without(?:=.*)?|--only(?:=.*)?|--only-root"), (),
        "add --only main",
    ),
    "uv": Tool(
        frozenset({"sync"}),
        re.compile(r"--no-dev|--no-default-groups|--only-group.*|--no-group(?:=dev)?"),
        ("UV_NO_DEV", "UV_NO_DEFAULT_GROUPS"), "add --no-dev",
    ),
}  # fmt: skip


def _without(instruction: Instruction, tool: Tool, call: PackageCall) -> bool:
    if any(tool.left_out.fullmatch(w.value) or w.value[:1] == "$" for w in call.options):
        return True
    return any(name in instruction.env for name in tool.variables)


def _prunes(stage: Stage, manager: str) -> bool:
    """Whether a RUN takes them away again, or a setting of the tool leaves them out."""
    for instruction in stage.history():
        script = instruction.script if instruction.cmd == "RUN" else None
        for command in script.commands if script is not None else ():
            said = " ".join(word.value for word in command.args)
            if command.name == manager and re.search(
                r"\bprune\b|config.*\b(?:without|omit)\b", said
            ):
                return True
            if "npm_config" in said.lower() or "npmrc" in said:
                return True
    return False


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the first such installation of each tool in the final stage and its ancestors."""
    stage = dockerfile.final
    if stage is None or (stage.name and _FOR_DEVELOPERS.search(stage.name)):
        return
    own = {id(instruction) for instruction in stage.history()}
    told: set[str] = set()
    for instruction, command, call in dockerfile.calls(*_TOOLS):
        tool, verb = _TOOLS[call.manager], call.verb_word
        if call.manager in told or id(instruction) not in own or call.packages:
            continue
        if verb.value not in tool.verbs or _without(instruction, tool, call):
            continue
        if call.manager in ("npm", "yarn", "pnpm"):
            node = instruction.env.get("NODE_ENV", "")
            local = [a.value.value for a in command.assignments if a.name == "NODE_ENV"]
            if (local or [node])[-1] not in ("", "development", "test"):
                continue
        told.add(call.manager)
        if _prunes(stage, call.manager):
            continue
        name = command.name if verb is command.name_word else f"{command.name} {verb.value}"
        yield Finding(
            f"{name} also installs what only developers need",
            verb.span,
            stage=instruction.stage,
            help=tool.advice,
        )
    for instruction, command, call in dockerfile.calls("pip"):
        if call.verb != "install" or id(instruction) not in own:
            continue
        for word in (*call.packages, *call.options):
            if _DEV_FILE.fullmatch(word.value):
                yield Finding(
                    f"{command.name} install {word.value} brings what only developers need",
                    word.span,
                    stage=instruction.stage,
                    help="install it in a stage of its own for tests",
                )


RULE = Rule(
    "dev-dependencies-in-final-stage",
    Dockerfile,
    Severity.INFO,
    why=(
        "Test runners, linters, bundlers and compilers are often most of what a manifest names. "
        "In the image that ships they are weight to pull, packages whose holes must be patched, "
        "and tools for an intruder. Every package manager can leave them out, by an option or a "
        "variable (NODE_ENV=production, BUNDLE_WITHOUT, COMPOSER_NO_DEV). Only the stages that "
        "ship count, and one that prunes them later is left in peace. Whether the manifest names "
        "any the Dockerfile does not say, so this is a hint."
    ),
    references=(
        "https://docs.npmjs.com/cli/commands/npm-ci#omit",
        "https://getcomposer.org/doc/03-cli.md#install-i",
        "CIS Docker 1.6 4.3",
    ),
    aliases=(
        "php/composer-no-dev-in-production",
        "ruby/missing-bundle-without-development",
        "DF031",
    ),
    examples=(
        bad("FROM node:22\nCOPY . .\nRUN npm ci\n", at=[3]),
        bad("FROM php:8.3\nRUN true && \\\n  composer install --no-scripts\n", at=[3]),
        bad("FROM ruby:3.4\nRUN bundle install -j4\nRUN bundle install\n", at=[2]),
        bad("FROM python:3.13\nRUN pip install -r requirements-dev.txt '.[test]'\n", at=[2, 2]),
        bad("FROM python:3.13\nRUN uv sync --locked && poetry install\n", at=[2, 2]),
        good("FROM node:22\nRUN npm ci --omit=dev && yarn install --production\n"),
        good("FROM node:22\nENV NODE_ENV=production\nRUN npm ci\n"),
        good("FROM node:22\nRUN npm ci && npm run build && npm prune --omit=dev\n"),
        good("FROM node:22 AS b\nRUN npm ci\nFROM nginx:1\nCOPY --from=b /dist /a\n"),
        good("FROM ruby:3.4\nRUN bundle config set without 'test' && bundle install\n"),
        good("FROM php:8.3 AS dev\nRUN composer install\n"),
        good("FROM python:3.13\nRUN pip install -r requirements.txt 'a[redis]' developer==1\n"),
    ),
    needs=(
        "bundle",
        "composer",
        "npm",
        "pip",
        "pnpm",
        "poetry",
        "uv",
        "yarn",
    ),
    check=check,
)

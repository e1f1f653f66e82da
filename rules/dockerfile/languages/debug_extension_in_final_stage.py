"""A debugger or profiler of PHP in the image that ships."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockgate.rules.pattern import pattern
from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.installed import inventory

_NAMES = ("xdebug", "pcov", "phpdbg")
_EXTENSION = pattern(r"(?:php[\d.]*-(?:pecl-)?|pecl/)?(xdebug|pcov|phpdbg)(?:-\d.*|@.*|3)?")
_FOR_DEVELOPERS = pattern(r"dev|test|debug|ci\b|local", re.IGNORECASE)
_INSTALLERS = ("pecl", "docker-php-ext-install", "docker-php-ext-enable", "install-php-extensions")


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the extension's name where it is installed or enabled in the final stage's chain."""
    stage = dockerfile.final
    if stage is None or (stage.name and _FOR_DEVELOPERS.search(stage.name)):
        return
    text = dockerfile.text.text
    if "devcontainer" in dockerfile.path or not any(name in text for name in _NAMES):
        return
    own = {id(instruction) for instruction in stage.history()}
    places = [
        (instruction, word)
        for instruction, command in dockerfile.commands(*_INSTALLERS)
        if id(instruction) in own and "if" not in command.context
        for word in command.args
    ]
    places += [(f.instruction, f.word) for f in inventory(stage).packages.values()]
    told: set[str] = set()
    for instruction, word in sorted(places, key=lambda place: place[1].span.start):
        found = _EXTENSION.fullmatch(word.value)
        if found is not None and found[1] not in told:
            told.add(found[1])
            yield Finding(
                f"{found[1]} is for developers, and the image ships it",
                word.span,
                stage=instruction.stage,
                help="install it in a stage of its own: FROM … AS dev",
            )


RULE = Rule(
    "debug-extension-in-final-stage",
    Dockerfile,
    Severity.WARNING,
    why=(
        "xdebug slows every request down even when nobody debugs, and with remote debugging on "
        "it connects to whoever a request names: a way in. pcov and phpdbg are of no use where "
        "the program runs. A stage of its own, built on the same base, keeps them for developers "
        "(docker build --target dev). A stage that is called dev or test, and an installation "
        "within an if, are left in peace, as are development containers."
    ),
    references=(
        "https://xdebug.org/docs/install",
        "CIS Docker 1.6 4.3",
        "CWE-489",
    ),
    aliases=("php/no-xdebug-in-final-image",),
    examples=(
        bad("FROM php:8.3\nRUN pecl install xdebug && docker-php-ext-enable xdebug\n", at=[2]),
        bad("FROM debian:12\nRUN apt-get install -y php8.2 \\\n  php8.2-xdebug\n", at=[3]),
        bad("FROM php:8.3 AS base\nRUN install-php-extensions gd pcov\nFROM base\n", at=[2]),
        good("FROM php:8.3 AS dev\nRUN pecl install xdebug\n"),
        good("FROM php:8.3\nRUN pecl install apcu && rm -f /etc/xdebug.ini\n"),
        good('FROM php:8.3\nARG D\nRUN if [ "$D" ]; then pecl install xdebug; fi\n'),
    ),
    needs=("~pcov", "~phpdbg", "~xdebug"),
    check=check,
)

"""PHP in production without its code cache."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.images import matches
from dockgate.rules.subjects.users import base_of


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at FROM of a final stage on the fpm or apache variant of php that names no opcache."""
    stage = dockerfile.final
    if stage is None or not matches(base_of(stage), "docker.io/library/php"):
        return
    tag = base_of(stage).tag or ""
    if "fpm" not in tag and "apache" not in tag:
        return
    for instruction in stage.history():
        bodies = [instruction.original, *(h.content for h in instruction.heredocs)]
        if any("opcache" in body.lower() for body in bodies):
            return
    yield Finding(
        f"{base_of(stage).name} serves PHP, and nothing here sets opcache up",
        stage.from_.words[0].span,
        stage=stage,
        help="RUN docker-php-ext-install opcache, with opcache.validate_timestamps=0",
    )


RULE = Rule(
    "php-opcache-missing",
    Dockerfile,
    Severity.INFO,
    enabled=False,
    why=(
        "Without opcache PHP compiles every file on every request, which costs half of the "
        "throughput and more. The official images leave it out up to 8.4. Off by default: PHP "
        "8.5 has it built in, an ini file that is copied may enable it unseen, and for a small "
        "tool it does not matter."
    ),
    references=("https://www.php.net/manual/en/book.opcache.php",),
    aliases=("php/enable-opcache-in-production",),
    examples=(
        bad("FROM php:8.3-fpm\nCOPY . /app\n", at=[1]),
        bad("FROM php:8.3-apache AS base\nFROM base\nRUN docker-php-ext-install gd\n", at=[2]),
        good("FROM php:8.3-fpm\nRUN docker-php-ext-install gd opcache\n"),
        good("FROM php:8.3-fpm\nCOPY opcache.ini /usr/local/etc/php/conf.d/\n"),
        good("FROM php:8.3-cli\nCOPY . /app\n"),
    ),
    check=check,
)

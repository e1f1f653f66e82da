"""One Dockerfile from bytes to findings: the way of the data (design)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from dockgate.linter import engine
from dockgate.linter.config import DEFAULT_CONFIG, Config
from dockgate.linter.errors import UsageError
from dockgate.linter.report import FileReport
from dockgate.rules.registry import rules_of
from dockgate.rules.rule import Finding
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.text import Text

MAX_DOCKERFILE_BYTES = 16 << 20


class Scope(NamedTuple):
    """What a build would be told besides the Dockerfile; the defaults say nothing."""

    context: str | None = None  #: the build context's folder; None: its rules do not run
    build_args: Mapping[str, str] | None = None
    target: str | None = None
    platform: str | None = None


def build_args(pairs: Iterable[str]) -> dict[str, str] | None:
    """`NAME=VALUE` as docker build reads it: a bare NAME takes its value from the environment.

    None where there are none. Raises UsageError.
    """
    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not name:
            raise UsageError(f"--build-arg {pair}: write NAME=VALUE")
        if equals or name in os.environ:
            found[name] = value if equals else os.environ[name]
    return found or None


def lint_bytes(
    data: bytes,
    path: str,
    config: Config = DEFAULT_CONFIG,
    *,
    context: str | None = None,
    build_args: Mapping[str, str] | None = None,
    target: str | None = None,
    platform: str | None = None,
) -> FileReport:
    """What is found in a Dockerfile; never raises for what the file or the context holds.

    `path` is the name in the output and is not opened. What could not be finished stands in the
    report's `failures`, one line each: such a file is undecided.
    """
    return lint(data, path, config, Scope(context, build_args, target, platform))[0]


def lint(
    data: bytes, path: str, config: Config, scope: Scope
) -> tuple[FileReport, Dockerfile | None]:
    """As `lint_bytes`, with the model, None where the bytes are no Dockerfile at all."""
    reason = unreadable(data)
    if reason:
        return FileReport(path, Text("", path), [], [reason]), None
    failures: list[str] = []
    try:
        from dockgate.linter import document

        dockerfile = document.read(
            data,
            path,
            build_args=scope.build_args,
            target=scope.target,
            platform=scope.platform,
        )
    except Exception as error:  # whatever goes wrong, the file is undecided
        return FileReport(path, Text.decode(data, path), [], [_failed("parser", error)]), None
    dockerfile.settings = config.settings
    _attach(dockerfile, failures)
    selection = config.selection
    rules = rules_of("dockerfile").values()
    findings, failed = engine.check(dockerfile, rules, selection)
    failures += failed
    if scope.context is not None:
        findings += _check_context(scope.context, dockerfile, config, failures)
    if config.inline_ignores and _may_ignore(dockerfile):
        from dockgate.linter import suppress

        findings = suppress.apply(
            dockerfile, findings, selection, context=scope.context is not None
        )
    findings.sort(key=lambda finding: finding.span or (-1, -1))
    secrets = [secret.span for found in dockerfile.with_triggers() for secret in found.secrets]
    return FileReport(path, dockerfile.text, findings, failures, secrets), dockerfile


def unreadable(data: bytes) -> str:
    """Why the bytes cannot be a Dockerfile, "" when they can."""
    if len(data) > MAX_DOCKERFILE_BYTES:
        return f"larger than {MAX_DOCKERFILE_BYTES >> 20} MiB: no Dockerfile"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "UTF-16 text: save it as UTF-8, BuildKit reads nothing else"
    if b"\0" in data:
        return f"binary content (NUL at byte {data.index(0)}): no Dockerfile"
    return ""


def _may_ignore(dockerfile: Dockerfile) -> bool:
    """Whether any comment looks like one that ignores: most files have none, and start sooner."""
    if any(directive.name == "check" for directive in dockerfile.directives):
        return True
    texts = [comment.text.lower() for comment in dockerfile.comments]
    return any(mark in text for text in texts for mark in ("dockgate:", "ignore", "skip"))


def _attach(dockerfile: Dockerfile, failures: list[str]) -> None:
    try:
        from dockgate.linter import shell

        shell.attach(dockerfile)
    except Exception as error:
        failures.append(_failed("shell analysis", error))
    try:
        from dockgate.linter import secrets

        secrets.attach(dockerfile)
    except Exception as error:
        failures.append(_failed("secret search", error))


def _check_context(
    root: str, dockerfile: Dockerfile, config: Config, failures: list[str]
) -> list[Finding]:
    try:
        from dockgate.linter import context

        subject = context.load(root, dockerfile)
    except Exception as error:
        failures.append(_failed(f"build context {root}", error))
        return []
    subject.settings = config.settings
    findings, failed = engine.check(subject, rules_of("context").values(), config.selection)
    failures += failed
    return findings


def _failed(what: str, error: Exception) -> str:
    return f"{what}: {type(error).__name__}: {' '.join(str(error).split())}"

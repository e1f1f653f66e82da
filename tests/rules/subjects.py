"""From the text of an example to what a rule finds in it, by the product's own parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from dockgate.linter import document, secrets, shell, shellcheck, suppress
from dockgate.linter.engine import DEFAULT_SELECTION, SHELLCHECK, Selection, check
from dockgate.rules.registry import rules_of
from dockgate.rules.rule import Example, Finding, Rule
from dockgate.rules.settings import Settings
from dockgate.rules.subjects.context import Context
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.image import Image


def read(source: str | bytes, settings: Mapping[str, Any] | None = None) -> Dockerfile:
    """A Dockerfile as every rule gets it."""
    data = source if isinstance(source, bytes) else source.encode()
    dockerfile = document.read(data, "Dockerfile")
    dockerfile.settings = Settings(**(settings or {}))
    shell.attach(dockerfile)
    secrets.attach(dockerfile)
    return dockerfile


def run(rules: Iterable[Rule[Any]], subject: object) -> list[Finding]:
    """The rules' findings; a rule that raises fails the test."""
    found, failures = check(
        subject, rules, Selection(severities={r.name: r.severity for r in rules})
    )
    assert failures == []
    return found


def findings(rule: Rule[Any], example: Example, folder: Path) -> list[Finding]:
    """What `rule` finds in one of its examples; files go below `folder`."""
    if rule.subject is Image:
        return run([rule], _image(example, folder))
    dockerfile = read(example.source, example.settings)
    if rule.subject is Context:
        from dockgate.linter import context as contexts

        for path, content in example.files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(content)
        context = contexts.load(str(folder), dockerfile)
        context.settings = dockerfile.settings
        return run([rule], context)
    if rule.name == SHELLCHECK:
        if not shellcheck.installed():
            pytest.skip("ShellCheck is not installed")
        return shellcheck.check([dockerfile])[0][0]
    if rule.name in (suppress.UNUSED, suppress.WITHOUT_REASON):  # they speak when all others have
        everything = run(rules_of("dockerfile").values(), dockerfile)
        left = suppress.apply(dockerfile, everything, DEFAULT_SELECTION)
        return [finding for finding in left if finding.rule is rule]
    return run([rule], dockerfile)


def _image(example: Example, folder: Path) -> Image:
    from dockgate.builder.layout import read_images
    from tests.builder.images import write_layout

    write_layout(folder, example.layers, example.config)
    image = read_images(str(folder))[0]
    image.settings = Settings(**example.settings)
    image.vulnerabilities = list(example.vulnerabilities)
    return image


def lines(source: str, found: Iterable[Finding]) -> list[int]:
    """The line of each finding, sorted; 0 for one without a place."""
    text = read(source).text
    return sorted(text.position(f.span.start).line if f.span else 0 for f in found)

"""`.hadolint.yaml`, read where a repository has no `.dockgate.yaml`: moving costs nothing.

Keys as in hadolint's documentation ("Configure"). Codes of rules that dockgate does not have are
passed over; keys that would change nothing here are told as notes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dockgate.linter.config import DEFAULT_FAIL_ON, Config, meant
from dockgate.linter.configuration.strict_yaml import Document, Key, load
from dockgate.linter.engine import Selection
from dockgate.linter.errors import UsageError
from dockgate.rules.rule import Severity
from dockgate.rules.settings import Settings

_LEVELS = ("error", "warning", "info", "style")
_WITHOUT_EFFECT = ("format",)
LABEL_FORMATS = {"rawtext": "text"}  #: what dockgate calls otherwise


def read_file(path: str) -> Config:
    """The configuration in a `.hadolint.yaml`. Raises UsageError: file, line, what is wrong."""
    document = load(path)
    severities: dict[str, Severity | None] = {}
    override = document.value.get("override") or {}
    if not isinstance(override, dict):
        raise UsageError(f"{document.where(('override',))}: override: not a mapping of levels")
    for level in _LEVELS:
        for name in _rules(document, override.get(level), ("override", level)):
            severities[name] = Severity.parse(level)
    for name in _rules(document, document.value.get("ignored"), ("ignored",)):
        severities[name] = None
    trusted = _texts(document, document.value.get("trustedRegistries"), ("trustedRegistries",))
    return Config(
        selection=Selection(severities=severities),
        settings=Settings(
            trusted_registries=tuple(trusted),
            label_schema=_label_schema(document),
            strict_labels=document.value.get("strict-labels") is True,
        ),
        fail_on=_threshold(document),
        inline_ignores=document.value.get("disable-ignore-pragma") is not True,
        path=path,
        notes=tuple(
            f"{document.where((key,))}: {key} has no effect in dockgate"
            for key in _WITHOUT_EFFECT
            if key in document.value
        ),
    )


def _threshold(document: Document) -> Severity | None:
    threshold = document.value.get("failure-threshold")
    if document.value.get("no-fail") is True or threshold in ("none", "ignore"):
        return None
    if threshold is None:
        return DEFAULT_FAIL_ON
    if threshold not in _LEVELS:
        known = ", ".join((*_LEVELS, "ignore", "none"))
        where = document.where(("failure-threshold",))
        raise UsageError(f"{where}: failure-threshold: use one of {known}")
    return Severity.parse(threshold)


def _rules(document: Document, value: Any, key: Key) -> Iterator[str]:
    for code in _texts(document, value, key):
        yield from meant(code)


def _label_schema(document: Document) -> dict[str, str]:
    schema = document.value.get("label-schema") or {}
    if not isinstance(schema, dict) or not all(isinstance(v, str) for v in schema.values()):
        where = document.where(("label-schema",))
        raise UsageError(f"{where}: label-schema: not a mapping of labels to formats")
    formats = {str(name): value.lower() for name, value in schema.items()}
    return {name: LABEL_FORMATS.get(value, value) for name, value in formats.items()}


def _texts(document: Document, value: Any, key: Key) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise UsageError(f"{document.where(key)}: {key[-1]}: not a list of texts")
    return value

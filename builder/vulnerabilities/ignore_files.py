"""Trivy's ignore files: `.trivyignore`, and `.trivyignore.yaml` with packages and days.

https://trivy.dev/latest/docs/configuration/filtering/
"""

from __future__ import annotations

import os
from datetime import date, datetime
from typing import Any

from dockgate.builder.vulnerabilities.exceptions import Ignore
from dockgate.linter import files
from dockgate.linter.errors import UsageError

NAMES = (".trivyignore", ".trivyignore.yaml", ".trivyignore.yml")
MAX_BYTES = 1 << 20
MAX_IGNORES = 10_000
_EXPIRES = "exp:"
_KEYS = {"id", "paths", "statement", "expired_at", "purls"}


def nearest(folder: str = ".") -> list[str]:
    """The ignore files in a folder."""
    paths = (name if folder == "." else os.path.join(folder, name) for name in NAMES)
    return [path for path in paths if os.path.isfile(path)]


def read(path: str) -> list[Ignore]:
    """The ignores of vulnerabilities in a file. Raises UsageError: file, line, what is wrong."""
    found = _yaml(path) if path.endswith((".yaml", ".yml")) else _lines(path)
    if len(found) > MAX_IGNORES:
        raise UsageError(f"{path}: has more than {MAX_IGNORES:,} entries")
    return found


def _lines(path: str) -> list[Ignore]:
    """One id a line, maybe with `exp:2026-01-31`; a comment above is the reason."""
    text = files.read(path, MAX_BYTES).decode("utf-8", "replace")
    found = []
    reason = ""
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if line.startswith("#"):
            reason = line.strip("# ")
            continue
        words = line.partition(" #")[0].split()
        if not words:
            reason = ""
            continue
        expires = None
        for word in words[1:]:
            if not word.startswith(_EXPIRES):
                raise UsageError(f"{path}:{number}: {word!r} is neither a comment nor exp:DAY")
            expires = _day(word.removeprefix(_EXPIRES), f"{path}:{number}")
        found.append(Ignore(words[0], expires=expires, reason=reason, where=f"{path}:{number}"))
    return found


def _yaml(path: str) -> list[Ignore]:
    from dockgate.linter.configuration import strict_yaml

    document = strict_yaml.load(path)
    value = document.value
    entries = value.get("vulnerabilities") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(entries or [], list):
        raise UsageError(f"{path}: has no list `vulnerabilities`")
    return [
        _entry(entry, document.where(("vulnerabilities", index)))
        for index, entry in enumerate(entries or [])
    ]


def _entry(entry: Any, where: str) -> Ignore:
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
        raise UsageError(f"{where}: an entry has no id")
    unknown = sorted(map(str, entry.keys() - _KEYS))
    if unknown:
        raise UsageError(
            f"{where}: unknown key {unknown[0]!r}: known are {', '.join(sorted(_KEYS))}"
        )
    expires = entry.get("expired_at")
    return Ignore(
        entry["id"],
        paths=_texts(entry, "paths", where),
        purls=_texts(entry, "purls", where),
        expires=None if expires is None else _day(expires, where),
        reason=str(entry.get("statement") or ""),
        where=where,
    )


def _texts(entry: dict[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = entry.get(key) or []
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise UsageError(f"{where}: {key} is no list of texts")
    return tuple(value)


def _day(value: object, where: str) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise UsageError(f"{where}: {str(value)[:40]!r} is no day: write YYYY-MM-DD") from None

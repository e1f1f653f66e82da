"""Finds every rule: each module below `dockerfile/`, `context/` and `image/` holds one `RULE`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from dockgate.rules.rule import Rule

SUBJECTS = ("dockerfile", "context", "image")

_loaded: dict[str, dict[str, Rule[Any]]] = {}


def _modules(folder: str, package: str) -> Iterator[str]:
    for entry in sorted(os.scandir(folder), key=lambda e: e.name):
        if entry.name.startswith(("_", ".")):
            continue
        if entry.is_dir():
            yield from _modules(entry.path, f"{package}.{entry.name}")
        elif entry.name.endswith(".py"):
            yield f"{package}.{entry.name.removesuffix('.py')}"


def rules_of(subject: str) -> dict[str, Rule[Any]]:
    """All rules of "dockerfile", "context" or "image", by name; loaded once.

    Raises TypeError when a module holds no rule, ValueError when a name is not unique or is not
    its module's.
    """
    if subject not in _loaded:
        found: dict[str, Rule[Any]] = {}
        folder = os.path.join(os.path.dirname(__file__), subject)
        package = f"{__package__}.{subject}"
        for module in _modules(folder, package):
            rule = getattr(import_module(module), "RULE", None)
            if not isinstance(rule, Rule):
                raise TypeError(f"{module} holds no RULE")
            if rule.name in found:
                raise ValueError(f"two rules are called {rule.name}")
            if rule.name != module.rpartition(".")[2].replace("_", "-"):
                raise ValueError(f"{module} holds a rule of another name: {rule.name}")
            parts = module.removeprefix(package + ".").split(".")
            rule.topic = parts[0] if len(parts) > 1 else subject
            found[rule.name] = rule
        _loaded[subject] = found
    return _loaded[subject]


def all_rules() -> dict[str, Rule[Any]]:
    """Every rule of every subject by name. ValueError when two subjects share a name."""
    found: dict[str, Rule[Any]] = {}
    for subject in SUBJECTS:
        for name, rule in rules_of(subject).items():
            if name in found:
                raise ValueError(f"two rules are called {name}")
            found[name] = rule
    return found


def named(name: str) -> list[Rule[Any]]:
    """The rules that `name` means: the one of that name, or all with that alias (case ignored)."""
    rules = all_rules()
    wanted = name.strip().lower()
    if wanted in rules:
        return [rules[wanted]]
    return [r for r in rules.values() if wanted in (alias.lower() for alias in r.aliases)]

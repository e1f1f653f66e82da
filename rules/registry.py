"""Finds every rule: each module below `dockerfile/`, `context/` and `image/` holds one `RULE`.

A lint loads only the rules that may have something to say. Which those are stands in the index
(`data/index.json`, made by `make docs`, held to the rules by a test): names, aliases, what a rule
needs. Where modules have come or gone since, the index does not count and all rules are loaded.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from dockgate.rules.data import load
from dockgate.rules.rule import Rule

SUBJECTS = ("dockerfile", "context", "image")
INDEX = "index"

_loaded: dict[str, dict[str, Rule[Any]]] = {}
_entries: dict[str, dict[str, Entry]] = {}


class Entry:
    """A rule as the index has it: what is to be known of it before its module is loaded."""

    __slots__ = ("_rule", "aliases", "enabled", "mentions", "module", "name", "needs", "subject")

    def __init__(
        self,
        name: str,
        subject: str,
        module: str,
        *,
        aliases: tuple[str, ...],
        enabled: bool,
        needs: frozenset[str],
        rule: Rule[Any] | None = None,
    ) -> None:
        self.name = name
        self.subject = subject
        self.module = module  #: dotted, below the subject: "user.root_user"
        self.aliases = aliases
        self.enabled = enabled
        self.needs = needs
        self.mentions = tuple(need[1:] for need in needs if need[0] == "~")  #: texts among them
        self._rule = rule

    @property
    def rule(self) -> Rule[Any]:
        """The rule itself; its module is loaded when first asked for."""
        if self._rule is None:
            known = _loaded.get(self.subject)
            self._rule = known[self.name] if known else _import(self.subject, self.module)
        return self._rule


def entries(subject: str) -> dict[str, Entry]:
    """The rules of a subject by name, none of them loaded. Raises as `rules_of`."""
    if subject not in _entries:
        package = f"{__package__}.{subject}"
        modules = [m.removeprefix(package + ".") for m in _modules(_folder(subject), package)]
        listed = load(INDEX).get(subject, {}) if subject not in _loaded else {}
        if sorted(listed) == sorted(modules):
            found = [_listed(subject, module, listed[module]) for module in modules]
        else:
            found = [_entry(subject, rule) for rule in rules_of(subject).values()]
        _entries[subject] = {entry.name: entry for entry in found}
    return _entries[subject]


def index_text() -> str:
    """What `data/index.json` should hold, from the rules themselves: a line for each."""
    import json

    parts = []
    for subject in SUBJECTS:
        lines = []
        for rule in rules_of(subject).values():
            entry = _entry(subject, rule)
            fields = [list(entry.aliases), entry.enabled, sorted(entry.needs)]
            lines.append(f"  {json.dumps(entry.module)}: {json.dumps(fields)}")
        parts.append(f"{json.dumps(subject)}: {{\n" + ",\n".join(lines) + "\n}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _listed(subject: str, module: str, fields: list[Any]) -> Entry:
    aliases, enabled, needs = fields
    return Entry(
        _name(module),
        subject,
        module,
        aliases=tuple(aliases),
        enabled=enabled,
        needs=frozenset(needs),
    )


def _entry(subject: str, rule: Rule[Any]) -> Entry:
    stem = rule.name.replace("-", "_")
    return Entry(
        rule.name,
        subject,
        stem if rule.topic == subject else f"{rule.topic}.{stem}",
        aliases=rule.aliases,
        enabled=rule.enabled,
        needs=rule.needs,
        rule=rule,
    )


def _name(module: str) -> str:
    return module.rpartition(".")[2].replace("_", "-")


def _folder(subject: str) -> str:
    return os.path.join(os.path.dirname(__file__), subject)


def _modules(folder: str, package: str) -> Iterator[str]:
    for entry in sorted(os.scandir(folder), key=lambda e: e.name):
        if entry.name.startswith(("_", ".")):
            continue
        if entry.is_dir():
            yield from _modules(entry.path, f"{package}.{entry.name}")
        elif entry.name.endswith(".py"):
            yield f"{package}.{entry.name.removesuffix('.py')}"


def _import(subject: str, module: str) -> Rule[Any]:
    """The rule in a module below the folder of its subject."""
    whole = f"{__package__}.{subject}.{module}"
    rule = getattr(import_module(whole), "RULE", None)
    if not isinstance(rule, Rule):
        raise TypeError(f"{whole} holds no RULE")
    if rule.name != _name(module):
        raise ValueError(f"{whole} holds a rule of another name: {rule.name}")
    topic, dot, _ = module.partition(".")
    rule.topic = topic if dot else subject
    return rule


def rules_of(subject: str) -> dict[str, Rule[Any]]:
    """All rules of "dockerfile", "context" or "image", by name; loaded once.

    Raises TypeError when a module holds no rule, ValueError when a name is not unique or is not
    its module's.
    """
    if subject not in _loaded:
        found: dict[str, Rule[Any]] = {}
        package = f"{__package__}.{subject}"
        for module in _modules(_folder(subject), package):
            rule = _import(subject, module.removeprefix(package + "."))
            if rule.name in found:
                raise ValueError(f"two rules are called {rule.name}")
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


def find(name: str) -> Entry | None:
    """The rule of this name."""
    return next((found[name] for found in map(entries, SUBJECTS) if name in found), None)


def meant(name: str) -> list[Entry]:
    """The rules that `name` means: the one of that name, or all with that alias (case ignored)."""
    wanted = name.strip().lower()
    found = find(wanted)
    if found is None and len(wanted) == 6 and wanted[:2] == "sc" and wanted[2:].isdecimal():
        found = find("shellcheck")  # its codes are ShellCheck's to give
    if found is not None:
        return [found]
    return [
        entry
        for subject in SUBJECTS
        for entry in entries(subject).values()
        if any(wanted == alias.lower() for alias in entry.aliases)
    ]


def named(name: str) -> list[Rule[Any]]:
    """As `meant`, the rules themselves."""
    return [entry.rule for entry in meant(name)]

"""The rules themselves: the list of `dockgate rules`, the pages of `dockgate explain`."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from typing import Any

from dockgate.linter import profiles
from dockgate.linter.config import known_names, suggestion
from dockgate.linter.errors import UsageError
from dockgate.linter.reporters.frame import shown
from dockgate.rules.registry import SUBJECTS, named, rules_of
from dockgate.rules.rule import Example, File, Rule

WIDTH = 88
SHOWN_ALIASES = 3  #: in the list; the page has all


def entries() -> Iterator[tuple[str, Rule[Any]]]:
    """(subject, rule) of every rule, by subject, topic and name."""
    for subject in SUBJECTS:
        for rule in sorted(rules_of(subject).values(), key=lambda r: (r.topic, r.name)):
            yield subject, rule


def as_json() -> str:
    """Every rule as the spec's `rules --format json` has it."""
    found = [
        {
            "name": rule.name,
            "subject": subject,
            "topic": rule.topic,
            "severity": rule.severity.label,
            "enabled": rule.enabled,
            "profiles": [name for name in profiles.NAMES if profiles.includes(name, rule)],
            "aliases": list(rule.aliases),
            "why": rule.why,
            "references": list(rule.references),
            "url": rule.url,
            "fixable": rule.fixable,
            "examples": [_example(example) for example in rule.examples],
        }
        for subject, rule in entries()
    ]
    return json.dumps(found, ensure_ascii=False, indent=2) + "\n"


def as_text() -> str:
    """A line for each rule, below its subject and topic."""
    width = max((len(rule.name) for _, rule in entries()), default=0)
    lines: list[str] = []
    group = ""
    for subject, rule in entries():
        title = subject if rule.topic == subject else f"{subject} / {rule.topic}"
        if title != group:
            lines += ["", title] if lines else [title]
            group = title
        marks = "fix" if rule.fixable else ""
        level = rule.severity.label if rule.enabled else "off"
        codes = " ".join(rule.aliases[:SHOWN_ALIASES])
        lines.append(f"  {rule.name:<{width}}  {level:<7}  {marks:<3}  {codes}".rstrip())
    return "\n".join([*lines, "", "dockgate explain RULE tells more.", ""])


def page(name: str) -> str:
    """The pages of the rules that `name` means. Raises UsageError with the nearest known name."""
    rules = named(name)
    if not rules:
        near = suggestion(name, known_names()) or " (dockgate rules lists them)"
        raise UsageError(f"unknown rule {name!r}{near}")
    subjects = {rule.name: subject for subject, rule in entries()}
    pages = ["\n".join(_page(rule, subjects[rule.name])) + "\n" for rule in rules]
    return ("\n" + "-" * WIDTH + "\n\n").join(pages)


def _page(rule: Rule[Any], subject: str) -> Iterator[str]:
    yield rule.name
    yield "=" * len(rule.name)
    level = rule.severity.label if rule.enabled else f"{rule.severity.label}, off by default"
    yield f"{level} | {subject} | {rule.topic}{' | fixable' if rule.fixable else ''}"
    for paragraph in rule.why.split("\n\n"):
        yield ""
        yield from textwrap.wrap(" ".join(paragraph.split()), WIDTH)
    for example in rule.examples:
        yield ""
        yield example_title(example)
        yield from (f"    {shown(line)}" for line in example_source(example))
        if example.fixed is not None:
            yield "  fixed:"
            yield from (f"    {shown(line)}" for line in example.fixed.rstrip("\n").split("\n"))
    if rule.aliases:
        yield ""
        codes = f"Also known as: {', '.join(rule.aliases)}"
        yield from textwrap.wrap(codes, WIDTH, break_on_hyphens=False, break_long_words=False)
    yield ""
    yield "References:"
    yield from (f"  {reference}" for reference in rule.references)
    yield ""
    yield f"To ignore it once: # dockgate: ignore={rule.name} reason: ..."
    yield f"To switch it off, in .dockgate.yaml: rules: {{{rule.name}: off}}"


def example_title(example: Example) -> str:
    """What kind of example it is and where it fires: `Bad (line 2):`."""
    if example.found:
        return f"Bad ({', '.join(example.found)}):"
    if example.at:
        lines = ", ".join(str(line) for line in sorted(set(example.at)))
        return f"Bad (line {lines}):" if "," not in lines else f"Bad (lines {lines}):"
    return "Good:"


def example_source(example: Example) -> Iterator[str]:
    """The lines that show an example: the Dockerfile, or what its image holds."""
    if example.source:
        yield from example.source.rstrip("\n").split("\n")
    for path, content in example.files.items():
        first = content.split("\n", 1)[0]
        yield f"# in the context: {path}{': ' + first if first else ''}"
    for key, value in example.settings.items():
        yield f"# setting {key}: {value}"
    for index, layer in enumerate(example.layers):
        for path in layer:
            change = "deletes" if layer[path] is None else "adds"
            yield f"layer {index} {change} /{path}{_mode(layer[path])}"
    if example.config:
        yield f"config {json.dumps(example.config)}"
    for one in example.vulnerabilities:
        yield f"known: {one.package} {one.version} has {one.id}, {one.band}"


def _mode(file: str | bytes | File | None) -> str:
    return f" (mode {file.mode:o})" if isinstance(file, File) else ""


def _example(example: Example) -> dict[str, Any]:
    found: dict[str, Any] = {"kind": "bad" if example.at or example.found else "good"}
    if example.layers or example.config or example.found:
        found["layers"] = [
            {path: _file(file) for path, file in la.items()} for la in example.layers
        ]
        found["config"] = dict(example.config)
        found["found"] = list(example.found)
    else:
        found["source"] = example.source
        found["lines"] = list(example.at)
        found["fixed"] = example.fixed
        if example.files:
            found["files"] = dict(example.files)
    if example.settings:
        found["settings"] = dict(example.settings)
    return found


def _file(file: str | bytes | File | None) -> dict[str, Any] | None:
    if file is None:
        return None
    entry = file if isinstance(file, File) else File(file)
    content = entry.content
    if isinstance(content, bytes):
        content = content.decode("utf-8", "replace")
    return {"content": content, "mode": entry.mode, "uid": entry.uid, "gid": entry.gid}

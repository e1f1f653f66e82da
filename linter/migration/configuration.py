"""`.hadolint.yaml` as a `.dockgate.yaml` that means the same, which is checked before it is told.

Keys as in hadolint's documentation ("Configure").
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, get_args

import yaml

from dockgate.linter.config import DEFAULT_FAIL_ON, Config, meant
from dockgate.linter.configuration import config_file, hadolint_config, strict_yaml
from dockgate.linter.configuration.strict_yaml import Document, Key
from dockgate.linter.errors import UnfinishedError, UsageError

HEAD = """\
# Made of {source} by `dockgate migrate`; it means the same.
# Every key: docs/configuration.md of dockgate; for editors: `dockgate policy schema`.
"""
KNOWN = frozenset(
    {
        "ignored",
        "override",
        "trustedRegistries",
        "label-schema",
        "strict-labels",
        "failure-threshold",
        "no-fail",
        "disable-ignore-pragma",
    }
)
#: Keys of hadolint's that are options of `dockgate lint`.
OPTIONS = {"format": "--format", "no-color": "--color", "verbose": "--statistics"}


class Moved(NamedTuple):
    """The text of a `.dockgate.yaml`, and what it could not take over: one line each."""

    text: str
    notes: list[str]


def moved(path: str, target: str) -> Moved:
    """What the `.hadolint.yaml` at `path` is as the `.dockgate.yaml` `target`.

    Raises UsageError for a file that cannot be meant, UnfinishedError where dockgate's form would
    mean something else.
    """
    document = strict_yaml.load(path)
    _check_formats(document)
    config = hadolint_config.read_file(path)
    remarks = _remarks(path)
    notes = [*_unknown_codes(document), *_unknown_keys(document)]
    text = HEAD.format(source=path.replace("\\", "/").rpartition("/")[2])
    text += _rules(document, config, remarks) + _settings(config)
    if remarks:
        left = ", ".join(str(line) for line in sorted(remarks))
        notes.append(f"{path}: comments that are not carried over stand in line {left}")
    written = config_file.from_document(strict_yaml.parse(target, text.encode()))
    if _meaning(written) != _meaning(config):
        raise UnfinishedError(f"{path}: cannot be said alike in {target}: move it by hand")
    return Moved(text, notes)


def _meaning(config: Config) -> tuple[Any, ...]:
    settings = config.settings
    return (
        dict(config.selection.severities),
        {name: getattr(settings, name) for name in settings.__slots__},
        config.fail_on,
        config.inline_ignores,
    )


def _codes(document: Document) -> Iterator[tuple[str, Key]]:
    """Every code of the file and its place."""
    override = document.value.get("override") or {}
    lists: list[Key] = [("override", str(level)) for level in override]
    for key in [*lists, ("ignored",)]:
        codes = override.get(key[-1]) if len(key) > 1 else document.value.get("ignored")
        for index, code in enumerate(codes or ()):
            yield code, (*key, index)


def _rules(document: Document, config: Config, remarks: dict[int, str]) -> str:
    """The key `rules`: each rule with the codes that it comes from and what was said of them."""
    severities = config.selection.severities
    if not severities:
        return ""
    sources: dict[str, list[str]] = {}
    reasons: dict[str, list[str]] = {}
    for code, key in _codes(document):
        remark = remarks.pop(document.lines[key], "")
        for name in meant(code):
            if code.lower() != name.lower():
                sources.setdefault(name, []).append(code)
            if remark:
                reasons.setdefault(name, []).append(remark)
        if remark and not meant(code):
            remarks[document.lines[key]] = remark
    lines = ["rules:"]
    for name in sorted(severities):
        severity = severities[name]
        codes = ", ".join(dict.fromkeys(sources.get(name, ())))
        said = "; ".join(dict.fromkeys(reasons.get(name, ())))
        comment = ": ".join(part for part in (codes, said) if part)
        line = f"  {name}: {severity.label if severity is not None else 'off'}"
        lines.append(f"{line}  # {comment}" if comment else line)
    return "\n".join(lines) + "\n"


def _settings(config: Config) -> str:
    settings = config.settings
    values: dict[str, Any] = {}
    if settings.trusted_registries:
        values["trusted_registries"] = list(settings.trusted_registries)
    if settings.label_schema:
        values["label_schema"] = dict(settings.label_schema)
    if settings.strict_labels:
        values["strict_labels"] = True
    if config.fail_on is None:
        values["fail_on"] = config_file.NEVER
    elif config.fail_on != DEFAULT_FAIL_ON:
        values["fail_on"] = config.fail_on.label
    if not config.inline_ignores:
        values["inline_ignores"] = False
    if not values:
        return ""
    return str(yaml.safe_dump(values, sort_keys=False, allow_unicode=True))


def _check_formats(document: Document) -> None:
    schema = document.value.get("label-schema")
    known = {*get_args(config_file.LabelFormat), *hadolint_config.LABEL_FORMATS}
    for label, form in schema.items() if isinstance(schema, dict) else ():
        if isinstance(form, str) and form.lower() not in known:
            where = document.where(("label-schema", label))
            raise UsageError(f"{where}: label-schema: dockgate knows no format {form!r}")


def _unknown_codes(document: Document) -> Iterator[str]:
    for code, key in _codes(document):
        if not meant(code):
            yield f"{document.where(key)}: dockgate has no rule for {code}: left out"


def _unknown_keys(document: Document) -> Iterator[str]:
    for key in document.value:
        if key in OPTIONS:
            yield f"{document.where((key,))}: {key}: say it with `dockgate lint {OPTIONS[key]}`"
        elif key not in KNOWN:
            yield f"{document.where((key,))}: {key} means nothing to dockgate: left out"


def _remarks(path: str) -> dict[int, str]:
    """The comments of a YAML file by line: what stands between its tokens after a `#`."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        text = file.read(strict_yaml.MAX_YAML_BYTES)
    found: dict[int, str] = {}
    at = line = 0
    for token in yaml.scan(text, yaml.SafeLoader):
        _collect(text[at : token.start_mark.index], line, found)
        at, line = token.end_mark.index, token.end_mark.line
    _collect(text[at:], line, found)
    return found


def _collect(gap: str, line: int, found: dict[int, str]) -> None:
    for number, part in enumerate(gap.splitlines(), line + 1):
        _, mark, comment = part.partition("#")
        if mark and comment.strip("# \t"):
            found[number] = comment.strip("# \t")

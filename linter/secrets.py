"""Finds secrets in Dockerfiles, values, texts and files; hands on only what is redacted.

Two ways lead to one: a token's own shape (detect-secrets' plugins and ours, behind a prefilter)
and a name beside a value (rules/secret_names.py). On the path of `dockgate lint` only the
prefilter runs, until something in the file looks like a token.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from dockgate.linter.secret_search import assignments, prefilter, secret_shapes
from dockgate.rules import secret_names
from dockgate.rules.subjects.secret import Secret
from dockgate.rules.subjects.text import MappedText, Span, Text

if TYPE_CHECKING:
    from dockgate.rules.subjects.dockerfile import Dockerfile, Heredoc, Instruction, Word
    from dockgate.rules.subjects.image import FileSecret

#: Characters of a secret that are ever shown, at most.
SHOWN = 4

#: Longer lines than two of these are given to the plugins in pieces: their time grows with the
#: square of what they are given.
WINDOW = 1024

#: Lines or pieces of one text that the plugins are given.
MAX_WINDOWS = 1000

#: Secrets reported of one text; whoever has more has read enough.
MAX_SECRETS = 200

_KINDS = {
    secret_names.PASSWORD: "Password",
    secret_names.TOKEN: "Token",
    secret_names.KEY: "Key",
}


def redact(value: str) -> str:
    """At most the first four characters, and never more than a quarter, then `…`."""
    return value[: min(SHOWN, len(value) // 4)] + "…"


def attach(dockerfile: Dockerfile) -> None:
    """Fill `secrets` of every instruction, triggers of ONBUILD too; spans are the file's.

    What a variable's name means is read with `dockerfile.settings`.
    """
    text = dockerfile.text.text
    further = dockerfile.settings.secret_names
    rows = prefilter.rows_of(text)
    if not rows and not further and not assignments.possible(text):
        return
    arguments: dict[int, set[str]] = {}
    for instruction in dockerfile.with_triggers():
        found = _of_instruction(instruction, _Search(dockerfile.text, further, rows, arguments))
        instruction.secrets = sorted(found, key=lambda secret: secret.span)[:MAX_SECRETS]


class _Search(NamedTuple):
    """What all instructions of a Dockerfile share."""

    text: Text
    further: tuple[str, ...]
    rows: tuple[int, ...]  #: of the prefilter, for the whole file
    arguments: dict[int, set[str]]  #: ARGs without a default so far, by stage


def find_in_value(name: str, value: str, further: tuple[str, ...] = ()) -> Secret | None:
    """The secret in a variable's, label's or argument's value; its span is relative to `value`.

    `further` are the names that the user has declared to mean a secret.
    """
    return _find_in_value(name, value, further, None)


def _find_in_value(
    name: str, value: str, further: tuple[str, ...], rows: tuple[int, ...] | None
) -> Secret | None:
    for secret in _tokens(value, rows):
        return secret
    kind = secret_names.secret_name(name, further)
    if kind is not None:
        if secret_names.harmless_value(kind, value):
            return None
        return _secret(_KINDS[kind], value, 0, value, certain=False)
    for pair in assignments.find(value):
        return of_assignment(pair, value)
    return None


def find_in_text(text: str, filename: str = "") -> list[Secret]:
    """The secrets in a script or a configuration; spans are offsets in `text`.

    `filename` tells how names are read: see linter/secret_files.py.
    """
    return _find_in_text(text, filename, None)


def _find_in_text(text: str, filename: str, rows: tuple[int, ...] | None) -> list[Secret]:
    found = list(_tokens(text, rows))
    if filename:
        from dockgate.linter.secret_search import secret_files

        pairs = secret_files.assignments_of(text, filename)
    else:
        pairs = assignments.find(text)
    for pair in pairs:
        if len(found) >= MAX_SECRETS:
            break
        found.append(of_assignment(pair, text))
    return distinct(found)


def find_in_bytes(data: bytes, path: str) -> list[FileSecret]:
    """The secrets in a file of an image or a build context.

    Comments that ask a scanner to look away (`pragma: allowlist secret`) are not heeded.
    """
    from dockgate.linter.secret_search import secret_files

    return secret_files.find_in_bytes(data, path)


def _secret(kind: str, value: str, start: int, text: str, *, certain: bool) -> Secret:
    line = text.count("\n", 0, start) + 1
    return Secret(kind, Span(start, start + len(value)), redact(value), line, certain)


def of_assignment(pair: assignments.Assignment, text: str) -> Secret:
    """What a name beside a value in `text` tells."""
    return of_name(_KINDS[pair.kind], pair.value, pair.start, text)


def of_name(kind: str, value: str, start: int, text: str) -> Secret:
    """The value at `text[start:]`, which the words beside it make a secret."""
    return _secret(kind, value, start, text, certain=False)


def _tokens(text: str, rows: tuple[int, ...] | None) -> Iterator[Secret]:
    """The secrets of `text` that their own shape tells, or a command beside them."""
    places = prefilter.places(text, rows)
    if places:
        yield from tokens_at(text, places)


def tokens_at(text: str, places: list[tuple[int, int]]) -> Iterator[Secret]:
    """The tokens on the lines of `places`, which the prefilter gave."""
    from dockgate.linter.secret_search import secret_plugins

    seen: set[tuple[str, int]] = set()
    for first, last in _windows(text, places):
        line = text[first:last]
        for kind, value in secret_plugins.found(line):
            start = first + line.index(value)
            if (kind, start) in seen or len(seen) >= MAX_SECRETS:
                continue
            seen.add((kind, start))
            if secret_shapes.is_secret(kind, value, text, start):
                certain = kind not in secret_shapes.BY_CONTEXT
                yield _secret(kind, value.strip("\"'=: \t"), start, text, certain=certain)


def _windows(text: str, places: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The lines that hold `places`, each once; of long lines the pieces about the place."""
    windows: dict[tuple[int, int], None] = {}
    for start, end in places:
        first = text.rfind("\n", 0, start + 1) + 1
        while first <= end and len(windows) < MAX_WINDOWS:
            last = text.find("\n", first)
            last = len(text) if last < 0 else last
            if last - first <= 2 * WINDOW:
                windows[first, last] = None
            else:
                piece = first + (max(start, first) - first) // WINDOW * WINDOW
                windows[max(first, piece - WINDOW // 2), min(last, piece + 3 * WINDOW // 2)] = None
            first = last + 1
    return sorted(windows)


def distinct(found: list[Secret]) -> list[Secret]:
    """Of secrets that overlap, the one that its shape tells, else the first."""
    kept: list[Secret] = []
    for secret in sorted(found, key=lambda s: (not s.certain, s.span)):
        if not any(s.span.start < secret.span.end and secret.span.start < s.span.end for s in kept):
            kept.append(secret)
    return sorted(kept, key=lambda s: s.span)


def _of_instruction(instruction: Instruction, search: _Search) -> list[Secret]:
    if instruction.cmd not in ("ENV", "ARG", "LABEL"):
        found = _mapped(instruction.body, "", search)
        for heredoc in instruction.heredocs:
            found += _mapped(heredoc.body, _heredoc_file(instruction, heredoc), search)
        return found
    stage = instruction.stage.index if instruction.stage else -1
    declared = search.arguments.setdefault(stage, set())
    pairs = instruction.pairs()
    if instruction.cmd == "ARG":
        declared.update(name.value for name, value, _ in pairs if value is None)
    found = []
    for name, value, expanded in pairs:
        if value is not None:
            secret = _of_pair(name.value, value, expanded, declared, search)
            if secret is not None:
                found.append(secret)
    return found


def _of_pair(
    name: str, word: Word, expanded: str, declared: set[str], search: _Search
) -> Secret | None:
    raw, span, text = word.value, word.span, search.text
    secret = _find_in_value(name, raw, search.further, search.rows)
    exact = text[span] == raw
    if secret is not None and exact:
        start, end = (span.start + offset for offset in secret.span)
        if raw[:1] in ("'", '"') and secret.span == (0, len(raw)):
            start, end = start + 1, end - 1
        span = Span(start, end)
    elif secret is None and expanded != raw:
        secret = find_in_value(name, expanded, search.further)
        if secret is None:
            secret = _kept_argument(name, raw, declared, search)
    if secret is None:
        return None
    if secret.redacted[:1] in ("'", '"') and exact:
        secret = secret._replace(redacted=redact(text[span]))
    return secret._replace(span=span, line=text.position(span.start).line)


def _kept_argument(name: str, raw: str, declared: set[str], search: _Search) -> Secret | None:
    """`ENV NPM_TOKEN=$NPM_TOKEN` after `ARG NPM_TOKEN`: the build's secret stays in the image."""
    kind = secret_names.secret_name(name, search.further)
    if kind is None or kind == secret_names.KEY:
        return None
    bare = raw.strip("\"'").removeprefix("$").removeprefix("{").removesuffix("}")
    if bare.partition(":")[0] not in declared:
        return None
    return Secret(f"{_KINDS[kind]} from a build argument", Span(0, len(raw)), "…", 1, False)


def _mapped(mapped: MappedText, filename: str, search: _Search) -> list[Secret]:
    found = []
    for secret in _find_in_text(mapped.text, filename, search.rows):
        span = mapped.span(*secret.span)
        line = search.text.position(span.start).line
        found.append(secret._replace(span=span, line=line))
    return found


def _heredoc_file(instruction: Instruction, heredoc: Heredoc) -> str:
    """The name under which a heredoc's text lands in the image; "" for a script."""
    if instruction.cmd not in ("COPY", "ADD") or not instruction.values:
        return ""
    target = instruction.values[-1]
    return target + heredoc.name if target.endswith("/") else target

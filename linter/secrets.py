"""Finds secrets in Dockerfiles, values, texts and files; hands on only what is redacted.

Two ways lead to one: a token's own shape (detect-secrets' plugins and ours, behind a prefilter)
and a name beside a value (rules/secret_names.py). On the path of `dockgate lint` only the
prefilter runs, until something in the file looks like a token.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING

from dockgate.linter.errors import UnfinishedError
from dockgate.linter.secret_search import assignments, prefilter, private_keys, secret_shapes
from dockgate.linter.secret_search.secret_shapes import ENCRYPTED_KEY, PRIVATE_KEY, Origin
from dockgate.rules import secret_names
from dockgate.rules.record import NamedTuple
from dockgate.rules.subjects.secret import Secret
from dockgate.rules.subjects.text import MappedText, Span, Text

if TYPE_CHECKING:
    from dockgate.linter.language.memo import Memo
    from dockgate.rules.settings import Settings
    from dockgate.rules.subjects.dockerfile import Dockerfile, Heredoc, Instruction, Word
    from dockgate.rules.subjects.image import FileSecret

#: Characters of a secret that are ever shown, at most.
SHOWN = 4

#: Longer lines than two of these are given to the plugins in pieces: their time grows with the
#: square of what they are given.
WINDOW = 1024

#: Secrets of one text; past it the search fails, so that the run is undecided.
MAX_SECRETS = 1000

_KINDS = {
    secret_names.PASSWORD: "Password",
    secret_names.TOKEN: "Token",
    secret_names.KEY: "Key",
}


def redact(value: str) -> str:
    """At most the first four characters, and never more than a quarter, then `…`."""
    return value[: min(SHOWN, len(value) // 4)] + "…"


def attach(dockerfile: Dockerfile, memo: Memo | None = None) -> None:
    """Fill `secrets` of every instruction, triggers of ONBUILD too; spans are the file's.

    What a variable's name means is read with `dockerfile.settings`. Raises UnfinishedError, all
    instructions but the overfull filled, when there are more than MAX_SECRETS.
    """
    text = dockerfile.text.text
    further = dockerfile.settings.secret_names
    rows = prefilter.rows_of(text)
    if not rows and not assignments.possible(text, further):
        return
    arguments: dict[int, set[str]] = {}
    total, failure = 0, None
    for instruction in dockerfile.with_triggers():
        try:
            search = _Search(dockerfile.text, further, rows, arguments)
            if memo is None:
                found = _of_instruction(instruction, search)
            else:
                found = _remembered(dockerfile, instruction, search, memo)
            total += len(found)
            require_few(total)
        except UnfinishedError as error:
            failure = error
            continue
        if dockerfile.settings.secret_salt:
            found = _not_allowed(found, text, dockerfile.settings)
        instruction.secrets = sorted(found, key=lambda secret: secret.span)
    if failure is not None:
        raise failure


def _not_allowed(found: list[Secret], text: str, settings: Settings) -> list[Secret]:
    """The secrets with the hash to allow each by, but those that the user has allowed."""
    from dockgate.linter.secret_search.identity import MAX_HASHED

    known = [identified(secret, text, settings.secret_salt) for secret in found[:MAX_HASHED]]
    known = [secret for secret in known if secret.allow not in settings.secret_allow]
    return known + found[MAX_HASHED:]


def require_few(secrets: int) -> None:
    """Raise UnfinishedError for more than MAX_SECRETS of one text."""
    if secrets > MAX_SECRETS:
        raise UnfinishedError(f"more than {MAX_SECRETS:,} secrets: the rest was not searched")


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
        return of_name(_KINDS[kind], value, 0, Lines(value))
    for pair in assignments.find(value, further):
        return of_assignment(pair, Lines(value))
    return None


def find_in_text(text: str, filename: str = "", further: tuple[str, ...] = ()) -> list[Secret]:
    """The secrets in a script or a configuration; spans are offsets in `text`.

    `filename` tells how names are read: see secret_search/secret_files.py. Raises UnfinishedError
    when there are more than MAX_SECRETS.
    """
    return _find_in_text(text, filename, further, None)


def _find_in_text(
    text: str, filename: str, further: tuple[str, ...], rows: tuple[int, ...] | None
) -> list[Secret]:
    found = list(_tokens(text, rows))
    if filename:
        from dockgate.linter.secret_search import secret_files

        pairs = secret_files.assignments_of(text, filename, further)
    else:
        pairs = assignments.find(text, further)
    lines = Lines(text)
    for pair in pairs:
        found.append(of_assignment(pair, lines))
        require_few(len(found))
    return distinct(found)


def find_in_bytes(data: bytes, path: str, further: tuple[str, ...] = ()) -> list[FileSecret]:
    """The secrets in a file of an image or a build context, or in a part of one.

    Comments that ask a scanner to look away (`pragma: allowlist secret`) are not heeded. Raises
    UnfinishedError when there are more than MAX_SECRETS.
    """
    from dockgate.linter.secret_search.file_search import FileSearch

    return FileSearch(path, further).feed(data, last=True)


def identified(secret: Secret, text: str, salt: str = "") -> Secret:
    """The secret with what tells it from others; its span is one of `text`.

    `salt` is the user's, for his list of secrets that are allowed; "" where there is none.
    """
    from dockgate.linter.secret_search import identity

    value = text[secret.span.start : secret.span.end].strip("\"'")
    if secret.kind in (PRIVATE_KEY, ENCRYPTED_KEY):
        key = private_keys.parse(text, secret.span.end)
        value = key.body if key is not None else value
    return secret._replace(mark=identity.mark(value), allow=identity.allow_hash(value, salt))


class Lines:
    """The numbers of a text's lines; quick where one is asked for after the other."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1

    def number(self, offset: int) -> int:
        """The line (from 1) of an offset."""
        first, last = sorted((self._at, offset))
        between = self._text.count("\n", first, last)
        self._line += between if offset >= self._at else -between
        self._at = offset
        return self._line


def of_assignment(pair: assignments.Assignment, lines: Lines) -> Secret:
    """What a name beside a value tells."""
    return of_name(_KINDS[pair.kind], pair.value, pair.start, lines)


def of_name(kind: str, value: str, start: int, lines: Lines, *, certain: bool = False) -> Secret:
    """The value at the offset `start`, which the words beside it make a secret."""
    span = Span(start, start + len(value))
    return Secret(kind, span, redact(value), lines.number(start), certain)


def _tokens(text: str, rows: tuple[int, ...] | None) -> Iterator[Secret]:
    """The secrets of `text` that their own shape tells, or a command beside them."""
    places = prefilter.places(text, rows)
    if places:
        yield from tokens_at(text, places)


def tokens_at(
    text: str, places: list[tuple[int, int]], origin: Origin = secret_shapes.OWN
) -> Iterator[Secret]:
    """The tokens on the lines of `places`, which the prefilter gave.

    `origin` tells what is an example there. Raises UnfinishedError past MAX_SECRETS.
    """
    from dockgate.linter.secret_search import secret_plugins

    seen: set[tuple[str, int]] = set()
    told = 0
    lines = Lines(text)
    for first, last in _windows(text, places):
        line = text[first:last]
        for kind, value in secret_plugins.found(line):
            start = first + line.index(value)
            if (kind, start) in seen:
                continue
            seen.add((kind, start))
            if secret_shapes.is_secret(kind, value, text, start, origin):
                told += 1
                require_few(told)
                certain = kind not in secret_shapes.BY_CONTEXT
                if kind == PRIVATE_KEY:
                    key = private_keys.parse(text, start + len(value))
                    kind = ENCRYPTED_KEY if key is not None and key.encrypted else kind
                yield of_name(kind, value.strip("\"'=: \t"), start, lines, certain=certain)


def _windows(text: str, places: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The lines that hold `places`, each once; of long lines the pieces about the place."""
    windows: dict[tuple[int, int], None] = {}
    first, last = 0, -1  # the line that was looked at last
    for start, end in sorted(places):
        if start > last:
            first = text.rfind("\n", last + 1, start + 1) + 1 or last + 1
            last = _line_end(text, first)
        _add_windows(windows, first, last, start)
        while last < end and last < len(text):  # a place of several lines
            first, last = last + 1, _line_end(text, last + 1)
            _add_windows(windows, first, last, first)
    return sorted(windows)


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end


def _add_windows(windows: dict[tuple[int, int], None], first: int, last: int, place: int) -> None:
    if last - first <= 2 * WINDOW:
        windows[first, last] = None
    else:
        piece = first + max(place - first, 0) // WINDOW * WINDOW
        windows[max(first, piece - WINDOW // 2), min(last, piece + 3 * WINDOW // 2)] = None


def distinct(found: list[Secret]) -> list[Secret]:
    """Of secrets that overlap, the one that its shape tells, else the first."""
    kept: list[Secret] = []  # in the order of their places: none overlaps another
    starts: list[int] = []
    for secret in sorted(found, key=lambda s: (not s.certain, s.span)):
        start, end = secret.span
        at = bisect_right(starts, start)
        before = kept[at - 1] if at else None
        after = kept[at] if at < len(kept) else None
        if (before is None or before.span.end <= start) and (
            after is None or after.span.start >= end
        ):
            kept.insert(at, secret)
            starts.insert(at, start)
    return kept


def _remembered(
    dockerfile: Dockerfile, instruction: Instruction, search: _Search, memo: Memo
) -> list[Secret]:
    """As `_of_instruction`, but for instructions of which it is known that they have none."""
    from dockgate.linter.language.memo import key_of

    declared = _declared(instruction, search)
    key: tuple[Hashable, ...] = (instruction.cmd, *key_of(dockerfile, instruction))
    key += (tuple(instruction.values), frozenset(declared), search.rows, search.further)
    if memo.is_clean(key):
        return []
    found = _of_instruction(instruction, search)
    if not found:
        memo.keep_clean(key)
    return found


def _declared(instruction: Instruction, search: _Search) -> set[str]:
    """The ARGs without a default so far in its stage, its own among them."""
    stage = instruction.stage.index if instruction.stage else -1
    declared = search.arguments.setdefault(stage, set())
    if instruction.cmd == "ARG":
        declared.update(name.value for name, value, _ in instruction.pairs() if value is None)
    return declared


def _of_instruction(instruction: Instruction, search: _Search) -> list[Secret]:
    if instruction.cmd not in ("ENV", "ARG", "LABEL"):
        found = _mapped(instruction.body, "", search)
        for heredoc in instruction.heredocs:
            found += _mapped(heredoc.body, _heredoc_file(instruction, heredoc), search)
        return found
    declared = _declared(instruction, search)
    found = []
    for name, value, expanded in instruction.pairs():
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
    for secret in _find_in_text(mapped.text, filename, search.further, search.rows):
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

"""The rest of detect-secrets: what its plugins for keywords and for high entropy see in a text.

The plugins that tell a token by its shape are asked for every file (secret_plugins.py). These take
names and randomness for secrets, so that most of what they find is none: their candidates are given
to the second look (secret_files.py) in files of one's own only. `candidates` is all of
detect-secrets, the others among them: it gives what detect-secrets alone gives, for a fraction of
the time, since one pass over the text tells which lines any plugin can find anything on (tests hold
both).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cached_property, lru_cache
from math import log2

from detect_secrets.filters import heuristic
from detect_secrets.plugins.base import BasePlugin, RegexBasedDetector
from detect_secrets.plugins.high_entropy_strings import (
    Base64HighEntropyString,
    HexHighEntropyString,
    HighEntropyStringsPlugin,
)
from detect_secrets.plugins.keyword import (
    QUOTES_REQUIRED_DENYLIST_REGEX_TO_GROUP,
    REGEX_BY_FILETYPE,
    KeywordDetector,
)
from detect_secrets.util.filetype import determine_file_type

from dockgate.linter.secret_search import loose_rows, prefilter, secret_plugins
from dockgate.rules.record import NamedTuple

#: What the keyword plugin may cost for one file: characters of lines times the keywords on them.
#: Its expressions take seconds for two thousand characters of `pwdpwdpwd`; this is one at most.
#: Names beside values are looked for by assignments.py, too, in a time that is linear.
MAX_KEYWORD_WORK = 1_000_000

#: Bits by which two ways to compute an entropy may differ, and far more.
NEAR = 1e-6

PLUGINS: tuple[BasePlugin, ...] = (
    KeywordDetector(),
    Base64HighEntropyString(),
    HexHighEntropyString(),
)
"""The one for public addresses is not asked: detect-secrets' own filter drops what has no letter,
and with it every address."""


#: What plugins call what they find.
KEYWORD = KeywordDetector.secret_type
ENTROPY = frozenset({Base64HighEntropyString.secret_type, HexHighEntropyString.secret_type})


class Candidate(NamedTuple):
    """What a plugin of detect-secrets found: `kind` is what the plugin calls it."""

    kind: str
    value: str
    line: int  #: from 1
    start: int  #: of the value in the text


def candidates(data: bytes, path: str) -> Iterator[Candidate]:
    """All that detect-secrets finds in a file, with all of its plugins, line by line.

    What it leaves out by the file's name or a comment (`.lock`, `pragma: allowlist secret`) is not
    left out. Bytes that are not UTF-8 stand for characters of their own.
    """
    text = data.decode("utf-8", "surrogateescape")
    places = prefilter.bytes_filter(binary=False).places(data)
    if places:
        for first, last, line in _lines(text, data, places):
            whole = text[first:last].rstrip()
            for kind, value in secret_plugins.found_by_detect_secrets(whole):
                yield Candidate(kind, value, line, first + max(whole.find(value), 0))
    yield from _loose(text, data, path, work=None)


def loose(text: str, data: bytes, path: str) -> Iterator[Candidate]:
    """What the plugins find that tell no token by its shape; `text` is `data`, decoded."""
    yield from _loose(text, data, path, work=MAX_KEYWORD_WORK)


def _loose(text: str, data: bytes, path: str, work: int | None) -> Iterator[Candidate]:
    places: dict[int, list[tuple[int, int]]] = {}
    for index, start, end in loose_rows.loose_filter().line_places(data):
        places.setdefault(index, []).append((start, end))
    groups = REGEX_BY_FILETYPE.get(determine_file_type(path))
    for index, spans in places.items():
        plugin = PLUGINS[index]
        for first, last, number in _lines(text, data, spans):
            line = text[first:last].rstrip()
            if isinstance(plugin, KeywordDetector):
                if work is not None:
                    work -= len(line) * len(_words().findall(line))
                    if work < 0:
                        break
                values = set(
                    plugin.analyze_string(
                        line,
                        denylist_regex_to_group=groups or QUOTES_REQUIRED_DENYLIST_REGEX_TO_GROUP,
                    )
                )
            else:
                values = set(plugin.analyze_string(line))
            kept = _Kept(plugin, line)
            for value in sorted(values):
                if kept(value):
                    yield Candidate(plugin.secret_type, value, number, first + line.find(value))


@lru_cache(maxsize=1)
def _words() -> re.Pattern[str]:
    return re.compile("|".join(loose_rows.KEYWORDS), re.IGNORECASE)


class _Kept:
    """Whether detect-secrets' limits and its filters of values leave in what is on one line.

    The same as they say, said sooner: what they ask of the line is asked once, and what a value
    cannot be for its letters is not asked.
    """

    def __init__(self, plugin: BasePlugin, line: str) -> None:
        self._plugin = plugin
        self._line = line
        self._distinct = 0
        if isinstance(plugin, HighEntropyStringsPlugin):
            self._distinct = int(2**plugin.entropy_limit) + 1  # fewer letters have less entropy

    def __call__(self, value: str) -> bool:
        plugin = self._plugin
        if self._distinct and len(set(value)) < self._distinct:
            return False
        if not _LETTER.search(value) or (
            isinstance(plugin, HighEntropyStringsPlugin) and not _is_random(plugin, value)
        ):
            return False
        return not (
            heuristic.is_sequential_string(value)
            or ("-" in value and heuristic.is_potential_uuid(value))
            or self._follows_id(value)
            or heuristic.is_templated_secret(value)
            or heuristic.is_prefixed_with_dollar_sign(value)
        )

    def _follows_id(self, value: str) -> bool:
        """As heuristic.is_likely_id_string, which looks through the line for every value."""
        if isinstance(self._plugin, RegexBasedDetector):
            return False
        at = self._line.find(value)
        return at >= 0 and self._id_end <= at

    @cached_property
    def _id_end(self) -> int:
        match = _ID.search(self._line)
        return len(self._line) + 1 if match is None else match.end()


def _is_random(plugin: HighEntropyStringsPlugin, value: str) -> bool:
    """Whether its entropy is above the plugin's limit; the plugin is asked when it is a near thing.

    All of its letters are in the plugin's alphabet, so that this is Shannon's of any string.
    """
    size = len(value)
    bits = log2(size) - sum(n * log2(n) for n in Counter(value).values() if n > 1) / size
    if abs(bits - plugin.entropy_limit) < NEAR or value.isdecimal():  # of numbers it has a view
        return plugin.calculate_shannon_entropy(value) > plugin.entropy_limit
    return bits > plugin.entropy_limit


#: Of heuristic.is_not_alphanumeric_string and heuristic.is_likely_id_string.
_LETTER = re.compile("[A-Za-z]")
_ID = re.compile(r"(?:^(?:id|myid|userid)|_id)s?[^a-z0-9]", re.IGNORECASE)


def _lines(text: str, data: bytes, places: list[tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
    """The lines on which a place begins, each once: start and end in `text`, number from 1."""
    at, line, end = 0, 1, -1
    for start in sorted(start for start, _ in prefilter.characters(text, data, places)):
        if start <= end:
            continue
        # A place may begin with the end of the line before.
        start += text[start : start + 1] == "\n"
        first = text.rfind("\n", 0, start) + 1
        line += text.count("\n", at, first)
        at = first
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        yield first, end, line

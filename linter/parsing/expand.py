"""Variable expansion and word splitting as BuildKit's shell lexer does them.

Rules: moby/buildkit `frontend/dockerfile/shell`. It resembles a POSIX shell and is not one:
`$1` and `$@` are variables of that name, patterns know `*` and `?` only, and an unknown modifier
is an error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from dockgate.linter.parsing.budget import MAX_RESULT as MAX_RESULT
from dockgate.linter.parsing.budget import Budget as Budget
from dockgate.linter.parsing.budget import ExpansionError as ExpansionError
from dockgate.linter.parsing.glob import Pattern
from dockgate.rules.pattern import pattern
from dockgate.rules.record import NamedTuple

#: What Go's `unicode.IsSpace` takes for a space.
SPACES = "\t\n\v\f\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"

#: `${a:-${b:-…}}` deeper than this is refused.
MAX_NESTING = 64

_SPACE = pattern(f"[{SPACES}]")
_NAME = pattern(r"[A-Za-z_][A-Za-z0-9_]*")
_SPECIAL_PARAMETERS = frozenset("@*#?-$!0")
#: Runs without meaning, by (escape, stop character, whether quotes mean something).
_RUNS: dict[tuple[str, str, bool], re.Pattern[str]] = {}


class Unmatched(NamedTuple):
    """A variable that was used and has no value; offsets in the word."""

    name: str
    start: int
    end: int


class Expander:
    """Expands words against variables.

    The options are BuildKit's: `raw_quotes` and `raw_escapes` keep them in the result,
    `skip_unset` leaves unset variables as written, `quotes=False` takes quotes for plain text.
    """

    __slots__ = (
        "_budget",
        "_depth",
        "_escape",
        "_pos",
        "_quotes",
        "_raw_escapes",
        "_raw_quotes",
        "_skip_unset",
        "_values",
        "_word",
        "unmatched",
        "unneeded",
    )

    def __init__(
        self,
        values: Mapping[str, str],
        escape: str = "\\",
        *,
        raw_quotes: bool = False,
        raw_escapes: bool = False,
        skip_unset: bool = False,
        quotes: bool = True,
        budget: Budget | None = None,
    ) -> None:
        self._values = values
        self._escape = escape
        self._raw_quotes = raw_quotes
        self._raw_escapes = raw_escapes
        self._skip_unset = skip_unset
        self._quotes = quotes
        self._budget = budget if budget is not None else Budget()
        self._word = ""
        self._pos = 0
        self._depth = 0
        #: variables without a value and without a default that took part in the last word
        self.unmatched: list[Unmatched] = []
        #: those that had a default, or stood where they were not needed: BuildKit's checks count
        #: them all the same
        self.unneeded: list[Unmatched] = []

    def word(self, word: str) -> str:
        """`word` with variables replaced, quotes and escapes removed; ExpansionError."""
        self.unmatched, self.unneeded = [], []
        if not word or (
            "$" not in word
            and self._escape not in word
            and (not self._quotes or ("'" not in word and '"' not in word))
        ):
            return word
        self._start(word)
        result = self._until("", self._raw_escapes)
        self._budget.spend(len(result), 0)
        return result

    def words(self, word: str) -> list[str]:
        """The same, split at spaces that are not quoted; a variable's spaces split too."""
        self.unmatched, self.unneeded = [], []
        self._start(word)
        escape, end = self._escape, len(word)
        words: list[str] = []
        current: list[str] = []

        def add(text: str) -> None:
            """Add text whose spaces end the word."""
            first, *others = _SPACE.split(text)
            if first:
                current.append(first)
            for other in others:
                if any(current):
                    words.append("".join(current))
                    current.clear()
                if other:
                    current.append(other)

        while self._pos < end:
            char = word[self._pos]
            if char == "$":
                add(self._dollar())
            elif char == "'" and self._quotes:
                current.append(self._single_quoted())
            elif char == '"' and self._quotes:
                current.append(self._double_quoted())
            elif char == "<":
                current.append(self._heredoc_marker())
            elif char == escape:
                if self._raw_escapes:
                    current.append(char)
                current.append(word[self._pos + 1 : self._pos + 2])
                self._pos += 2
            else:
                match = _run(escape, "<", self._quotes).match(word, self._pos)
                assert match is not None
                self._pos = match.end()
                add(match.group())
        if any(current):
            words.append("".join(current))
        self._budget.spend(sum(map(len, words)), 0)
        return words

    def _start(self, word: str) -> None:
        self._word = word
        self._pos = 1 if word.startswith("\ufeff") else 0  # Go's text/scanner drops it
        self._depth = 0

    def _until(self, stop: str, raw_escapes: bool) -> str:
        """Text up to the unquoted character `stop`, which is passed over; "" means the end."""
        before, self._raw_escapes = self._raw_escapes, raw_escapes
        self._depth += 1
        if self._depth > MAX_NESTING:
            raise ExpansionError("expansions are nested too deeply", self._pos)
        word, escape, end = self._word, self._escape, len(self._word)
        run = _run(escape, stop, self._quotes).match
        out: list[str] = []
        stopped = not stop
        while self._pos < end:
            match = run(word, self._pos)
            if match is not None:
                out.append(match.group())
                self._pos = match.end()
                if self._pos == end:
                    break
            char = word[self._pos]
            if char == stop:
                self._pos += 1
                stopped = True
                break
            if char == "$":
                out.append(self._dollar())
            elif char == escape:
                if raw_escapes:
                    out.append(char)
                out.append(word[self._pos + 1 : self._pos + 2])
                self._pos += 2
            elif char == "'":
                out.append(self._single_quoted())
            else:
                out.append(self._double_quoted())
        if not stopped:
            self._pos = end
            raise ExpansionError(
                f"unexpected end of statement while looking for matching {stop}", end
            )
        self._depth -= 1
        self._raw_escapes = before
        return "".join(out)

    def _single_quoted(self) -> str:
        start = self._pos
        close = self._word.find("'", start + 1)
        if close < 0:
            self._pos = len(self._word)
            raise ExpansionError(
                "unexpected end of statement while looking for matching single-quote", start
            )
        self._pos = close + 1
        return self._word[start : close + 1] if self._raw_quotes else self._word[start + 1 : close]

    def _double_quoted(self) -> str:
        start, word, escape = self._pos, self._word, self._escape
        run = _run(escape, '"', False).match
        out: list[str] = []
        self._pos += 1
        while True:
            match = run(word, self._pos)
            if match is not None:
                out.append(match.group())
                self._pos = match.end()
            char = word[self._pos : self._pos + 1]
            if not char:
                raise ExpansionError(
                    "unexpected end of statement while looking for matching double-quote", start
                )
            if char == "$":
                out.append(self._dollar())
                continue
            self._pos += 1
            if char == '"':
                break
            if self._raw_escapes:
                out.append(char)
            following = word[self._pos : self._pos + 1]
            if following and following in ('"', "$", escape):
                char = following
                self._pos += 1
            if following:
                out.append(char)
        text = "".join(out)
        return f'"{text}"' if self._raw_quotes else text

    def _heredoc_marker(self) -> str:
        """`<` or `<<` with the blanks that follow it: these belong to the same word."""
        start, word = self._pos, self._word
        self._pos += 1
        if word.startswith("<", self._pos):
            self._pos += 1
            while word[self._pos : self._pos + 1] in ("\t", "\r", " "):
                self._pos += 1
        return word[start : self._pos]

    def _name(self) -> str:
        word, start = self._word, self._pos
        match = _NAME.match(word, start)
        if match is not None and word[match.end() : match.end() + 1].isascii():
            self._pos = match.end()
            return match.group()
        first = word[start : start + 1]
        position, end = start, len(word)
        if first.isdecimal():
            while position < end and word[position].isdecimal():
                position += 1
        elif first in _SPECIAL_PARAMETERS:
            position += 1
        else:
            while position < end and (
                word[position] == "_" or word[position].isalpha() or word[position].isdecimal()
            ):
                position += 1
        self._pos = position
        return word[start:position]

    def _dollar(self) -> str:
        start, word = self._pos, self._word
        self._pos += 1
        if word[self._pos : self._pos + 1] != "{":
            name = self._name()
            return self._plain(name, start, f"${name}") if name else "$"
        self._pos += 1
        following = word[self._pos : self._pos + 1]
        if not following:
            raise ExpansionError("syntax error: missing '}'", start)
        if following in "{}:":
            raise ExpansionError("syntax error: bad substitution", start)
        name = self._name()
        modifier = word[self._pos : self._pos + 1]
        self._pos += 1
        if not modifier:
            raise ExpansionError("syntax error: missing '}'", start)
        if modifier == "}":
            return self._plain(name, start, f"${{{name}}}")
        if modifier == "/":
            return self._replace(name, start)
        operator = modifier
        if modifier == ":":
            operator = word[self._pos : self._pos + 1]
            self._pos += 1
            modifier += operator
        elif modifier not in ("+", "-", "?", "#", "%"):
            raise ExpansionError(f"unsupported modifier ({modifier}) in substitution", start)
        return self._modify(name, modifier, operator, start)

    def _plain(self, name: str, start: int, written: str) -> str:
        value = self._values.get(name)
        if value is None:
            self.unmatched.append(Unmatched(name, start, self._pos))
            return written if self._skip_unset else ""
        return self._spent(value, start)

    def _spent(self, value: str, start: int) -> str:
        self._budget.spend(len(value), start)
        return value

    def _argument(self, stop: str, raw_escapes: bool, start: int) -> str:
        """The text of a modifier; at the end of the word the closing brace is what is missing."""
        try:
            return self._until(stop, raw_escapes)
        except ExpansionError:
            if self._pos < len(self._word):
                raise
            missing = "'}'" if stop == "}" else "'/' in ${}"
            raise ExpansionError(f"syntax error: missing {missing}", start) from None

    def _modify(self, name: str, modifier: str, operator: str, start: int) -> str:
        known = len(self.unmatched)
        word = self._argument("}", operator in ("#", "%"), start)
        value = self._values.get(name)
        if value is None and self._skip_unset:
            return f"${{{name}{modifier}{word}}}"
        if value is None and operator in ("-", "+", "?"):
            self.unneeded.append(Unmatched(name, start, self._pos))
        empty = value is None or (modifier[0] == ":" and value == "")
        if operator in ("-", "+"):
            if empty is (operator == "-"):
                return word
            self.unneeded += self.unmatched[known:]
            del self.unmatched[known:]  # what is not used cannot be missed
            return "" if value is None or operator == "+" else self._spent(value, start)
        if operator == "?":
            if empty:
                reason = word or f"is not allowed to be {'unset' if value is None else 'empty'}"
                raise ExpansionError(f"{name}: {reason}", start)
            assert value is not None
            return self._spent(value, start)
        if operator not in ("#", "%"):
            if value is None:
                self.unmatched.append(Unmatched(name, start, self._pos))
            raise ExpansionError(f"unsupported modifier ({modifier}) in substitution", start)
        if value is None:
            self.unmatched.append(Unmatched(name, start, self._pos))
            value = ""
        greedy = word.startswith(operator)
        pattern = self._pattern(word[1:] if greedy else word, value, start)
        return pattern.without(value, suffix=operator == "%", longest=greedy)

    def _replace(self, name: str, start: int) -> str:
        every = self._word.startswith("/", self._pos)
        if every:
            self._pos += 1
        searched = self._argument("/", True, start)
        replacement = self._argument("}", True, start)
        value = self._values.get(name)
        if value is None:
            if self._skip_unset:
                return f"${{{name}/{searched}/{replacement}}}"
            self.unmatched.append(Unmatched(name, start, self._pos))
            value = ""
        pattern = self._pattern(searched, value, start)
        if every:
            # Go's ReplaceAllString reads `$1` in the replacement as a group; there are none.
            replacement = re.sub(r"\$(?:(\$)|\w+|\{\w+\})", r"\1", replacement)
        pieces = pattern.replace(value, every=every)
        self._budget.spend(sum(map(len, pieces)) + len(replacement) * (len(pieces) - 1), start)
        return replacement.join(pieces)

    def _pattern(self, text: str, value: str, start: int) -> Pattern:
        try:
            pattern = Pattern(text)
        except ValueError as error:
            raise ExpansionError(
                f"invalid pattern ({text}) in substitution: {error}", start
            ) from None
        self._budget.spend(0, start)
        self._budget.left -= pattern.cost(len(value))
        return pattern


def _run(escape: str, stop: str, quotes: bool) -> re.Pattern[str]:
    key = (escape, stop, quotes)
    if key not in _RUNS:
        special = "$" + escape + stop + ("'\"" if quotes else "")
        _RUNS[key] = re.compile(f"[^{re.escape(special)}]+")
    return _RUNS[key]

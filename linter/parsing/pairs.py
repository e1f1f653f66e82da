"""Names and values of ENV, LABEL and ARG where they stand, and how to take some out."""

from __future__ import annotations

from dockgate.rules.pattern import pattern
from dockgate.rules.record import NamedTuple
from dockgate.rules.subjects.dockerfile import Instruction
from dockgate.rules.subjects.text import Span, Text

#: `NAME=`: where an ARG's further words start with it, they are ARGs of their own.
_ASSIGNMENT = pattern(r"[A-Za-z_][A-Za-z0-9_]*=")
_BLANKS = " \t"


class Pair(NamedTuple):
    """A name as written, its place, and the place of its value, None where it has none."""

    name: str
    span: Span
    value: Span | None

    @property
    def end(self) -> int:
        """The offset behind it."""
        return (self.value or self.span).end


def is_legacy(cmd: str, words: list[str]) -> bool:
    """`NAME value`, which dockerfile-parse reads for ARG too, where BuildKit sees two ARGs."""
    if "=" in words[0]:
        return False
    return cmd != "ARG" or not any(_ASSIGNMENT.match(word) for word in words[1:])


def places(holder: Instruction) -> list[Pair]:
    """The pairs of an ENV, LABEL or ARG, in their order."""
    words = holder.words
    if holder.cmd != "ARG":
        triples = zip(words[::3], words[1::3], strict=False)
        return [Pair(name.value, name.span, value.span) for name, value in triples]
    if words and is_legacy("ARG", [word.value for word in words]):
        rest = Span(words[1].span.start, words[-1].span.end) if len(words) > 1 else None
        return [Pair(words[0].value, words[0].span, rest)]
    found = []
    for word in words:
        name, equals, _ = word.value.partition("=")
        middle = word.span.start + len(name)
        value = Span(middle + 1, word.span.end) if equals else None
        found.append(Pair(name, Span(word.span.start, middle), value))
    return found


def removals(text: Text, holder: Instruction, gone: set[int]) -> list[tuple[Span, str]]:
    """Edits that take pairs out of an instruction, or all of it with the last of them.

    Comments between the pairs that stay are kept.
    """
    pairs = places(holder)
    if len(gone) == len(pairs):
        start = text.starts[holder.start - 1]
        end = text.starts[holder.end] if holder.end < len(text.starts) else len(text.text)
        return [(Span(start, end), "")]
    edits = []
    kept = -1
    for number, pair in enumerate(pairs):
        if number not in gone:
            kept = pair.end
        elif all(later in gone for later in range(number + 1, len(pairs))):
            edits.append((Span(kept, pairs[-1].end), ""))
            break
        else:
            following = pairs[number + 1].span.start
            edits.append((_stretch(text, pair.span.start, pair.end, following), ""))
    return edits


def _stretch(text: Text, start: int, end: int, following: int) -> Span:
    """What to take out with a pair: its blanks, or its whole line when it stands alone there."""
    line, after = text.position(start).line, text.position(following).line
    if line == after:
        return Span(start, following)
    begin = text.starts[line - 1]
    if not text.text[begin:start].strip(_BLANKS):
        return Span(begin, text.starts[text.position(end).line])
    while start > begin and text.text[start - 1] in _BLANKS:
        start -= 1
    return Span(start, end)

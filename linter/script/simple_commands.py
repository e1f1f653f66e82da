"""Simple commands of a syntax tree: words, assignments and redirections.

Two repairs of what tree-sitter-bash 0.25 gives: touching nodes are one word; words behind a
redirection's target are arguments.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from dockgate.linter.script.inner import shell_options
from dockgate.linter.script.masking import Body
from dockgate.linter.script.syntax import REDIRECTS
from dockgate.linter.script.wrappers import resolve
from dockgate.rules.pattern import pattern
from dockgate.rules.record import NamedTuple
from dockgate.rules.subjects.quoting import split_parts
from dockgate.rules.subjects.shell import Assignment, Command, Redirect, ShellWord
from dockgate.rules.subjects.text import MappedText, Span

if TYPE_CHECKING:
    from tree_sitter import Node

_EXPRESSIONS = frozenset(
    {"binary_expression", "unary_expression", "parenthesized_expression", "negation_expression"}
)
_DECLARATIONS = frozenset({"declare", "typeset", "export", "readonly", "local"})
_QUOTING = pattern(r"[\\'\"$`(]")
SUBSTITUTION = pattern(r"\$\(|`|[<>]\(")
_CONTINUED = pattern(r"(?:\\\n)+")
_NAME = pattern(r"[A-Za-z_][A-Za-z0-9_]*(?:\[[^]]*\])?\+?=")
_EXPANDED = pattern(r"\\?[$`]")


class Flow(NamedTuple):
    """The commands that read a statement's standard input, and those that write its output."""

    heads: list[Command]
    tails: list[Command]


class Place(NamedTuple):
    """Where a statement stands."""

    context: tuple[str, ...]
    depth: int
    shell: str


class State:
    """The shell options in force while reading on; a subshell has its own."""

    __slots__ = ("options",)

    def __init__(self, options: frozenset[str]) -> None:
        self.options = options


class Input(NamedTuple):
    """A here-document or here-string that commands read."""

    redirect: Redirect
    start: int  #: where its text starts in the script
    commands: list[Command]
    place: Place
    state: State


class SimpleCommands:
    """Reads the simple commands of one script.

    What they hold (substitutions, scripts) is read by `ScriptReader`, which stands above.
    """

    __slots__ = ("bodies", "commands", "inputs", "source", "text")

    def __init__(
        self, source: MappedText, bodies: dict[int, Body], commands: list[Command]
    ) -> None:
        self.source = source
        self.text = source.text
        self.bodies = bodies  #: here-documents by the offset of their operator
        self.commands = commands  #: all that were read so far
        self.inputs: list[Input] = []

    def substitutions(self, node: Node, place: Place, state: State) -> tuple[Command, ...]:
        """Read the command and process substitutions within a node."""
        raise NotImplementedError

    def script_within(self, command: Command, starts: list[int], place: Place) -> None:
        """Read the script that a command is given as a word; `starts` are its words' places."""
        raise NotImplementedError

    def words(
        self, nodes: Iterable[Node], place: Place, state: State
    ) -> tuple[list[ShellWord], list[int]]:
        """The words that the nodes make, and where they start; touching nodes are one word."""
        words: list[ShellWord] = []
        starts: list[int] = []
        group: list[Node] = []
        end = -1
        for node in nodes:
            first = node.start_byte
            if first == end or (group and _CONTINUED.fullmatch(self.text, end, first)):
                group.append(node)
            else:
                if group:
                    words.append(self.word(starts[-1], end, group, place, state))
                group = [node]
                starts.append(first)
            end = node.end_byte
        if group:
            words.append(self.word(starts[-1], end, group, place, state))
        return words, starts

    def word(
        self, start: int, end: int, nodes: Iterable[Node], place: Place, state: State
    ) -> ShellWord:
        """The word `text[start:end]`."""
        text = self.text[start:end]
        span = self.source.span(start, end)
        if not _QUOTING.search(text):
            return ShellWord(text, text, span)
        parts = split_parts(text)
        literal = not any(part.expansion for part in parts)
        commands: tuple[Command, ...] = ()
        if SUBSTITUTION.search(text):
            for node in nodes:
                commands += self.substitutions(node, place, state)
        value = "".join(part.text for part in parts)
        return ShellWord(text, value, span, literal=literal and not commands, commands=commands)

    def assignment(self, node: Node, place: Place, state: State) -> Assignment:
        """`NAME=value` as the grammar found it."""
        start, end = node.start_byte, node.end_byte
        name = _NAME.match(self.text, start, end)
        value = name.end() if name else end
        word = self.word(value, end, node.children[2:], place, state)
        written = self.text[start:value].rstrip("+=")
        return Assignment(written, word, self.source.span(start, end))

    def declared(self, word: ShellWord, start: int) -> Assignment | None:
        """The assignment that an argument of `export` and its like is."""
        name = _NAME.match(word.text)
        if name is None:
            return None
        size, whole = name.end(), len(word.text)
        value = ShellWord(
            word.text[size:],
            word.value[size:],
            self.source.span(start + size, start + whole),
            literal=word.literal,
            commands=word.commands,
        )
        return Assignment(name[0].rstrip("+="), value, word.span)

    def command(
        self,
        children: Sequence[Node],
        redirects: Sequence[Node],
        connector: str,
        place: Place,
        state: State,
    ) -> Flow:
        """Read a simple command with its redirections."""
        command = Command([], Span(0, 0), connector=connector, context=place.context)
        command.shell, command.options = place.shell, state.options
        # Before its substitutions: commands are in the order of the text.
        self.commands.append(command)
        pieces: list[Node] = []
        found = list(redirects)
        for child in children:
            kind = child.type
            if kind in REDIRECTS:
                found.append(child)
            elif kind == "variable_assignment" and not pieces:
                command.assignments.append(self.assignment(child, place, state))
            elif kind != "comment":
                pieces.append(child)
        places = [(child.start_byte, child.end_byte) for child in children]
        for redirect in found:
            made, text, extra, end = self.redirect(redirect, place, state)
            command.redirects.append(made)
            if text >= 0:
                self.inputs.append(Input(made, text, [command], place, state))
            pieces += extra
            places.append((redirect.start_byte, end))
        if found:
            pieces.sort(key=lambda piece: piece.start_byte)
        command.words, starts = self.words(pieces, place, state)
        places += [(piece.start_byte, piece.end_byte) for piece in pieces[-1:]]
        start, end = min(p[0] for p in places), max(p[1] for p in places)
        command.span = self.source.span(start, end)
        if pieces and pieces[0].type in _DECLARATIONS:
            command.assignments += [
                declared
                for word, at in zip(command.words, starts, strict=True)
                if (declared := self.declared(word, at)) is not None
            ]
        if command.words:
            resolve(command)
            if pieces[0].type == "((":
                command.name = "(("
            if command.name == "set":
                found_options = shell_options([word.value for word in command.args])
                state.options = (state.options | found_options.on) - found_options.off
            self.script_within(command, starts, place)
        return Flow([command], [command])

    def redirect(
        self, node: Node, place: Place, state: State
    ) -> tuple[Redirect, int, list[Node], int]:
        """A redirection, where its text starts, the arguments behind it, and where it ends.

        The text is that of a here-document or here-string, -1 for others.
        """
        fd: int | None = None
        operator = ""
        start = end = node.start_byte
        targets: list[Node] = []
        for child in node.children:
            if child.type == "file_descriptor":
                digits = self.text[child.start_byte : child.end_byte]
                fd = int(digits) if digits.isdecimal() and len(digits) < 4 else None
            elif not operator and not child.is_named:
                operator = child.type
                start, end = child.start_byte, child.end_byte
            else:
                targets.append(child)
        count = 0
        if targets and not operator.endswith("-"):
            end = targets[0].start_byte
            while count < len(targets) and targets[count].start_byte == end:
                end = targets[count].end_byte
                count += 1
        span = self.source.span(node.start_byte, end)
        body = self.bodies.get(start)
        if body is not None:
            target: ShellWord | None = self.document(body)
            return Redirect(body.operator, target, span, fd), body.start, targets[count:], end
        words, starts = self.words(targets[:count], place, state)
        if operator == "<":  # linter.masking made it of one of these
            written = self.text[start : start + 3]
            operator = next((o for o in ("<<<", "<>") if written.startswith(o)), "<")
        text = starts[0] if words and operator == "<<<" else -1
        return Redirect(operator, words[0] if words else None, span, fd), text, targets[count:], end

    def document(self, body: Body) -> ShellWord:
        """A here-document as a word."""
        text = self.text[body.start : body.end]
        span = self.source.span(body.start, body.end)
        return ShellWord(text, text, span, literal=body.quoted or not _EXPANDED.search(text))


def parts_of(node: Node) -> list[Node]:
    """The assignments, words and redirections of a command; of a test those of its expressions."""
    kind = node.type
    if kind == "variable_assignment":
        return [node]
    if kind != "test_command":
        return node.children
    found: list[Node] = []
    todo = list(reversed(node.children))
    while todo:
        child = todo.pop()
        if child.type in _EXPRESSIONS:
            todo.extend(reversed(child.children))
        else:
            found.append(child)
    return found

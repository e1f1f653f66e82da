"""From scripts to commands: a script, and the scripts within it, each read by its own tree."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from dockgate.linter.script.inner import inner_script, reads_script, shell_options
from dockgate.linter.script.masking import Masked, mask, mask_foreign, mask_tests
from dockgate.linter.script.simple_commands import SUBSTITUTION, Place, State
from dockgate.linter.script.statements import MAX_DEPTH, Statements
from dockgate.linter.script.syntax import faults
from dockgate.rules.pattern import pattern
from dockgate.rules.subjects.quoting import split_parts
from dockgate.rules.subjects.shell import Command, ShellWord
from dockgate.rules.subjects.text import MappedText, Span

if TYPE_CHECKING:
    from tree_sitter import Node

#: Linux takes no longer argument (MAX_ARG_STRLEN), so no `sh -c` runs a longer script.
MAX_SCRIPT = 131_072
#: Words and signs of a script; real ones have a few hundred. The parser's search for a way on
#: after a fault takes time with their square: 2 s at this many.
MAX_TOKENS = 10_000
MAX_FAULTY_TOKENS = 20_000  #: of all faulty scripts of a file, for the same reason

_SUBSTITUTIONS = frozenset({"command_substitution", "process_substitution"})
_TOKEN = pattern(r"\w+|[^\w\s]")
_ESCAPED = pattern(r"\\[$`\\\n]")
_END = "_END_OF_HERE_DOCUMENT_"


class Reader:
    """Collects the commands and the errors of the scripts of a file, instruction by instruction.

    `parse` gives the root of the syntax tree of a script in ASCII.
    """

    __slots__ = ("allowance", "commands", "errors", "parse")

    def __init__(self, parse: Callable[[bytes], Node]) -> None:
        self.parse = parse
        self.commands: list[Command] = []
        self.errors: list[Span] = []
        self.allowance = MAX_FAULTY_TOKENS  #: tokens of faulty scripts that may still be read

    def take(self) -> tuple[list[Command], list[Span]]:
        """What was read since the last time: commands in the order of the text, and errors."""
        found = sorted(self.commands, key=lambda command: command.span.start), self.errors
        self.commands, self.errors = [], []
        return found

    def read(
        self,
        source: MappedText,
        shell: str,
        options: frozenset[str],
        context: tuple[str, ...] = (),
        depth: int = 0,
    ) -> None:
        """Read one script and all that it holds. Past a bound it is an error, and unread."""
        masked = mask(source.text)
        root = self.tree(masked.text) if depth <= MAX_DEPTH else None
        if root is not None and root.has_error:
            plain = mask_tests(masked.text)
            other = self.tree(plain) if plain != masked.text else None
            if other is not None and not other.has_error:
                root = other
            else:
                self.errors += [source.span(*span) for span in faults(root)]
        if root is None:
            self.errors.append(source.span(0, len(source.text)))
            return
        reader = _ScriptReader(self, source, masked)
        reader.sequence(root.children, "", Place(context, depth, shell), State(options))
        reader.read_inputs()

    def tree(self, masked: str) -> Node | None:
        """The root of the syntax tree of a masked script; None past a bound."""
        size = len(masked)
        if size > MAX_SCRIPT or self.allowance <= 0:
            return None
        if size > MAX_TOKENS and len(_TOKEN.findall(masked)) > MAX_TOKENS:
            return None
        root = self.parse(masked.encode("ascii"))
        if root.has_error:
            self.allowance -= len(_TOKEN.findall(masked))
        return root

    def read_within(
        self, command: Command, locate: Callable[[ShellWord], MappedText], depth: int
    ) -> None:
        """Read the script that a command is given as a word; `locate` gives its places."""
        found = inner_script(command)
        if found is not None:
            context = (*command.context, "sh -c")
            self.read(locate(found.word), found.shell, found.options, context, depth + 1)


class _ScriptReader(Statements):
    """Reads one script, and what runs within its words and inputs."""

    __slots__ = ("reader",)

    def __init__(self, reader: Reader, source: MappedText, masked: Masked) -> None:
        super().__init__(source, masked, reader.commands, reader.errors)
        self.reader = reader

    def substitutions(self, node: Node, place: Place, state: State) -> tuple[Command, ...]:
        """Read the command and process substitutions within a node."""
        start, end = node.start_byte, node.end_byte
        if not SUBSTITUTION.search(self.text, start, end):
            return ()
        if place.depth > MAX_DEPTH:
            self.errors.append(self.source.span(start, end))
            return ()
        before = len(self.commands)
        inner = Place((*place.context, "substitution"), place.depth + 1, place.shell)
        todo = [node]
        while todo:
            current = todo.pop()
            if current.type in _SUBSTITUTIONS:
                self.substitution(current, inner, state)
            else:
                todo.extend(reversed(current.children))
        return tuple(self.commands[before:])

    def substitution(self, node: Node, place: Place, state: State) -> None:
        """Read one substitution. In backquotes a backslash hides `$`, a backquote and itself."""
        start, end = node.start_byte, node.end_byte
        if self.text[start] == "`" and _ESCAPED.search(self.text, start, end):
            source = _unescaped(self.source.part(start + 1, end - 1))
            self.reader.read(source, place.shell, state.options, place.context, place.depth)
        else:
            self.sequence(node.children, "", place, State(state.options))

    def script_within(self, command: Command, starts: list[int], place: Place) -> None:
        """Read the script that a command is given as a word; `starts` are its words' places."""

        def locate(word: ShellWord) -> MappedText:
            index = next(i for i, other in enumerate(command.words) if other is word)
            return self.passed(starts[index], word)

        self.reader.read_within(command, locate, place.depth)

    def passed(self, start: int, word: ShellWord) -> MappedText:
        """The word at `start` as the command gets it, with places."""
        made = []
        for part in split_parts(word.text):
            at = start + part.start
            piece = self.source.part(at, at + len(part.text))
            piece.text = part.text
            made.append(piece)
        return MappedText.join(made)

    def read_inputs(self) -> None:
        """Read what commands get as text on their standard input, once all pipes are known."""
        for redirect, start, commands, place, state in self.inputs:
            target = redirect.target
            if target is None:
                continue
            reader = next((s for c in commands if (s := _input_shell(c)) is not None), None)
            end = start + len(target.text)
            if reader is not None and not target.commands:
                if redirect.operator == "<<<":
                    source = self.passed(start, target)
                else:
                    source = self.source.part(start, end)
                    source = source if target.literal else _unescaped(source)
                options = shell_options([word.value for word in reader.args]).on
                context = (*place.context, "heredoc")
                self.reader.read(source, reader.name, options, context, place.depth + 1)
            elif redirect.operator != "<<<" and not target.literal:
                target.commands = self.expanded(start, end, place, state)

    def expanded(self, start: int, end: int, place: Place, state: State) -> tuple[Command, ...]:
        """The commands of the substitutions in the here-document `text[start:end]`."""
        text = self.text[start:end]
        if not SUBSTITUTION.search(text):
            return ()
        document = f"cat <<{_END}\n{mask_foreign(text)}\n{_END}\n"
        before = MappedText(" " * document.index("\n"), [(0, self.source.source(start))])
        line_end = MappedText("\n", [(0, self.source.source(start))])
        source = MappedText.join([before, line_end, self.source.part(start, end)])
        root = self.reader.tree(document)
        if root is None:
            self.errors.append(self.source.span(start, end))
            return ()
        reader = _ScriptReader(self.reader, source, Masked(document, {}, frozenset()))
        return reader.substitutions(root, place, state)


def _input_shell(command: Command) -> Command | None:
    """The shell that runs what `command` gets as input: itself, or behind `cat` and a pipe."""
    if reads_script(command):
        return command
    following = command.pipe_to
    if command.name == "cat" and following is not None and reads_script(following):
        return following
    return None


def _unescaped(source: MappedText) -> MappedText:
    """What is in backquotes or an unquoted here-document without the backslashes of escapes."""
    parts = []
    at = 0
    for escape in _ESCAPED.finditer(source.text):
        parts.append(source.part(at, escape.start()))
        at = escape.end() if escape[0].endswith("\n") else escape.start() + 1
    parts.append(source.part(at))
    return MappedText.join(parts)

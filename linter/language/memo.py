"""What the last lint of a document has left for the next one: most of it is still the same.

Only what follows from an instruction's own text is kept, so a lint with a memo finds what one
without finds. It holds as much as the last lint made, no more.
"""

from __future__ import annotations

from collections.abc import Hashable

from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction
from dockgate.rules.subjects.shell import Command, Redirect, Script
from dockgate.rules.subjects.text import Span

Key = tuple[Hashable, ...]


class Memo:
    """Scripts and instructions without secrets, by the text that they come from.

    A script is moved to where its text stands now, so the model that it came from is not to be
    used any more: one memo serves one document, on one thread.
    """

    __slots__ = ("_clean", "_known_clean", "_known_scripts", "_scripts")

    def __init__(self) -> None:
        self._known_scripts: dict[Key, list[tuple[int, Script]]] = {}
        self._scripts: dict[Key, list[tuple[int, Script]]] = {}
        self._known_clean: set[Key] = set()
        self._clean: set[Key] = set()

    def begin(self) -> None:
        """A lint starts: what the one before the last has left is forgotten."""
        self._known_scripts, self._scripts = self._scripts, {}
        self._known_clean, self._clean = self._clean, set()

    def script(self, key: Key, start: int) -> Script | None:
        """The script of this key, for an instruction that starts at the offset `start`."""
        known = self._known_scripts.get(key)
        if not known:
            return None
        base, script = known.pop()
        if base != start:
            move(script, start - base)
        self.keep(key, start, script)
        return script

    def keep(self, key: Key, start: int, script: Script) -> None:
        """Keep a script for the next lint."""
        self._scripts.setdefault(key, []).append((start, script))

    def is_clean(self, key: Key) -> bool:
        """Whether no secret was found under this key."""
        found = key in self._known_clean
        if found:
            self._clean.add(key)
        return found

    def keep_clean(self, key: Key) -> None:
        """Keep that no secret was found."""
        self._clean.add(key)


def key_of(dockerfile: Dockerfile, instruction: Instruction) -> Key:
    """All that an instruction's syntax tree follows from, places aside."""
    text = dockerfile.text
    written = text.text[instruction.span.start : text.line_span(instruction.end).end]
    contents = tuple(heredoc.content for heredoc in instruction.heredocs)
    return written, instruction.logical.text, instruction.body_start, dockerfile.escape, contents


def move(script: Script, by: int) -> None:
    """Move a script and all that is in it by so many characters."""
    script.span = _moved(script.span, by)
    shared: dict[int, Redirect] = {}  # a group's act on several commands
    for command in script.commands:
        _move_command(command, by)
        for redirect in command.redirects:
            shared[id(redirect)] = redirect
    for redirect in shared.values():
        redirect.span = _moved(redirect.span, by)
        if redirect.target is not None:
            redirect.target.span = _moved(redirect.target.span, by)


def _move_command(command: Command, by: int) -> None:
    command.span = _moved(command.span, by)
    for word in command.words:  # its wrappers' words are among them
        start, end = word.span
        word.span = Span(start + by, end + by)
    for wrapper in command.wrappers:
        wrapper.span = _moved(wrapper.span, by)
    for assignment in command.assignments:
        assignment.span = _moved(assignment.span, by)
        assignment.value.span = _moved(assignment.value.span, by)


def _moved(span: Span, by: int) -> Span:
    return Span(span.start + by, span.end + by)

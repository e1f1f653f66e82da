"""What a shell would run: commands with words, redirects and places.

Plain data. `dockgate.linter.shell` fills it from RUN, CMD, ENTRYPOINT, HEALTHCHECK and heredocs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from dockgate.rules.subjects.quoting import expand
from dockgate.rules.subjects.text import Span

if TYPE_CHECKING:
    from dockgate.rules.subjects.packages import PackageCall

POSIX_SHELLS = frozenset({"sh", "bash", "dash", "ash", "ksh", "mksh", "zsh"})


class ShellWord:
    """One argument.

    `text` is as written; `value` is what the shell would pass, quotes removed, with `$NAME` and
    `$(…)` left as written; `literal` says that no variable, command or arithmetic is expanded in
    it (patterns such as `*.deb` are not followed).
    """

    __slots__ = ("commands", "literal", "span", "text", "value")

    def __init__(
        self,
        text: str,
        value: str,
        span: Span,
        *,
        literal: bool = True,
        commands: tuple[Command, ...] = (),
    ) -> None:
        self.text = text
        self.value = value
        self.span = span
        self.literal = literal
        self.commands = commands  #: of command and process substitutions within the word

    def expand(self, env: Mapping[str, str]) -> str | None:
        """The value with the variables of `env` put in; None when that does not settle it.

        `env` is `Instruction.env`; what the script itself assigns is not followed.
        """
        return self.value if self.literal else expand(self.text, env)

    def __repr__(self) -> str:
        return f"ShellWord({self.value!r})"


class Redirect:
    """`[fd]operator target`; a here-document or here-string has its text as target.

    Those of a group, loop or condition are in the commands that they act on. `span` is that of
    the operator and the word after it: a here-document's body is not in it.
    """

    __slots__ = ("fd", "operator", "span", "target")

    def __init__(self, operator: str, target: ShellWord | None, span: Span, fd: int | None) -> None:
        self.operator = operator
        self.target = target
        self.span = span
        self.fd = fd


class Assignment:
    """`NAME=value`, before a command, alone, or after `export`."""

    __slots__ = ("name", "span", "value")

    def __init__(self, name: str, value: ShellWord, span: Span) -> None:
        self.name = name
        self.value = value
        self.span = span


class Command:
    """A simple command.

    `name` is the command that does the work, without its folder: for `sudo -E env A=b
    /usr/bin/apt-get install x` it is `apt-get`, `args` are `install x`, and `wrappers` are the
    commands before it (`sudo`, `env`). `words` are all of them as they stand. `name` is "" for a
    bare assignment or redirect.
    """

    __slots__ = (
        "args",
        "assignments",
        "connector",
        "context",
        "exec_form",
        "name",
        "name_word",
        "options",
        "package_call",
        "pipe_from",
        "pipe_to",
        "redirects",
        "shell",
        "span",
        "words",
        "wrappers",
    )

    def __init__(
        self,
        words: list[ShellWord],
        span: Span,
        *,
        name: str = "",
        name_word: ShellWord | None = None,
        args: list[ShellWord] | None = None,
        wrappers: tuple[Command, ...] = (),
        assignments: list[Assignment] | None = None,
        redirects: list[Redirect] | None = None,
        connector: str = "",
        context: tuple[str, ...] = (),
        exec_form: bool = False,
        shell: str = "sh",
        options: frozenset[str] = frozenset(),
    ) -> None:
        self.words = words  #: the argument vector: assignments and redirects are not in it
        self.span = span  #: from its first assignment, word or redirect to its last
        self.name = name
        self.name_word = name_word
        self.args = args if args is not None else []
        self.wrappers = wrappers  #: each with its own name and args (its options only)
        self.assignments = assignments if assignments is not None else []
        self.redirects = redirects if redirects is not None else []
        #: the operator before it: "&&", "||", ";" (also a line end), "&", "|", "|&"; "" for the
        #: first of a script or of a branch; the first of a group has the one before the group
        self.connector = connector
        #: what it stands in, outermost first: "subshell", "group", "if", "condition", "loop",
        #: "case", "function", "substitution", "negated", "sh -c" (any string that a shell, `su -c`
        #: or `eval` is given), "heredoc" (a here-document or here-string that a shell reads)
        self.context = context
        self.shell = shell  #: the shell that runs it; "" in exec form
        self.options = options  #: of that shell, in force here: "e", "u", "x", "pipefail"
        self.exec_form = exec_form  #: JSON form: no shell runs it
        self.pipe_from: Command | None = None  #: the command whose output it reads
        self.pipe_to: Command | None = None
        self.package_call: PackageCall | None = None  #: set by linter.shell for package managers

    def has(self, *options: str) -> bool:
        """Whether one of these options is given: `-k` also in `-sSk`, `--name` also `--name=v`."""
        return self.option(*options) is not None

    def option(self, *options: str) -> ShellWord | None:
        """The first argument that gives one of these options, as `has` reads them."""
        for word in self.args:
            value = word.value
            if value == "--":
                return None
            for option in options:
                if option.startswith("--"):
                    if value == option or value.startswith(option + "="):
                        return word
                elif (
                    value.startswith("-") and not value.startswith("--") and option[1:] in value[1:]
                ):
                    return word
        return None

    def pipeline(self) -> Iterator[Command]:
        """The commands of its pipeline, from the first."""
        command = self
        while command.pipe_from is not None:
            command = command.pipe_from
        current: Command | None = command
        while current is not None:
            yield current
            current = current.pipe_to

    def __repr__(self) -> str:
        return f"<Command {' '.join(word.value for word in self.words)!r}>"


class Script:
    """All that one instruction would run.

    `commands` are in the order of the text and contain those of subshells, functions, loops,
    substitutions and literal `sh -c '…'` too. `language` is "posix", "powershell", "cmd" or
    "other" (`#!/usr/bin/env python3` in a heredoc); only "posix" has commands.
    """

    __slots__ = ("commands", "errors", "language", "options", "shell", "span")

    def __init__(
        self,
        shell: str,
        language: str,
        span: Span,
        *,
        commands: list[Command] | None = None,
        errors: list[Span] | None = None,
        options: frozenset[str] = frozenset(),
    ) -> None:
        self.shell = shell  #: "sh", "bash", … as far as text tells; "" in exec form without one
        self.language = language
        self.span = span
        self.commands = commands if commands is not None else []
        self.errors = errors if errors is not None else []  #: where it is no valid shell
        self.options = options  #: in force at its start, from SHELL: "e", "u", "x", "pipefail"

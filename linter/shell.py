"""What each instruction would run: RUN, CMD, ENTRYPOINT and HEALTHCHECK as commands with places.

The only importer of tree_sitter and tree_sitter_bash, and only once there is a script to parse.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from dockgate.linter.script.commands import Reader
from dockgate.linter.script.inner import inner_script, shell_options
from dockgate.linter.script.wrappers import resolve
from dockgate.rules.pattern import pattern
from dockgate.rules.subjects.dockerfile import Dockerfile, Heredoc, Instruction, Stage
from dockgate.rules.subjects.shell import POSIX_SHELLS, Command, Script, ShellWord
from dockgate.rules.subjects.text import MappedText, Span

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

    from dockgate.linter.language.memo import Memo

_SCRIPTS = frozenset({"RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK"})
_WINDOWS_SHELLS = {"powershell": "powershell", "pwsh": "powershell", "cmd": "cmd"}
#: Interpreters that read no POSIX shell; a version may follow the name.
_OTHER_SHELLS = frozenset(
    [
        "python",
        "pypy",
        "perl",
        "ruby",
        "node",
        "nodejs",
        "deno",
        "bun",
        "php",
        "lua",
        "tclsh",
        "awk",
        "gawk",
        "fish",
        "nu",
        "elvish",
        "xonsh",
        "csh",
        "tcsh",
        "rc",
        "make",
        "Rscript",
        "julia",
        "ysh",
        "oil",
    ]
)
_BARE_HEREDOC = pattern(r"\s*[0-9]*<<-?[^<\s]+\s*")
_HEALTHCHECK_CMD = pattern(r"\s*CMD(?=\s)", re.I)
_JSON_STRING = pattern(r'"((?:[^"\\]|\\.)*)"', re.S)
_JSON_ESCAPE = pattern(r"(?:\\u[0-9A-Fa-f]{4})+|\\.", re.S)
#: Commands that only Windows has: the shell around them is cmd, whatever the base's name says.
_WINDOWS_COMMAND = pattern(r"\s*(?:powershell|cmd)(?:\.exe)?(?=\s)", re.I)
_SHEBANG = pattern(r"#![ \t]*(\S+)[ \t]*([^\n]*)")

_parser: Parser | None = None


def attach(dockerfile: Dockerfile, memo: Memo | None = None) -> None:
    """Set `script` of every instruction that runs something, ONBUILD's triggers included."""
    reader = Reader(_tree)
    for instruction in dockerfile.instructions:
        target, stage = instruction, instruction.stage
        while target.sub is not None:
            target = target.sub
        if target.cmd in _SCRIPTS:
            shell = target.shell if target.shell is not None else instruction.shell
            stage = target.stage or stage
            if memo is None:
                target.script = read(target, shell, stage, reader)
            else:
                target.script = _remembered(dockerfile, target, shell, stage, reader, memo)


def _remembered(
    dockerfile: Dockerfile,
    instruction: Instruction,
    shell: tuple[str, ...] | None,
    stage: Stage | None,
    reader: Reader,
    memo: Memo,
) -> Script | None:
    """As `read`, from the memo where the instruction is in it."""
    from dockgate.linter.language.memo import key_of

    key = (*key_of(dockerfile, instruction), shell, stage is not None and stage.windows)
    start = instruction.span.start
    allowance = reader.allowance  # what is wrong in one script may cut another short
    script = memo.script(key, start) if allowance > 0 else None
    if script is None:
        script = read(instruction, shell, stage, reader)
        if script is not None and not script.errors and reader.allowance == allowance:
            memo.keep(key, start, script)
    return script


def read(
    instruction: Instruction,
    shell: tuple[str, ...] | None,
    stage: Stage | None = None,
    reader: Reader | None = None,
) -> Script | None:
    """What an instruction would run under `shell`; None when it runs nothing (HEALTHCHECK NONE)."""
    body = instruction.body
    words = instruction.words
    if instruction.cmd == "HEALTHCHECK":
        prefix = _HEALTHCHECK_CMD.match(body.text)
        if prefix is None:
            return None
        body = body.part(prefix.end())
        words = words[1:]
    name, language, options = _interpreter(shell, windows=stage is not None and stage.windows)
    script = Script(name, language, body.span(0, len(body.text)), options=options)
    reader = reader or Reader(_tree)
    if instruction.json:
        arguments = _json_words(body)
        if [text.text for text in arguments] != [word.value for word in words]:
            arguments = [MappedText(w.value, [(0, w.span.start)]) for w in words]
        _read_exec(script, reader, arguments)
    else:
        _read_shell(script, reader, body, instruction.heredocs)
    script.commands, script.errors = reader.take()
    return script


def shell_text(instruction: Instruction) -> MappedText:
    """What an instruction in shell form gives to the shell, here-documents included."""
    body = instruction.body
    if instruction.cmd == "HEALTHCHECK":
        prefix = _HEALTHCHECK_CMD.match(body.text)
        body = body.part(prefix.end() if prefix else 0)
    return _with_heredocs(body, instruction.heredocs)


def _with_heredocs(body: MappedText, heredocs: list[Heredoc]) -> MappedText:
    if _is_script(body, heredocs):
        return heredocs[0].body
    return MappedText.join([body, *_bodies(heredocs)]) if heredocs else body


def _is_script(body: MappedText, heredocs: list[Heredoc]) -> bool:
    """BuildKit runs a lone `<<EOF` as the script itself (dispatchRun)."""
    return bool(heredocs) and _BARE_HEREDOC.fullmatch(body.text) is not None


def _read_shell(script: Script, reader: Reader, body: MappedText, heredocs: list[Heredoc]) -> None:
    text = _with_heredocs(body, heredocs)
    if _is_script(body, heredocs):
        script.span = heredocs[0].span
        shebang = _SHEBANG.match(text.text)
        if shebang and script.language != "cmd":
            command = (shebang[1], *shebang[2].split())
            script.shell, script.language, script.options = _interpreter(command)
    body = text
    if script.language == "posix" and _WINDOWS_COMMAND.match(body.text):
        script.shell, script.language = "cmd", "cmd"
    if script.language == "posix" and body.text.strip():
        reader.read(body, script.shell, script.options)


def _bodies(heredocs: list[Heredoc]) -> list[MappedText]:
    """The here-documents as the shell gets them behind the command's line."""
    parts = []
    for heredoc in heredocs:
        start, end = heredoc.span
        text = heredoc.body.text
        closing = heredoc.name if not text or text.endswith("\n") else "\n" + heredoc.name
        parts.append(MappedText("\n", [(0, max(start - 1, 0))]))
        parts.append(heredoc.body)
        # Where BuildKit and the shell disagree on the delimiter (`<<E;`), the shell runs this line.
        parts.append(MappedText(closing, [(i, max(end - 1, 0)) for i in range(len(closing))]))
    return parts


def _read_exec(script: Script, reader: Reader, arguments: list[MappedText]) -> None:
    """Exec form: one command; when that is a shell with `-c`, its script too."""
    windows = script.language == "cmd"
    script.shell, script.options, script.language = "", frozenset(), "posix"
    if not arguments:
        return
    name = re.split(r"[/\\]", arguments[0].text)[-1].lower().removesuffix(".exe")
    if windows or name in _WINDOWS_SHELLS:
        script.language = _WINDOWS_SHELLS.get(name, "cmd")
        return
    words = [ShellWord(text.text, text.text, text.span(0, len(text.text))) for text in arguments]
    span = Span(words[0].span.start, words[-1].span.end)
    command = Command(words, span, exec_form=True, shell="")
    reader.commands.append(command)
    resolve(command)
    inner = inner_script(command)
    if inner is not None:
        script.shell, script.options = inner.shell, inner.options
        places = {id(word): text for word, text in zip(words, arguments, strict=True)}
        reader.read_within(command, lambda word: places[id(word)], 0)


def _json_words(body: MappedText) -> list[MappedText]:
    """The strings of a JSON array with their places, escapes resolved."""
    found = []
    for string in _JSON_STRING.finditer(body.text):
        start, end = string.span(1)
        parts = []
        at = start
        for escape in _JSON_ESCAPE.finditer(body.text, start, end):
            parts.append(body.part(at, escape.start()))
            try:
                value = json.loads(f'"{escape[0]}"')
            except ValueError:
                value = escape[0]
            parts.append(MappedText(value, [(0, body.source(escape.start()))]))
            at = escape.end()
        parts.append(body.part(at, end))
        found.append(MappedText.join(parts))
    return found


def _interpreter(
    command: tuple[str, ...] | None, *, windows: bool = False
) -> tuple[str, str, frozenset[str]]:
    """Name, language and options of SHELL's or a shebang's command; None is the default shell."""
    if not command:
        return ("cmd", "cmd", frozenset()) if windows else ("sh", "posix", frozenset())
    names = [re.split(r"[/\\]", part)[-1] for part in command]
    for index, name in enumerate(names):
        if name in POSIX_SHELLS:
            return name, "posix", shell_options(command[index + 1 :]).on
        windows_name = name.lower().removesuffix(".exe")
        if windows_name in _WINDOWS_SHELLS:
            return windows_name, _WINDOWS_SHELLS[windows_name], frozenset()
    first = next((n for n in names if n != "env" and not n.startswith("-")), names[0])
    return first, "other" if first.rstrip("0123456789.") in _OTHER_SHELLS else "posix", frozenset()


def _tree(script: bytes) -> Node:
    """The root of the syntax tree of a script."""
    global _parser
    if _parser is None:
        from tree_sitter import Language, Parser

        _parser = Parser(Language(_grammar()))
    return _parser.parse(script).root_node


def _grammar() -> Any:
    """The grammar. tree_sitter_bash's own module imports importlib.resources, five times as dear
    as all the rest, for query files that are not needed: so its extension is loaded directly.
    """
    from importlib.machinery import PathFinder

    package = PathFinder.find_spec("tree_sitter_bash")
    folders = package.submodule_search_locations if package else None
    binding = PathFinder.find_spec("tree_sitter_bash._binding", folders)
    if binding is None or binding.loader is None:
        import tree_sitter_bash

        return tree_sitter_bash.language()
    module = binding.loader.create_module(binding)
    if module is None:
        raise ImportError("tree_sitter_bash._binding cannot be loaded: reinstall tree-sitter-bash")
    binding.loader.exec_module(module)
    return module.language()

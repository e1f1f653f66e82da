"""Downloads, and the ways in which a script hands them to an interpreter."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from os.path import basename, normpath

from dockgate.rules.pattern import pattern
from dockgate.rules.subjects.dockerfile import Stage
from dockgate.rules.subjects.shell import POSIX_SHELLS, Command, ShellWord

DOWNLOADERS = frozenset(
    {"curl", "wget", "wget2", "fetch", "aria2c", "http", "https", "lwp-request"}
)
INTERPRETERS = POSIX_SHELLS | {
    "fish", "csh", "tcsh",
    "python", "python2", "python3", "perl", "ruby", "node", "nodejs", "php", "lua", "pwsh",
}  # fmt: skip
#: Commands that compare what was fetched with something known.
VERIFIERS = frozenset(
    {"sha1sum", "sha224sum", "sha256sum", "sha384sum", "sha512sum", "md5sum", "b2sum", "shasum"}
    | {"gpg", "gpg2", "gpgv", "cosign", "minisign", "signify", "rhash", "cksum", "openssl"}
)
_PROGRAM_OPTIONS = {
    "shell": re.compile(r"-[a-zA-Z]*[cn][a-zA-Z]*"),  # -n only reads it
    "python": re.compile(r"-[a-zA-Z]*[cm].*"),
    "perl": re.compile(r"-[a-zA-Z0-9]*[eEnp].*"),
    "ruby": re.compile(r"-[a-zA-Z0-9]*[enp].*"),
    "node": re.compile(r"-[a-zA-Z]*[ep]|--eval.*|--print.*"),
    "nodejs": re.compile(r"-[a-zA-Z]*[ep]|--eval.*|--print.*"),
    "php": re.compile(r"-[a-zA-Z]*[rBRF].*"),
    "lua": re.compile(r"-e.*"),
    "pwsh": re.compile(r"-(?:[cfe]|Command|File|EncodedCommand)", re.IGNORECASE),
}
_VARIABLE = pattern(r"\$(?:\{(\w+)\}|(\w+))")
_GIT_HOST = pattern(r"https://(?:(?:raw|gist)\.githubusercontent|(?:gist\.)?github|gitlab)\.com/")
_COMMIT = pattern(r"/[0-9a-f]{40}(?:/|\.tar\.gz$|\.zip$|$)")
INPUTS = ("-", "/dev/stdin", "/proc/self/fd/0", "--")
_FROM_INPUT = pattern(r"-[a-zA-Z]*s[a-zA-Z]*")
_WITH_VALUE = frozenset({"-o", "-O", "+o", "+O", "--rcfile", "--init-file", "-I", "-W", "-X"})


def downloads(command: Command) -> bool:
    """Whether the command fetches something from the network."""
    return command.name in DOWNLOADERS


def _kind(command: Command) -> str:
    if command.name in POSIX_SHELLS:
        return "shell"
    return "python" if command.name.startswith("python") else command.name


def program_word(command: Command) -> ShellWord | None:
    """The operand that an interpreter runs, or None when it reads its program from its input."""
    skip = False
    for word in command.args:
        value = word.value
        if skip:
            skip = False
        elif value in _WITH_VALUE and _kind(command) != "node":
            skip = True
        elif value in INPUTS or (_kind(command) == "shell" and _FROM_INPUT.fullmatch(value)):
            return None
        elif not value.startswith(("-", "+")):
            return word
    return None


def reads_program(command: Command) -> bool:
    """Whether it is an interpreter that takes its program from its standard input."""
    if command.name in (".", "source"):
        return bool(command.args) and command.args[0].value in INPUTS
    if command.name not in INTERPRETERS:
        return False
    inline = _PROGRAM_OPTIONS.get(_kind(command))
    if inline and any(inline.fullmatch(word.value) for word in command.args):
        return False
    return program_word(command) is None


def fetched_word(command: Command) -> Command | None:
    """The download within a word or redirect that the interpreter runs as its program.

    `bash <(curl …)`, `sh -c "$(curl …)"`, `eval "$(wget -qO- …)"`, `bash <<< "$(curl …)"`.
    """
    words = [word for word in command.args if word.commands]
    words += [r.target for r in command.redirects if r.target is not None and r.target.commands]
    for word in words:
        text = word.text.strip().strip("\"'").strip()
        whole = text.startswith(("$(", "`", "<(", "< <(")) or word.value.startswith(("$(", "`"))
        if whole:
            for inner in word.commands:
                if downloads(inner):
                    return inner
    return None


def saved_as(command: Command) -> str | None:
    """The file that a download writes, None for its standard output or when it cannot be told."""
    args = [word.value for word in command.args]
    short = {"curl": "o", "wget": "O", "wget2": "O", "fetch": "o", "aria2c": "o"}
    letter = short.get(command.name, "o")
    for i, value in enumerate(args):
        name, equals, given = value.partition("=")
        if equals and name in ("--output", "--output-document", "--out"):
            return given
        bundled = re.fullmatch(rf"-[a-zA-Z]*{letter}(.*)", value)
        if value in ("--output", "--output-document", "--out") or bundled:
            given = bundled[1] if bundled else ""
            given = given or (args[i + 1] if i + 1 < len(args) else "")
            return given if given not in ("", "-") else None
    for redirect in command.redirects:
        if redirect.operator in (">", ">>", ">|", "&>") and redirect.target is not None:
            return redirect.target.value if redirect.fd in (None, 1) else None
    remote = command.name in ("wget", "wget2", "aria2c", "fetch") or any(
        re.fullmatch(r"-[a-zA-Z]*O[a-zA-Z]*|--remote-name(?:-all)?", value) for value in args
    )
    if remote:
        addresses = [value for value in args if "/" in value and not value.startswith("-")]
        for value in [v for v in addresses if "://" in v] or addresses:
            return basename(value.partition("?")[0].partition("#")[0]) or None
    return None


def source_of(command: Command) -> Command | None:
    """The download whose output an interpreter reads as its program through a pipe."""
    if command.pipe_from is None or not reads_program(command):
        return None
    before = [c for c in command.pipeline() if c.span.start < command.span.start]
    return next((c for c in before if downloads(c)), None)


def run_files(commands: Iterable[Command]) -> Iterator[tuple[Command, ShellWord]]:
    """Downloads and the words that run what they saved, nothing being verified in between."""
    fetched: dict[str, Command] = {}
    for command in commands:
        if command.name in VERIFIERS:
            fetched.clear()
        elif downloads(command) or (command.name == "tee" and command.pipe_from is not None):
            source = next((c for c in command.pipeline() if downloads(c)), None)
            files = [saved_as(command)] if downloads(command) else [w.value for w in command.args]
            fetched |= {_key(file): source for file in files if file and source}
        elif command.name in ("mv", "cp") and len(command.args) > 1:
            moved = fetched.get(_key(command.args[-2].value))
            if moved:
                fetched[_key(command.args[-1].value)] = moved
        else:
            word = _run_word(command)
            known = fetched.get(_key(word.value)) if word is not None else None
            if known is not None and word is not None:
                yield known, word


def _run_word(command: Command) -> ShellWord | None:
    if command.name in (".", "source"):
        return command.args[0] if command.args else None
    if command.name in INTERPRETERS:
        inline = _PROGRAM_OPTIONS.get(_kind(command))
        if inline and any(inline.fullmatch(word.value) for word in command.args):
            return None
        redirected = [r.target for r in command.redirects if r.operator == "<" and r.target]
        return program_word(command) or (redirected[0] if redirected else None)
    word = command.name_word
    return word if word is not None and "/" in word.value else None


def _key(path: str) -> str:
    return basename(normpath(path)) if path else ""


def address_of(command: Command) -> ShellWord | None:
    """The operand of a download that is its web address, None where none can be told."""
    words = [w for w in command.args if "://" in w.value]
    if not words:
        before = ["", *(word.value for word in command.args)]
        words = [
            word
            for word, last in zip(command.args, before, strict=False)
            if not last.startswith("-") or not last.lower().endswith("o")
        ]
        words = [w for w in words if w.value[:1] == "$" or "." in w.value.strip(".")]
    return words[0] if words else None


def names_commit(address: str, stage: Stage | None) -> bool:
    """Whether a git host is asked for what one commit holds, named by its whole hash.

    Variables have the values that the stage's ENV gives them in the end.
    """
    values = stage.env if stage is not None else {}
    address = _VARIABLE.sub(lambda name: values.get(name[1] or name[2], ""), address)
    return _GIT_HOST.match(address) is not None and _COMMIT.search(address) is not None


def is_local(command: Command) -> bool:
    """Whether it asks this machine only, as health checks do."""
    word = address_of(command)
    return word is not None and bool(
        re.match(r"(?:https?://)?(?:localhost|127\.|\[::1\]|0\.0\.0\.0)", word.value)
    )

"""Commands that run another command: where the one that does the work starts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from dockgate.linter.script.packages import package_call
from dockgate.rules.pattern import pattern
from dockgate.rules.record import NamedTuple
from dockgate.rules.subjects.shell import Command, ShellWord
from dockgate.rules.subjects.text import Span

_ASSIGNMENT = pattern(r"[A-Za-z_][A-Za-z0-9_]*=")


class Wrapper(NamedTuple):
    """How a wrapping command is written: `name [options] operands… command`."""

    short: str = ""  #: letters of options whose value is the next word
    long: frozenset[str] = frozenset()  #: names of such options, without dashes
    operands: int = 0  #: words before the command
    assignments: bool = False  #: whether `NAME=value` may stand before the command
    stops: str = ""  #: letters of options with which no command is run
    verb: str = ""  #: the word that must come first, as in `conda run`
    needs: str = ""  #: letters of which one must be given, as `runuser -u`


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SUDO = Wrapper(
    "CDghpRrTtuU",
    _names("close-from chdir group host prompt chroot role command-timeout type user other-user"),
    assignments=True,
    stops="lvVKe",
)
_CONDA = Wrapper("np", _names("name prefix cwd"), verb="run")
WRAPPERS: dict[str, Wrapper] = {
    "sudo": _SUDO,
    "doas": Wrapper("Cu", assignments=True),
    "env": Wrapper("uC", _names("unset chdir"), assignments=True, stops="S"),
    "command": Wrapper(stops="vV"),
    "builtin": Wrapper(),
    "exec": Wrapper("a"),
    "nice": Wrapper("n", _names("adjustment")),
    "nohup": Wrapper(),
    "setsid": Wrapper(),
    "time": Wrapper("fo", _names("format output")),
    "timeout": Wrapper("ks", _names("kill-after signal"), operands=1),
    "eatmydata": Wrapper(),
    "fakeroot": Wrapper("bils", _names("lib faked")),
    "unbuffer": Wrapper(),
    "linux32": Wrapper(),
    "linux64": Wrapper(),
    "catchsegv": Wrapper(),
    "xargs": Wrapper(
        "adEILnPs",
        _names("arg-file delimiter max-args max-chars max-procs process-slot-var"),
    ),
    "gosu": Wrapper(operands=1),
    "su-exec": Wrapper(operands=1),
    "setuser": Wrapper(operands=1),
    "s6-setuidgid": Wrapper(operands=1),
    "chroot": Wrapper("", _names("userspec groups"), operands=1),
    "flock": Wrapper("Ew", _names("conflict-exit-code wait timeout"), operands=1, stops="c"),
    "setpriv": Wrapper(
        "",
        _names(
            "reuid regid ruid euid rgid egid groups inh-caps bounding-set ambient-caps securebits"
            " pdeathsig selinux-label apparmor-profile"
        ),
    ),
    "runuser": Wrapper("ugGw", _names("user group supp-group whitelist-environment"), needs="u"),
    "busybox": Wrapper(),
    "toybox": Wrapper(),
    "ionice": Wrapper("cnpPu", _names("class classdata pid pgid uid")),
    "stdbuf": Wrapper("ioe", _names("input output error")),
    "tini": Wrapper("pe"),
    "dumb-init": Wrapper("r", _names("rewrite")),
    "with-contenv": Wrapper(),
    "xvfb-run": Wrapper(
        "efnpsw",
        _names("error-file auth-file server-num xauth-protocol server-args wait"),
    ),
    "dbus-run-session": Wrapper("", _names("config-file dbus-daemon")),
    "conda": _CONDA,
    "mamba": _CONDA,
    "micromamba": _CONDA,
}


def base_name(word: ShellWord) -> str:
    """The name of a command without its folder."""
    value = word.value
    if "/" not in value:
        return value
    last = value.rpartition("/")[2]
    if not last or (not word.literal and any(c in last for c in "})`")):
        return value
    return last


def unwrap(words: Sequence[ShellWord]) -> list[int]:
    """Where each wrapping command starts, in order, and last where the effective one does.

    `[0]` when nothing is wrapped. The last index is always within `words`.
    """
    starts = [0]
    while True:
        start = starts[-1]
        wrapper = WRAPPERS.get(base_name(words[start]))
        following = _command_after(words, start, wrapper) if wrapper is not None else None
        if following is None:
            return starts
        starts.append(following)


def _command_after(words: Sequence[ShellWord], start: int, wrapper: Wrapper) -> int | None:
    """The index of the command that the wrapper at `start` runs, None when it runs none."""
    at, size = start + 1, len(words)
    if wrapper.verb:
        if at >= size or words[at].value != wrapper.verb:
            return None
        at += 1
    needed = not wrapper.needs
    while at < size:
        value = words[at].value
        if value == "--":
            at += 1
            break
        if len(value) < 2 or value[0] != "-":
            break
        if value[1] == "-":
            at += 2 if value[2:] in wrapper.long else 1
            needed = needed or value[2:].partition("=")[0] in wrapper.long
            continue
        taken = 1
        for place, letter in enumerate(value[1:], 2):
            if letter in wrapper.stops:
                return None
            needed = needed or letter in wrapper.needs
            if letter in wrapper.short:
                taken = 2 if place == len(value) else 1
                break
        at += taken
    if wrapper.assignments:
        while at < size and _ASSIGNMENT.match(words[at].value):
            at += 1
    at += wrapper.operands
    return at if needed and at < size else None


def resolve(command: Command) -> None:
    """Fill what follows from the words: name, arguments, wrappers and the package call."""
    words = command.words
    starts = unwrap(words)
    last = starts[-1]
    command.name_word = words[last]
    command.name = base_name(words[last])
    command.args = words[last + 1 :]
    command.wrappers = tuple(
        Command(
            words[start:end],
            Span(words[start].span.start, words[end - 1].span.end),
            name=base_name(words[start]),
            name_word=words[start],
            args=words[start + 1 : end],
            context=command.context,
            exec_form=command.exec_form,
            shell=command.shell,
            options=command.options,
        )
        for start, end in pairwise(starts)
    )
    command.package_call = package_call(command)

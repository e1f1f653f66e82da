"""ShellCheck over the scripts of Dockerfiles: one run of it for many files.

Each script goes as a file into a private folder, with the shell, the options and the variables
that it has in the build; what ShellCheck finds comes back to its place in the Dockerfile. Files
are data here: nothing of them is executed.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import time
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

from dockgate.linter.engine import SHELLCHECK
from dockgate.linter.errors import UnfinishedError
from dockgate.linter.shell import shell_text
from dockgate.rules.data import load
from dockgate.rules.pattern import pattern
from dockgate.rules.rule import Finding, Rule, Severity
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction, Stage
from dockgate.rules.subjects.images import matches_any
from dockgate.rules.subjects.shell import Script
from dockgate.rules.subjects.text import MappedText, Span
from dockgate.rules.subjects.users import base_of

#: Code points of one script: five times the longest of a thousand real files. ShellCheck's time
#: and memory grow with the square of some scripts.
MAX_SCRIPT = 16_384
MAX_MEMORY = 2_000_000  #: kB of address space for ShellCheck
SECONDS = 10.0  #: for one run of ShellCheck, and for each script of it …
SECONDS_A_SCRIPT = 0.2  #: … so much more; it takes some 5 ms in general
MAX_RUNS = 3  #: times the first run's limit that all of them may take, once one took too long

WIKI = "https://www.shellcheck.net/wiki/"
#: ShellCheck's names of shells. What `sh` is, the base image says.
_DIALECTS = {"bash": "bash", "dash": "dash", "ash": "busybox", "ksh": "ksh", "mksh": "ksh"}
_PIPEFAIL = frozenset({"bash", "ksh", "busybox"})
#: Not asked for: files that a script sources are in no reach, and every Linux find has a default.
_EXCLUDED = "SC1090,SC1091,SC2185"
_UNKNOWN_SHELL = 1103
_UNASSIGNED = 2154
_LEVELS = {level.label: level for level in Severity}
#: Variables of every build (BuildKit's predefined ARGs) in lower case: the others pass as they are.
_PREDEFINED = frozenset({"all_proxy", "ftp_proxy", "http_proxy", "https_proxy", "no_proxy"})
_VARIABLE = pattern(r"\$\{?[#!]?([A-Za-z_][A-Za-z0-9_]*)")
_SHEBANG = pattern(r"#![^\n]*(?:\n|\Z)")
_COMMENTS = pattern(r"(?:[ \t]*(?:#[^\n]*)?\n)*")


class Source:
    """A script as ShellCheck gets it, and the way back from its lines to the Dockerfile."""

    __slots__ = ("_inserted", "_starts", "instruction", "script", "text")

    def __init__(self, instruction: Instruction, script: MappedText, first: str, more: str) -> None:
        """`first` stands in place of a shebang, `more` after the comments at the top.

        So a `# shellcheck disable=` up there holds for the whole script, as ShellCheck has it.
        """
        body = script.text
        shebang = _SHEBANG.match(body)
        top = shebang.end() if shebang else 0
        comments = _COMMENTS.match(body, top)
        begin = comments.end() if comments else top
        head = first + body[top:begin]
        self.instruction = instruction
        self.script = script
        self.text = head + more + body[begin:]
        #: (offset in `text`, what to add for the offset in the script; None: not of the script)
        self._inserted = [
            (0, None),
            (len(first), top - len(first)),
            (len(head), None),
            (len(head) + len(more), begin - len(head) - len(more)),
        ]
        self._starts = [0, *(match.end() for match in re.finditer("\n", self.text))]

    def span(self, comment: dict[str, Any]) -> Span | None:
        """Where a finding of ShellCheck stands in the Dockerfile; None for what was added."""
        start = self._offset(comment["line"], comment["column"])
        end = self._offset(comment["endLine"], comment["endColumn"])
        if start is None:
            return None
        size = len(self.script.text)
        start = min(start, max(size - 1, 0))
        return self.script.span(start, min(max(start + 1, end if end is not None else 0), size))

    def _offset(self, line: int, column: int) -> int | None:
        offset = self._starts[min(line, len(self._starts)) - 1] + column - 1
        index = bisect_right(self._inserted, offset, key=lambda part: part[0]) - 1
        shift = self._inserted[index][1]
        return None if shift is None else offset + shift


def check(dockerfiles: Sequence[Dockerfile]) -> list[tuple[list[Finding], list[str]]]:
    """For each Dockerfile what ShellCheck finds in its scripts, and what could not be finished.

    Their scripts must be attached. Raises UnfinishedError where ShellCheck is not installed.
    """
    binary = program()
    sources = [list(_sources(dockerfile)) for dockerfile in dockerfiles]
    texts = {s.text for found in sources for s in found if len(s.text) <= MAX_SCRIPT}
    answers = _ask(binary, sorted(texts, key=lambda text: (len(text), text)))
    return [_result(found, answers) for found in sources]


def installed() -> str:
    """The path of ShellCheck, beside this Python, where the extra puts it, or in PATH; or ""."""
    import shutil
    import sysconfig

    scripts = sysconfig.get_path("scripts")
    return shutil.which("shellcheck", path=scripts) or shutil.which("shellcheck") or ""


def program() -> str:
    """The path of ShellCheck. Raises UnfinishedError that names the extra."""
    found = installed()
    if not found:
        raise UnfinishedError("ShellCheck is not installed: pip install 'dockgate[shellcheck]'")
    return found


def _sources(dockerfile: Dockerfile) -> Iterator[Source]:
    declared: dict[int, frozenset[str]] = {}
    for instruction in dockerfile.with_triggers():
        script = instruction.script
        if script is None or script.language != "posix" or instruction.json:
            continue
        stage = instruction.stage or (instruction.parent.stage if instruction.parent else None)
        dialect = _dialect(script, stage)
        text = shell_text(instruction)
        if dialect is None or not text.text.strip():
            continue
        if stage is not None and stage.index not in declared:
            declared[stage.index] = frozenset(_arguments(stage))
        known = declared[stage.index] if stage is not None else frozenset()
        first = f"# shellcheck shell={dialect}\n"
        yield Source(instruction, text, first, _settings(instruction, script, dialect, text, known))


def _dialect(script: Script, stage: Stage | None) -> str | None:
    """ShellCheck's name of the shell; None for one that it does not read."""
    if script.shell == "zsh":
        return None
    if script.shell in _DIALECTS:
        return _DIALECTS[script.shell]
    if stage is not None:
        base, shells = base_of(stage), load("default-shells")
        for name in ("busybox", "bash"):
            if matches_any(base, shells[name]):
                return name
    return "dash"


def _settings(
    instruction: Instruction,
    script: Script,
    dialect: str,
    text: MappedText,
    declared: frozenset[str],
) -> str:
    """A line that tells ShellCheck what is in force: the shell's options, and that variables of
    ENV and ARG have a value (not which one, it may be a secret).
    """
    said = ["set -e"] if "e" in script.options else []
    if "pipefail" in script.options and dialect in _PIPEFAIL:
        said.append("set -o pipefail")
    used = dict.fromkeys(_VARIABLE.findall(text.text))
    known = [
        name for name in used if name in declared or name in _PREDEFINED or name in instruction.env
    ]
    if known:
        said.append("export " + " ".join(f"{name}=1" for name in known))
    return "; ".join(said) + "\n" if said else ""


def _arguments(stage: Stage) -> Iterator[str]:
    """The names of all ARGs that a stage declares, with or without a value."""
    for instruction in stage.history():
        if instruction.cmd == "ARG":
            for name, _, _ in instruction.pairs():
                yield name.value


Comments = list[dict[str, Any]]
Answer = Comments | str  #: what ShellCheck says, or why it says nothing

_LATE = "ShellCheck did not finish in time"


def _ask(binary: str, texts: Sequence[str]) -> dict[str, Answer]:
    """ShellCheck's answer on each script, the short ones first.

    One that it cannot finish is told from the others by halving.
    """
    answers: dict[str, Answer] = {}
    if not texts:
        return answers
    deadline = time.monotonic() + MAX_RUNS * _limit(texts)
    todo = [list(texts)]
    while todo:
        batch = todo.pop()
        left = deadline - time.monotonic()
        found = _run(binary, batch, min(_limit(batch), left)) if left > 0 else _LATE
        if not isinstance(found, str):
            answers.update(zip(batch, found, strict=True))
        elif len(batch) > 1 and left > 0:
            half = len(batch) // 2
            todo += [batch[half:], batch[:half]]
        else:
            answers.update(dict.fromkeys(batch, found))
    return answers


def _limit(texts: Sequence[str]) -> float:
    return SECONDS + SECONDS_A_SCRIPT * len(texts)


def _run(binary: str, texts: Sequence[str], seconds: float) -> list[Comments] | str:
    """One run of ShellCheck: what it says of each script, or why it did not finish."""
    with tempfile.TemporaryDirectory(prefix="dockgate-") as folder:
        for index, text in enumerate(texts):
            with open(os.path.join(folder, str(index)), "wb") as file:
                file.write(text.encode("utf-8", "replace"))
        names = map(str, range(len(texts)))
        limited = ["/bin/sh", "-c", 'ulimit -v "$0" 2>/dev/null; exec "$@"', str(MAX_MEMORY)]
        options = ["--norc", "--format=json1", f"--exclude={_EXCLUDED}", "--"]
        command = [*limited, binary, *options, *names]
        environment = {n: v for n, v in os.environ.items() if n != "SHELLCHECK_OPTS"}
        try:
            done = subprocess.run(  # noqa: S603
                command,
                cwd=folder,
                env=environment | {"LC_ALL": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return _LATE
    return _read(done.returncode, done.stdout, done.stderr, len(texts))


def _read(code: int, out: bytes, err: bytes, count: int) -> list[Comments] | str:
    found: list[Comments] = [[] for _ in range(count)]
    try:
        if code not in (0, 1):
            raise ValueError
        for comment in json.loads(out)["comments"]:
            if comment["code"] == _UNKNOWN_SHELL and comment["line"] == 1:
                raise UnfinishedError("this ShellCheck is too old: 0.10 or later is needed")
            found[int(comment["file"])].append(comment)
    except (ValueError, KeyError, TypeError, IndexError):
        line = " ".join(err.decode("utf-8", "replace").split())[:200]
        return f"ShellCheck failed (exit status {code}): {line}".rstrip(": ")
    return found


def _result(
    sources: Iterable[Source], answers: dict[str, Answer]
) -> tuple[list[Finding], list[str]]:
    findings: list[Finding] = []
    failures: dict[str, None] = {}
    for source in sources:
        answer = answers.get(source.text, f"a script longer than {MAX_SCRIPT} characters")
        if isinstance(answer, str):
            failures[f"line {source.instruction.start}: shellcheck: {answer}"] = None
            continue
        for comment in answer:
            span = source.span(comment)
            if comment["code"] == _UNASSIGNED and source.instruction.cmd != "RUN":
                continue  # the container may be started with it
            if span is not None:
                findings.append(_finding(comment, span, source.instruction))
    return findings, list(failures)


def _finding(comment: dict[str, Any], span: Span, instruction: Instruction) -> Finding:
    rule = rule_for(int(comment["code"]), str(comment["level"]))
    message = " ".join(str(comment["message"]).split()).rstrip(".")
    stage = instruction.stage or (instruction.parent.stage if instruction.parent else None)
    finding = Finding(f"{message} ({rule.aliases[0]})", span, stage=stage)
    finding.rule, finding.severity = rule, rule.severity
    return finding


@cache
def rule_for(code: int, level: str) -> Rule[Dockerfile]:
    """The rule `shellcheck` as far as one code of ShellCheck's goes."""
    name = f"SC{code:04}"
    return Rule(
        SHELLCHECK,
        Dockerfile,
        _LEVELS[level],
        why=f"ShellCheck's wiki explains {name}.",
        references=(WIKI + name,),
        aliases=(name,),
        check=lambda _dockerfile: (),
        enabled=False,
    )

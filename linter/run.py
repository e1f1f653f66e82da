"""One Dockerfile from bytes to findings: the way of the data (design)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from dockgate.linter import engine
from dockgate.linter.config import DEFAULT_CONFIG, Config
from dockgate.linter.errors import DockgateError
from dockgate.linter.files import MAX_DOCKERFILE_BYTES as MAX_DOCKERFILE_BYTES
from dockgate.linter.report import FileReport
from dockgate.linter.scope import Scope as Scope
from dockgate.linter.scope import build_args as build_args
from dockgate.rules.rule import Finding
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.text import Text

if TYPE_CHECKING:
    from dockgate.linter.language.memo import Memo
    from dockgate.rules.subjects.context import Context

#: Lines and words of one file. The longest of 1,000 real files has 650 lines; an instruction of one
#: word takes 50 µs and 4 kB.
MAX_LINES, MAX_WORDS = 200_000, 500_000

_MARKS = ("dockgate:", "ignore", "skip", "disable")  #: one of them is in every ignore comment


def lint_bytes(
    data: bytes,
    path: str,
    config: Config = DEFAULT_CONFIG,
    *,
    context: str | None = None,
    build_args: Mapping[str, str] | None = None,
    target: str | None = None,
    platform: str | None = None,
) -> FileReport:
    """What is found in a Dockerfile; never raises for what the file or the context holds.

    `path` is the name in the output and is not opened. What could not be finished stands in the
    report's `failures`, one line each: such a file is undecided.
    """
    return lint(data, path, config, Scope(context, build_args, target, platform))[0]


def lint(
    data: bytes, path: str, config: Config, scope: Scope, memo: Memo | None = None
) -> tuple[FileReport, Dockerfile | None]:
    """As `lint_bytes`, with the model, None where the bytes are no Dockerfile at all.

    `memo`: what an earlier lint of the same file has left, for who lints at every key.
    """
    examined = examine(data, path, config, scope, memo)
    add_shellcheck([examined])
    return finish(examined), examined.dockerfile


class Examined:
    """A file that has been read and looked at by the rules; `finish` makes the report of it."""

    __slots__ = (
        "config",
        "context",
        "dockerfile",
        "failures",
        "findings",
        "selection",
        "text",
    )

    def __init__(self, text: Text, config: Config, *, context: bool = False) -> None:
        self.text = text
        self.config = config
        self.selection = config.selection  #: the configuration's, and what the file adds to it
        self.context = context  #: the rules on the build context ran too
        self.dockerfile: Dockerfile | None = None  #: None: it could not be read at all
        self.findings: list[Finding] = []
        self.failures: list[str] = []

    @property
    def wants_shellcheck(self) -> bool:
        """Whether ShellCheck is to look at it."""
        return self.dockerfile is not None and engine.runs_shellcheck(self.selection)


def examine(
    data: bytes, path: str, config: Config, scope: Scope, memo: Memo | None = None
) -> Examined:
    """Read a Dockerfile and run the rules; never raises for what the file or the context holds."""
    reason = unreadable(data)
    examined = Examined(
        Text("" if reason else data.decode("utf-8", "surrogateescape"), path),
        config,
        context=scope.context is not None,
    )
    failures = examined.failures
    if reason:
        failures.append(reason)
        return examined
    try:
        from dockgate.linter import document

        dockerfile = document.read(
            data,
            path,
            build_args=scope.build_args,
            target=scope.target,
            platform=scope.platform,
            bases=scope.bases,
        )
    except Exception as error:  # whatever goes wrong, the file is undecided
        failures.append(_failed("parser", error))
        return examined
    examined.dockerfile, examined.text = dockerfile, dockerfile.text
    failures += dockerfile.unresolved
    dockerfile.settings = config.settings
    _attach(dockerfile, failures, memo)
    selection = config.selection
    if _has_check(dockerfile):
        from dockgate.linter import checks

        examined.selection = selection = checks.selection(dockerfile, selection)
    subject = None
    if scope.context is not None:
        subject = _context(scope.context, dockerfile, config, failures)
    rules = engine.relevant("dockerfile", selection, dockerfile)
    findings, failed = engine.check(dockerfile, rules, selection)
    failures += failed
    if subject is not None:
        rules = engine.relevant("context", config.selection)
        more, failed = engine.check(subject, rules, config.selection)
        findings += more
        failures += failed
    examined.findings = findings
    return examined


def add_shellcheck(files: Iterable[Examined]) -> None:
    """Add what ShellCheck finds to the files that want it: one run of it for all."""
    wanted = [(e, e.dockerfile) for e in files if e.wants_shellcheck and e.dockerfile is not None]
    if not wanted:
        return
    try:
        from dockgate.linter import shellcheck

        results = shellcheck.check([dockerfile for _, dockerfile in wanted])
    except Exception as error:
        failure = str(error) if isinstance(error, DockgateError) else _failed("shellcheck", error)
        for examined, _ in wanted:
            examined.failures.append(failure)
        return
    for (examined, _), (findings, failures) in zip(wanted, results, strict=True):
        examined.findings += engine.chosen(findings, examined.selection)
        examined.failures += failures


def finish(examined: Examined) -> FileReport:
    """The report: stages and comments have their say once everything has been found."""
    dockerfile, findings = examined.dockerfile, examined.findings
    if dockerfile is None:
        return FileReport(examined.text.path, examined.text, [], examined.failures)
    config = examined.config
    if config.selection.stages:
        findings = engine.by_stage(findings, dockerfile, examined.selection)
    if config.inline_ignores and _may_ignore(dockerfile):
        from dockgate.linter import suppress

        findings = suppress.apply(dockerfile, findings, config.selection, context=examined.context)
    if _has_check(dockerfile):
        from dockgate.linter import checks

        checks.raise_severities(dockerfile, findings, config.selection)
    findings.sort(key=lambda finding: finding.span or (-1, -1))
    secrets = [secret.span for found in dockerfile.with_triggers() for secret in found.secrets]
    text = examined.text
    return FileReport(text.path, text, findings, examined.failures, secrets)


def unreadable(data: bytes) -> str:
    """Why the bytes cannot be a Dockerfile, "" when they can."""
    if len(data) > MAX_DOCKERFILE_BYTES:
        return f"larger than {MAX_DOCKERFILE_BYTES >> 20} MiB: no Dockerfile"
    if len(data) > MAX_LINES:
        if data.count(b"\n") > MAX_LINES:
            return f"more than {MAX_LINES:,} lines: no Dockerfile"
        if sum(map(data.count, (b" ", b"\t", b","))) > MAX_WORDS:
            return f"more than {MAX_WORDS:,} words: no Dockerfile"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "UTF-16 text: save it as UTF-8, BuildKit reads nothing else"
    if b"\0" in data:
        return f"binary content (NUL at byte {data.index(0)}): no Dockerfile"
    return ""


def _has_check(dockerfile: Dockerfile) -> bool:
    """Whether the file has BuildKit's directive `# check=`."""
    return any(directive.name == "check" for directive in dockerfile.directives)


def _may_ignore(dockerfile: Dockerfile) -> bool:
    """Whether any comment looks like one that ignores: most files have none, and start sooner."""
    if _has_check(dockerfile):
        return True
    texts = [comment.text.lower() for comment in dockerfile.comments]
    return any(mark in text for text in texts for mark in _MARKS)


def _attach(dockerfile: Dockerfile, failures: list[str], memo: Memo | None) -> None:
    if memo is not None:
        memo.begin()
    try:
        from dockgate.linter import shell

        shell.attach(dockerfile, memo)
    except Exception as error:
        failures.append(_failed("shell analysis", error))
    try:
        from dockgate.linter import secrets

        secrets.attach(dockerfile, memo)
    except Exception as error:
        failures.append(_failed("secret search", error))


def _context(
    root: str, dockerfile: Dockerfile, config: Config, failures: list[str]
) -> Context | None:
    """The build context, with the Dockerfile told what its COPYs bring; None after a failure."""
    try:
        from dockgate.linter import context

        subject = context.load(root, dockerfile)
    except Exception as error:
        failures.append(_failed(f"build context {root}", error))
        return None
    subject.settings = config.settings
    dockerfile.brought = subject.brought()
    return subject


def _failed(what: str, error: Exception) -> str:
    return f"{what}: {type(error).__name__}: {' '.join(str(error).split())}"

"""What a rule is. One module holds one `RULE` and all that is true of it (CONTRIBUTING.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import IntEnum
from typing import Any, Generic, NamedTuple, TypeVar

from dockgate.rules.subjects.dockerfile import Stage
from dockgate.rules.subjects.text import Span

S = TypeVar("S")


class Severity(IntEnum):
    """How bad a finding is; compares by badness."""

    STYLE = 0
    INFO = 1
    WARNING = 2
    ERROR = 3

    @property
    def label(self) -> str:
        """The name in output and configuration: `warning`."""
        return self.name.lower()

    @classmethod
    def parse(cls, name: str) -> Severity:
        """The severity called `name`; ValueError says which there are."""
        try:
            return cls[name.upper()]
        except KeyError:
            known = ", ".join(s.label for s in reversed(cls))
            raise ValueError(f"unknown severity {name!r}: use one of {known}") from None


class Edit(NamedTuple):
    """Replace what stands at `span` by `text`; an empty span inserts."""

    span: Span
    text: str


class Fix(NamedTuple):
    """Edits that belong together.

    `safe`: cannot change what the image does or whether it builds, beyond what the rule is about.
    """

    title: str
    edits: tuple[Edit, ...]
    safe: bool = True


class Finding:
    """A rule, a place, a message and fixes.

    A check yields it with a place: `span` in the Dockerfile, or `layer` and `path` in an image.
    The engine adds the rule and the severity in force.
    """

    __slots__ = (
        "at_most",
        "fixes",
        "help",
        "layer",
        "message",
        "path",
        "rule",
        "severity",
        "span",
        "stage",
    )

    def __init__(
        self,
        message: str,
        span: Span | None = None,
        *,
        stage: Stage | None = None,
        help: str = "",
        fixes: Sequence[Fix] = (),
        layer: str | None = None,
        path: str | None = None,
        at_most: Severity | None = None,
    ) -> None:
        self.message = message  #: one line: names the very thing, says what is wrong with it
        self.span = span
        self.stage = stage
        self.help = help  #: one line: what to do here; "" when a fix or the page says it
        self.fixes = tuple(fixes)
        self.layer = layer  #: digest
        self.path = path
        #: it is not worse than this here, whatever the rule mostly finds; None: as the rule says.
        #: A severity that a configuration gives to the rule counts all the same
        self.at_most = at_most
        self.rule: Rule[Any] = UNSET
        self.severity = Severity.WARNING

    def __repr__(self) -> str:
        return f"<Finding {self.rule.name} {self.span} {self.message!r}>"


class File(NamedTuple):
    """A file of an image example that needs more than a content."""

    content: str | bytes = ""
    mode: int = 0o644
    uid: int = 0
    gid: int = 0


class Example(NamedTuple):
    """A case that is test and documentation at once."""

    source: str  #: a Dockerfile; "" for an image
    at: tuple[int, ...]  #: the lines (from 1) it fires at, each finding once; () for a good one
    fixed: str | None  #: what all fixes, unsafe ones too, make of it
    files: Mapping[str, str]  #: the build context, by path; `.dockerignore` among them
    settings: Mapping[str, Any]  #: arguments of `Settings`
    layers: Sequence[Mapping[str, str | bytes | File | None]]  #: an image's files; None deletes
    config: Mapping[str, Any]  #: an image's configuration: the `config` object of OCI's
    found: tuple[str, ...]  #: paths (or "config") that an image rule names, each finding once


def bad(
    source: str,
    at: Sequence[int],
    fixed: str | None = None,
    *,
    files: Mapping[str, str] | None = None,
    **settings: Any,
) -> Example:
    """A Dockerfile in which the rule fires exactly at the lines `at`."""
    return Example(source, tuple(at), fixed, files or {}, settings, (), {}, ())


def good(source: str, *, files: Mapping[str, str] | None = None, **settings: Any) -> Example:
    """A Dockerfile in which the rule is silent."""
    return Example(source, (), None, files or {}, settings, (), {}, ())


def bad_image(
    *layers: Mapping[str, str | bytes | File | None],
    found: Sequence[str],
    config: Mapping[str, Any] | None = None,
    **settings: Any,
) -> Example:
    """An image in which the rule fires exactly at the paths `found` ("config" for none)."""
    return Example("", (), None, {}, settings, layers, config or {}, tuple(found))


def good_image(
    *layers: Mapping[str, str | bytes | File | None],
    config: Mapping[str, Any] | None = None,
    **settings: Any,
) -> Example:
    """An image in which the rule is silent."""
    return Example("", (), None, {}, settings, layers, config or {}, ())


class Rule(Generic[S]):
    """One named check on one subject.

    `name` is its only identifier: kebab-case, says what is wrong. `aliases` are peers' codes for
    the same concept; several rules may share one.
    """

    __slots__ = (
        "aliases",
        "check",
        "enabled",
        "examples",
        "name",
        "needs",
        "references",
        "severity",
        "subject",
        "topic",
        "why",
    )

    def __init__(
        self,
        name: str,
        subject: type[S],
        severity: Severity,
        *,
        why: str,
        check: Callable[[S], Iterable[Finding]],
        references: Sequence[str] = (),
        aliases: Sequence[str] = (),
        examples: Sequence[Example] = (),
        enabled: bool = True,
        needs: Sequence[str] = (),
    ) -> None:
        self.name = name
        self.subject = subject
        self.severity = severity
        self.why = why  #: what goes wrong, for whom; one paragraph or several
        self.check = check
        #: "CIS Docker 1.6 4.1", "CWE-250", and at least one web page (https://…)
        self.references = tuple(references)
        self.aliases = tuple(aliases)
        self.examples = tuple(examples)
        self.enabled = enabled  #: False: only when selected or given a severity
        #: of what a Dockerfile must have one for the rule to have anything to say; empty: any
        #: Dockerfile. Without one its module is not loaded. Instructions ("EXPOSE"), commands and
        #: package managers ("npm"), flags ("--mount"), texts in lower case ("~/etc/"), and the
        #: facts in `Dockerfile.has`
        self.needs = frozenset(needs)
        self.topic = ""  #: the folder it stands in; set by the registry

    @property
    def fixable(self) -> bool:
        """Whether some example shows a fix."""
        return any(example.fixed is not None for example in self.examples)

    @property
    def url(self) -> str:
        """Where to read on: the first of its references that is a web page."""
        return next((r for r in self.references if r.startswith("https://")), "")

    def __repr__(self) -> str:
        return f"<Rule {self.name}>"


def _never(_subject: object) -> Iterable[Finding]:
    return ()


UNSET: Rule[Any] = Rule("unset", object, Severity.ERROR, why="", check=_never)

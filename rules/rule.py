"""What a rule is. One module holds one `RULE` and all that is true of it (CONTRIBUTING.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from dockgate.rules.finding import UNSET, Edit, Finding, Fix, Severity
from dockgate.rules.record import NamedTuple

if TYPE_CHECKING:
    from dockgate.rules.subjects.vulnerability import Vulnerability

__all__ = [
    "UNSET",
    "Edit",
    "Example",
    "File",
    "Finding",
    "Fix",
    "Rule",
    "Severity",
    "bad",
    "bad_image",
    "good",
    "good_image",
]

S = TypeVar("S")


class File(NamedTuple):
    """A file of an image example that needs more than a content."""

    content: str | bytes = ""
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    link: str = ""  #: what a symbolic link points at
    xattrs: Mapping[str, bytes] = {}  #: `security.capability`
    size: int = 0  #: bytes that zeros fill up the content to


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
    vulnerabilities: Sequence[Vulnerability] = ()  #: that an image is known to have


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
    vulnerabilities: Sequence[Vulnerability] = (),
    **settings: Any,
) -> Example:
    """An image in which the rule fires exactly at the paths `found` ("config" for none)."""
    known = tuple(vulnerabilities)
    return Example("", (), None, {}, settings, layers, config or {}, tuple(found), known)


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

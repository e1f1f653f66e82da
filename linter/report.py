"""What a run found: the value that every reporter renders and every exit code comes from."""

from __future__ import annotations

from collections.abc import Sequence

from dockgate.linter.redact import Redactor
from dockgate.rules.finding import Finding, Fix, Severity
from dockgate.rules.record import NamedTuple
from dockgate.rules.subjects.text import Span, Text

TYPE_CHECKING = False

if TYPE_CHECKING:
    from dockgate.rules.subjects.image import Image


class FileReport:
    """One Dockerfile and what was found in it.

    `text` is the file as it may be shown: of every secret only the first characters, with all
    offsets unchanged. The secrets themselves are behind `reveals` and `redacted`.
    """

    __slots__ = ("_redactor", "failures", "findings", "path", "secrets", "text")

    def __init__(
        self,
        path: str,
        text: Text,
        findings: list[Finding],
        failures: list[str] | None = None,
        secrets: Sequence[Span] = (),
    ) -> None:
        self._redactor = Redactor(text, secrets)
        self.secrets = secrets  #: the places of the file's secrets
        self.path = path
        self.text = self._redactor.text
        self.findings = findings
        self.failures = failures if failures is not None else []  #: what could not be finished
        for finding in findings if secrets else ():
            finding.message = self.redacted(finding.message)
            finding.help = self.redacted(finding.help)

    def redacted(self, shown: str) -> str:
        """`shown` without the file's secrets."""
        return self._redactor.redacted(shown)

    def reveals(self, fix: Fix) -> bool:
        """Whether what a fix writes holds a secret of the file: it can be applied, not shown."""
        return any(self.redacted(edit.text) != edit.text for edit in fix.edits)


class Origin(NamedTuple):
    """What made a layer. All text is fit to be shown."""

    instruction: str  #: one line; of a base image's layer as its history has it; "" if unknown
    file: str = ""  #: the Dockerfile, as given; "" if unknown
    line: int = 0  #: of the instruction in it, of FROM for a base image's layer; 0 if unknown
    base: str = ""  #: the base image that brought it, "" if none did or it is not known
    #: the file is where its path says; False: only the image's provenance tells of it
    on_disk: bool = False

    @property
    def place(self) -> str:
        """`Dockerfile:12`, "" where it is not known."""
        return f"{self.file}:{self.line}" if self.file and self.line else ""


class ImageReport:
    """One image and what was found in it."""

    __slots__ = ("digest", "failures", "findings", "image", "name", "origins")

    def __init__(
        self, name: str, digest: str, findings: list[Finding], failures: list[str] | None = None
    ) -> None:
        self.name = name
        self.digest = digest
        self.findings = findings
        self.failures = failures if failures is not None else []
        self.image: Image | None = None  #: what was looked at, for a bill of materials
        self.origins: dict[str, Origin] = {}  #: by a layer's digest

    def origin(self, finding: Finding) -> Origin | None:
        """What made the layer that a finding is in, None where that is not known."""
        return self.origins.get(finding.layer) if finding.layer else None


class Report:
    """A whole run. `verdict`, `reasons` and `digest` are the gate's: "" for a lint."""

    __slots__ = ("digest", "files", "images", "notes", "reasons", "verdict")

    def __init__(
        self,
        files: list[FileReport] | None = None,
        images: list[ImageReport] | None = None,
        *,
        verdict: str = "",
        reasons: list[str] | None = None,
        digest: str = "",
    ) -> None:
        self.files = files if files is not None else []
        self.images = images if images is not None else []
        self.notes: list[str] = []  #: what is to be told besides, one line each
        self.verdict = verdict  #: "accepted", "refused" or "undecided"
        self.reasons = reasons if reasons is not None else []
        self.digest = digest

    @property
    def findings(self) -> list[Finding]:
        """All findings, files first."""
        parts: list[FileReport | ImageReport] = [*self.files, *self.images]
        return [finding for part in parts for finding in part.findings]

    @property
    def failures(self) -> list[str]:
        """All that could not be finished; any makes the run undecided."""
        parts: list[FileReport | ImageReport] = [*self.files, *self.images]
        return [failure for part in parts for failure in part.failures]

    def count(self, severity: Severity) -> int:
        """How many findings have exactly this severity."""
        return sum(1 for finding in self.findings if finding.severity == severity)

    def worst(self) -> Severity | None:
        """The highest severity found."""
        return max((finding.severity for finding in self.findings), default=None)

"""One version of a document, linted: what all answers are made of."""

from __future__ import annotations

from dockgate.linter.config import Config
from dockgate.linter.language.buffer import Buffer
from dockgate.linter.language.memo import Memo
from dockgate.linter.report import FileReport
from dockgate.linter.run import Scope, lint
from dockgate.rules.rule import Finding
from dockgate.rules.subjects.dockerfile import Comment, Dockerfile, Instruction, Stage
from dockgate.rules.subjects.text import Span, Text


class Analysis:
    """A text with its findings and its model."""

    __slots__ = ("buffer", "config", "dockerfile", "path", "problems", "report")

    def __init__(
        self,
        buffer: Buffer,
        path: str,
        config: Config,
        report: FileReport,
        dockerfile: Dockerfile | None,
        problems: tuple[str, ...] = (),
    ) -> None:
        self.buffer = buffer  #: not changed any more
        self.path = path
        self.config = config
        self.report = report
        self.dockerfile = dockerfile  #: None where the text is no Dockerfile at all
        self.problems = problems  #: what is wrong with the settings, one line each

    @property
    def text(self) -> Text:
        """The text as it is; `report.text` is the one that may be shown."""
        return self.dockerfile.text if self.dockerfile else Text(self.buffer.text, self.path)

    def findings_in(self, span: Span) -> list[Finding]:
        """The findings that touch a span; those without a place stand at the beginning."""
        start, end = span
        places = ((finding, finding.span or Span(0, 0)) for finding in self.report.findings)
        return [finding for finding, place in places if place.start <= end and start <= place.end]

    def instruction_at(self, offset: int) -> Instruction | None:
        """The instruction on whose lines the offset is; of an ONBUILD its trigger, within it."""
        if self.dockerfile is None:
            return None
        line = self.dockerfile.text.position(offset).line
        for instruction in self.dockerfile.instructions:
            if instruction.start <= line <= instruction.end:
                while instruction.sub is not None and offset >= instruction.sub.keyword.start:
                    instruction = instruction.sub
                return instruction
        return None

    def comment_at(self, offset: int) -> Comment | None:
        """The comment on the offset's line."""
        if self.dockerfile is None:
            return None
        line = self.dockerfile.text.position(offset).line
        return next((c for c in self.dockerfile.comments if c.line == line), None)

    def stage_at(self, offset: int) -> Stage | None:
        """The stage that the offset is in; None before the first FROM."""
        found = None
        for stage in self.dockerfile.stages if self.dockerfile else ():
            if stage.from_.span.start <= offset:
                found = stage
        return found


def analyse(
    buffer: Buffer,
    path: str,
    config: Config,
    problems: tuple[str, ...] = (),
    memo: Memo | None = None,
) -> Analysis:
    """Lint a buffer that does not change any more; never raises for what it holds.

    With a memo the models of earlier lints with it lose their scripts.
    """
    dockerfile: Dockerfile | None
    try:
        report, dockerfile = lint(buffer.data, path, config, Scope(), memo)
    except Exception as error:  # too deep, too much memory: the file is undecided
        failure = f"lint: {type(error).__name__}: {' '.join(str(error).split())}"
        report, dockerfile = FileReport(path, Text(buffer.text, path), [], [failure]), None
    return Analysis(buffer, path, config, report, dockerfile, problems)

"""Which instruction of which line made a layer: from provenance, or history beside a Dockerfile.

Pure. A line is told only where it is sure: where the instructions that make layers agree with the
history from its end on, one by one, or where one instruction alone agrees with one step alone.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from dockgate.builder import provenance
from dockgate.linter import secrets
from dockgate.linter.errors import UnfinishedError
from dockgate.linter.redact import Redactor
from dockgate.linter.report import ImageReport, Origin
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction, Stage
from dockgate.rules.subjects.image import HistoryStep, Image, shown
from dockgate.rules.subjects.text import Text

MAX_SHOWN = 1_000  #: characters of an instruction
MAX_STEPS = 2_000  #: of a history; a longer one is not compared

_MAKERS = frozenset({"RUN", "COPY", "ADD", "WORKDIR"})
#: What the classic builder put before what is no RUN, and BuildKit behind what makes a layer.
_NOP = re.compile(r"\A(?:/bin/sh -c|cmd /S /C) #\(nop\)\s*")
_BUILDKIT = re.compile(r"\s+# buildkit\Z")
#: A RUN without its keyword is the classic builder's; with `|2 A=1 B=2 ` before it when there
#: were build arguments.
_CLASSIC_RUN = re.compile(r"\|\d{1,4} |/\S+ |cmd /S /C |powershell ")
_ARGUMENTS = re.compile(r"\A\|\d{1,4} ")
_SHELLS = ("/bin/sh -c", "cmd /S /C", "powershell -Command")
_KEYWORD = re.compile(r"[A-Z]+(?=\s|\Z)")
#: How Dockerfiles show that a word is known only when it is built.
_VARIABLE = "$"


class _Step:
    """A line of history: what kind of instruction, and the rest of it."""

    __slots__ = ("kind", "line", "shell", "text")

    def __init__(self, step: HistoryStep, shell: str) -> None:
        line = _BUILDKIT.sub("", _NOP.sub("", step.created_by)).strip()
        keyword = _KEYWORD.match(line)
        self.kind = keyword[0] if keyword else "RUN" if _CLASSIC_RUN.match(line) else ""
        self.text = line[len(keyword[0]) if keyword else 0 :].strip()
        self.line = _squeezed(line)
        self.shell = shell  #: the one that ran it, as history writes it


def origins(
    image: Image, dockerfile: Dockerfile | None = None, wanted: Collection[str] | None = None
) -> dict[str, Origin]:
    """What made the image's layers, by their digests, as far as that is known.

    `dockerfile`: the one that the image was built from, or is thought to be; without it the one
    in the image's provenance, if it has any. `wanted`: the layers that are asked for, default all.
    """
    on_disk = dockerfile is not None
    recorded = provenance.Recorded()
    for statement in image.provenance:
        recorded = provenance.read(statement)
        if recorded.source:
            break
    if dockerfile is None and recorded.source:
        from dockgate.linter import document

        dockerfile = document.read(
            recorded.source,
            shown(recorded.filename),
            build_args=recorded.build_args,
            target=recorded.target or None,
        )
    elif dockerfile is not None and _bytes(dockerfile) != recorded.source:
        recorded = provenance.Recorded()  # it tells of another file
    steps = _steps(image.config.history)
    made = [number for number, step in enumerate(image.config.history) if not step.empty_layer]
    known = len(made) == len(image.layers)  # otherwise nobody knows which step made which
    aligned = _Aligned(steps if known else [], dockerfile)
    found: dict[str, Origin] = {}
    for layer in image.layers:
        if wanted is not None and layer.digest not in wanted:
            continue
        index = made[layer.index] if known else None
        instruction = aligned.lines.get(index) if index is not None else None
        from_base = index is not None and index < aligned.base
        if dockerfile is not None and layer.digest in recorded.lines:
            line = recorded.lines[layer.digest]
            instruction = _at(dockerfile, line) or instruction
            from_base = False
        elif layer.digest in recorded.base:
            instruction, from_base = None, True
        step = steps[index] if index is not None else None
        stage = aligned.stage if from_base else None
        one = _origin(step, instruction, stage, dockerfile, image, on_disk=on_disk)
        if one is not None:
            found.setdefault(layer.digest, one)
    return found


def trace(reports: Iterable[ImageReport], dockerfile: Dockerfile | None) -> None:
    """Fill in `origins` of reports, for the layers that have findings."""
    for report in reports:
        layers = {finding.layer for finding in report.findings if finding.layer}
        if layers and report.image is not None:
            report.origins = origins(report.image, dockerfile, layers)


class _Aligned:
    """A history beside a Dockerfile."""

    def __init__(self, steps: Sequence[_Step], dockerfile: Dockerfile | None) -> None:
        self.lines: dict[int, Instruction] = {}  #: by the step's number
        self.base = 0  #: how many of the first steps are the base image's
        self.stage: Stage | None = None  #: whose base that is
        if dockerfile is None or dockerfile.final is None or len(steps) > MAX_STEPS:
            return
        self.stage = dockerfile.final
        makers = [number for number, step in enumerate(steps) if step.kind in _MAKERS]
        others = [one for one in reversed(dockerfile.stages) if one is not dockerfile.final]
        for stage in [dockerfile.final, *others]:
            if steps and self._fits(steps, makers, stage):
                return
        self._alone(steps, makers, _instructions(dockerfile.final))

    def _fits(self, steps: Sequence[_Step], makers: list[int], stage: Stage) -> bool:
        own = _instructions(stage)
        last = makers[len(makers) - len(own) :] if len(own) <= len(makers) else []
        if len(last) < len(own) or not all(
            _agree(steps[number], instruction)
            for number, instruction in zip(last, own, strict=True)
        ):
            return False
        first = last[0] if last else len(steps)
        root = list(stage.chain())[-1]
        if root.base.name == "scratch" and makers[: len(makers) - len(own)]:
            return False
        if stage.index and not own:  # nothing tells it from any other stage without layers
            return False
        self.lines = dict(zip(last, own, strict=True))
        self.base, self.stage = first, stage
        return True

    def _alone(self, steps: Sequence[_Step], makers: list[int], own: list[Instruction]) -> None:
        for number in makers:
            alike = [one for one in own if _agree(steps[number], one, exactly=True)]
            if len(alike) == 1 and not any(
                _agree(steps[other], alike[0], exactly=True) for other in makers if other != number
            ):
                self.lines[number] = alike[0]


def _instructions(stage: Stage) -> list[Instruction]:
    """What makes layers in a stage's image, its ancestors' first."""
    found = []
    for one in reversed(list(stage.chain())):
        found += [i for i in (*one.triggers, *one.instructions) if i.cmd in _MAKERS]
    return found


def _agree(step: _Step, instruction: Instruction, *, exactly: bool = False) -> bool:
    """Whether the instruction can have made the step; `exactly`: its whole text tells so."""
    if step.kind != instruction.cmd:
        return False
    if instruction.cmd == "RUN":
        if instruction.heredocs:
            body = _squeezed(instruction.heredocs[0].content)
            return bool(body or not exactly) and body in step.line
        words = " ".join(word.value for word in instruction.words)
        body = _squeezed(words if instruction.json else instruction.body.text)
        return step.line == body or step.line.endswith(f" {body}")
    if not instruction.words:
        return False
    if instruction.cmd == "WORKDIR":
        return not exactly and _last(step.text) == _last(instruction.values[0])
    if any(_VARIABLE in word.value for word in instruction.words):
        return not exactly
    if exactly:
        return step.line.endswith(" " + " ".join(instruction.values))
    return step.text.endswith(instruction.values[-1])


def _origin(
    step: _Step | None,
    instruction: Instruction | None,
    base: Stage | None,
    dockerfile: Dockerfile | None,
    image: Image,
    *,
    on_disk: bool,
) -> Origin | None:
    text = _told(step) if step is not None else ""
    file = dockerfile.path if dockerfile is not None else ""
    if base is not None:
        root = list(base.chain())[-1]
        text = _redacted(text, image)
        name = shown(root.base.name or "scratch")
        return Origin(text, file, root.from_.start, name, on_disk=on_disk)
    if instruction is not None:
        text = instruction.original
        if instruction.cmd == "RUN":
            text = " ".join((text, *(heredoc.content for heredoc in instruction.heredocs)))
        text = _redacted(_squeezed(text), image)
        return Origin(text, file, instruction.start, on_disk=on_disk)
    return Origin(_redacted(text, image)) if text else None


def _bytes(dockerfile: Dockerfile) -> bytes:
    return dockerfile.text.text.encode("utf-8", "surrogateescape")


def _at(dockerfile: Dockerfile, line: int) -> Instruction | None:
    return next((i for i in dockerfile.instructions if i.start <= line <= i.end), None)


def _steps(history: Sequence[HistoryStep]) -> list[_Step]:
    steps: list[_Step] = []
    shell = ""
    for one in history:
        step = _Step(one, shell)
        if step.kind == "SHELL":  # `SHELL [/bin/bash -c]`
            shell = step.text.strip("[]")
        steps.append(step)
    return steps


def _told(step: _Step) -> str:
    """The step as a Dockerfile has it. The build arguments' values are left out."""
    if step.kind != "RUN":
        return step.line
    text = step.text
    with_arguments = _ARGUMENTS.match(text) is not None
    for shell in filter(None, (step.shell, *_SHELLS)):
        if with_arguments and f" {shell} " in text:
            return _squeezed(f"RUN {text.partition(f' {shell} ')[2]}")
        if text.startswith(f"{shell} "):
            return _squeezed(f"RUN {text.removeprefix(shell)}")
    # Where the values end, and the command begins, cannot be told.
    return "RUN …" if with_arguments else _squeezed(f"RUN {text}")


def _redacted(text: str, image: Image) -> str:
    """One line that can be shown."""
    try:
        found = secrets.find_in_text(text, further=image.settings.secret_names)
    except UnfinishedError:
        return text.partition(" ")[0] + " …"
    if found:
        text = Redactor(Text(text, ""), [secret.span for secret in found]).text.text
    return shown(text, MAX_SHOWN)


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def _last(path: str) -> str:
    return path.strip().rstrip("/").rpartition("/")[2]

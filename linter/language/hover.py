"""What is to be known of the thing under the cursor, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.linter.language.analysis import Analysis
from dockgate.linter.language.instructions import INSTRUCTIONS, PLATFORM_ARGS
from dockgate.linter.language.symbols import symbols
from dockgate.linter.language.variables import Use, uses
from dockgate.linter.parsing.stages import DEFAULT_PATH
from dockgate.rules import registry, secret_names
from dockgate.rules.pattern import pattern
from dockgate.rules.rule import Example, Finding, Rule
from dockgate.rules.subjects.dockerfile import Instruction, Stage
from dockgate.rules.subjects.quoting import expand
from dockgate.rules.subjects.text import Span

MAX_PAGES = 4  #: rules whose pages are shown in full; of others only the message
MAX_VARIABLES = 40
MAX_VALUE = 200  #: characters of a value
HIDDEN = "…"

#: A word of a comment that may name a rule: `root-user`, `DL3002`.
_RULE_WORD = pattern(r"[A-Za-z][A-Za-z0-9_/-]*")
_IGNORES = ("ignore", "skip", "disable")


def hover(analysis: Analysis, offset: int) -> tuple[Span, str] | None:
    """What is known of the text at an offset, and the text's place; None when nothing is."""
    parts: list[str] = []
    place: Span | None = None
    for span, text in _told(analysis, offset):
        place = place or span
        parts.append(text)
    return (place, "\n\n---\n\n".join(parts)) if place is not None else None


def _told(analysis: Analysis, offset: int) -> Iterator[tuple[Span, str]]:
    comment = analysis.comment_at(offset)
    if comment is not None and any(word in comment.text for word in _IGNORES):
        yield from _of_comment(analysis, comment.span, offset)
    found = analysis.findings_in(Span(offset, offset))
    found = [f for f in found if f.span is not None]
    for number, finding in enumerate(found):
        assert finding.span is not None
        yield finding.span, _of_finding(finding, whole=number < MAX_PAGES)
    instruction = analysis.instruction_at(offset)
    if instruction is None or comment is not None:
        return
    use = _use_at(analysis, instruction, offset)
    if use is not None:
        yield use.span, _of_use(analysis, instruction, use)
    elif instruction.keyword.start <= offset <= instruction.keyword.end:
        yield from _of_keyword(instruction)
        if instruction.cmd == "FROM" and instruction.stage is not None:
            yield instruction.keyword, stage_page(analysis, instruction.stage)
    else:
        yield from _of_stage(analysis, offset)


def _of_comment(analysis: Analysis, span: Span, offset: int) -> Iterator[tuple[Span, str]]:
    for word in _RULE_WORD.finditer(analysis.text.text, span.start, span.end):
        if word.start() <= offset <= word.end():
            for rule in registry.named(word[0])[:MAX_PAGES]:
                yield Span(*word.span()), page(rule)


def _of_finding(finding: Finding, *, whole: bool) -> str:
    said = f"{finding.message}\n\n{finding.help}" if finding.help else finding.message
    said = _escaped(said)
    if not whole:
        return f"**{finding.rule.name}**: {said}"
    return f"{said}\n\n{page(finding.rule)}"


def page(rule: Rule[object]) -> str:
    """A rule's page in short: why, an example, where to read on."""
    level = rule.severity.label if rule.enabled else f"{rule.severity.label}, off by default"
    lines = [f"**{rule.name}** ({level})", "", *_paragraphs(rule.why)]
    example = next((e for e in rule.examples if e.at and e.source), None)
    if example is not None:
        lines += _example(example)
    links = [f"[{reference}]({reference})" for reference in rule.references if _is_url(reference)]
    others = [reference for reference in rule.references if not _is_url(reference)]
    lines += ["", "  \n".join(links + others)]
    if rule.aliases:
        lines += ["", f"Also known as {', '.join(f'`{alias}`' for alias in rule.aliases)}"]
    return "\n".join(lines)


def _is_url(reference: str) -> bool:
    return reference.startswith("https://")


def _paragraphs(text: str) -> list[str]:
    paragraphs = [_escaped(" ".join(part.split())) for part in text.split("\n\n")]
    return "\n\n".join(paragraphs).split("\n")


def _example(example: Example) -> list[str]:
    fence = "````"
    lines = ["", f"{fence}dockerfile", *example.source.rstrip("\n").split("\n"), fence]
    if example.fixed is not None:
        fixed = example.fixed.rstrip("\n").split("\n")
        lines += ["", "Better:", "", f"{fence}dockerfile", *fixed, fence]
    return lines


def _of_keyword(instruction: Instruction) -> Iterator[tuple[Span, str]]:
    help_ = INSTRUCTIONS.get(instruction.cmd)
    if help_ is not None:
        text = f"`{help_.form}`\n\n{help_.summary}"
        if help_.flags:
            text += "\n\n" + "\n".join(f"- `--{name}`: {of}" for name, of in help_.flags.items())
        yield instruction.keyword, f"{text}\n\n[Reference]({help_.url(instruction.cmd)})"


def _use_at(analysis: Analysis, instruction: Instruction, offset: int) -> Use | None:
    """The innermost use at an offset: B of `${A:-$B}`."""
    dockerfile = analysis.dockerfile
    if dockerfile is None:
        return None
    found = [
        use for use in uses(dockerfile, instruction) if use.span.start <= offset <= use.span.end
    ]
    return found[-1] if found else None


def _of_use(analysis: Analysis, instruction: Instruction, use: Use) -> str:
    env = instruction.env
    value = env.get(use.name)
    if value is not None:
        text = f"`{use.name}` is {_value(analysis, use.name, value)} here"
    elif use.name in PLATFORM_ARGS:
        text = f"`{use.name}` is set by BuildKit, where an `ARG {use.name}` declares it"
    elif _declared(analysis, use):
        text = f"`{use.name}` has no value here unless `--build-arg {use.name}=…` gives it one"
    else:
        text = f"`{use.name}` is not set by this Dockerfile: the base image or the shell may"
    if value is None or use.text not in (f"${use.name}", f"${{{use.name}}}"):
        whole = expand(use.text, env)
        if whole is not None:
            text += f"\n\n{_code(use.text)} expands to {_value(analysis, use.name, whole)}"
    return text


def _declared(analysis: Analysis, use: Use) -> bool:
    dockerfile = analysis.dockerfile
    return dockerfile is not None and any(
        use.name_span in symbol.uses for symbol in symbols(dockerfile) if symbol.stage is None
    )


def _of_stage(analysis: Analysis, offset: int) -> Iterator[tuple[Span, str]]:
    dockerfile = analysis.dockerfile
    if dockerfile is None:
        return
    for reference in dockerfile.references:
        if reference.span.start <= offset <= reference.span.end:
            holder = reference.instruction
            own = holder.stage if holder is not None and reference.kind == "from" else None
            stage = own or reference.stage
            if stage is not None:
                yield reference.span, stage_page(analysis, stage)
            return
    for stage in dockerfile.stages:
        word = stage.name_word
        if word is not None and word.span.start <= offset <= word.span.end:
            yield word.span, stage_page(analysis, stage)


def stage_page(analysis: Analysis, stage: Stage) -> str:
    """What is in force at a stage's end, as far as the Dockerfile tells."""
    base = next(reversed(list(stage.chain()))).base
    known = "" if stage.base_image is not None or base.name == "scratch" else " or the base's"
    rows = [
        f"**Stage {_code(stage.label)}** from {_code(stage.base.name or stage.base.raw)}",
        "",
        f"- user: {_code(stage.user) if stage.user else 'root' + known}",
        f"- workdir: {_code(stage.workdir) if stage.workdir else '/' + known}",
    ]
    if stage.platform:
        rows.append(f"- platform: {_code(stage.platform)}")
    if stage.shell:
        rows.append(f"- shell: {_code(' '.join(stage.shell))}")
    env = {k: v for k, v in stage.env.items() if (k, v) != ("PATH", DEFAULT_PATH)}
    if env:
        rows += ["- environment:"]
        for name in list(env)[:MAX_VARIABLES]:
            rows.append(f"  - {_code(name)} = {_value(analysis, name, env[name])}")
        if len(env) > MAX_VARIABLES:
            rows.append(f"  - and {len(env) - MAX_VARIABLES} more")
    return "\n".join(rows)


def _value(analysis: Analysis, name: str, value: str) -> str:
    """A value as it may be shown: what is or may be a secret is not."""
    further = analysis.config.settings.secret_names
    if value and secret_names.secret_name(name, further) is not None:
        return f"hidden (`{name}` sounds like a secret)"
    shown = analysis.report.redacted(value)
    if not shown:
        return "empty"
    return _code(shown if len(shown) <= MAX_VALUE else shown[:MAX_VALUE] + HIDDEN)


def _code(text: str) -> str:
    """Inline code that holds any text."""
    text = " ".join(text.split())
    if "`" not in text:
        return f"`{text}`"
    longest = max(len(run) for run in pattern(r"`+").findall(text))
    fence = "`" * (longest + 1)
    return f"{fence} {text} {fence}"


def _escaped(text: str) -> str:
    """Text that Markdown leaves as it is: no link, image or HTML of a Dockerfile's making."""
    return pattern(r"([\\`*_{}\[\]<>#|!])").sub(r"\\\1", text)

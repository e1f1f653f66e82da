"""`--format text` of what is in images: the worst first, alike findings together, tables of many.

On a terminal lines are cut to its width and long lists are counted; in a pipe all is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from dockgate.linter.report import ImageReport
from dockgate.linter.reporters.frame import shown, width
from dockgate.linter.reporters.place import made_by
from dockgate.rules.finding import Finding, Severity

Paint = Callable[[str, str], str]  #: style, text

TABLE_FROM = 4  #: findings of one rule, with details, that are a table
PLACES = 3  #: further places of a finding that a terminal shows
ORIGINS = 5  #: origins of a table's rows that a terminal shows
SHORT_DIGEST = 19  #: `sha256:` and twelve digits
NARROWEST = 8  #: characters that a cell keeps
SCALE = ("critical", "high", "medium", "low")  #: words of a column that are counted, worst first

_GAP = "  "
_WHERE = "where"
_LAYER = "layer"


def blocks(image: ImageReport, paint: Paint, columns: int | None) -> Iterator[str]:
    """The findings of an image. `columns`: of the terminal; None: this is no terminal."""
    findings = sorted(image.findings, key=lambda finding: -finding.severity)
    tabular = Counter(finding.rule.name for finding in findings if finding.details)
    done: set[str] = set()
    alike: dict[object, list[Finding]] = {}
    order: list[object] = []
    for finding in findings:
        name = finding.rule.name
        key: object = name if tabular[name] >= TABLE_FROM and finding.details else _alike(finding)
        if key not in alike:
            order.append(key)
        alike.setdefault(key, []).append(finding)
    for key in order:
        group = alike[key]
        if isinstance(key, str) and key not in done:
            done.add(key)
            yield _table(image, group, paint, columns)
        else:
            yield _block(image, group, paint, columns)


def head(image: ImageReport, finding: Finding, paint: Paint) -> str:
    """A finding in one line: where, how bad, which rule, what."""
    label = finding.severity.label
    place = shown(image.name)
    if finding.path:
        place += f":{_path(finding)}"
    rule = paint("bold", finding.rule.name)
    return f"{paint('bold', place)} {paint(label, label)} {rule} {shown(finding.message)}\n"


def _alike(finding: Finding) -> tuple[object, ...]:
    """Equal for findings that say the same of several places."""

    def placeless(text: str) -> str:
        for place in (finding.path, finding.layer):
            text = text.replace(place, "\0") if place else text
        return text

    message, help_ = placeless(finding.message), placeless(finding.help)
    # Without a place of its own it is what it is: two of them are two.
    own = finding if finding.path is None else None
    return finding.rule, finding.severity, message, help_, own


def _block(image: ImageReport, group: list[Finding], paint: Paint, columns: int | None) -> str:
    finding = group[0]
    rows = []
    if finding.layer:
        rows.append(f"  {paint('dim', 'layer:')} {_layer(finding)}")
    origin = image.origin(finding)
    if origin is not None:
        told = _cut(made_by(origin), columns, len("  made by: "))
        rows.append(f"  {paint('dim', 'made by:')} {told}")
    rows += _places(image, group, paint, columns)
    help_ = finding.help or f"dockgate explain {finding.rule.name}"
    rows.append(f"  {paint('help', 'help:')} {shown(help_)}")
    return head(image, finding, paint) + "".join(f"{row}\n" for row in rows) + "\n"


def _places(
    image: ImageReport, group: list[Finding], paint: Paint, columns: int | None
) -> Iterator[str]:
    others = group[1:]
    told = others if columns is None or len(others) <= PLACES + 1 else others[:PLACES]
    for other in told:
        place = _path(other)
        if other.layer and other.layer != group[0].layer:
            place += f" in layer {_layer(other)}"
            origin = image.origin(other)
            if origin is not None:
                place += f", made by {made_by(origin)}"
        yield f"  {paint('dim', 'also:')} {_cut(place, columns, len('  also: '))}"
    if len(told) < len(others):
        left = len(others) - len(told)
        yield f"  {paint('dim', 'also:')} and {left} more places, all in --format json"


# -- tables


def _table(image: ImageReport, group: list[Finding], paint: Paint, columns: int | None) -> str:
    names = list(dict.fromkeys(name for finding in group for name, _ in finding.details))
    several = len({finding.layer for finding in group}) > 1
    places = len({finding.path for finding in group}) > 1
    rows = []
    for finding in group:
        values = dict(finding.details)
        row = [shown(values.get(name, "")) or "-" for name in names]
        if several:
            row.append(_layer(finding) or "-")
        if places:
            row.append(_path(finding) or "-")
        rows.append(row)
    heads = [*names, *([_LAYER] if several else []), *([_WHERE] if places else [])]
    widths = [max(map(width, column)) for column in zip(heads, *rows, strict=True)]
    room = None if columns is None else columns - len(_GAP)
    widths = _fitted(widths, room)
    lines = [_caption(image, group, paint)]
    lines.append(_GAP + paint("dim", _line([name.upper() for name in heads], widths)))
    for finding, row in zip(group, rows, strict=True):
        lines.append(_GAP + _line(row, widths, finding.severity, paint))
    lines += _sources(image, group, paint, columns)
    lines.append(f"  {paint('help', 'help:')} dockgate explain {group[0].rule.name}")
    return "".join(f"{line}\n" for line in lines) + "\n"


def _caption(image: ImageReport, group: list[Finding], paint: Paint) -> str:
    place = shown(image.name)
    if group[0].path and len({finding.path for finding in group}) == 1:
        place += f":{_path(group[0])}"
    label = group[0].severity.label
    return (
        f"{paint('bold', place)} {paint(label, label)} {paint('bold', group[0].rule.name)} "
        f"{len(group)} findings{_counted(group)}"
    )


def _counted(group: list[Finding]) -> str:
    """`: 2 critical, 14 high, 3 unrated; 12 have a fix`, of details that say so."""
    words = [dict(finding.details) for finding in group]
    bands = Counter(
        shown(one["severity"]).partition(" ")[0].rstrip(",") for one in words if "severity" in one
    )
    ranks = {word: rank for rank, word in enumerate(SCALE)}
    told = [
        f"{bands[band]} {band}"
        for band in sorted(bands, key=lambda band: (ranks.get(band, len(ranks)), band))
    ]
    parts = [", ".join(told)] if told else []
    if any("fixed" in one for one in words):
        fixed = sum(1 for one in words if one.get("fixed"))
        parts.append(f"{fixed} {'has' if fixed == 1 else 'have'} a fix")
    return f": {'; '.join(parts)}" if parts else ""


def _sources(
    image: ImageReport, group: list[Finding], paint: Paint, columns: int | None
) -> Iterator[str]:
    """Where most of the rows come from: what to change first."""
    origins = [image.origin(finding) for finding in group]
    found = Counter(made_by(origin) for origin in origins if origin is not None)
    told = found.most_common(None if columns is None else ORIGINS)
    for source, count in told:
        text = f"{count} of them by {source}"
        yield f"  {paint('dim', 'made:')} {_cut(text, columns, len('  made: '))}"
    if len(told) < len(found):
        yield f"  {paint('dim', 'made:')} and by {len(found) - len(told)} more instructions"


def _fitted(widths: list[int], room: int | None) -> list[int]:
    """The widths of columns, the widest made narrower until all fit."""
    if room is None:
        return widths
    widths = list(widths)
    spare = room - len(_GAP) * (len(widths) - 1)
    while sum(widths) > spare and max(widths) > NARROWEST:
        widest = max(widths)
        widths[widths.index(widest)] = widest - 1
    return widths


def _line(
    cells: Sequence[str],
    widths: Sequence[int],
    severity: Severity | None = None,
    paint: Paint | None = None,
) -> str:
    parts = []
    for number, (cell, size) in enumerate(zip(cells, widths, strict=True)):
        text = _fit(cell, size)
        pad = " " * (size - width(text)) if number < len(cells) - 1 else ""
        if paint is not None and severity is not None and number == 0:
            text = paint(severity.label, text)
        parts.append(text + pad)
    return _GAP.join(parts).rstrip()


def _fit(text: str, size: int) -> str:
    """As much of a text as has this width."""
    if width(text) <= size:
        return text
    while text and width(text) >= size:
        text = text[:-1]
    return text + "…"


def _cut(text: str, columns: int | None, before: int) -> str:
    return text if columns is None else _fit(text, max(columns - before, NARROWEST))


def _path(finding: Finding) -> str:
    return "/" + shown(finding.path.lstrip("/")) if finding.path else ""


def _layer(finding: Finding) -> str:
    return shown(finding.layer[:SHORT_DIGEST]) if finding.layer else ""

"""The top of the page: the outcome, counts, what is undecided, an index, the filter."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.linter.report import Report
from dockgate.linter.reporters.html.escape import escaped
from dockgate.linter.reporters.place import failures
from dockgate.linter.reporters.summary import (
    amount,
    checked,
    counts,
    fixable,
    name_of,
    noun,
    outcome,
    parts,
    rule_name,
)

OPEN_INDEX = 25  #: names up to which the index is open
BAR = 1000  #: units that the bar is wide

_HEADINGS = {
    "accepted": "Accepted",
    "refused": "Refused",
    "undecided": "Undecided",
    "clean": "No findings",
    "empty": "Nothing was checked",
}
_SIGNS = {
    "accepted": "M5 12.5l4.5 4.5L19 7.5",
    "clean": "M5 12.5l4.5 4.5L19 7.5",
    "refused": "M6.5 6.5l11 11m0-11l-11 11",
    "undecided": "M12 5.5v8m0 4.2v.3",
}


def title(report: Report) -> str:
    """The page's title: what it is of, and the outcome."""
    known = parts(report)
    subject = name_of(known[0]) if len(known) == 1 else checked(report)
    return f"{subject}: {_heading(report).lower()} · dockgate"


def overview(report: Report) -> Iterator[str]:
    """From the header to the findings; opens `main`."""
    word = outcome(report)
    yield '<a class="skip" href="#main">Skip to the findings</a>\n<header>\n'
    yield '<p class="tool">dockgate report</p>\n'
    yield f'<h1 class="{escaped(word)}">{_sign(word)}{escaped(_heading(report))}</h1>\n'
    yield f'<p class="lead">{_lead(report, word)}</p>\n'
    if report.digest:
        yield f'<p class="digest"><code>{escaped(report.digest)}</code></p>\n'
    if report.reasons:
        yield '<ul class="reasons">\n'
        yield from (f"<li>{escaped(reason)}</li>\n" for reason in report.reasons)
        yield "</ul>\n"
    yield from _counts(report)
    yield "</header>\n"
    yield from _undecided(report)
    yield from _index(report)
    yield from _filter(report)
    yield '<main id="main">\n'


def _heading(report: Report) -> str:
    word = outcome(report)
    return noun(len(report.findings), "finding") if word == "findings" else _HEADINGS[word]


def _lead(report: Report, word: str) -> str:
    places = checked(report)
    if word == "clean":
        return f"dockgate looked at {places} and has nothing to report."
    if word == "empty":
        return "There was no Dockerfile and no image to look at."
    if word == "findings":
        return f"in {places}"
    if not parts(report):
        return "Nothing could be looked at: this is no acceptance."
    found = noun(len(report.findings), "finding") if report.findings else "No findings"
    if word == "undecided":
        return (
            f"Not everything could be checked: this is no acceptance. {found} in {places} so far."
        )
    return f"{found} in {places}."


def _sign(word: str) -> str:
    if word not in _SIGNS:
        return ""
    return (
        '<svg viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="12"/>'
        f'<path d="{_SIGNS[word]}"/></svg>'
    )


def _counts(report: Report) -> Iterator[str]:
    found = counts(report.findings)
    if not found:
        return
    total = len(report.findings)
    yield (
        f'<svg class="bar" viewBox="0 0 {BAR} 10" preserveAspectRatio="none" aria-hidden="true">'
    )
    seen = 0
    for level, count in found:
        start, seen = BAR * seen // total, seen + count
        yield (
            f'<rect class="{level.label}" x="{start}" width="{BAR * seen // total - start}" '
            'height="10"/>'
        )
    yield '</svg>\n<dl class="counts">\n'
    for level, count in found:
        yield f'<div class="{level.label}"><dt>{level.label}</dt><dd>{count}</dd></div>\n'
    yield "</dl>\n"
    safe, unsafe = fixable(report)
    fixes = [f"<code>dockgate lint --fix</code> mends {safe} of them"] if safe else []
    if unsafe:
        fixes.append(f"<code>dockgate lint --unsafe-fixes</code> {unsafe}{' more' if safe else ''}")
    if fixes:
        yield f'<p class="fixable">{", ".join(fixes)}.</p>\n'


def _undecided(report: Report) -> Iterator[str]:
    found = list(failures(report))
    if not found:
        return
    yield '<section class="unfinished" aria-labelledby="unfinished">\n'
    yield '<h2 id="unfinished">Could not be finished</h2>\n'
    yield "<p>What stands here was not checked to its end: there may be more to find.</p>\n<ul>\n"
    for name, failure in found:
        yield f"<li><code>{escaped(name)}</code> {escaped(failure)}</li>\n"
    yield "</ul>\n</section>\n"


def _index(report: Report) -> Iterator[str]:
    """Links to files and images with findings, then the names of those without."""
    known = parts(report)
    found = [(number, part) for number, part in enumerate(known, 1) if part.findings]
    clean = [part for part in known if not part.findings and not part.failures]
    if len(known) < 2:
        return
    label = "Files and images" if report.files and report.images else "Files"
    if not report.files:
        label = "Images"
    yield f'<nav aria-label="{label}">\n'
    if found:
        yield f"<details{' open' if len(found) <= OPEN_INDEX else ''}>\n<summary><h2>{label} with "
        yield f'findings</h2> <span class="many">{len(found)}</span></summary>\n<ol>\n'
        for number, part in found:
            yield f'<li><a href="#p{number}">{escaped(name_of(part))}</a> <span class="tally">'
            yield ", ".join(
                f'<span class="{level.label}">{amount(level, count)}</span>'
                for level, count in counts(part.findings)
            )
            yield "</span></li>\n"
        yield "</ol>\n</details>\n"
    if clean:
        yield f"<details{'' if found else ' open'}>\n<summary><h2>{label} without findings</h2> "
        yield f'<span class="many">{len(clean)}</span></summary>\n<ul>\n'
        yield from (f"<li>{escaped(name_of(part))}</li>\n" for part in clean)
        yield "</ul>\n</details>\n"
    yield "</nav>\n"


def _filter(report: Report) -> Iterator[str]:
    """The form, hidden until the script that works it has started."""
    levels = counts(report.findings)
    if len(report.findings) < 2:
        return
    yield '<form class="filter" id="filter" role="search" aria-label="Filter findings" hidden>\n'
    yield '<fieldset><legend class="hear">Severity</legend>'
    for level, _count in levels:
        yield (
            f'<label class="{level.label}"><input type="checkbox" name="severity" '
            f'value="{level.label}" checked>{level.label}</label>'
        )
    yield '</fieldset>\n<label><span>Rule</span><select name="rule"><option value="">all</option>'
    for name in sorted({rule_name(finding) for finding in report.findings}):
        yield f'<option value="{escaped(name)}">{escaped(name)}</option>'
    yield "</select></label>\n"
    if len(parts(report)) > 1:
        yield (
            '<label><span>Name contains</span><input type="search" name="file" '
            'autocomplete="off" spellcheck="false"></label>\n'
        )
    yield '<button type="reset">Show all</button>\n</form>\n<p role="status" id="shown"></p>\n'

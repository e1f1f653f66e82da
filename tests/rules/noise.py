"""What docs/noise.md is made from: `python -m tests.rules.noise [SEED]` prints it as Markdown.

The findings are those that fail a lint: the `default` profile at severity warning or above, over
the real Dockerfiles of the corpus. The verdict on each is a reader's, so it has no column here.
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from dockgate.linter.run import lint_bytes
from dockgate.rules.rule import Severity

FILES = Path(__file__).parents[2] / "../shared/corpus/dockerfiles.jsonl"
SEED = 6007
SIZE = 50
MOST_OF_A_RULE = 3  #: so that the sample is not forty times the same sentence
GIST = 72  #: characters of the line that are shown

#: Folders of files that nobody mends: written to be wrong, or somebody else's.
NOBODYS = frozenset({"test", "tests", "testdata", "vendor"})
#: What stands in templates that are filled in before they are Dockerfiles.
TEMPLATE = ("${templateOption:", "REPLACE-ME")

OFFICIAL = "docker-library/"
#: What the bound on the official images leaves out: made to be built upon, they have none of it.
NOT_COUNTED = frozenset({"missing-user", "missing-healthcheck", "unpinned-base-digest"})


class Noise(NamedTuple):
    """One finding at warning or above."""

    repo: str
    path: str
    line: int  #: from 1
    rule: str
    severity: str
    gist: str  #: the line it stands on, shortened, secrets covered
    message: str
    owned: bool  #: somebody mends the file, and the bound counts it: it may be drawn


@cache
def everything() -> tuple[list[Noise], Counter[str]]:
    """All findings at warning or above over the corpus, and how many files each owner has."""
    found: list[Noise] = []
    files: Counter[str] = Counter()
    with open(FILES, encoding="utf-8") as rows:
        for row in map(json.loads, rows):
            files[row["repo"].partition("/")[0] + "/"] += 1
            found += _of(row["repo"], row["path"], row["text"])
    return found, files


def _of(repo: str, path: str, source: str) -> Iterator[Noise]:
    report = lint_bytes(source.encode("utf-8", "surrogateescape"), path)
    lines = report.text.text.split("\n")
    owned = NOBODYS.isdisjoint(path.split("/")) and not any(mark in source for mark in TEMPLATE)
    for_building_upon = repo.startswith(OFFICIAL)
    for finding in report.findings:
        if finding.severity >= Severity.WARNING and finding.span is not None:
            line = report.text.position(finding.span.start).line
            yield Noise(
                repo,
                path,
                line,
                finding.rule.name,
                finding.severity.label,
                shortened(lines[line - 1]),
                finding.message,
                owned and not (for_building_upon and finding.rule.name in NOT_COUNTED),
            )


def sample(seed: int = SEED) -> list[Noise]:
    """`SIZE` findings in random order, at most `MOST_OF_A_RULE` of one rule."""
    found = [noise for noise in everything()[0] if noise.owned]
    drawn: list[Noise] = []
    taken: Counter[str] = Counter()
    for noise in random.Random(seed).sample(found, len(found)):
        if taken[noise.rule] < MOST_OF_A_RULE and len(drawn) < SIZE:
            taken[noise.rule] += 1
            drawn.append(noise)
    return drawn


def official() -> float:
    """Findings a file on Docker's official images, those of `NOT_COUNTED` left out."""
    found, files = everything()
    counted = [n for n in found if n.repo.startswith(OFFICIAL) and n.rule not in NOT_COUNTED]
    return len(counted) / files[OFFICIAL]


def shortened(line: str) -> str:
    """The line in one cell of a Markdown table."""
    plain = " ".join(line.split()).replace("`", "'")
    cut = plain if len(plain) <= GIST else plain[: GIST - 1] + "…"
    return cut.replace("|", "\\|")


def main(seed: int) -> None:
    """Print the sample and how often each rule fires."""
    print("| where | rule | line |\n|---|---|---|")
    for noise in sample(seed):
        print(f"| {noise.repo}/{noise.path}:{noise.line} | {noise.rule} | `{noise.gist}` |")
    found, files = everything()
    drawn = sum(noise.owned for noise in found)
    print(f"\n{len(found)} findings in {files.total()} files, {drawn} of them to draw from")
    print(f"{official():.2f} a file on {OFFICIAL}*\n")
    print("| rule | severity | findings | files of 100 | on official images |")
    print("|---|---|---:|---:|---:|")
    for (rule, severity), count in Counter((n.rule, n.severity) for n in found).most_common():
        held = {(n.repo, n.path) for n in found if n.rule == rule}
        there = sum(1 for n in found if n.rule == rule and n.repo.startswith(OFFICIAL))
        share = 100 * len(held) / files.total()
        print(f"| {rule} | {severity} | {count} | {share:.1f} | {there} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else SEED)

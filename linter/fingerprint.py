"""What a finding is known by from one run to the next, wherever its line has gone meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from dockgate.linter.engine import Severities, keys

if TYPE_CHECKING:
    from dockgate.linter.report import FileReport
    from dockgate.rules.rule import Finding

DIGITS = 16  #: of a fingerprint, hexadecimal
MAX_CODE = 4096  #: characters before and behind a finding's start that count
SEPARATORS = ("&&", "||", ";", "|")  #: of the commands in a line


class Identity(NamedTuple):
    """What equal findings of a file have in common; only their number tells them apart."""

    rule: str  #: `root-user`; of ShellCheck's findings the code, `SC2086`
    fingerprint: str


Known = dict[Identity, int]  #: findings of one file, how often each


def fingerprint(file: FileReport, finding: Finding) -> str:
    """A hash of the rule and of the code that it found fault with: 16 hexadecimal digits.

    It stays the same when lines are inserted, moved or indented, when another command of the line
    changes, when the message is worded anew, and when a FROM names another version of its image.
    The path is not in it, and of a secret no more than a report shows. Equal findings in a file
    have equal fingerprints: callers that need distinct ones add a path and which occurrence it is.
    """
    parts = [rule_name(finding), _code(file, finding), finding.path or "", finding.layer or ""]
    return sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:DIGITS]


def identity(file: FileReport, finding: Finding) -> Identity:
    """What the finding is known by in its file."""
    return Identity(rule_name(finding), fingerprint(file, finding))


def rule_name(finding: Finding) -> str:
    """The rule's narrowest name: ShellCheck's findings each have a code of their own."""
    return keys(finding.rule)[0]


def _code(file: FileReport, finding: Finding) -> str:
    """The commands that the finding stands in, or its lines where they hold no command.

    The word RUN, comments, blank lines, indentation and marks of continuation are left out.
    """
    if finding.span is None:
        return ""
    text, (start, end) = file.text, finding.span
    last = max(end - 1, start)
    first_line = text.line_span(text.position(start).line)
    last_line = text.line_span(text.position(last).line)
    before = text.text[max(first_line.start, start - MAX_CODE) : start]
    within = text.text[start : min(end, start + MAX_CODE)]
    after = text.text[max(end, start) : min(last_line.end, start + MAX_CODE)]
    if _begins(before + within, "FROM "):
        return _without_version((before + within + after).split())
    if _begins(before, "RUN "):
        before = before.lstrip()[4:]
    for mark in SEPARATORS:
        before, after = before.rpartition(mark)[2], after.partition(mark)[0]
    rows = [" ".join(row.split()).rstrip("\\` ") for row in f"{before}{within}{after}".split("\n")]
    return " ".join(row for row in rows if row and (len(rows) == 1 or row[0] != "#"))


def _begins(line: str, keyword: str) -> bool:
    return line.lstrip()[: len(keyword)].upper() == keyword


def _without_version(words: Sequence[str]) -> str:
    """A FROM without the tag and the digest of its image: `FROM node AS a`."""
    kept = list(words)
    for index, word in enumerate(kept[1:], 1):
        if not word.startswith("--"):
            path, slash, name = word.partition("@")[0].rpartition("/")
            kept[index] = path + slash + name.partition(":")[0]
            break
    return " ".join(kept)


def leave_out(
    file: FileReport,
    known: Mapping[Identity, int],
    locked: Severities,
    older: Callable[[Finding], bool] | None = None,
) -> Known:
    """Take the findings that are `known`, each as often as it says, out of a report.

    Gives what `known` has and the file has not. Rules that the configuration has locked are told
    whatever is known. Where more are there than known, the `older` ones go first.
    """
    left = dict(known)
    order = sorted(file.findings, key=lambda f: not older(f)) if older else file.findings
    gone = set()
    for finding in order:
        one = identity(file, finding)
        if left.get(one, 0) and locked.keys().isdisjoint(keys(finding.rule)):
            left[one] -= 1
            gone.add(id(finding))
    file.findings = [finding for finding in file.findings if id(finding) not in gone]
    return {one: count for one, count in left.items() if count}


def counted(file: FileReport, locked: Severities) -> Known:
    """How often the file has each finding, those of locked rules left out."""
    found: Known = {}
    for finding in file.findings:
        if locked.keys().isdisjoint(keys(finding.rule)):
            one = identity(file, finding)
            found[one] = found.get(one, 0) + 1
    return found

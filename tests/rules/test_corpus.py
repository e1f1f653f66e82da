"""Every rule over real Dockerfiles: none fails, and each agrees with BuildKit's own check."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from dockgate.linter import document, secrets, shell
from dockgate.linter.config import DEFAULT_CONFIG
from dockgate.linter.engine import check
from dockgate.linter.fixes import fix
from dockgate.linter.run import Scope
from dockgate.rules.registry import rules_of
from dockgate.rules.subjects.dockerfile import Dockerfile

CORPUS = Path(__file__).parents[2] / "../shared/corpus"

#: BuildKit's check -> ours.
SAME = {
    "JSONArgsRecommended": {"shell-form-command"},
    "MultipleInstructionsDisallowed": {
        "multiple-cmd",
        "multiple-entrypoint",
        "multiple-healthcheck",
    },
    "WorkdirRelativePath": {"relative-workdir"},
    "UndefinedArgInFrom": {"undefined-arg-in-from"},
    "DuplicateStageName": {"duplicate-stage-name"},
    "MaintainerDeprecated": {"maintainer-deprecated"},
}

#: All rules over one file of the corpus, on average: several times what it takes.
MOST_MILLISECONDS = 10

needs_corpus = pytest.mark.skipif(not CORPUS.exists(), reason="no corpus beside the repository")


def rows() -> Iterator[dict[str, Any]]:
    for name in ("dockerfiles.jsonl", "edge.jsonl"):
        with open(CORPUS / name, encoding="utf-8") as lines:
            yield from (json.loads(line) for line in lines)


@cache
def everything() -> list[tuple[dict[str, Any], Dockerfile]]:
    read = []
    for row in rows():
        data = base64.b64decode(row["b64"]) if "b64" in row else row["text"].encode()
        dockerfile = document.read(data, row.get("path") or "Dockerfile")
        shell.attach(dockerfile)
        secrets.attach(dockerfile)
        read.append((row, dockerfile))
    return read


@needs_corpus
def test_no_rule_fails_and_all_are_quick() -> None:
    rules = list(rules_of("dockerfile").values())
    subjects = [dockerfile for _, dockerfile in everything()]
    before = time.process_time()
    failed = [failure for subject in subjects for failure in check(subject, rules)[1]]
    spent = time.process_time() - before
    assert failed == []
    assert spent * 1000 / len(subjects) < MOST_MILLISECONDS


@needs_corpus
def test_findings_stand_in_the_file() -> None:
    rules = list(rules_of("dockerfile").values())
    for row, dockerfile in everything():
        for finding in check(dockerfile, rules)[0]:
            assert finding.span is not None, (row.get("path"), finding)
            assert 0 <= finding.span.start <= finding.span.end <= len(dockerfile.text.text)


@needs_corpus
@pytest.mark.parametrize("theirs", SAME)
def test_buildkit_says_the_same(theirs: str) -> None:
    """Rule and line, in the stages that BuildKit converts, of all files that it can convert.

    BuildKit was run with stubs for bases, Linux ones that set PATH only. So two things are left
    to us that a real base would settle: absolute paths of Windows, and `WORKDIR $HOME`.
    """
    compared = 0
    for row, dockerfile in everything():
        meaning = row.get("meaning")
        if not meaning or meaning.get("err"):
            continue
        wanted = sorted(
            int(line)
            for rule, _, line in (said.partition(":") for said in meaning.get("lint") or [])
            if rule == theirs and not _settled_by_the_base(theirs, dockerfile, int(line))
        )
        reached = {stage.index for stage in dockerfile.reached()}
        rules = [rule for rule in rules_of("dockerfile").values() if rule.name in SAME[theirs]]
        found = sorted(
            dockerfile.text.position(finding.span.start).line
            for finding in check(dockerfile, rules)[0]
            if finding.span and (not finding.stage or finding.stage.index in reached)
        )
        # BuildKit names the instruction's first line; ours stand at the very word.
        first = {
            line: i.start for i in dockerfile.instructions for line in range(i.start, i.end + 1)
        }
        assert [first[line] for line in found] == wanted, row.get("path")
        compared += len(wanted)
    assert compared or theirs in ("DuplicateStageName", "UndefinedArgInFrom")


def _settled_by_the_base(rule: str, dockerfile: Dockerfile, line: int) -> bool:
    if rule != "WorkdirRelativePath":
        return False
    (instruction,) = (i for i in dockerfile.instructions if i.start == line)
    stage = instruction.stage
    return (stage is not None and stage.windows) or instruction.words[0].value.lstrip('"')[0] == "$"


@needs_corpus
def test_cases_of_buildkit_itself() -> None:
    """BuildKit's own test cases of these checks, lines included."""
    compared = 0
    with open(CORPUS / "cases.jsonl", encoding="utf-8") as lines:
        cases = [json.loads(line) for line in lines]
    for case in cases:
        if case["peer"] != "buildkit" or case["rule"] not in SAME:
            continue
        if "check=skip" in case["dockerfile"]:
            continue  # linter.suppress reads these
        dockerfile = document.read(case["dockerfile"].encode(), "Dockerfile")
        shell.attach(dockerfile)
        rules = [r for r in rules_of("dockerfile").values() if r.name in SAME[case["rule"]]]
        found = check(dockerfile, rules)[0]
        at = sorted(dockerfile.text.position(f.span.start).line for f in found if f.span)
        assert bool(at) == case["fires"], case["dockerfile"]
        if case.get("lines"):
            assert at == sorted(case["lines"]), case["dockerfile"]
        compared += 1
    assert compared >= 10


def _kinds(dockerfile: Dockerfile) -> list[str]:
    """Its instructions but for those that a fix replaces, splits (ENV), or moves into a COPY."""
    changed = {"ADD": "COPY", "MAINTAINER": "LABEL"}
    chmod = re.compile(r"RUN (?:sudo )?chmod \S+ \S+\s*", re.IGNORECASE)
    kept = [i for i in dockerfile.instructions if not chmod.fullmatch(i.original)]
    kinds = [changed.get(i.cmd, i.cmd) for i in kept]
    pairs = zip(["", *kinds], kinds, strict=False)
    return [kind for before, kind in pairs if not before == kind == "ENV"]


@needs_corpus
@pytest.mark.parametrize("unsafe", [False, True])
def test_fixes_of_real_files_settle_and_still_parse(unsafe: bool) -> None:
    """What fixes leave has the same instructions, but for those that a fix replaces."""
    rules = list(rules_of("dockerfile").values())
    fixed = 0
    for row, dockerfile in everything():
        fixes = [fix for finding in check(dockerfile, rules)[0] for fix in finding.fixes]
        if not any(fix.safe or unsafe for fix in fixes):
            continue
        data = dockerfile.text.encode()
        after = fix(data, "Dockerfile", DEFAULT_CONFIG, unsafe=unsafe, scope=Scope())
        assert after.failure == "", row.get("path")
        assert after.applied
        new = document.read(after.data, "Dockerfile")
        assert len(new.errors) <= len(dockerfile.errors)
        assert _kinds(new) == _kinds(dockerfile), row.get("path")
        fixed += 1
    assert fixed > 20

"""All of BuildKit's checks, in rule and line: over real files, and BuildKit's own cases.

A check of BuildKit's is the union of the rules that have its name as an alias, all of them on.
BuildKit was run on one file after the other with a stub for every base, a Linux image that sets
PATH only, and looks at the stages that the last one needs.
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from dockgate.linter import context as contexts
from dockgate.linter import document, secrets, shell, suppress
from dockgate.linter.config import DEFAULT_CONFIG, Config
from dockgate.linter.engine import Selection, check
from dockgate.linter.parsing.check_options import CHECKS, EXPERIMENTAL
from dockgate.linter.run import lint_bytes
from dockgate.rules.registry import rules_of
from dockgate.rules.rule import Finding, Rule, Severity
from dockgate.rules.subjects.base_image import BaseImage, key
from dockgate.rules.subjects.dockerfile import Dockerfile
from tests.rules.subjects import read

CORPUS = Path(__file__).parents[2] / "../shared/corpus"
needs_corpus = pytest.mark.skipif(not CORPUS.exists(), reason="no corpus beside the repository")

ALL = CHECKS | EXPERIMENTAL
RULES: list[Rule[Any]] = [
    rule
    for subject in ("dockerfile", "context")
    for rule in rules_of(subject).values()
    if not ALL.isdisjoint(rule.aliases)
]
EVERYTHING = Selection(severities={rule.name: rule.severity for rule in RULES})
#: What BuildKit looks for in the whole file; the others in the stages that are built.
WHOLE_FILE = {
    *("ConsistentInstructionCasing", "FromAsCasing", "StageNameCasing", "DuplicateStageName"),
    *("ReservedStageName", "MaintainerDeprecated", "NoEmptyContinuation", "UndefinedArgInFrom"),
    *("RedundantTargetPlatform", "FromPlatformFlagConstDisallowed", "InvalidDefaultArgInFrom"),
    "InvalidDefinitionDescription",
}
#: By these words the stubs knew that a file is for Windows.
WINDOWS_FILE = ("windowsservercore", "nanoserver")
#: Checks of which no file of the corpus has a finding: the cases show that they work.
SEEN_IN_CASES_ONLY = {
    *("StageNameCasing", "DuplicateStageName", "ReservedStageName", "NoEmptyContinuation"),
    *("InvalidBaseImagePlatform", "CopyIgnoredFile", "ExposeProtoCasing", "ExposeInvalidFormat"),
}


def rows(name: str) -> Iterator[dict[str, Any]]:
    with open(CORPUS / name, encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines)


def said(dockerfile: Dockerfile, found: list[Finding], *, reached: bool) -> set[str]:
    """`Check:line` as BuildKit has it: the first line of the instruction."""
    starts = {line: i.start for i in dockerfile.instructions for line in range(i.start, i.end + 1)}
    built = {stage.index for stage in dockerfile.reached()}
    result = set()
    for finding in found:
        assert finding.span is not None
        line = dockerfile.text.position(finding.span.start).line
        for alias in ALL.intersection(finding.rule.aliases):
            unbuilt = finding.stage is not None and finding.stage.index not in built
            if not reached or not unbuilt or alias in WHOLE_FILE:
                result.add(f"{alias}:{starts.get(line, line)}")
    return result


def run(dockerfile: Dockerfile, folder: Path | None = None) -> list[Finding]:
    rules = [rule for rule in RULES if rule.subject is Dockerfile]
    found, failures = check(dockerfile, rules, EVERYTHING)
    if folder is not None:
        others = [rule for rule in RULES if rule.subject is not Dockerfile]
        more, more_failures = check(contexts.load(str(folder), dockerfile), others, EVERYTHING)
        found, failures = found + more, failures + more_failures
    assert failures == []
    kept = suppress.apply(dockerfile, found, EVERYTHING)
    return [finding for finding in kept if finding.rule in RULES]


@cache
def compared() -> tuple[Counter[str], list[str], list[str]]:
    """How often both say so, what only BuildKit says, and what only dockgate says."""
    both: Counter[str] = Counter()
    missing, extra = [], []
    for name in ("dockerfiles.jsonl", "edge.jsonl"):
        for row in rows(name):
            meaning = row.get("meaning")
            if not meaning:
                continue
            data = base64.b64decode(row["b64"]) if "b64" in row else row["text"].encode()
            dockerfile = document.read(data, "Dockerfile")
            shell.attach(dockerfile)
            secrets.attach(dockerfile)
            if not any(word in dockerfile.text.text.lower() for word in WINDOWS_FILE):
                for stage in dockerfile.stages:
                    stage.windows = False
            ours = said(dockerfile, run(dockerfile), reached=True)
            if not any(directive.name == "check" for directive in dockerfile.directives):
                ours = {found for found in ours if found.partition(":")[0] not in EXPERIMENTAL}
            theirs = set(meaning.get("lint") or [])
            path = f"{row.get('repo')}/{row.get('path')}"
            both.update(found.partition(":")[0] for found in ours & theirs)
            missing += [f"{path} {found}" for found in sorted(theirs - ours)]
            if not meaning.get("err"):  # where BuildKit fails it says no more, and dockgate does
                extra += [f"{path} {found}" for found in sorted(ours - theirs)]
    return both, missing, extra


@needs_corpus
def test_real_files_agree() -> None:
    both, missing, extra = compared()
    assert missing == []
    assert extra == []
    assert sum(both.values()) > 1500
    assert set(both) == CHECKS - SEEN_IN_CASES_ONLY


def test_every_check_has_a_rule() -> None:
    assert {alias for rule in RULES for alias in rule.aliases} >= ALL
    assert len(ALL) == 22


#: A case of BuildKit's documentation that BuildKit itself would not report, and why.
DOCUMENTATION_ONLY = {
    "FROM scratch\nCOPY ./tmp/helloworld.txt /helloworld.txt": (
        "the pattern */tmp/* does not match tmp/helloworld.txt: it wants a folder above tmp"
    ),
}


@needs_corpus
def test_buildkits_own_cases(tmp_path: Path) -> None:
    count = 0
    for number, case in enumerate(rows("cases.jsonl")):
        rule, source = case["rule"], case["dockerfile"]
        if case["peer"] != "buildkit" or source.strip() in DOCUMENTATION_ONLY:
            continue
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "Dockerfile").write_text(source)
        if "dockerignore" in case:
            (folder / ".dockerignore").write_text(case["dockerignore"])
        dockerfile = read(source)
        found = [f for f in run(dockerfile, folder) if rule in f.rule.aliases]
        at = sorted({dockerfile.text.position(f.span.start).line for f in found if f.span})
        assert bool(at) == case["fires"], (rule, source)
        if case.get("lines"):
            assert at == sorted(case["lines"]), (rule, source)
        count += 1
    assert count >= 60


def levels(source: str, config: Config = DEFAULT_CONFIG) -> dict[str, Severity]:
    report = lint_bytes(source.encode(), "Dockerfile", config)
    assert report.failures == []
    return {f.rule.name: f.severity for f in report.findings}


def test_skip_in_the_first_lines_is_for_the_file() -> None:
    source = "FROM debian:12\nENV A 1\nMAINTAINER x\n"
    assert {"legacy-key-value", "maintainer-deprecated"} <= levels(source).keys()
    left = levels("# check=skip=LegacyKeyValueFormat,FromAsCasing\n" + source).keys()
    assert "legacy-key-value" not in left
    assert "maintainer-deprecated" in left
    assert (
        not {"legacy-key-value", "maintainer-deprecated"}
        & levels("# check=skip=all\n" + source).keys()
    )


def test_skip_above_an_instruction_is_for_that_instruction() -> None:
    source = "FROM debian:12\n# check=skip=LegacyKeyValueFormat\nENV A 1\n"
    assert "legacy-key-value" not in levels(source)
    assert "legacy-key-value" in levels(source + "ENV B 2\n")


def test_experimental_turns_a_check_on() -> None:
    source = "# about this\nARG V=12\nFROM debian:$V\n"
    name = "invalid-definition-description"
    assert name not in levels(source)
    assert name in levels("# check=experimental=InvalidDefinitionDescription\n" + source)
    assert name in levels("# check=skip=all;experimental=all\n" + source)
    assert name not in levels("# check=experimental=CopyIgnoredFile\n" + source)


def test_error_makes_errors_of_what_buildkit_refuses() -> None:
    source = "# check=error=true\nFROM debian:12 as b\nENV A 1\nEXPOSE 80\n"
    found = levels(source)
    assert found["legacy-key-value"] is Severity.ERROR
    assert found["from-as-casing"] is Severity.ERROR
    assert found["missing-healthcheck"] is Severity.WARNING
    assert levels(source.replace("true", "0"))["legacy-key-value"] is Severity.INFO
    own = Config(selection=Selection(severities={"legacy-key-value": Severity.STYLE}))
    assert levels(source, own)["legacy-key-value"] is Severity.STYLE


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("skip", 'invalid check option "skip"'),
        ("skip=a;oops=b", 'invalid check option "oops"'),
        ("error=maybe", "write true or false"),
        ("skip=a; error=true", 'invalid check option ""'),
    ],
)
def test_options_that_buildkit_refuses_are_an_error(value: str, says: str) -> None:
    report = lint_bytes(f"# check={value}\nFROM debian:12\n".encode(), "Dockerfile")
    (found,) = [f for f in report.findings if f.rule.name == "syntax-error"]
    assert says in found.message


def test_defaults_count_even_when_an_argument_is_given() -> None:
    data = b"ARG TAG\nFROM debian:$TAG\n"
    for given in (None, {"TAG": "12"}):
        report = lint_bytes(data, "Dockerfile", build_args=given)
        assert "invalid-default-base" in {f.rule.name for f in report.findings}
    good = b"ARG TAG=12\nFROM debian:$TAG\n"
    report = lint_bytes(good, "Dockerfile", build_args={"TAG": ":"})
    assert "invalid-default-base" not in {f.rule.name for f in report.findings}


def with_base(source: str, image: BaseImage) -> set[str]:
    """What is found when the base image is known, as under `--resolve`."""
    dockerfile = document.read(
        source.encode(), platform="linux/amd64", bases={key(BASE, "linux/amd64"): image}
    )
    shell.attach(dockerfile)
    secrets.attach(dockerfile)
    return {found.partition(":")[0] for found in said(dockerfile, run(dockerfile), reached=True)}


BASE = "docker.io/library/debian:12"
SETS = BaseImage(architecture="amd64", env=(("GOPATH", "/go"),), platform="linux/amd64")
SETS_NOTHING = BaseImage(architecture="amd64", platform="linux/amd64")


def test_what_a_known_base_sets_is_defined() -> None:
    source = "FROM debian:12\nWORKDIR $GOPATH\nCOPY a ${GOPATH}/b\n"
    assert with_base(source, SETS) == set()
    assert with_base(source, SETS_NOTHING) == {"UndefinedVar", "WorkdirRelativePath"}


def test_a_base_for_another_processor_is_seen() -> None:
    assert with_base("FROM debian:12\n", SETS) == set()
    other = SETS._replace(architecture="arm64")
    assert with_base("FROM debian:12\n", other) == {"InvalidBaseImagePlatform"}

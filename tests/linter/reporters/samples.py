"""Reports that formats are tried on: real ones, and ones that only a test can make."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from dockgate.linter.report import FileReport, ImageReport, Origin, Report
from dockgate.linter.run import lint_bytes
from dockgate.rules.registry import all_rules
from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity
from dockgate.rules.subjects.text import Span, Text
from tests.bench.corpus import CORPUS, real_files

ROOT = Path(__file__).parents[3]
SCHEMAS = ROOT / "fixtures" / "schemas"
PUBLISHED = ROOT / "docs" / "schema"

DIGEST = "sha256:" + "0123456789abcdef" * 4
LAYER = "sha256:" + "fedcba9876543210" * 4

#: None of it may ever be printed. Made up for this test, and put together here so that no scanner
#: of repositories takes it for real.
SECRETS = (
    "ghp_" + "Zr8kQ2vT5xW1nB7mL4cD9fH3jP6sA0yE1uGq",
    "AKIA" + "4QZXWVUTSRQPONML",
    "hunter2" + "-Kx9-Tr0ub4dor",
)
DOCKERFILE_WITH_SECRETS = f"""\
FROM debian
ENV AWS_ACCESS_KEY_ID={SECRETS[1]}
ENV DB_PASSWORD={SECRETS[2]}
RUN apt-get install curl && curl -H "Authorization: token {SECRETS[0]}" http://example.com | sh
ARG GITHUB_TOKEN={SECRETS[0]}
RUN cd /tmp && git clone https://x:{SECRETS[0]}@github.com/a/b && sudo make
"""


def linted(source: str | bytes, path: str = "app/Dockerfile") -> FileReport:
    """A file with what is found in it."""
    data = source.encode() if isinstance(source, str) else source
    return lint_bytes(data, path)


def found(
    name: str,
    message: str,
    span: Span | None = None,
    *,
    severity: Severity | None = None,
    **more: Any,
) -> Finding:
    """A finding of the rule `name`, made by hand."""
    rule = all_rules()[name]
    finding = Finding(message, span, **more)
    finding.rule = rule
    finding.severity = rule.severity if severity is None else severity
    return finding


def image(
    failures: tuple[str, ...] = (), name: str = "registry.example.com:5000/app:1.0"
) -> ImageReport:
    """An image with a finding in a file and one in its configuration."""
    findings = [
        found(
            "image-setuid", "a file runs as root", layer=LAYER, path="usr/bin/a b%41", help="chmod"
        ),
        found("image-root-user", "the image runs as root"),
    ]
    return ImageReport(name, DIGEST, findings, list(failures))


def traced(origin: Origin | None = None) -> ImageReport:
    """The same with what made its layer: an instruction of a Dockerfile that is there."""
    made = image()
    own = Origin("RUN chmod u+s 'a b'", "app/Dockerfile", 3, on_disk=True)
    made.origins[LAYER] = own if origin is None else origin
    return made


def reports() -> dict[str, Report]:
    """One report for each kind of run, by what it is."""
    dockerfile = "FROM debian\nRUN apt-get install curl \\\n    && sudo id\nADD . /app\nUSER root\n"
    clean = "FROM debian:12.8@" + DIGEST + "\nHEALTHCHECK NONE\nUSER 1000\n"
    limit = "app: policy size.max_size: the image has 2 GB, at most 1 GB are allowed"
    return {
        "nothing looked at": Report(),
        "clean": Report([linted(clean)]),
        "findings": Report([linted(dockerfile), linted(clean, "b/Dockerfile")]),
        "secrets": Report([linted(DOCKERFILE_WITH_SECRETS)]),
        "unfinished file": Report([linted(b"\x7fELF\0\0\0")]),
        "bytes": Report(
            [linted(b"\xef\xbb\xbfFROM debi\xffan\r\nRUN sudo \xf0\x9f\x98\x80 \x1b[1m\n")]
        ),
        "names": Report([linted("FROM debian\n", path) for path in NAMES]),
        "accepted": Report(
            images=[ImageReport("app:1", DIGEST, [])], verdict="accepted", digest=DIGEST
        ),
        "refused": Report(
            images=[image()],
            verdict="refused",
            reasons=["app: image-root-user: the image runs as root", limit],
            digest=DIGEST,
        ),
        "undecided": Report(
            images=[image(("a layer could not be read",))],
            verdict="undecided",
            reasons=["app: a layer could not be read"],
            digest=DIGEST,
        ),
        "traced": Report(images=[traced()], verdict="refused", reasons=["r"], digest=DIGEST),
        "no image": Report(verdict="undecided", reasons=["no engine answers"]),
        "refused build": Report(
            [linted(dockerfile)], verdict="refused", reasons=["Dockerfile:5: root-user: it is"]
        ),
        "build": Report(
            [linted(clean)], [image()], verdict="refused", reasons=[limit], digest=DIGEST
        ),
    }


NAMES = (
    "a b/Docker file",
    "./x/../Dockerfile",
    "../outside/Dockerfile",
    "/absolute/Dockerfile",
    "100%/Dockerfile",
    "a:b,c=d/Dockerfile",
    "two\nlines\r\n",
    "tab\tesc\x1b[1m",
    "latin\udce9",
    "<&\"'>",
    "日本/Dockerfile",
    "-",
)


def corpus(step: int) -> list[FileReport]:
    """Every `step`-th real Dockerfile with its findings; skips the test where there is none."""
    if not CORPUS.exists():
        pytest.skip("no corpus of real Dockerfiles beside the repository")
    return [linted(file.data, file.name) for file in real_files()[::step]]


#: Any text at all: control characters, lone surrogates, what no XML may hold.
ANY = st.text(st.characters(codec=None), max_size=40)
_LINE = ANY.filter(bool)
_RULES: list[Rule[Any]] = list(all_rules().values())


@st.composite
def _findings(draw: st.DrawFn, size: int) -> Finding:
    start = draw(st.integers(0, size))
    end = draw(st.integers(start, size))
    edits = (Edit(Span(start, end), draw(ANY)),)
    fixes = draw(st.lists(st.builds(Fix, ANY, st.just(edits), st.booleans()), max_size=2))
    span = draw(st.one_of(st.none(), st.just(Span(start, end))))
    finding = Finding(draw(_LINE), span, help=draw(ANY), fixes=fixes)
    finding.rule = draw(st.sampled_from(_RULES))
    finding.severity = draw(st.sampled_from(Severity))
    return finding


@st.composite
def _files(draw: st.DrawFn) -> FileReport:
    source = draw(ANY)
    path = draw(_LINE)
    findings = draw(st.lists(_findings(len(source)), max_size=4))
    return FileReport(path, Text(source, path), findings, draw(st.lists(_LINE, max_size=2)))


@st.composite
def _images(draw: st.DrawFn) -> ImageReport:
    findings = []
    for plain in draw(st.lists(_findings(0), max_size=3)):
        placed = Finding(
            plain.message,
            help=plain.help,
            layer=draw(st.one_of(st.none(), st.just(LAYER))),
            path=draw(st.one_of(st.none(), ANY)),
            details=draw(st.lists(st.tuples(st.sampled_from("abc"), ANY), max_size=3)),
        )
        placed.rule, placed.severity = plain.rule, plain.severity
        findings.append(placed)
    made = ImageReport(draw(ANY), DIGEST, findings, draw(st.lists(_LINE, max_size=2)))
    if draw(st.booleans()):
        words = (draw(ANY), draw(ANY), draw(st.integers(0, 9)), draw(ANY), draw(st.booleans()))
        made.origins[LAYER] = Origin(*words)
    return made


@st.composite
def any_report(draw: st.DrawFn) -> Report:
    """Whatever a run could report, with texts that no run has ever had."""
    return Report(
        draw(st.lists(_files(), max_size=3)),
        draw(st.lists(_images(), max_size=2)),
        verdict=draw(st.sampled_from(["", "accepted", "refused", "undecided"])),
        reasons=draw(st.lists(_LINE, max_size=2)),
        digest=draw(st.sampled_from(["", DIGEST])),
    )

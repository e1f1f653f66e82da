from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from dockgate import __version__
from dockgate.linter.report import FileReport, ImageReport, Report
from dockgate.linter.reporters import markdown
from dockgate.linter.reporters.frame import shown
from dockgate.rules.rule import Finding, Rule, Severity
from dockgate.rules.subjects.text import Span, Text
from tests.linter.reporters import samples

GITHUB_LIMIT = 1 << 20  #: bytes of a job's summary
HOSTILE = (
    "@user and @org/team",
    "#1 GH-2 !3 ~label %1 $4 &5 [vulnerability:6] owner/repo#7",
    "<img src=x onerror=alert(1)><!-- </details>",
    "| a | b |",
    "`code` ``more`` ` ```",
    "*bold* _it_ ~~gone~~ __x__",
    "[text](https://example.com) ![i](https://example.com/i.png) [a]: b",
    "https://example.com www.example.com me@example.com ftp://a.b",
    "&lt;b&gt; &#60;b&#62; \\<b\\>",
    "# heading",
    "- list",
    "1. list",
    "> quote",
    "    code",
    "---",
    "```",
    ":tada: :+1:",
    "$`a`$ $$b$$ $c$",
    "[^1] [[wiki]] {+ a +} [- b -]",
    "/close",
    "a\n\n# b\n\n<script>",
    "\u202e\udc80\x00\x1b[1m",
)
MENTION = re.compile(r"[@#!~%$&](?=\w)|(?<=[a-z])://|www\.|GH-|:[\w+-]+:")


class _Page(HTMLParser):
    """What GitHub or GitLab would work on: elements, and the text outside of code."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.links: list[str] = []
        self.prose: list[str] = []
        self.code: list[str] = []
        self._inside: list[str] = []
        self.feed(MarkdownIt("gfm-like", {"html": True}).render(text))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        self.links += [value or "" for name, value in attrs if name == "href"]
        if tag != "br":
            self._inside.append(tag)
        if tag == "code":
            self.code.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._inside.pop() == tag

    def handle_comment(self, data: str) -> None:
        self.elements.append(("comment", ()))

    def handle_data(self, data: str) -> None:
        if "code" in self._inside:
            self.code[-1] += data
        else:
            self.prose.append(data)


def report_of(text: str) -> Report:
    """A report in which every text that others write is `text`."""
    rule: Rule[Any] = Rule(
        text,
        object,
        Severity.ERROR,
        why="",
        check=lambda _subject: (),
        references=(f"https://example.com/{text}",),
    )
    in_file, in_image = Finding(text, Span(0, 4), help=text), Finding(text, layer=text, path=text)
    for finding in (in_file, in_image):
        finding.rule, finding.severity = rule, Severity.ERROR
    return Report(
        [FileReport(text, Text("FROM a\n"), [in_file], [text])],
        [ImageReport(text, text, [in_image], [text])],
        verdict="refused",
        reasons=[text],
        digest=text,
    )


def test_a_summary() -> None:
    source = "FROM debian:12\nUSER root\n"
    found = samples.found("root-user", "it runs as root", Span(20, 24), help="Name another user")
    report = Report([FileReport("a/Dockerfile", Text(source), [found])])
    assert markdown.render(report) == (
        "### dockgate: 1 finding\n\n"
        "1 error in 1 file.\n\n"
        "| error |\n| ---: |\n| 1 |\n\n"
        "<details open><summary><code>a/Dockerfile</code>: 1 error</summary>\n\n"
        f"- **error** 2:6 [root-user](<{found.rule.url}>): it runs as root<br>Name another user\n"
        "\n</details>\n\n"
        f"dockgate {__version__}\n"
    )


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("clean", ["dockgate: no findings", "No findings in 1 file."]),
        ("nothing looked at", ["dockgate: nothing was checked"]),
        ("accepted", ["dockgate: accepted", samples.DIGEST]),
        ("refused", ["dockgate: refused", "at most 1 GB are allowed", "/usr/bin/a b%41"]),
        ("undecided", ["dockgate: undecided", "Could not be finished", "could not be read"]),
        ("no image", ["dockgate: undecided", "no engine answers"]),
        ("unfinished file", ["dockgate: undecided", "Could not be finished"]),
    ],
)
def test_it_says_how_it_went(name: str, words: list[str]) -> None:
    page = _Page(markdown.render(samples.reports()[name]))
    text = "".join([*page.prose, *page.code])
    assert not [word for word in words if word not in text]


def test_the_table_is_a_table() -> None:
    page = _Page(markdown.render(samples.reports()["findings"]))
    assert [tag for tag, _ in page.elements].count("table") == 1


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text: str) -> None:
    page, benign = _Page(markdown.render(report_of(text))), _Page(markdown.render(report_of("x")))
    assert page.elements == benign.elements
    assert len(page.links) == len(benign.links) == 2
    assert all(link.startswith("https://example.com/") for link in page.links)
    assert not MENTION.search("\n".join(page.prose))
    said = "".join(page.prose).replace("\u200b", "")
    assert shown(text).strip() in said
    assert page.code.count(shown(text)) >= 4  # the digest, the file, the image, the failures


@given(st.text(st.characters(codec=None), max_size=80))
@settings(max_examples=100, deadline=None)
def test_no_text_changes_the_elements(text: str) -> None:
    page = _Page(markdown.render(report_of(text or "x")))
    assert page.elements == _Page(markdown.render(report_of("x"))).elements
    assert not MENTION.search("\n".join(page.prose))


@given(st.text(st.sampled_from("@#!~%$&:/w.GH-12ab`[](){}<>|*_\\ +'\""), max_size=30))
@settings(max_examples=200, deadline=None)
def test_no_markup_changes_the_elements(text: str) -> None:
    page = _Page(markdown.render(report_of(text or "x")))
    assert page.elements == _Page(markdown.render(report_of("x"))).elements
    assert not MENTION.search("\n".join(page.prose))


@given(samples.any_report())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_report_counts_its_findings(report: Report) -> None:
    page = _Page(markdown.render(report))
    known = {"h3", "p", "code", "table", "thead", "tr", "th", "tbody", "td", "ul", "li", "strong"}
    assert {tag for tag, _ in page.elements} <= known | {"details", "summary", "a", "br"}
    assert page.prose.count("error") >= report.count(Severity.ERROR)


def test_no_secret_is_shown() -> None:
    text = markdown.render(samples.reports()["secrets"])
    assert not [secret for secret in samples.SECRETS if secret in text]


@pytest.mark.parametrize("text", ["it is so", "@" * 5_000, "\U0001f600" * 400])
def test_it_fits_and_counts_what_is_left_out(text: str) -> None:
    def file(number: int) -> FileReport:
        found = [samples.found("root-user", text, Span(0, 4)) for _ in range(40)]
        return FileReport(f"{number}/Dockerfile", Text("FROM a\n"), found, [text])

    report = Report([file(number) for number in range(400)], reasons=[text] * 100)
    rendered = markdown.render(report)
    assert len(rendered.encode()) < GITHUB_LIMIT
    left = re.search(r"\*\*(\d+) more findings\*\* in \d+ places not shown", rendered)
    assert left is not None
    shown_findings = rendered.count("[root-user](")
    assert shown_findings + int(left[1]) == len(report.findings)
    assert rendered.count("<details") == rendered.count("</details>")


def test_the_worst_comes_first() -> None:
    files = [
        FileReport(name, Text("FROM a\n"), [samples.found(rule, "so", Span(0, 4), severity=level)])
        for name, rule, level in (
            ("a", "root-user", Severity.INFO),
            ("b", "root-user", Severity.ERROR),
            ("c", "root-user", Severity.WARNING),
        )
    ]
    rendered = markdown.render(Report(files))
    assert re.findall(r"<code>(\w)</code>", rendered) == ["b", "c", "a"]

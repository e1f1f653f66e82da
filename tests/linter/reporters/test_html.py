from __future__ import annotations

import hashlib
import re
from base64 import b64decode
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dockgate.linter.report import FileReport, ImageReport, Report
from dockgate.linter.reporters import html
from dockgate.linter.reporters.frame import shown
from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity
from dockgate.rules.subjects.text import Span, Text
from tests.linter.reporters import samples

STYLES = Path(html.__file__).parent / "report.css"
HOSTILE = (
    "</script><script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    "\"><svg onload='alert(1)'>",
    "'-->]]><!--<![CDATA[",
    "</title></details></main></body>",
    "<a href=javascript:alert(1)>&lt;b&gt;&#60;i&#62;",
    "\u202eevil\u2066\u200f\ufeff",
    "\x00\x1b[31m\x07\x85\u2028",
    "\udc80\ud800\udfff",
    "`<b>`",
)


def parsed(page: str) -> Element:
    """The page's tree; whatever the HTML standard calls a parse error fails the test."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    tree: Element = parser.parse(page)
    return tree


def skeleton(page: str) -> list[tuple[str, tuple[str, ...]]]:
    """Every element with the names of its attributes, in the order of the page."""
    return [
        (str(e.tag), tuple(sorted(e.attrib))) for e in parsed(page).iter() if isinstance(e.tag, str)
    ]


def text_of(element: Element | None) -> str:
    assert element is not None
    return "".join(element.itertext())


def classes(page: str, tag: str, name: str) -> list[Element]:
    return [e for e in parsed(page).iter(tag) if name in e.get("class", "").split()]


def report_of(text: str) -> Report:
    """A report in which every text that others write is `text`."""
    rule: Rule[Any] = Rule(
        text,
        object,
        Severity.ERROR,
        why=f"why {text}",
        check=lambda _subject: (),
        references=(f"https://example.com/{text}", text),
        aliases=(text,),
    )
    source = Text(f"FROM a\nRUN {text} b\nUSER c\n", "Dockerfile")
    span = Span(11, 11 + len(text))
    fix = Fix(text, (Edit(span, f"+{text}"),))
    in_file = Finding(text, span, help=f"help {text}", fixes=[fix])
    in_image = Finding(text, help=f"help {text}", layer=text, path=text)
    for finding in (in_file, in_image):
        finding.rule, finding.severity = rule, Severity.ERROR
    return Report(
        [FileReport(text, source, [in_file], [text])],
        [ImageReport(text, text, [in_image], [text])],
        verdict="refused",
        reasons=[text],
        digest=text + "1",
    )


@pytest.mark.parametrize("name", samples.reports())
def test_every_report_is_a_valid_page(name: str) -> None:
    report = samples.reports()[name]
    page = html.render(report)
    tree = parsed(page)
    assert len(list(tree.iter("article"))) == len(report.findings)
    assert len(list(tree.iter("h1"))) == len(list(tree.iter("main"))) == 1
    ids = Counter(e.get("id") for e in tree.iter() if e.get("id"))
    assert all(count == 1 for count in ids.values())
    for link in tree.iter("a"):
        target = link.get("href", "")
        assert target.startswith("https://") or (target[0] == "#" and target[1:] in ids)
    for described in tree.iter():
        for other in described.get("aria-labelledby", "").split():
            assert other in ids
    assert page == html.render(report)


def test_a_finding_is_told_in_full() -> None:
    page = html.render(samples.reports()["findings"])
    (article,) = (
        a for a in parsed(page).iter("article") if a.get("data-rule") == "apt-missing-yes"
    )
    heading = text_of(article.find("h3"))
    assert heading.startswith("warning apt-get install asks before it goes on")
    rule, why = article.findall(".//p[@class='about']//a")
    assert rule.get("href", "").startswith("https://")
    assert (rule.text, why.get("href")) == ("apt-missing-yes", "#why-apt-missing-yes")
    assert text_of(article.find("p[@class='at']")) == "app/Dockerfile:2:13"
    frame = article.find("pre")
    assert text_of(frame) == (
        "1FROM debian\n2RUN apt-get install curl \\\n3    && sudo id\n4ADD . /app"
    )
    assert [text_of(mark) for mark in article.iter("mark")] == ["install"]
    assert text_of(article.find("pre/del")) == "-RUN apt-get install curl \\"
    assert text_of(article.find("pre/ins")) == "+RUN apt-get install -y curl \\"
    reasons = [d for d in parsed(page).iter("details") if d.get("id") == "why-apt-missing-yes"]
    assert len(reasons) == 1
    assert reasons[0].get("open") is None
    assert "DL3014" in text_of(reasons[0])


def test_the_top_says_how_it_went() -> None:
    reports = samples.reports()

    def top(name: str) -> tuple[str, str]:
        header = parsed(html.render(reports[name])).find(".//header")
        assert header is not None
        return text_of(header.find("h1")), text_of(header)

    assert top("clean")[0] == "No findings"
    assert "dockgate looked at 1 file and has nothing to report." in top("clean")[1]
    assert top("nothing looked at")[0] == "Nothing was checked"
    assert top("accepted")[0] == "Accepted"
    assert top("refused")[0] == "Refused"
    assert "at most 1 GB are allowed" in top("refused")[1]
    assert samples.DIGEST in top("refused")[1]
    assert top("no image")[0] == "Undecided"
    assert "no engine answers" in top("no image")[1]
    assert top("unfinished file")[0] == "Undecided"
    count = len(reports["findings"].findings)
    assert top("findings")[0] == f"{count} findings"


def test_what_could_not_be_finished_stands_at_the_top_and_at_its_place() -> None:
    page = html.render(samples.reports()["undecided"])
    (section,) = classes(page, "section", "unfinished")
    assert "a layer could not be read" in text_of(section)
    (failure,) = classes(page, "p", "failure")
    assert text_of(failure) == "undecided a layer could not be read"
    assert page.index('class="unfinished"') < page.index("<main")


def test_every_file_is_named() -> None:
    reports = samples.reports()["findings"]
    navigation = text_of(parsed(html.render(reports)).find(".//nav"))
    assert "app/Dockerfile" in navigation
    assert "b/Dockerfile" in navigation


def test_an_image_finding_has_its_layer_and_path() -> None:
    page = html.render(samples.reports()["refused"])
    (place,) = (text_of(p) for p in classes(page, "p", "at") if "layer" in text_of(p))
    assert place == f"registry.example.com:5000/app:1.0:/usr/bin/a b%41layer {samples.LAYER}"


def test_no_secret_is_shown() -> None:
    page = html.render(samples.reports()["secrets"])
    assert not [secret for secret in samples.SECRETS if secret in page]
    assert "ghp_****" in page


def test_a_fix_that_holds_a_secret_is_not_shown() -> None:
    secret = "correct-horse-battery"
    source = f"FROM a\nENV P {secret}\n"
    span = Span(source.index(secret), source.index(secret) + len(secret))
    fix = Fix(f"write P={secret}", (Edit(Span(7, 13), f"ENV P={secret}"),))
    finding = samples.found("legacy-key-value", f"it is {secret}", Span(7, 10), fixes=[fix])
    file = FileReport("Dockerfile", Text(source), [finding], secrets=[span])
    page = html.render(Report([file]))
    assert secret not in page
    assert "Fix</b> not shown: it holds a secret of the file" in page


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text: str) -> None:
    page = html.render(report_of(text))
    benign = html.render(report_of("`x`" if "`" in text else "x"))
    assert skeleton(page) == skeleton(benign)
    assert all(c.isprintable() or c == "\n" for c in page)
    headings = [text_of(h) for h in parsed(page).iter("h3")]
    assert headings[:2] == [f"error {shown(text)}"] * 2
    assert [text_of(m) for m in parsed(page).iter("mark")] == [shown(text)]


@cache
def known_elements() -> set[tuple[str, tuple[str, ...]]]:
    """What is on the pages of reports that hold nothing hostile."""
    pages = [report_of("`x`"), *samples.reports().values()]
    known = {element for report in pages for element in skeleton(html.render(report))}
    # A long index is closed, and an empty span is a point.
    return known | {
        ("details", ()),
        ("mark", ("class",)),
        ("article", ("class", "data-rule", "id")),
    }


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(samples.any_report())
def test_any_report_is_a_page_of_known_elements(report: Report) -> None:
    page = html.render(report)
    tree = parsed(page)
    assert set(skeleton(page)) <= known_elements()
    headings = [text_of(article.find("h3")) for article in tree.iter("article")]
    assert headings == [f"{f.severity.label} {shown(f.message)}" for f in report.findings]
    assert all(c.isprintable() or c == "\n" for c in page)


@given(st.text(st.characters(codec=None), max_size=60))
@settings(max_examples=60, deadline=None)
def test_no_text_changes_the_elements(text: str) -> None:
    text = text.replace("\n", "").replace("`", "").strip() or "x"
    assert skeleton(html.render(report_of(text))) == skeleton(html.render(report_of("x")))


def test_nothing_runs_or_loads_but_what_the_policy_holds_by_its_hash() -> None:
    page = html.render(samples.reports()["build"])
    tree = parsed(page)
    (policy,) = (m.get("content", "") for m in tree.iter("meta") if m.get("http-equiv") is not None)
    assert policy.startswith("default-src 'none'; ")
    for tag in ("style", "script"):
        (element,) = tree.iter(tag)
        (value,) = re.findall(rf"{tag}-src 'sha256-([^']+)'", policy)
        assert hashlib.sha256(text_of(element).encode()).digest() == b64decode(value)
    for element in tree.iter():
        names = set(element.attrib)
        assert not names & {"style", "src", "srcset", "action", "background", "poster"}
        assert not [name for name in names if name.startswith("on")]
        assert "href" not in names or element.tag == "a"
    assert "unsafe" not in policy
    assert "url(" not in page
    assert "@import" not in page


def test_real_files_make_a_page_that_can_be_sent() -> None:
    files = samples.corpus(20)
    report = Report(files)
    page = html.render(report)
    assert len(list(parsed(page).iter("article"))) == len(report.findings) > 100
    assert len(page.encode()) < 10_000 * len(files) + 100_000


def _luminance(color: str) -> float:
    digits = color.lstrip("#")
    if len(digits) == 3:
        digits = "".join(2 * digit for digit in digits)
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    """WCAG 2.2, contrast ratio."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_contrast_is_aa(scheme: int) -> None:
    blocks = re.findall(r":root \{([^}]*--page[^}]*)\}", STYLES.read_text())
    colors = dict(re.findall(r"--([a-z]+): (#[0-9a-f]+);", blocks[scheme]))
    for ground in ("page", "sunk"):
        for name in ("text", "quiet", "link", "error", "warning", "info", "style", "good"):
            assert _contrast(colors[name], colors[ground]) >= 4.5, (name, ground)
    for ground in ("mark", "old", "new"):
        assert _contrast(colors["text"], colors[ground]) >= 4.5, ground

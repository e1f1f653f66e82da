"""The HTML report in a real browser: quiet, alone, as wide as the screen, and printed whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dockgate.linter.report import Report
from dockgate.linter.reporters import html
from tests.linter.reporters import samples
from tests.linter.reporters.chromium import Browser, browser
from tests.tools import npm

WIDTH = "Math.max(document.documentElement.scrollWidth, innerWidth)"
SHOWN = "[...document.querySelectorAll('article')].filter(a => a.checkVisibility()).length"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.fixture(scope="module")
def report() -> Report:
    """Several files with long lines and long names, an image, and something unfinished."""
    long = "FROM debian\nRUN apt-get install " + " ".join(f"package{n}" for n in range(60)) + "\n"
    deep = "/".join(f"folder-{n}" for n in range(30)) + "/Dockerfile"
    known = samples.reports()
    files = [*known["findings"].files, samples.linted(long, deep), *known["secrets"].files]
    files += known["names"].files
    return Report(
        files,
        [samples.image(("a layer could not be read",), "x" * 300)],
        verdict="refused",
        reasons=["y" * 300],
        digest=samples.DIGEST,
    )


@pytest.fixture
def address(report: Report, tmp_path: Path) -> str:
    return saved(html.render(report), tmp_path)


def saved(page: str, folder: Path) -> str:
    path = folder / "report.html"
    path.write_text(page)
    return path.as_uri()


@pytest.mark.parametrize("name", samples.reports())
def test_a_page_is_quiet_alone_and_as_wide_as_a_phone(
    name: str, chromium: Browser, tmp_path: Path
) -> None:
    address = saved(html.render(samples.reports()[name]), tmp_path)
    chromium.open(address, width=360, height=740)
    assert chromium.complaints() == []
    assert chromium.requests() == [address]
    assert chromium.run(WIDTH) == 360


def test_complaints_requests_and_overflow_would_be_noticed(
    chromium: Browser, tmp_path: Path
) -> None:
    page = (
        '<!doctype html><meta name="viewport" content="width=device-width"><img src="x.png">'
        '<p style="width: 900px">x</p>'
        "<script>console.warn(1); nothing()</script>"
    )
    address = saved(page, tmp_path)
    chromium.open(address, width=360, height=740)
    complaints = "".join(chromium.complaints())
    assert "nothing is not defined" in complaints
    assert '"warning"' in complaints
    assert len(chromium.requests()) == 2
    assert chromium.run(WIDTH) > 360


@pytest.mark.parametrize(("width", "dark"), [(360, False), (360, True), (1280, False)])
def test_long_names_and_lines_stay_inside(
    width: int, dark: bool, chromium: Browser, address: str, tmp_path: Path
) -> None:
    chromium.open(address, width=width, height=900, dark=dark)
    assert chromium.complaints() == []
    assert chromium.run(WIDTH) == width
    # Nothing but code frames is wider than its place, and they scroll.
    wide = """[...document.querySelectorAll('body *')].filter(e => e.clientWidth > 1
        && !e.closest('pre, .hear') && e.scrollWidth > e.clientWidth + 1).map(e => e.outerHTML)"""
    assert chromium.run(wide) == []
    assert chromium.run(
        "[...document.querySelectorAll('pre')].some(e => e.scrollWidth > e.clientWidth)"
    ) == (width == 360)
    background = chromium.run("getComputedStyle(document.body).backgroundColor")
    assert background == ("rgb(21, 24, 27)" if dark else "rgb(255, 255, 255)")
    picture = tmp_path / "report.png"
    chromium.screenshot(picture)
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size > 10_000


def test_the_filter(chromium: Browser, address: str, report: Report) -> None:
    chromium.open(address)
    status = "document.getElementById('shown').textContent"
    total = len(report.findings)
    assert chromium.run(SHOWN) == total
    assert chromium.run(status) == f"All {total} findings are shown."

    def choose(field: str, value: str) -> None:
        script = f"""(() => {{
            const field = document.querySelector({field!r});
            if (field.type === "checkbox") field.click();
            else {{
                field.value = {value!r};
                field.dispatchEvent(new Event("input", {{bubbles: true}}));
            }}
        }})()"""
        chromium.run(script)

    errors = sum(f.severity.label == "error" for f in report.findings)
    for severity in ("warning", "info", "style"):
        if chromium.run(f"document.querySelector('[value={severity}]') !== null"):
            choose(f"[value={severity}]", "")
    assert chromium.run(SHOWN) == errors
    assert chromium.run(status) == f"Filtered: {errors} of {total} findings are shown."

    choose("[name=rule]", "unpinned-base")
    unpinned = [f for f in report.findings if f.rule.name == "unpinned-base"]
    assert chromium.run(SHOWN) == len(unpinned) > 1
    choose("[name=file]", "FOLDER-3")
    assert chromium.run(SHOWN) == 1
    parts = "[...document.querySelectorAll('.part')].filter(p => p.checkVisibility()).length"
    assert chromium.run(parts) == 1

    # Back, with the keyboard alone.
    chromium.run("document.querySelector('[type=reset]').focus()")
    for kind in ("rawKeyDown", "keyUp"):
        chromium.call("Input.dispatchKeyEvent", type=kind, key=" ", code="Space",
                      windowsVirtualKeyCode=32)  # fmt: skip
    chromium.call("Input.dispatchKeyEvent", type="char", text=" ")
    chromium.run("new Promise(done => setTimeout(done, 50))")
    assert chromium.run(SHOWN) == total
    assert chromium.complaints() == []


@pytest.mark.parametrize(("width", "dark"), [(360, False), (360, True), (1280, False)])
def test_accessibility(width: int, dark: bool, chromium: Browser, address: str) -> None:
    axe = (npm.package("axe-core") / "axe.min.js").read_text()
    chromium.open(address, width=width, dark=dark)
    # What is off the screen is not laid out, so that axe would pass it over.
    chromium.run(
        "document.querySelectorAll('.part').forEach(p => p.style.contentVisibility = 'visible');"
        "document.querySelectorAll('details').forEach(d => d.open = true);"
        "new Promise(done => setTimeout(done, 100))"
    )
    chromium.run(f"{axe}; 0")
    found = chromium.run(
        "axe.run().then(r => r.violations.map(v => [v.id, v.help, v.nodes[0].html.slice(0, 200)]))"
    )
    assert found == []


def test_a_link_to_why_opens_it(chromium: Browser, address: str) -> None:
    chromium.open(f"{address}#why-unpinned-base")
    assert chromium.run("document.getElementById('why-unpinned-base').open") is True
    assert chromium.run("document.getElementById('why-root-user').open") is False
    chromium.run("document.querySelector('[href=\"#why-root-user\"]').click()")
    chromium.run("new Promise(done => setTimeout(done, 50))")
    assert chromium.run("document.getElementById('why-root-user').open") is True


def test_it_is_read_without_script(chromium: Browser, address: str, report: Report) -> None:
    chromium.open(address, width=360, height=740, script=False)
    assert chromium.run(SHOWN) == len(report.findings)
    assert chromium.run("document.getElementById('filter').checkVisibility()") is False


def test_no_other_script_or_style_runs(chromium: Browser, report: Report, tmp_path: Path) -> None:
    """Were there a hole in the escaping, the policy would still hold."""
    foreign = (
        "<script>window.foreign = 1</script><img src='data:,' onerror='window.foreign = 1'>"
        "<a id=here href='javascript:window.foreign = 1'>x</a><style>h1 { display: none }</style>"
        "<img src='http://127.0.0.1:9/x'>"
    )
    page = html.render(report).replace('<main id="main">', f'<main id="main">{foreign}')
    address = saved(page, tmp_path)
    chromium.open(address)
    chromium.run("document.getElementById('here').click()")
    assert chromium.run("typeof window.foreign") == "undefined"
    assert chromium.run("document.querySelector('h1').checkVisibility()") is True
    assert "Content Security Policy" in "".join(chromium.complaints())
    assert chromium.requests()[:1] == [address]
    loaded = [e for e in chromium.events if e.get("method") == "Network.responseReceived"]
    assert [e["params"]["response"]["url"] for e in loaded] == [address]


def test_print_holds_everything(
    chromium: Browser, address: str, report: Report, tmp_path: Path
) -> None:
    chromium.open(address, width=680, height=960, dark=True)
    printed = tmp_path / "report.pdf"
    chromium.pdf(printed)
    assert printed.read_bytes().startswith(b"%PDF")
    chromium.call("Emulation.setEmulatedMedia", media="print")
    try:
        cut = "[...document.querySelectorAll('pre')].filter(e => e.scrollWidth > e.clientWidth)"
        assert chromium.run(f"{cut}.length") == 0
        assert chromium.run("document.querySelector('.filter').checkVisibility()") is False
        assert chromium.run("getComputedStyle(document.body).backgroundColor") == (
            "rgb(255, 255, 255)"
        )
        closed = "[...document.querySelectorAll('.rules details:not([open]) p')]"
        assert chromium.run(f"{closed}.length") > 5
        assert chromium.run(f"{closed}.every(p => p.getBoundingClientRect().height > 5)") is True
    finally:
        chromium.call("Emulation.setEmulatedMedia", media="")

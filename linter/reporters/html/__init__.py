"""`--format html`: one page that stands alone, to read on a phone, on paper, or to send on.

It loads nothing and runs nothing but its own script (the filter), which its content security
policy holds by a hash. All that is read in it is read without the script. The same report always
gives the same page.
"""

from __future__ import annotations

import os
from base64 import b64encode
from hashlib import sha256

from dockgate import __version__
from dockgate.linter.report import Report
from dockgate.linter.reporters.html.escape import escaped
from dockgate.linter.reporters.html.findings import sections
from dockgate.linter.reporters.html.overview import overview, title
from dockgate.linter.reporters.html.rules import rules


def render(report: Report) -> str:
    """The report as an HTML document."""
    style, script = _asset("report.css"), _asset("report.js")
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return "".join(
        (
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            '<meta name="color-scheme" content="light dark">\n',
            '<meta name="referrer" content="no-referrer">\n',
            f'<meta name="generator" content="dockgate {escaped(__version__)}">\n',
            f"<title>{escaped(title(report))}</title>\n",
            f"<style>{style}</style>\n</head>\n<body>\n",
            *overview(report),
            *sections(report),
            *rules(report),
            f"</main>\n<footer><p>Made by dockgate {escaped(__version__)}. Secrets that it found "
            "are masked with <code>*</code>. This page loads nothing from the network.</p>"
            f"</footer>\n<script>{script}</script>\n</body>\n</html>\n",
        )
    )


def _asset(name: str) -> str:
    with open(os.path.join(os.path.dirname(__file__), name), encoding="utf-8") as file:
        return file.read()


def _hash(content: str) -> str:
    """A source of CSP level 2: the hash of what stands between the tags."""
    return f"sha256-{b64encode(sha256(content.encode()).digest()).decode()}"

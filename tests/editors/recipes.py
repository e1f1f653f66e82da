"""The recipes of docs/editors.md: what stands there is what the tests run."""

import re

from tests.editors import ROOT

_PLACEHOLDER = "/path/to/dockgate"


def page() -> str:
    """The page's text."""
    return (ROOT / "docs/editors.md").read_text(encoding="utf-8")


def blocks(heading: str) -> list[str]:
    """The code blocks below a heading, for this clone."""
    section = re.search(rf"(?ms)^## {re.escape(heading)}$(.*?)(?=^## |\Z)", page())
    assert section is not None, heading
    found: list[str] = re.findall(r"(?ms)^```\w+\n(.*?)^```$", section[1])
    return [block.replace(_PLACEHOLDER, str(ROOT)) for block in found]

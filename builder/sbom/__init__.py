"""Bills of materials: an image and its inventory as CycloneDX or SPDX.

Both are written without a library: theirs take longer to import than a scan of a small image
takes, and the tests hold what is written to the official validators. The same image gives the
same bytes.
"""

from __future__ import annotations

from importlib import import_module

from dockgate.builder.packages.inventory import inventory
from dockgate.rules.subjects.image import Image

#: Format -> module with `document(image: Image, inventory: Inventory) -> dict`.
_MODULES = {"cyclonedx": "cyclonedx", "spdx-json": "spdx"}
FORMATS = tuple(_MODULES)


def format_of(path: str) -> str:
    """The format that a file's name asks for: SPDX by its `.spdx.json`, else CycloneDX."""
    return "spdx-json" if path.lower().endswith(".spdx.json") else "cyclonedx"


def render(image: Image, format: str) -> str:
    """The image's bill of materials in a format of `FORMATS`, as it is written to a file."""
    import json

    module = import_module(f"{__package__}.{_MODULES[format]}")
    return json.dumps(module.document(image, inventory(image)), indent=2, ensure_ascii=False) + "\n"

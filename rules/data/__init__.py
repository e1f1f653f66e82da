"""Facts that rules rest on, as JSON beside this module; each is read when first asked for."""

from __future__ import annotations

import json
import os
from typing import Any

_loaded: dict[str, Any] = {}


def load(name: str) -> Any:
    """What `rules/data/NAME.json` holds; the same object every time, so do not change it."""
    if name not in _loaded:
        path = os.path.join(os.path.dirname(__file__), f"{name}.json")
        with open(path, encoding="utf-8") as file:
            _loaded[name] = json.load(file)
    return _loaded[name]

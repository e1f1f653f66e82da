"""The prefilter with all of its libraries, and without each."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from dockgate.linter import one_pass
from dockgate.linter.secret_search import loose_rows, prefilter

LIBRARIES = ("hyperscan", "re2")
#: What may be installed; nothing is the rest of the platforms.
INSTALLED = (LIBRARIES, ("hyperscan",), ("re2",), ())


@contextmanager
def installed(*names: str) -> Iterator[None]:
    """Only these libraries are there; Hyperscan, if it is, is asked from the first byte on."""
    gone = {name: None for name in LIBRARIES if name not in names}
    with patch.dict(sys.modules, gone), patch.object(one_pass, "FEW_BYTES", 1):
        _forget()
        try:
            yield
        finally:
            _forget()


def _forget() -> None:
    prefilter.bytes_filter.cache_clear()
    loose_rows.loose_filter.cache_clear()

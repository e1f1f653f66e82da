"""Programs that tests run and that Python packages do not bring: from Debian and from npm."""

import os

import pytest


def missing(reason: str) -> BaseException:
    """What to raise (`raise missing("no nvim: …") from None`) where a tool cannot be had.

    It skips the test with the reason; where everything is required, as in CI, it fails it.
    """
    if os.environ.get("DOCKGATE_REQUIRE_ENGINE") == "1":
        return pytest.fail.Exception(reason, pytrace=False)
    return pytest.skip.Exception(reason, _use_item_location=True)

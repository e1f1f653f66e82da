"""Fixtures of all tests: the real engine and registry, started when a test asks for them."""

import os

from tests.engine.fixtures import classic_engine, engine

# Tests that change a rule in memory must not meet what an earlier one has left.
os.environ["DOCKGATE_NO_CACHE"] = "1"

__all__ = ["classic_engine", "engine"]

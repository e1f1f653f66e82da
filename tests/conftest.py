"""Fixtures of all tests: the real engine and registry, started when a test asks for them."""

import os
import signal

from tests.engine.fixtures import classic_engine, engine

# Tests that change a rule in memory must not meet what an earlier one has left.
os.environ["DOCKGATE_NO_CACHE"] = "1"

# A shell starts what it puts into the background with interrupts ignored, and children keep that.
signal.signal(signal.SIGINT, signal.default_int_handler)

__all__ = ["classic_engine", "engine"]

"""Fixtures of all tests: the real engine and registry, started when a test asks for them."""

from tests.engine.fixtures import classic_engine, engine

__all__ = ["classic_engine", "engine"]

"""Finds the packages: the three top-level folders are sub-packages of `dockgate`.

All other metadata is in pyproject.toml. The links below `dockgate/` serve type checkers and
editors only, so that a checkout without symbolic links installs as well.
"""

from setuptools import find_packages, setup

ROOMS = ("builder", "linter", "rules")

setup(
    packages=find_packages(include=["dockgate", "dockgate.cli"])
    + [f"dockgate.{name}" for name in find_packages(include=[f"{r}*" for r in ROOMS])],
)

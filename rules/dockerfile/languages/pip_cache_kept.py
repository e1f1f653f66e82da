"""pip's cache left in a layer."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.dockerfile.packages._edits import after
from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects import apt
from dockgate.rules.subjects.caches import PIP, kept
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.packages import PackageCall, called
from dockgate.rules.subjects.shell import Command

_OFF = frozenset({"PIP_NO_CACHE_DIR", "PIP_NO_CACHE"})


def _uncached(command: Command, call: PackageCall) -> bool:
    if any(w.value in ("--no-cache-dir", "--no-cache") for w in call.options):
        return True
    if any("cache" in w.value or w.value.startswith("$") for w in (*call.options, *call.packages)):
        return True
    return command.name in ("uv", "pipx") or any(a.name in _OFF for a in command.assignments)


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at `pip install` in the stages that ship, when nothing turns the cache off."""
    calls = [found for found in dockerfile.calls("pip") if found[2].verb == "install"]
    if not calls:
        return
    ships = {id(found.instruction) for found in kept(dockerfile, PIP, ("install",))}
    decided = apt.Decided(dockerfile, "pip_no_cache_dir")
    configured = apt.Decided(dockerfile, "no-cache-dir =")
    for instruction, command, call in calls:
        if id(instruction) not in ships or _uncached(command, call):
            continue
        if decided.before(instruction) or configured.before(instruction):
            continue
        verb = call.verb_word
        yield Finding(
            f"{called(command, call)} {verb.value} leaves its cache of downloads in this layer",
            verb.span,
            stage=instruction.stage,
            help="add --no-cache-dir, or mount /root/.cache/pip with --mount=type=cache",
            fixes=after(
                command, verb, "--no-cache-dir", "keep no cache", safe=command is calls[-1][1]
            ),
        )


RULE = Rule(
    "pip-cache-kept",
    Dockerfile,
    Severity.INFO,
    why=(
        "pip keeps what it downloads and the wheels that it builds below ~/.cache/pip, so that "
        "the layer holds every package twice: hundreds of megabytes for a scientific stack. "
        "Nobody runs pip in the image again. --no-cache-dir or PIP_NO_CACHE_DIR=1 turn it off; a "
        "cache mount keeps it out of the image and still speeds up the next build. The fix is "
        "unsafe where a later pip install may need a wheel from the cache. uv, which links files "
        "from its cache, is left in peace."
    ),
    references=(
        "https://pip.pypa.io/en/stable/topics/caching/#disabling-caching",
        "CIS Docker 1.6 4.3",
    ),
    aliases=(
        "DL3042",
        "pip_install_keeping_cached_packages",
        "missing-pip-no-cache-dir",
        "DF030",
    ),
    examples=(
        bad(
            "FROM python:3.13\nRUN pip install -r requirements.txt\n",
            at=[2],
            fixed="FROM python:3.13\nRUN pip install --no-cache-dir -r requirements.txt\n",
        ),
        bad(
            "FROM python:3.13\nRUN pip3 install a==1 && \\\n  python -m pip install b==1\n",
            at=[2, 3],
            fixed=(
                "FROM python:3.13\nRUN pip3 install --no-cache-dir a==1 && \\\n"
                "  python -m pip install --no-cache-dir b==1\n"
            ),
        ),
        bad('FROM python:3.13\nRUN ["pip", "install", "a==1"]\n', at=[2]),
        good("FROM python:3.13\nENV PIP_NO_CACHE_DIR=1\nRUN pip install a==1\n"),
        good("FROM python:3.13\nRUN pip --no-cache-dir install a==1\n"),
        good("FROM python:3.13\nRUN pip install a==1 && pip cache purge\n"),
        good("FROM python:3.13\nRUN pip install a==1 && rm -rf ~/.cache/pip\n"),
        good("FROM python:3.13\nRUN --mount=type=cache,target=/root/.cache pip install a==1\n"),
        good("FROM python:3.13 AS b\nRUN pip install a\nFROM scratch\nCOPY --from=b /a /\n"),
        good("FROM python:3.13\nRUN export PIP_NO_CACHE_DIR=1; pip install a==1\n"),
    ),
    needs=("pip",),
    check=check,
)

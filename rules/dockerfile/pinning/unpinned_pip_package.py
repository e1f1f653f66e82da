"""Python packages without a version."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.dockerfile.pinning._unpinned import unpinned
from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction
from dockgate.rules.subjects.packages import PackageCall

#: The newest installer is what everybody wants, and nothing is built of it.
_INSTALLERS = frozenset({"pip", "setuptools", "wheel", "uv"})


def _pinned(operand: str) -> bool:
    name = operand.partition("[")[0]
    if name in _INSTALLERS or operand.endswith((".whl", ".tar.gz", ".zip")) or "/" in name:
        return True
    loose = (">=", "!=")
    clauses = [c for c in operand.split(",") if not any(sign in c for sign in loose)]
    return any(sign in clause for clause in clauses for sign in "=<@")


def _resolves(instruction: Instruction, call: PackageCall) -> bool:
    return "PIP_CONSTRAINT" not in instruction.env and not call.has(
        "-c", "--constraint", "--no-index", "--require-hashes", "--find-links"
    )


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the first unpinned package of each pip, pipx and uv pip installation."""
    advice = "name the version: {}==VERSION"
    return unpinned(dockerfile, ("pip",), _pinned, advice, applies=_resolves)


RULE = Rule(
    "unpinned-pip-package",
    Dockerfile,
    Severity.INFO,
    why=(
        "pip takes the newest version there is on the day of the build, so that two builds of "
        "one commit differ, and a release that breaks the program, or one that an attacker has "
        "put there an hour ago, is in the image at once. PyPI keeps old versions, so a pin goes "
        "on working. A lower bound (>=) does not choose a version, an upper one limits it; "
        "requirements and constraints files say it for all packages. pip, setuptools, wheel and "
        "uv are left in peace: the newest installer is what is wanted."
    ),
    references=(
        "https://pip.pypa.io/en/stable/topics/repeatable-installs/",
        "CWE-1357",
    ),
    aliases=("DL3013", "unpinned_package_version_in_pip_install", "DF051"),
    examples=(
        bad("FROM python:3.13\nRUN pip install flask\n", at=[2]),
        bad(
            "FROM python:3.13\nRUN pip install a==1 \\\n 'b>=2' && python -m pip install c\n",
            at=[3, 3],
        ),
        bad("FROM python:3.13\nRUN uv pip install --system 'uvicorn[standard]'\n", at=[2]),
        good("FROM python:3.13\nRUN pip install flask==3.0.3 'a[b]~=1.2' 'c<3' ./d e.whl\n"),
        good("FROM python:3.13\nRUN pip install -r requirements.txt && pip install -e .\n"),
        good("FROM python:3.13\nENV PIP_CONSTRAINT=/c.txt\nRUN pip install flask\n"),
        good("FROM python:3.13\nRUN pip install -c constraints.txt flask\n"),
        good("FROM python:3.13\nRUN pip install --upgrade pip setuptools && pip download x\n"),
        good("FROM python:3.13\nRUN pip install git+https://x.org/a.git@v1 flask==$V\n"),
    ),
    needs=("pip",),
    check=check,
)

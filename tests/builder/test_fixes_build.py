"""Safe fixes on real builds: each file builds before and after, and to the same image.

Ten contexts in `fixtures/fixes`, whose `.dockgate.yaml` switches on what is off by default, are
built, fixed by the real command and built again.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from dockgate.builder.layout import open_image
from dockgate.rules.registry import rules_of
from dockgate.rules.subjects.image import Image
from tests.builder.running import COMMAND, SECONDS
from tests.engine.client import Engine
from tests.rules.subjects import findings

FIXES = Path(__file__).parents[2] / "fixtures" / "fixes"
CASES = sorted(path.parent.name for path in FIXES.glob("*/Dockerfile"))

#: Rules with safe fixes that need a program which the bases have not: no file here can build.
NEEDS = {
    "apk-cache-kept": "apk",
    "apt-missing-yes": "apt-get",
    "bootsnap-in-parallel": "bundle",
    "dnf-missing-yes": "dnf",
    "pip-cache-kept": "pip",
    "yum-missing-yes": "yum",
    "zypper-missing-yes": "zypper",
}

#: What the fixed image may say otherwise, and must: what the rule is about.
CONFIG: dict[str, dict[str, tuple[Any, Any]]] = {
    # noncanonical-stopsignal
    "service": {
        "StopSignal": ("15", "SIGTERM"),
        "Labels": (
            {"description": "The service that answers"},
            {  # maintainer-deprecated
                "description": "The service that answers",
                "org.opencontainers.image.authors": "Operations <ops@example.com>",
            },
        ),
    },
    "site": {"StopSignal": ("quit", "SIGQUIT")},
    "windows-line-ends": {
        "StopSignal": ("2", "SIGINT"),
        "Labels": (None, {"org.opencontainers.image.authors": "Jo Doe"}),
    },
    "workdirs": {"StopSignal": ("TERM", "SIGTERM")},
}
FILES: dict[str, dict[str, tuple[str, str]]] = {
    # many-sources-one-file: two files went to one path, the second over the first
    "site": {
        "notes": ("file", "dir"),
        "notes/robots.txt": ("", "file"),
        "notes/humans.txt": ("", "file"),
    },
    # bash-syntax-in-sh: in dash the condition was an error, and so never true
    "posix-shell": {"etc/app/release": ("", "file")},
}
#: useradd-no-log-init: these two would hold a place for each user id up to the new one.
LOGS = ("var/log/lastlog", "var/log/faillog")

#: kind, mode, uid, gid, size, link target
Row = tuple[str, int, int, int, int, str]


class Built(NamedTuple):
    """What a build gave: the configuration's own words and the merged file system."""

    config: dict[str, Any]
    files: dict[str, Row]


def build(engine: Engine, context: Path) -> Built:
    """Build as a user would and read the image; EngineError with BuildKit's words if it fails."""
    with tempfile.TemporaryDirectory() as folder:
        output = f"type=oci,tar=false,dest={folder}"
        engine.run("buildx", "build", "--quiet", "--provenance=false", "-o", output, str(context))
        image = open_image(folder)
        blob = Path(folder, "blobs", *image.config_digest.split(":")).read_bytes()
    return Built(json.loads(blob)["config"], rows(image))


def rows(image: Image) -> dict[str, Row]:
    """The merged file system; a hard link as the engine wrote it."""
    return {
        path: (entry.kind, entry.mode, entry.uid, entry.gid, entry.size, entry.link)
        for path, (_, entry) in image.final().items()
    }


@pytest.fixture(scope="module")
def fixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All contexts, after `dockgate lint --fix`."""
    folder = tmp_path_factory.mktemp("fixed") / "fixes"
    shutil.copytree(FIXES, folder)
    done = subprocess.run(
        [*COMMAND, "lint", "--fix", "--exit-zero", "--quiet", str(folder)],
        capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    return folder


@pytest.mark.parametrize("case", CASES)
def test_the_image_is_the_same(engine: Engine, fixed: Path, case: str) -> None:
    old, new = (path / case / "Dockerfile" for path in (FIXES, fixed))
    assert old.read_bytes() != new.read_bytes()
    before, after = build(engine, FIXES / case), build(engine, fixed / case)
    config = {
        key: (before.config.get(key), after.config.get(key))
        for key in before.config.keys() | after.config.keys()
        if before.config.get(key) != after.config.get(key)
    }
    assert config == CONFIG.get(case, {})
    different = {
        path
        for path in before.files.keys() | after.files.keys()
        if before.files.get(path) != after.files.get(path) and path not in LOGS
    }
    kinds = {
        path: tuple(tree[path][0] if path in tree else "" for tree in (before.files, after.files))
        for path in different
    }
    assert kinds == FILES.get(case, {})
    assert len(after.files) > 100


def found(path: Path) -> Iterator[tuple[str, bool]]:
    """Each finding's rule, and whether its fix is safe and there."""
    done = subprocess.run(
        [*COMMAND, "lint", "--format", "json", "--exit-zero", str(path)],
        capture_output=True, text=True, timeout=SECONDS, check=True,
    )  # fmt: skip
    for finding in json.loads(done.stdout)["diagnostics"]:
        yield finding["rule"], any(fix["applicability"] == "safe" for fix in finding["fixes"])


def test_every_safe_fix_is_built(fixed: Path, tmp_path: Path) -> None:
    """A rule that gets a safe fix gets a place in these files, or in NEEDS."""
    safe = {
        name
        for name, rule in rules_of("dockerfile").items()
        for number, example in enumerate(rule.examples)
        if example.fixed is not None
        for finding in findings(rule, example, tmp_path / name / str(number))
        for fix in finding.fixes
        if fix.safe
    }
    applied = {rule for rule, fixable in found(FIXES) if fixable}
    assert applied | NEEDS.keys() == safe
    assert applied.isdisjoint(NEEDS)
    assert not any(fixable for _, fixable in found(fixed))

"""The wheel holds every file of the four packages, and the three rooms import one way."""

from __future__ import annotations

import ast
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("builder", "linter", "rules")
#: What each room may import of dockgate, besides itself.
ALLOWED = {
    "rules": set(),
    "linter": {"rules", "__version__"},
    "builder": {"rules", "linter", "__version__"},
    "dockgate": {"rules", "linter", "builder", "cli", "__version__"},
}


def tracked() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


def test_wheel_equals_repository(tmp_path: Path) -> None:
    source = tmp_path / "source"
    for name in tracked():
        if name.startswith(("dockgate/", *(f"{r}/" for r in ROOMS))) or name in (
            "pyproject.toml",
            "setup.py",
            "README.md",
            "LICENSE",
        ):
            target = source / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((ROOT / name).read_bytes())
    built = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", tmp_path, source],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    wheel = next(tmp_path.glob("dockgate-*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        inside = {n for n in archive.namelist() if ".dist-info/" not in n}
    expected = {
        name if name.startswith("dockgate/") else f"dockgate/{name}"
        for name in tracked()
        if name.startswith(("dockgate/", *(f"{r}/" for r in ROOMS)))
    }
    assert inside == expected


def modules() -> list[tuple[str, Path]]:
    rooms = [(room, path) for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
    return rooms + [
        ("dockgate", path)
        for path in [*(ROOT / "dockgate").glob("*.py"), *(ROOT / "dockgate/cli").glob("*.py")]
    ]


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            parts = name.split(".")
            assert parts[0] not in ROOMS, f"{path} imports {name} without its namespace"
            if parts[0] == "dockgate" and len(parts) > 1:
                found.add(parts[1])
    return found


@pytest.mark.parametrize("room", ALLOWED)
def test_imports_run_one_way(room: str) -> None:
    for where, path in modules():
        if where == room:
            wrong = imported(path) - ALLOWED[room] - {room}
            assert not wrong, f"{path.relative_to(ROOT)} imports dockgate.{wrong}"


#: Libraries with a single place of contact (design: Libraries).
SOLE_IMPORTERS = {
    "dockerfile_parse": "linter/document.py",
    "python_on_whales": "builder/buildkit.py",
}


def test_sole_importers() -> None:
    for _where, path in modules():
        for node in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            for name in names:
                place = SOLE_IMPORTERS.get(name.split(".")[0])
                relative = str(path.relative_to(ROOT))
                assert place is None or place == relative, f"{relative} imports {name}"

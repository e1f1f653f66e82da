"""A root file system in a folder: read like a layer, and never left."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import pytest

from dockgate.builder.layout import open_image, read_images
from dockgate.builder.merged import FileHashes, rows
from dockgate.builder.scan import check_images

from .images import TOKEN, error_of


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / ".env").write_text(f"GITHUB_TOKEN={TOKEN}\n")
    root = tmp_path / "root"
    (root / "etc").mkdir(parents=True)
    (root / "etc" / "passwd").write_text("app:x:5:5::/:/bin/sh\n")
    (root / "app").mkdir()
    (root / "app" / "tool").write_text("x")
    (root / "app" / "tool").chmod(0o4755)
    os.link(root / "app" / "tool", root / "app" / "same")
    (root / "app" / "link").symlink_to(outside / ".env")
    (root / "leave").symlink_to(outside)
    os.mkfifo(root / "pipe")
    with socket.socket(socket.AF_UNIX) as one:
        monkeypatch.chdir(root)
        one.bind("socket")
    return root


def test_what_is_in_it(root: Path) -> None:
    image = open_image(str(root), name="system", readers=[FileHashes()])
    found = {row.path: (row.kind, row.mode & 0o7000, row.size) for row in rows(image)}
    target = str(root.parent / "outside")
    assert found == {
        "etc": ("dir", 0, 0),
        "etc/passwd": ("file", 0, 21),
        "app": ("dir", 0, 0),
        "app/tool": ("file", 0o4000, 1),
        "app/same": ("file", 0o4000, 1),
        "app/link": ("symlink", 0, 0),
        "leave": ("symlink", 0, 0),
        "pipe": ("fifo", 0, 0),
    }
    assert image.final()["leave"][1].link == target
    assert {row.inode for row in rows(image) if row.path.startswith("app/")} - {-1} != set()
    assert len({row.sha256 for row in rows(image) if row.path in ("app/tool", "app/same")}) == 1


def test_it_is_scanned_without_a_configuration_and_never_left(root: Path) -> None:
    image = open_image(str(root))
    assert image.content("etc/passwd") == b"app:x:5:5::/:/bin/sh\n"
    assert image.layers[0].secrets == []
    (report,) = check_images([image])
    assert {finding.rule.name for finding in report.findings} == {"image-setuid"}
    (root / "app" / ".env").write_text(f"GITHUB_TOKEN={TOKEN}\n")
    (report,) = check_images(read_images(str(root)))
    assert "image-secret-in-layer" in {finding.rule.name for finding in report.findings}


def test_what_cannot_be_read_leaves_it_undecided(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.open

    def refuse(path: object, flags: int, *rest: int, **more: int) -> int:
        if path == "passwd":
            raise PermissionError(13, "Permission denied")
        return real(path, flags, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("dockgate.builder.rootfs.os.open", refuse)
    assert open_image(str(root)).layers[0].unread == "'etc/passwd' was not read: Permission denied"


def test_a_file_that_grows_or_shrinks(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dockgate.builder import rootfs

    real = rootfs._Content.read

    def shrink(content: rootfs._Content, size: int) -> bytes:
        os.truncate(root / content._path, 0)
        return real(content, size)

    monkeypatch.setattr(rootfs._Content, "read", shrink)
    assert "changed while it was read" in error_of(root)


def test_folders_without_end(root: Path) -> None:
    place = root
    script = "import os\nfor _ in range(400):\n    os.mkdir('d'); os.chdir('d')\n"
    subprocess.run(["python3", "-c", script], cwd=place, check=True)
    assert "256 folders deep" in error_of(root)
    subprocess.run(["rm", "-r", str(root / "d")], check=True)


def test_what_is_no_root_file_system(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    assert "no etc and no usr" in error_of(tmp_path)
    (tmp_path / "usr").mkdir()
    (tmp_path / "index.json").write_text("{")
    assert "index.json" in error_of(tmp_path)
    open_image_of = tmp_path / "etc-only"
    (open_image_of / "etc").mkdir(parents=True)
    assert len(open_image(str(open_image_of)).final()) == 1

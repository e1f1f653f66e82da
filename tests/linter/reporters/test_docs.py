"""docs/formats.md: it names every format, and each of its commands does what it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from dockgate.linter.reporters import formats
from tests.builder.images import write_archive
from tests.cli.command import dockgate

from .readers import READERS, plain
from .samples import ROOT

PAGE = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^\$ dockgate (.*)$", PAGE, re.MULTILINE)
ROWS = re.findall(r"^\| (`.*?) \| .*? \|\s*(yes)? ?\|\s*(yes)? ?\|$", PAGE, re.MULTILINE)


def test_the_table_has_every_format_and_where_it_goes() -> None:
    listed = {name: row[1:] for row in ROWS for name in re.findall(r"`([\w-]+)`", row[0])}
    lint = {name for name, (yes, _) in listed.items() if yes}
    image = {name for name, (_, yes) in listed.items() if yes}
    assert (lint, image) == (set(formats.LINT), set(formats.IMAGE))
    examples = " ".join(COMMANDS)
    for name in {*formats.LINT, *formats.IMAGE} - {"text", "hadolint-text"}:
        assert f"--format {name} " in examples, name


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_works(line: str, tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    dockerfile = b"FROM debian\nRUN sudo id\nUSER root\n"
    (tmp_path / "app" / "Dockerfile").write_bytes(dockerfile)
    write_archive(tmp_path / "image.tar", [{"etc/passwd": "root:x:0:0:r:/:/bin/sh\n"}], {})
    words, _, source = line.partition(" < ")
    arguments = shlex.split(words)
    stdin = (tmp_path / source).read_bytes() if source else b""
    done = dockgate(*arguments, cwd=tmp_path, stdin=stdin)
    notes = [
        line for line in done.err.splitlines() if "vulnerabilities: there is no data" not in line
    ]
    assert (done.code, notes) == (1, []), done.err
    format_ = arguments[arguments.index("--format") + 1] if "--format" in arguments else "text"
    output = arguments[arguments.index("--output") + 1] if "--output" in arguments else ""
    data = (tmp_path / output).read_bytes() if output else done.out.encode()
    READERS.get(format_, plain)(data)
    assert b"root" in data


def test_links_lead_to_files() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", PAGE):
        assert (ROOT / "docs" / target).exists(), target

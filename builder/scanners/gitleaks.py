"""gitleaks, where a user has one: what it finds beside our own search in an image's files.

The texts of the layers that no package has brought are written, under names of our own, to a
private folder, which is gone afterwards; no path of an image is ever opened. It is run without the
configuration of anybody: what a repository or an image tells gitleaks to pass over does not count.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from dockgate.builder.bounds import KIB, MIB, Budget, ImageError
from dockgate.builder.rootfs import is_root_filesystem
from dockgate.builder.scanners.process import PROBE_SECONDS, run
from dockgate.builder.store import Archive, Store, find_blob, open_store
from dockgate.builder.tarstream import TarStream
from dockgate.builder.unpack import LayerStream, Section, new_hash
from dockgate.builder.walk import Walk
from dockgate.linter.errors import UnfinishedError
from dockgate.linter.secret_search import paths
from dockgate.linter.secret_search.secret_shapes import PRIVATE_KEY
from dockgate.linter.secrets import identified, redact
from dockgate.rules.secret_names import TOKEN, harmless_value
from dockgate.rules.subjects.image import FileSecret, Image, Layer, shown
from dockgate.rules.subjects.secret import Secret
from dockgate.rules.subjects.text import Span

NAME = "gitleaks"

SECONDS = 600.0  #: for one image
#: Bytes of a text that it is given, and of all of them.
MAX_TEXT = 1 * MIB
MAX_TEXTS = 512 * MIB
#: Bytes of its report, and findings in it.
MAX_REPORT = 64 * MIB
MAX_FINDINGS = 10_000
_SNIFF = 8 * KIB
#: The base of a name that its rules may look at (`package-lock.json`).
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}")


def find() -> str | None:
    """Where it is installed, None where it is not."""
    return shutil.which(NAME)


def search(images: Sequence[Image], source: str) -> list[str]:
    """Add what it finds, where it is installed; notes on what it was not asked about.

    `source`: as for `add_findings`; "" when the images are not on this machine's disk. Raises
    UnfinishedError when it fails.
    """
    program = find()
    if program is None:
        return []
    if not os.path.exists(source) or (os.path.isdir(source) and is_root_filesystem(source)):
        return [f"{NAME} was not asked: it is given layouts and archives only"]
    for image in images:
        add_findings(program, source, image)
    return []


def add_findings(program: str, source: str, image: Image) -> int:
    """Add what it finds to the layers' secrets; how many. Raises UnfinishedError when it fails.

    `source` is where `image` was read from: a layout or an archive on disk.
    """
    with tempfile.TemporaryDirectory(prefix="dockgate-") as name:
        folder = Path(name)
        texts = folder / "texts"
        texts.mkdir()
        places = _write(source, image, texts)
        if not places:
            return 0
        report = folder / "report.json"
        run(
            [*_command(program), "--report-path", str(report), "--source", str(texts)],
            name,
            SECONDS,
        )
        return sum(_add(one, places, image) for one in _rows(report))


def _write(source: str, image: Image, texts: Path) -> dict[str, tuple[Layer, str]]:
    """The image's texts, each in a folder with a number; where the number's text comes from."""
    places: dict[str, tuple[Layer, str]] = {}
    left = MAX_TEXTS
    try:
        with closing(open_store(source)) as store:
            for layer, section in _sections(store, image):
                with section:
                    left = _write_layer(layer, section, texts, places, left)
    except ImageError as error:
        raise UnfinishedError(f"gitleaks cannot be given {shown(source)}: {error}") from None
    return places


def _sections(store: Store, image: Image) -> list[tuple[Layer, Section]]:
    for candidate in Walk(store):
        if candidate.config_digest == image.config_digest:
            break
    else:
        raise ImageError("does not hold the image any more")
    found = []
    for layer, stored in zip(image.layers, candidate.layers, strict=True):
        if layer.unread:
            continue
        if stored.path and isinstance(store, Archive):
            section = store.find(stored.path)
        else:
            section = find_blob(store, stored.digest)
        if section is not None:
            found.append((layer, section))
    return found


def _write_layer(
    layer: Layer,
    section: Section,
    texts: Path,
    places: dict[str, tuple[Layer, str]],
    left: int,
) -> int:
    budget = Budget()
    budget.allow(layer.size)
    hashes = new_hash(layer.diff_id), new_hash(layer.diff_id)
    tar = TarStream(LayerStream(section, *hashes, budget))
    for member in tar:
        path = member.name.removeprefix("./").lstrip("/")
        if member.kind != "file" or not 0 < member.size <= MAX_TEXT or paths.of_folder(path)[0]:
            continue
        data = tar.read(MAX_TEXT)
        if b"\0" in data[:_SNIFF]:
            continue
        left -= len(data)
        if left < 0:
            raise UnfinishedError(f"gitleaks is given {MAX_TEXTS >> 20} MiB of text at most")
        number = f"{len(places):07}"
        base = path.rpartition("/")[2]
        (texts / number).mkdir()
        (texts / number / (base if _PLAIN.fullmatch(base) else "text")).write_bytes(data)
        places[number] = layer, path
    return left


def _command(program: str) -> list[str]:
    """The program with the options that its version has."""
    known = run([program, "detect", "--help"], "/", PROBE_SECONDS).decode("utf-8", "replace")
    if "--no-git" not in known:
        raise UnfinishedError("this gitleaks has no `detect --no-git`: install 8.16 or newer")
    options = [
        option for option in ("--ignore-gitleaks-allow", "--no-color") if option in known.split()
    ]
    return [
        program, "detect", "--no-git", "--no-banner", "--exit-code", "0",
        "--report-format", "json", *options,
    ]  # fmt: skip


def _rows(report: Path) -> list[dict[str, Any]]:
    try:
        with report.open("rb") as file:
            data = file.read(MAX_REPORT + 1)
        if len(data) > MAX_REPORT:
            raise UnfinishedError(f"gitleaks wrote a report of more than {MAX_REPORT >> 20} MiB")
        rows = json.loads(data)
    except OSError as error:
        raise UnfinishedError(f"gitleaks wrote no report: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise UnfinishedError("the report of gitleaks is no JSON: install a current one") from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UnfinishedError("the report of gitleaks is not in the form that is known")
    if len(rows) > MAX_FINDINGS:
        raise UnfinishedError(f"gitleaks has more than {MAX_FINDINGS:,} findings")
    return rows


def _add(row: dict[str, Any], places: dict[str, tuple[Layer, str]], image: Image) -> bool:
    """Whether it is a finding that we did not have: of the same line ours counts."""
    try:
        number = Path(str(row["File"])).parent.name
        layer, path = places[number]
        line, value, rule = int(row["StartLine"]), str(row["Secret"]), str(row["RuleID"])
    except (KeyError, ValueError, TypeError):
        raise UnfinishedError("the report of gitleaks is not in the form that is known") from None
    if any(one.path == path and abs(one.secret.line - line) <= 1 for one in layer.secrets):
        return False
    private = "private-key" in rule
    if not private and harmless_value(TOKEN, value):
        return False
    kind = PRIVATE_KEY if private else f"{shown(rule, 40)} (gitleaks)"
    secret = Secret(kind, Span(0, len(value)), "…" if private else redact(value), line, True)
    if not private:
        secret = identified(secret, value, image.settings.secret_salt)
    layer.secrets.append(FileSecret(path, secret, private))
    return True

"""Mixed real text: what lies about on any machine, and the corpus beside the repository."""

from __future__ import annotations

import json
import random
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from tests.linter.secret_search import labelled

CORPUS = Path(__file__).parents[3] / "../shared/corpus/dockerfiles.jsonl"
#: A file of more bytes is cut: detect-secrets' own expressions need minutes for some lines.
LARGEST = 400_000


def files(size: int, seed: int = 1) -> list[tuple[str, bytes]]:
    """`size` bytes of source code, documents, Dockerfiles, JSON, one-line scripts, logs and files
    with secrets, as (path, content): a share of each."""
    chosen = random.Random(seed)
    kinds = [
        list(_python()), list(_documents()), list(_dockerfiles()), list(_json(chosen)),
        list(_one_line()), list(_logs(chosen)), list(_labelled()),
    ]  # fmt: skip
    found: list[tuple[str, bytes]] = []
    left = size
    for number, kind in enumerate(kinds):
        share = left // (len(kinds) - number)
        chosen.shuffle(kind)
        for path, data in kind:
            if share <= 0:
                break
            found.append((path, data))
            share -= len(data)
            left -= len(data)
    if left > 0:  # of the largest kind, what is missing
        known = {path for path, _ in found}
        for path, data in kinds[0]:
            if left > 0 and path not in known:
                found.append((path, data))
                left -= len(data)
    return found


def _texts(paths: Iterator[Path]) -> Iterator[tuple[str, bytes]]:
    for path in sorted(paths):
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes()[:LARGEST]
            if b"\0" not in data:
                # Lines end as detect-secrets reads them.
                yield str(path), data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _python() -> Iterator[tuple[str, bytes]]:
    yield from _texts(Path(sysconfig.get_path("stdlib")).rglob("*.py"))
    yield from _texts(Path(sysconfig.get_path("purelib")).rglob("*.py"))


def _documents() -> Iterator[tuple[str, bytes]]:
    yield from _texts(Path("/usr/share/doc").rglob("copyright"))
    yield from _texts(Path(sysconfig.get_path("purelib")).glob("*.dist-info/*"))


def _dockerfiles() -> Iterator[tuple[str, bytes]]:
    if CORPUS.exists():
        for number, line in enumerate(CORPUS.read_text(encoding="utf-8").splitlines()):
            row = json.loads(line)
            if "text" in row:
                text = row["text"].replace("\r\n", "\n").replace("\r", "\n")
                yield f"corpus/{number}/Dockerfile", text.encode()


def _json(chosen: random.Random) -> Iterator[tuple[str, bytes]]:
    """Lock files as npm writes them, and answers of services."""
    m = labelled.Maker(chosen.randrange(1 << 30))
    for number in range(120):
        packages = {
            f"node_modules/{m.of(8, labelled.LOWER)}": {
                "version": f"{m.of(1, '123')}.{m.of(1, '0123')}.0",
                "integrity": f"sha512-{m.base64(64)}",
                "license": "MIT",
            }
            for _ in range(60)
        }
        yield (
            f"lock/{number}/package-lock.json",
            json.dumps({"packages": packages}, indent=2).encode(),
        )
        rows = [{"id": m.of(24, labelled.HEX), "owner_key": m.of(9), "n": i} for i in range(60)]
        yield f"answers/{number}.json", json.dumps(rows).encode()


def _one_line() -> Iterator[tuple[str, bytes]]:
    """Python's own sources as one line each, which is what minified scripts look like."""
    for path, data in _texts(Path(sysconfig.get_path("stdlib")).glob("*.py")):
        yield f"{path}.min.js", b";".join(line.strip() for line in data[:60_000].splitlines())


def _logs(chosen: random.Random) -> Iterator[tuple[str, bytes]]:
    m = labelled.Maker(chosen.randrange(1 << 30))
    for number in range(40):
        lines = [
            f"2026-11-{chosen.randint(1, 30):02}T10:{chosen.randint(0, 59):02}:00Z "
            f"{chosen.randint(1, 250)}.{chosen.randint(0, 255)}.{chosen.randint(0, 255)}.7 "
            f'"GET /v1/{m.of(6)}?page={chosen.randint(1, 999)}" 200 trace={m.of(32, labelled.HEX)}'
            for _ in range(1000)
        ]
        yield f"log/{number}.log", "\n".join(lines).encode()


def _labelled() -> Iterator[tuple[str, bytes]]:
    for number, file in enumerate(labelled.positives() + labelled.negatives()):
        yield f"{number}/{file.path}", file.text.encode()

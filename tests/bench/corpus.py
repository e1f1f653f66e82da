"""What is measured: the real files of the corpus, and files of any size made of usual lines."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT.parent / "shared" / "corpus" / "dockerfiles.jsonl"

#: One service's stage as one meets it, comments and long RUNs included; {n} makes it unlike the
#: others, so that nothing is found by looking up what was seen before.
STAGE = """\
# Service {n}: build dependencies first, so that the cache holds.
FROM python:3.13-slim-bookworm AS service-{n}
ARG VERSION=1.{n}.0
ENV APP_HOME=/srv/service-{n} \\
    PYTHONUNBUFFERED=1 \\
    PATH=/srv/service-{n}/bin:$PATH
LABEL org.opencontainers.image.title="service-{n}" org.opencontainers.image.version=$VERSION
WORKDIR /srv/service-{n}
RUN set -eux; \\
    apt-get update; \\
    apt-get install -y --no-install-recommends \\
        ca-certificates \\
        curl \\
        gcc \\
        libpq-dev \\
        tini \\
    ; \\
    rm -rf /var/lib/apt/lists/*
COPY requirements.txt constraints-{n}.txt ./
RUN pip install --no-cache-dir -r requirements.txt -c constraints-{n}.txt \\
    && python -m compileall -q /usr/local/lib/python3.13/site-packages
RUN curl -fsSL -o /tmp/tool.tar.gz \\
        "https://downloads.example.com/tool/v$VERSION/tool-$(uname -m).tar.gz" \\
    && echo "{n:064x}  /tmp/tool.tar.gz" | sha256sum -c - \\
    && tar -xzf /tmp/tool.tar.gz -C /usr/local/bin \\
    && if [ -n "$VERSION" ]; then tool --version; fi \\
    && rm /tmp/tool.tar.gz
RUN groupadd --gid 10001 app \\
    && useradd --uid 10001 --gid app --no-log-init --create-home app
COPY --chown=app:app src/service_{n} ./service
EXPOSE 8080
USER 10001
HEALTHCHECK --interval=30s CMD ["python", "-m", "service.health"]
ENTRYPOINT ["tini", "--"]
CMD ["python", "-m", "service", "--port", "8080"]

"""


class RealFile(NamedTuple):
    """A Dockerfile of the corpus."""

    name: str  #: repository and path
    data: bytes


def real_files() -> list[RealFile]:
    """The corpus, smallest first."""
    files = []
    for line in CORPUS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        data = base64.b64decode(row["b64"]) if "b64" in row else row["text"].encode()
        files.append(RealFile(f"{row['repo']}/{row['path']}", data))
    return sorted(files, key=lambda file: len(file.data))


def write(folder: Path) -> list[Path]:
    """Writes the corpus as files, smallest first."""
    paths = []
    for number, file in enumerate(real_files()):
        path = folder / f"{number:04}.Dockerfile"
        path.write_bytes(file.data)
        paths.append(path)
    return paths


def stages(size: int) -> bytes:
    """As many whole stages as `size` bytes hold, one at least."""
    parts: list[str] = []
    length = 0
    for number in range(size // len(STAGE) + 1):
        text = STAGE.format(n=number)
        if parts and length + len(text) > size:
            break
        parts.append(text)
        length += len(text)
    return "".join(parts).encode()


def chain(size: int) -> bytes:
    """One stage whose RUNs go on and on, `size` bytes at most but for its head."""
    head, *blocks = STAGE.split("\nRUN ")
    parts = [head.format(n=0)]
    length, number = len(parts[0]), 0
    while True:
        text = "\nRUN " + blocks[number % 3].format(n=number)
        if length + len(text) > size:
            return ("".join(parts) + "\n").encode()
        parts.append(text)
        length += len(text)
        number += 1

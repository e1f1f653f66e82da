"""An installation that downloads everything again each time its layer is built."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile

#: manager -> what a cache mount should hold
_FOLDERS = {
    "apt": "/var/cache/apt,sharing=locked",
    "apk": "/var/cache/apk",
    "yum": "/var/cache/yum",
    "dnf": "/var/cache/libdnf5",
    "zypper": "/var/cache/zypp",
    "pip": "/root/.cache/pip",
    "uv": "/root/.cache/uv",
    "poetry": "/root/.cache/pypoetry",
    "npm": "/root/.npm",
    "yarn": "/usr/local/share/.cache/yarn",
    "pnpm": "/root/.local/share/pnpm/store",
    "bundle": "/usr/local/bundle/cache",
    "go": "/go/pkg/mod",
    "cargo": "/usr/local/cargo/registry",
    "composer": "/root/.composer/cache",
}
_VERBS = frozenset({"install", "ci", "build", "fetch", "mod download", "download"})


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the first installation of each RUN that has no cache mount at all."""
    done: set[int] = set()
    for manager, folder in _FOLDERS.items():
        for instruction, command, call in dockerfile.calls(manager):
            if call.verb not in _VERBS or id(instruction) in done:
                continue
            done.add(id(instruction))
            if any(mount["type"] == "cache" for mount in instruction.mounts):
                continue
            verb = call.verb_word
            name = command.name if verb is command.name_word else f"{command.name} {verb.value}"
            yield Finding(
                f"{name} downloads everything again whenever this layer is built",
                verb.span,
                stage=instruction.stage,
                help=f"RUN --mount=type=cache,target={folder} …",
            )


RULE = Rule(
    "cache-mount-missing",
    Dockerfile,
    Severity.INFO,
    enabled=False,
    why=(
        "A changed lockfile throws the whole layer away, and every package is downloaded and "
        "built again. A cache mount keeps the package manager's cache between builds and out of "
        "the image, so that nothing has to be cleaned either: the rules that ask for cleaning "
        "are silent about a RUN that has one. Off by default: it contradicts --no-cache and the "
        "cleaning that peers ask for, it needs BuildKit, apt in Debian's images deletes its "
        "cache unless told otherwise, and build farms with fresh builders gain nothing."
    ),
    references=("https://docs.docker.com/build/cache/optimize/#use-cache-mounts",),
    aliases=(
        "prefer-package-cache-mounts",
        "ruby/prefer-bundler-cache-mount",
        "js/node-gyp-cache-mounts",
    ),
    examples=(
        bad("FROM python:3.13\nRUN pip install -r requirements.txt\n", at=[2]),
        bad("FROM golang:1.23\nRUN go mod download && \\\n  go build -o /a .\n", at=[2]),
        bad("FROM rust:1 AS b\nRUN cargo build --release\nFROM node:22\nRUN npm ci\n", at=[2, 4]),
        good("FROM node:22\nRUN --mount=type=cache,target=/root/.npm npm ci\n"),
        good("FROM node:22\nRUN npm run build && pip list && go version\n"),
    ),
    check=check,
)

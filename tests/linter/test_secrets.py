"""Secrets are found where they are, nothing else is called one, and none is ever shown."""

from __future__ import annotations

import base64
import json
import random
import re
import string
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockgate.linter import document, one_pass, run, secrets
from dockgate.linter.errors import UnfinishedError
from dockgate.linter.secret_search import file_search, prefilter, secret_plugins, token_rows
from dockgate.rules.settings import Settings
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction
from dockgate.rules.subjects.secret import Secret
from tests.linter.secret_search.libraries import INSTALLED, installed

CORPUS = Path(__file__).parents[2] / "../shared/corpus/dockerfiles.jsonl"

_random = random.Random(7)


def word(length: int, alphabet: str = string.ascii_letters + string.digits) -> str:
    return "".join(_random.choice(alphabet) for _ in range(length))


GHP = "ghp_" + word(36)
AKIA = "AKIA" + word(16, string.ascii_uppercase + string.digits)
KEY_BODY = "".join(word(64) + "\n" for _ in range(6))
AWS_SAMPLE = (
    b"[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n"
    b"aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"
)
PEM = f"-----BEGIN RSA PRIVATE KEY-----\n{KEY_BODY}-----END RSA PRIVATE KEY-----\n"


def rows() -> Iterator[dict[str, Any]]:
    if not CORPUS.exists():
        pytest.skip("shared/corpus is not there")
    with CORPUS.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def read(row: dict[str, Any]) -> Dockerfile:
    data = base64.b64decode(row["b64"]) if "b64" in row else row["text"].encode()
    return document.read(data, row["path"])


def attached(source: str) -> tuple[Dockerfile, list[tuple[Instruction, Secret]]]:
    dockerfile = document.read(source.encode(), "Dockerfile")
    secrets.attach(dockerfile)
    return dockerfile, [(i, s) for i in dockerfile.with_triggers() for s in i.secrets]


def found(source: str) -> list[str]:
    """The very texts that are called secrets."""
    dockerfile, pairs = attached(source)
    return [dockerfile.text[secret.span] for _, secret in pairs]


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("X", AKIA, "AWS Access Key"),
        ("X", GHP, "GitHub Token"),
        ("X", f"github_pat_{word(22)}_{word(59)}", "GitHub Token"),
        ("X", f"glpat-{word(20)}", "GitLab Token"),
        ("X", f"AIza{word(35)}", "Google API Key"),
        ("X", f"npm_{word(36)}", "Access Token"),
        ("X", f"sk_live_{word(24)}", "Stripe Access Key"),
        ("X", f"$6$saltsalt${word(86)}", "Password Hash"),
        ("X", PEM, "Private Key"),
        ("X", PEM.replace("\n", "\\n"), "Private Key"),
        ("DATABASE_URL", "postgres://app:s3cretpw@db/x", "Basic Auth Credentials"),
        ("DB_PASSWORD", "hunter2", "Password"),
        ("DB_PASSWORD", "changeme", "Password"),
        ("dbPassword", "hunter2", "Password"),
        ("sa_password", '"Password123"', "Password"),
        ("MYSQL_ROOT_PASSWORD1", "root", "Password"),
        ("AWS_SECRET_ACCESS_KEY", word(40), "Token"),
        ("CLIENT_SECRET", "test", "Token"),
        ("STRIPE_KEY", "4f1c9a77be20d35e6a", "Key"),
        ("JAVA_OPTS", "-Xmx1g -Djavax.net.ssl.keyStorePassword=changeit", "Password"),
        ("CONNECTION", "Server=db;User Id=sa;Password=Pa55w0rd;", "Password"),
        # what documentation shows is where the real one will be
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE", "AWS Access Key"),
        ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "Token"),
        ("API_TOKEN", "4f1c9a77be20EXAMPLE", "Token"),
        ("URL", "https://user:password@localhost/", "Basic Auth Credentials"),
    ],
)
def test_a_value_is_a_secret(name: str, value: str, kind: str) -> None:
    secret = secrets.find_in_value(name, value)
    assert secret is not None
    assert secret.kind == kind


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DB_PASSWORD", ""),
        ("DB_PASSWORD", "$DB_PASSWORD"),
        ("DB_PASSWORD", "${DB_PASSWORD}"),
        ("DB_PASSWORD", "$(cat /run/secrets/db)"),
        ("DB_PASSWORD", "{{ .Values.password }}"),
        ("DB_PASSWORD", "<password>"),
        ("DB_PASSWORD", "/run/secrets/db"),
        ("DB_PASSWORD", "********"),
        ("DB_PASSWORD", "dummy"),
        ("DB_PASSWORD_FILE", "/run/secrets/db"),
        ("KEY_PATH", "/etc/ssl/private/x.key"),
        ("GPG_KEY", "7169605F62C751356D054A26A821E680E5FA6305"),
        ("WORDPRESS_CLI_GPG_KEY", "63AF7AA15067C05616FDDD88A3A2E8F226F0BC06"),
        ("SIGNING_PUBLIC_KEY", word(64)),
        ("NEXT_PUBLIC_API_KEY", word(32)),
        ("GOPRIVATE", "git.corp.example/*"),
        ("TOKEN_URL", "https://login.corp/oauth/token"),
        ("PASSWORD_MIN_LENGTH", "12"),
        ("MAX_TOKENS", "1024"),
        ("TOKENIZERS_PARALLELISM", "false"),
        ("MYSQL_ALLOW_EMPTY_PASSWORD", "yes"),
        ("MYSQL_RANDOM_ROOT_PASSWORD", "1"),
        ("SECRET_KEY_BASE", "dummy"),
        ("SECRET_KEY_BASE_DUMMY", "1"),
        ("GITHUB_TOKEN", "placeholder"),
        ("API_KEY", "your-api-key"),
        ("PWD", "/app"),
        ("OLDPWD", "/app"),
        ("COMPASS", "north"),
        ("SSH_ASKPASS", "/usr/bin/ask"),
        ("GIT_COMMIT", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"),
        ("SHA256", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
        ("IMAGE", "debian@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
        ("URL", "https://example.com/a@b"),
        ("URL", "https://$USER:$PASS@example.com/"),
        ("X", "ghp_" + "x" * 36),
        ("X", "-----BEGIN RSA PRIVATE KEY-----"),
        ("X", "-----BEGIN RSA PRIVATE KEY-----\n<your key here>\n-----END RSA PRIVATE KEY-----"),
        ("X", "-----BEGIN PUBLIC KEY-----\n" + KEY_BODY),
    ],
)
def test_a_value_is_none(name: str, value: str) -> None:
    assert secrets.find_in_value(name, value) is None


def test_a_name_that_the_user_declares_means_a_secret() -> None:
    assert secrets.find_in_value("ACME_PIN", "4711") is None
    assert secrets.find_in_value("ACME_PIN", "4711", ("acme_pin",)) is not None


@given(st.text())
def test_at_most_a_quarter_and_four_characters_are_shown(value: str) -> None:
    shown = secrets.redact(value)
    assert shown.endswith("…")
    assert len(shown) <= 5
    assert len(shown) - 1 <= len(value) / 4
    assert value.startswith(shown[:-1])


def test_places_are_those_of_the_values() -> None:
    source = (
        "FROM debian:12\n"
        f'ENV LANG=C \\\n  # a comment\n  DB_PASSWORD="hunter2" X={GHP}\n'
        "RUN true \\\n && curl \\\n -u bob:s3cr3t https://x\n"
        f"COPY <<EOF /app/.env\nPORT=80\nAPI_TOKEN={word(20)}1a\nEOF\n"
        "RUN <<-EOF\n\tset -e\n\texport PGPASSWORD=geheim\n\tEOF\n"
        "ONBUILD ENV ROOT_PASSWORD toor\n"
        "LABEL db.password='l4bel'\n"
    )
    wanted = ["hunter2", GHP, "s3cr3t", "geheim", "toor", "l4bel"]
    texts = found(source)
    assert [t for t in texts if t in wanted] == wanted
    assert len(texts) == len(wanted) + 1
    crlf, pairs = attached(source.replace("\n", "\r\n"))
    assert [crlf.text[s.span] for _, s in pairs] == texts
    for _, secret in pairs:
        assert crlf.text.position(secret.span.start).line == secret.line


def test_nothing_of_a_secret_is_kept() -> None:
    _, pairs = attached(f"FROM a\nENV A={GHP} DB_PASSWORD=correct-horse\nRUN x --token {GHP}\n")
    assert len(pairs) == 3
    for _, secret in pairs:
        assert GHP[:6] not in repr(secret)
        assert "corre" not in repr(secret)


@pytest.mark.parametrize(
    "line",
    [
        "ENV AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE",
        "ARG KEY=AKIAIOSFODNN7EXAMPLE",
        "LABEL k=AKIAIOSFODNN7EXAMPLE",
        "RUN aws configure set aws_access_key_id AKIAIOSFODNN7EXAMPLE",
        "RUN aws configure set aws_secret_access_key wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "RUN export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY && ./x",
        "RUN <<EOF\naws s3 ls --key AKIAIOSFODNN7EXAMPLE\nEOF",
        "COPY <<EOF /root/.aws/credentials\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\nEOF",
        "RUN git clone https://user:password@github.com/x/y",
    ],
)
def test_a_documentations_key_is_one_in_a_dockerfile(line: str) -> None:
    assert len(found(f"FROM a\n{line}\n")) == 1


def test_a_declared_name_is_read_in_scripts_and_files() -> None:
    source = "FROM a\nRUN export ACME_PIN=4711 && acme --acme-pin 0815\n"
    dockerfile = document.read(source.encode(), "Dockerfile")
    dockerfile.settings = Settings(secret_names=("ACME_PIN",))
    secrets.attach(dockerfile)
    told = dockerfile.instructions[1].secrets
    assert [dockerfile.text[secret.span] for secret in told] == ["4711"]
    assert kinds(b"ACME_PIN=4711\n", "app/.env") == []
    assert len(secrets.find_in_bytes(b"ACME_PIN=4711\n", "app/.env", ("acme_pin",))) == 1


def test_env_keeps_what_a_build_argument_brought() -> None:
    _, pairs = attached("FROM a\nARG NPM_TOKEN\nENV NPM_TOKEN=${NPM_TOKEN}\n")
    assert [(i.cmd, s.kind) for i, s in pairs] == [("ENV", "Token from a build argument")]
    assert found("FROM a\nARG NPM_TOKEN\nENV TOKEN_COUNT=$NPM_TOKEN\n") == []
    assert found("FROM a\nENV NPM_TOKEN=$NOBODY\n") == []


@pytest.mark.parametrize(
    "command",
    [
        f"git clone https://oauth2:{word(20)}@gitlab.com/x",
        "echo 'root:toor' | chpasswd",
        "echo root:toor | sudo chpasswd",
        "mysql -uroot -ps3cr3t",
        "mysqladmin password --password=s3cr3t",
        "docker login -u me -p s3cr3t",
        f"npm config set //registry.npmjs.org/:_authToken={word(30)}",
        f"aws configure set aws_secret_access_key {word(40)}",
        f'curl -H "Authorization: Bearer {word(40)}" https://x',
        "echo machine github.com login me password s3cr3t > ~/.netrc",
        "export API_TOKEN=4f1c9a77be20d35e",
        "MYSQL_PWD=geheim mysqldump db",
        "./configure --db-password geheim",
        "sshpass -p geheim ssh host",
        "psql -c \"ALTER USER a PASSWORD 'geheim'\"",
        f"usermod -p '$6$saltsalt${word(86)}' root",
    ],
)
def test_a_command_has_a_secret(command: str) -> None:
    assert len(found(f"FROM a\nRUN {command}\n")) == 1


@pytest.mark.parametrize(
    "command",
    [
        'curl -u "$USER:$PASS" https://x',
        "curl -u bob https://x",
        "docker login -u me --password-stdin",
        "export TOKEN=$(cat /run/secrets/token)",
        "API_TOKEN=`cat token` ./x",
        "./x --password $PASSWORD --token ${TOKEN:-none}",
        'test -z "$GITHUB_TOKEN" && echo "GITHUB_TOKEN: not set"',
        "grep -q '^password' /etc/pam.d/common-password",
        "echo '%wheel ALL=(ALL) NOPASSWD: ALL' >> /etc/sudoers",
        "passwd -d root && useradd --password '' x",
        "apt-key adv --recv-keys 63AF7AA15067C05616FDDD88A3A2E8F226F0BC06",
        "echo \"mariadb-server mysql-server/root_password password 'unused'\" | x",
        "SECRET_KEY_BASE=dummy rails assets:precompile",
        "sed -i 's/^PasswordAuthentication yes/PasswordAuthentication no/' /etc/ssh/sshd_config",
        "npm config set //registry.npmjs.org/:_authToken=$NPM_TOKEN",
        "secret=/run/secrets/x; token_file=/tmp/t",
        "the password is asked for; a token must be given",
    ],
)
def test_a_command_has_none(command: str) -> None:
    assert found(f"FROM a\nRUN {command}\n") == []


def test_official_images_have_none() -> None:
    seen = 0
    for row in rows():
        if row["repo"].startswith("docker-library/"):
            dockerfile = read(row)
            secrets.attach(dockerfile)
            seen += 1
            assert [i.secrets for i in dockerfile.with_triggers() if i.secrets] == []
    assert seen > 100


def test_few_files_need_detect_secrets_and_none_much_time() -> None:
    dockerfiles = [read(row) for row in rows()]
    begin = time.process_time()
    for dockerfile in dockerfiles:
        secrets.attach(dockerfile)
    assert time.process_time() - begin < 4  # 0.6 s on an idle machine, plug-ins' import included
    asking = sum(
        any(prefilter.places(text) for text in _bodies(dockerfile)) for dockerfile in dockerfiles
    )
    assert asking / len(dockerfiles) < 0.03


def _bodies(dockerfile: Dockerfile) -> Iterator[str]:
    for instruction in dockerfile.with_triggers():
        yield instruction.body.text
        for heredoc in instruction.heredocs:
            yield heredoc.body.text


def test_an_ordinary_dockerfile_does_not_import_detect_secrets() -> None:
    source = (
        "FROM debian:12@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\n"
        "ARG GITHUB_TOKEN\nENV GPG_KEY=7169605F62C751356D054A26A821E680E5FA6305 DB_PASSWORD=x1y2\n"
        "RUN --mount=type=secret,id=token curl -u me:$(cat /run/secrets/token) https://x/y\n"
        "RUN --mount=type=secret,id=npm npm config set //registry.npmjs.org/:_authToken=$NPM\n"
    )
    code = (
        "import sys; from dockgate.linter import document, secrets\n"
        f"d = document.read({source!r}.encode(), 'Dockerfile'); secrets.attach(d)\n"
        "heavy = {'detect_secrets', 'requests', 're2', 'yaml', 'dataclasses', 'inspect'}\n"
        "print(sorted(heavy & set(sys.modules)), len(d.instructions[2].secrets))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] 1"


# --- the prefilter and detect-secrets -------------------------------------------------------


def _expressions() -> list[re.Pattern[str]]:
    return [
        expression
        for plugin, _ in secret_plugins._PLUGINS
        for expression in getattr(plugin, "denylist", ())
    ]


@pytest.mark.parametrize("expression", _expressions(), ids=lambda e: e.pattern[:40])
def test_the_prefilter_accepts_what_a_plugin_accepts(expression: re.Pattern[str]) -> None:
    few, fast = (prefilter.BytesFilter(token_rows.ROWS) for _ in range(2))
    fast.places(bytes(one_pass.FEW_BYTES))

    @settings(max_examples=15, deadline=None, database=None)
    @given(st.from_regex(expression, alphabet=st.characters(codec="ascii")))
    def holds(text: str) -> None:
        if "\n" in text or not any(True for _ in secret_plugins.found(text)):
            return
        assert prefilter.places(text)
        data = text.encode("utf-8", "surrogatepass")
        assert few.places(data)
        assert fast.places(data)

    holds()


MIXED = [
    "",
    "plain text",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    f"x = '{GHP}'",
    f"glpat-{word(20)} and more",
    f"aws_key = {AKIA}",
    f"aws_secret_key='{word(40)}'",
    "https://bob:s3cr3t@example.com/x",
    "https://bob:$PASS@example.com/x",
    f"token: xoxb-{word(11, string.digits)}-{word(24)}",
    f"eyJhbGciOiJIUzI1NiJ9.{base64.b64encode(b'{}').decode()}.{word(20)}",
    "-----BEGIN EC PRIVATE KEY-----",
    f"AccountKey={word(86)}==",
    f"//registry.npmjs.org/:_authToken=npm_{word(36)}",
    f"SG.{word(22)}.{word(43)}",
    f"sk_live_{word(24)}",
    f"SK{word(32, string.hexdigits.lower()[:16])}",
    f"{word(32, string.digits + 'abcdef')}-us4",
    f"sq0csp-{word(43)}",
    f"softlayer_api_key = {word(64, string.digits + 'abcdef')}",
    f"cloudant_password: {word(64, string.digits + 'abcdef')}",
    f"ibm_api_key={word(44)}",
    f"cos_secret_access_key={word(48, string.digits + 'abcdef')}",
    f"{word(9, string.digits)}:{word(35)}",
    f" AKC{word(12)} ",
    "größe, naïve, 日本語: ünïcödé",
    f"日本語 {GHP}",
]


@pytest.mark.parametrize("names", INSTALLED, ids="+".join)
def test_behind_the_prefilter_plugins_find_what_they_find_alone(names: tuple[str, ...]) -> None:
    """The same (kind, line) as detect-secrets' own scan with the same plugins and filters."""

    @settings(max_examples=40, deadline=None, database=None)
    @given(st.lists(st.sampled_from(MIXED), min_size=1, max_size=12))
    def holds(lines: list[str]) -> None:
        text = "\n".join(lines)
        data = text.encode()
        places = [
            (len(data[:start].decode()), len(data[:end].decode()))
            for start, end in prefilter.bytes_filter(binary=False).places(data)
        ]
        mine = set()
        for first, last in secrets._windows(text, places):
            number = text.count("\n", 0, first)
            for plugin, is_own in secret_plugins._PLUGINS:
                if not is_own:
                    for value in plugin.analyze_string(text[first:last]):
                        if value and not secret_plugins._filtered(value, own=False):
                            mine.add((plugin.secret_type, number))
        assert mine == _by_detect_secrets(lines)

    with installed(*names):
        holds()


def _by_detect_secrets(lines: list[str]) -> set[tuple[str, int]]:
    from detect_secrets.core import scan
    from detect_secrets.settings import transient_settings

    names = [plugin.__name__ for plugin in secret_plugins.DETECT_SECRETS]
    heuristics = (
        "is_sequential_string",
        "is_potential_uuid",
        "is_templated_secret",
        "is_prefixed_with_dollar_sign",
        "is_not_alphanumeric_string",
    )
    config = {
        "plugins_used": [{"name": name} for name in names],
        "filters_used": [{"path": f"detect_secrets.filters.heuristic.{h}"} for h in heuristics],
    }
    with transient_settings(config):
        return {
            (secret.type, number)
            for number, line in enumerate(lines)
            for secret in scan._process_line_based_plugins([(1, line)], "x.txt")
        }


# --- files ----------------------------------------------------------------------------------


def kinds(data: bytes, path: str) -> list[str]:
    return [one.secret.kind for one in secrets.find_in_bytes(data, path)]


@pytest.mark.parametrize(
    ("path", "data", "wanted"),
    [
        ("root/.ssh/id_rsa", PEM.encode(), ["Private Key"]),
        ("app/key.pem", PEM.replace("RSA PRIVATE", "PRIVATE").encode(), ["Private Key"]),
        ("app/k", PEM.replace("RSA", "ENCRYPTED").encode(), ["Encrypted Private Key"]),
        ("app/sa.json", json.dumps({"private_key": PEM}).encode(), ["Private Key"]),
        ("app/bin", b"\x7fELF\0\0" + PEM.encode(), ["Private Key"]),
        ("app/bin", b"\x7fELF\0\0" + GHP.encode() + b"\0", ["GitHub Token"]),
        ("app/yarn.lock", f'x "{GHP}"'.encode(), ["GitHub Token"]),
        ("app/site.css", f"/* {GHP} */".encode(), ["GitHub Token"]),
        ("app/a.js.map", f'"{GHP}"'.encode(), ["GitHub Token"]),
        ("app/.env", b"# \xff\nDB_PASSWORD=hunter2\n", ["Password"]),
        ("app/.env", b"DB_PASSWORD=hunter2 # pragma: allowlist secret\n", ["Password"]),
        ("app/.env.production", b"export API_KEY='4f1c9a77be20d35e'\n", ["Token"]),
        ("app/a.txt", GHP.encode("utf-16"), ["GitHub Token"]),
        ("app/config.yml", b"db:\n  password: hunter2\n", ["Password"]),
        ("app/settings.json", b'{"password": "hunter2", "port": 1}', ["Password"]),
        ("app/x.properties", b"spring.datasource.password=hunter2\n", ["Password"]),
        ("app/x.properties", b"server.ssl.key-store-password=changeit\n", ["Password"]),
        ("app/setup.sh", b"export PGPASSWORD=hunter2\n", ["Password"]),
        ("app/x.py", b"API_TOKEN = '4f1c9a77be20d35e6a1b'\n", ["Token"]),
        ("root/.aws/credentials", f"aws_secret_access_key = {word(40)}1a\n".encode(), ["Token"]),
        ("root/.netrc", b"machine x\n login me\n password s3cr3t\n", ["Password"]),
        ("root/.pgpass", b"db:5432:*:me:s3cr3t\n", ["Password"]),
        ("root/.git-credentials", b"https://me:s3cr3t@git.corp\n", ["Basic Auth Credentials"]),
        ("root/.npmrc", f"//r/:_authToken={word(30)}\n".encode(), ["NPM tokens"]),
        (
            "root/.docker/config.json",
            b'{"auths":{"r":{"auth":"' + base64.b64encode(b"me:s3cr3t") + b'"}}}',
            ["Docker Registry Login"],
        ),
        (
            "etc/shadow",
            f"root:*:1:\nme:$6$saltsalt${word(86)}:19000:0:99999:7:::\n".encode(),
            ["Password Hash"],
        ),
        ("usr/share/nginx/x.txt", GHP.encode(), ["GitHub Token"]),
        ("root/.aws/credentials", AWS_SAMPLE, ["AWS Access Key", "Token"]),
        ("app/.env", AWS_SAMPLE.upper().replace(b" ", b""), ["AWS Access Key", "Token"]),
        ("app/.env", b"DATABASE_URL=postgres://user:password@db/x", ["Basic Auth Credentials"]),
        ("app/data.json", b" " * 3_000_000 + b'{"password": "hunter2"}', ["Password"]),
    ],
)
def test_a_file_has_a_secret(path: str, data: bytes, wanted: list[str]) -> None:
    assert kinds(data, path) == wanted


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("etc/shadow", b"root:*:19000:0:99999:7:::\ndaemon:!:19000::::::\n"),
        ("etc/nsswitch.conf", b"passwd:         files systemd\n"),
        ("etc/ssl/openssl.cnf", b"# input_password = secret\nchallengePassword = A challenge\n"),
        ("app/README.md", b"-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----\n"),
        ("app/pem.py", b'HEAD = "-----BEGIN PRIVATE KEY-----"\nif HEAD in text:\n    pass\n'),
        ("app/x.py", b"password = get_password()\ntoken: str = request.token\n"),
        ("app/x.ts", b"password: string; const token = 'x'\n"),
        ("app/de.json", b'{"password": "Passwort vergessen?", "nextToken": "nextToken"}'),
        ("app/config.yml", b"password: ${DB_PASSWORD}\nsecretName: tls\ntoken: !env TOKEN\n"),
        ("app/.env.example", b"DB_PASSWORD=\nTOKEN=<your token>\n"),
        ("usr/lib/python3/dist-packages/x/test/key.pem", PEM.encode()),
        ("usr/lib/libgnutls.so", b"\x7fELF\0" + PEM.encode()),
        ("app/node_modules/x/README.md", b"mongodb://bob:s3cr3t@db/x"),
        ("usr/share/doc/x/a.txt", b"curl -u bob:s3cr3t https://x"),
        ("usr/lib/python3/dist-packages/botocore/x.py", AWS_SAMPLE),
        ("app/node_modules/x/.env", AWS_SAMPLE),
        (
            "opt/venv/lib/python3.11/site-packages/botocore/data/datasync/service-2.json",
            f"https://x.blob.core.windows.net/c?sp=r&sig=aBBKDWQvyuVcTPH9EBp%2F{word(24)}%3D".encode(),
        ),
        ("app/tests/config.ini", AWS_SAMPLE),
        ("app/README.md", b"postgres://user:password@db/x"),
        ("app/x.properties", b"server.ssl.trust-store-password=changeit\n"),
        ("app/run.sh", b"java -Djavax.net.ssl.trustStorePassword=changeit -jar a.jar\n"),
        ("app/.env", b"TOKEN=ghp_" + b"a" * 36),
        ("usr/bin/ctest", b"\x7fELF\0highs_setCallbackP5HighsSt8functionIFviRKNSt7cx1112\0"),
        ("root/.ssh/id_rsa.pub", b"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ== me@x\n"),
        ("etc/ssl/certs/ca.pem", f"-----BEGIN CERTIFICATE-----\n{KEY_BODY}".encode()),
    ],
)
def test_a_file_has_none(path: str, data: bytes) -> None:
    assert kinds(data, path) == []


def test_keys_are_told_apart_and_places_are_the_texts() -> None:
    text = f"# größe\nTOKEN={GHP}\n{PEM}"
    one, two = secrets.find_in_bytes(text.encode(), "app/x.txt")
    assert text[slice(*one.secret.span)] == GHP
    assert (one.private_key, two.private_key) == (False, True)
    assert (one.secret.line, two.secret.line) == (2, 3)
    assert (one.path, one.secret.redacted) == ("app/x.txt", "ghp_…")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_large_file_is_searched_to_its_end(encoding: str) -> None:
    """Beyond any piece, across the border of two, and each secret once."""
    border = file_search.PIECE // (1 if encoding == "utf-8" else 2)
    line = "# nothing to see here, and still nothing\n"
    text = line * (border // len(line))
    text += "#" * (border - 30 - len(text)) + f"\nX={GHP}\n"  # some lie before the border
    text += line * (border // len(line)) + f"{PEM}{line * 1000}DB_PASSWORD=hunter2\n"
    found = secrets.find_in_bytes(text.encode(encoding), "app/.env")
    wanted = [GHP, "-----BEGIN", "DB_PASSWORD"]
    assert [one.secret.kind for one in found] == ["GitHub Token", "Private Key", "Password"]
    lines = [text.count("\n", 0, text.index(what)) + 1 for what in wanted]
    assert [one.secret.line for one in found] == lines


def test_a_large_binary_is_searched_to_its_end() -> None:
    data = b"\x7fELF\0" + b"\0\1" * (file_search.PIECE // 2 - 20) + GHP.encode() + b"\0" * 100
    assert kinds(data * 2, "app/bin") == ["GitHub Token"] * 2


def test_thousands_of_candidates_hide_nothing() -> None:
    text = "".join(f"https://a:$P@x{i}/ SK{i:032d} eyJ{i}\n" for i in range(3000)) + GHP
    assert kinds(text.encode(), "app/x.txt") == ["GitHub Token"]
    begin = time.process_time()
    secrets.find_in_bytes(b"\x7fELF\0" + b"AKIA0000000000000000 " * 20_000, "app/bin")
    assert time.process_time() - begin < 5


@pytest.mark.parametrize("unit", [b"ghp_", b"AKIA", b"-----BEGIN RSA PRIVATE KEY-----\n", b"eyJhb"])
def test_a_text_of_nothing_but_tokens_is_told(unit: bytes) -> None:
    """It packs a thousand to one, and each place takes a while: nobody waits for hours."""
    begin = time.process_time()
    with pytest.raises(UnfinishedError, match="more than 20,000 places"):
        secrets.find_in_bytes(unit * (file_search.PIECE // len(unit)), "app/x.txt")
    assert time.process_time() - begin < 5


def test_too_many_secrets_are_told_as_a_failure() -> None:
    many = "".join(f"A{i}_PASSWORD=hunter{i}\n" for i in range(secrets.MAX_SECRETS + 1))
    with pytest.raises(UnfinishedError, match="more than 1,000 secrets"):
        secrets.find_in_bytes(many.encode(), "app/.env")
    source = f"FROM a\nRUN <<EOF\n{many}EOF\nENV DB_PASSWORD=hunter2\n"
    dockerfile = document.read(source.encode(), "Dockerfile")
    with pytest.raises(UnfinishedError, match="more than 1,000 secrets"):
        secrets.attach(dockerfile)
    report = run.lint_bytes(source.encode(), "Dockerfile")
    assert any("more than 1,000 secrets" in failure for failure in report.failures)
    fits = "".join(many.splitlines(keepends=True)[:-1])
    assert len(secrets.find_in_bytes(fits.encode(), "app/.env")) == secrets.MAX_SECRETS


@pytest.mark.parametrize("names", INSTALLED, ids="+".join)
def test_without_the_libraries_the_same_is_found(names: tuple[str, ...]) -> None:
    with installed(*names):
        assert kinds(f"größe {GHP}\n{PEM}".encode(), "x.txt") == ["GitHub Token", "Private Key"]
        filters = prefilter.bytes_filter(binary=False)
        found_with = {type(one).__module__ for one in filters._patterns if one is not None}
        assert found_with == {"re2" if "re2" in names else "re"}
        assert filters._one_pass.works == bool(names)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.one_of(st.binary(max_size=60), st.sampled_from([s.encode() for s in MIXED]))),
    st.sampled_from(["app/.env", "app/x.py", "etc/x.conf", "usr/lib/x.so", "", "/.netrc"]),
)
def test_no_bytes_make_it_fail(parts: list[bytes], path: str) -> None:
    for one in secrets.find_in_bytes(b"\n".join(parts), path):
        assert len(one.secret.redacted) <= 5


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="PASSWORD_token=:\"' $\\{}-n\n/@.x1\u017f\ud800"))
def test_no_text_makes_it_fail(text: str) -> None:
    for secret in secrets.find_in_text(text):
        assert 0 <= secret.span.start <= secret.span.end <= len(text)


@pytest.mark.parametrize(
    "words",
    ["curl -u ", "eyJ", "password=", "token: ", "://a:b@", "//a/:_auth=b", " | chpasswd ", "sk-"],
)
def test_a_hostile_line_takes_no_time(words: str) -> None:
    line = words * (60_000 // len(words))
    dockerfile = document.read(f"FROM a\nRUN {line}\n".encode(), "Dockerfile")
    begin = time.process_time()
    secrets.attach(dockerfile)
    secrets.find_in_bytes(line.encode(), "app/.env")
    assert time.process_time() - begin < 3  # well below one second, were it not for a busy machine


def test_large_files_are_read_at_speed() -> None:
    """64 MB of text, binaries and one endless line; hostile lines take no longer."""
    line = b"const answer = lookup(table, 'some words here'); // nothing to see, please pass on\n"
    text = line * (1_000_000 // len(line))
    noise = random.Random(1).randbytes(1_000_000)
    endless = b"password=token:" * 200_000
    logins = b"://a:" * 200_000
    begin = time.process_time()
    for _ in range(24):
        assert kinds(text, "usr/share/x/app.js") == []
        assert kinds(b"\x7fELF\0" + noise, "usr/bin/x") == []
    secrets.find_in_bytes(endless, "app/.env")
    secrets.find_in_bytes(logins, "app/x.txt")
    assert time.process_time() - begin < 8


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from([
            *MIXED, "password=abc is prose", "# password=hunter2x", "DB_PASSWORD=hunter2x9",
            "x = password", f"curl -u me:{word(12)} https://x", "", "nothing to see here " * 8,
        ]),
        min_size=1, max_size=60,
    ),
    st.lists(st.integers(1, 900), min_size=1, max_size=12),
    st.sampled_from(["app/x.sh", "app/.env", "app/x.txt"]),
)  # fmt: skip
def test_where_a_file_is_cut_changes_nothing(lines: list[str], sizes: list[int], path: str) -> None:
    data = "\n".join(lines).encode()

    def pieces(search: file_search.FileSearch) -> set[tuple[str, int, str]]:
        at, found = 0, []
        while at < len(data):
            size = sizes[at % len(sizes)]
            found += search.feed(data[at : at + size], last=at + size >= len(data))
            at += size
        told = [(one.secret.kind, one.secret.line, one.secret.redacted) for one in found]
        assert len(set(told)) == len(told)
        return set(told)

    whole = {
        (one.secret.kind, one.secret.line, one.secret.redacted)
        for one in secrets.find_in_bytes(data, path)
    }
    patch = pytest.MonkeyPatch()
    patch.setattr(file_search, "OVERLAP", 1000)  # more than any of the lines has
    try:
        assert pieces(file_search.FileSearch(path)) == whole
    finally:
        patch.undo()

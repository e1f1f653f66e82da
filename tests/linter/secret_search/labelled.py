"""Files as one meets them, each labelled: a secret stands in it, or none.

No token stands in this repository: all are made here from a seed, of the shapes that their issuers
give them. A positive is a file with one secret and the very value; a negative is a file of the sort
that scanners cry wolf at.
"""

from __future__ import annotations

import base64
import hashlib
import json
import random
import string
import uuid
from collections.abc import Callable, Iterator
from typing import NamedTuple

UPPER, LOWER, DIGITS = string.ascii_uppercase, string.ascii_lowercase, string.digits
ALNUM = UPPER + LOWER + DIGITS
HEX = DIGITS + "abcdef"
URLSAFE = ALNUM + "_-"


class Labelled(NamedTuple):
    """`secret` is the value, "" for a file without one."""

    name: str
    path: str
    text: str
    secret: str


class Maker:
    """Random values of given shapes."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def of(self, length: int, alphabet: str = ALNUM) -> str:
        """A word that has digits and letters where the alphabet does."""
        while True:
            word = "".join(self.random.choice(alphabet) for _ in range(length))
            if length < 12 or len(set(word)) > 6:
                return word

    def data(self, size: int) -> bytes:
        return self.random.randbytes(size)

    def base64(self, size: int) -> str:
        return base64.b64encode(self.data(size)).decode()

    def password(self) -> str:
        """As people and generators choose them."""
        word = self.random.choice(["Summer", "hunter", "Tr0ub4dor", "s3cret", "winter", "Qwertz"])
        return self.random.choice(
            [
                f"{word}{self.of(3, DIGITS)}!",
                f"{word}#{self.of(2, DIGITS)}",
                self.of(12),
                self.of(16, ALNUM + "-_.+"),
                self.of(10) + "!",
                self.of(20, ALNUM + "!%^*"),
            ]
        )

    def jwt(self) -> str:
        def part(document: object) -> str:
            data = json.dumps(document).encode()
            return base64.urlsafe_b64encode(data).decode().rstrip("=")

        claims = {"sub": self.of(8, DIGITS), "role": "admin", "iat": 1_700_000_000}
        signature = base64.urlsafe_b64encode(self.data(32)).decode().rstrip("=")
        return f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(claims)}.{signature}"

    def key(self, kind: str = "PRIVATE KEY") -> str:
        """A key in PEM: the DER of a version and numbers, as in PKCS #1 and #8."""

        def element(tag: int, content: bytes) -> bytes:
            size = len(content)
            length = bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2, "big")
            return bytes([tag]) + length + content

        numbers = b"".join(element(2, b"\1" + self.data(n)) for n in (256, 3, 256, 128, 128))
        inner = element(0x30, element(2, b"\0") + numbers)
        if kind == "PRIVATE KEY":
            algorithm = element(0x30, element(6, bytes.fromhex("2a864886f70d010101")) + b"\5\0")
            inner = element(0x30, element(2, b"\0") + algorithm + element(4, inner))
        elif kind == "OPENSSH PRIVATE KEY":
            inner = b"openssh-key-v1\0\0\0\0\4none\0\0\0\4none\0\0\0\0\0\0\0\1" + self.data(300)
        body = base64.b64encode(inner).decode()
        lines = "\n".join(body[at : at + 64] for at in range(0, len(body), 64))
        return f"-----BEGIN {kind}-----\n{lines}\n-----END {kind}-----\n"

    def encoded(self) -> str:
        """`user:password` in base64."""
        return base64.b64encode(f"deploy:{self.password()}".encode()).decode()


#: Tokens whose issuers gave them a shape, and names that they stand beside.
TOKENS: dict[str, tuple[str, Callable[[Maker], str]]] = {
    "aws-id": ("aws_access_key_id", lambda m: "AKIA" + m.of(16, UPPER + "234567")),
    "aws-session": ("AWS_ACCESS_KEY_ID", lambda m: "ASIA" + m.of(16, UPPER + "234567")),
    "aws-secret": ("aws_secret_access_key", lambda m: m.of(40, ALNUM + "/+")),
    "github": ("GITHUB_TOKEN", lambda m: "ghp_" + m.of(36)),
    "github-oauth": ("token", lambda m: "gho_" + m.of(36)),
    "github-server": ("GH_TOKEN", lambda m: "ghs_" + m.of(36)),
    "github-fine": ("GITHUB_PAT", lambda m: f"github_pat_{m.of(22)}_{m.of(59)}"),
    "gitlab": ("GITLAB_TOKEN", lambda m: "glpat-" + m.of(20, URLSAFE)),
    "gitlab-deploy": ("CI_DEPLOY_TOKEN", lambda m: "gldt-" + m.of(20, URLSAFE)),
    "gitlab-runner": ("RUNNER_TOKEN", lambda m: "glrt-" + m.of(20, URLSAFE)),
    "slack": (
        "SLACK_TOKEN",
        lambda m: f"xoxb-{m.of(12, DIGITS)}-{m.of(12, DIGITS)}-{m.of(24)}",
    ),
    "slack-hook": (
        "SLACK_WEBHOOK",
        lambda m: (
            f"https://hooks.slack.com/services/T{m.of(8, UPPER + DIGITS)}"
            f"/B{m.of(8, UPPER + DIGITS)}/{m.of(24)}"
        ),
    ),
    "stripe": ("STRIPE_KEY", lambda m: "sk_live_" + m.of(24)),
    "stripe-restricted": ("stripe", lambda m: "rk_live_" + m.of(24)),
    "twilio": ("TWILIO_API_KEY", lambda m: "SK" + m.of(32, HEX)),
    "twilio-auth": ("TWILIO_AUTH_TOKEN", lambda m: m.of(32, HEX)),
    "sendgrid": ("SENDGRID_API_KEY", lambda m: f"SG.{m.of(22, URLSAFE)}.{m.of(43, URLSAFE)}"),
    "mailgun": ("MAILGUN_API_KEY", lambda m: "key-" + m.of(32, HEX)),
    "mailchimp": ("MAILCHIMP_API_KEY", lambda m: m.of(32, HEX) + "-us12"),
    "npm": ("NPM_TOKEN", lambda m: "npm_" + m.of(36)),
    "pypi": ("PYPI_TOKEN", lambda m: "pypi-AgEIcHlwaS5vcmc" + m.of(150, URLSAFE)),
    "dockerhub": ("DOCKER_PASSWORD", lambda m: "dckr_pat_" + m.of(27, URLSAFE)),
    "huggingface": ("HF_TOKEN", lambda m: "hf_" + m.of(34, UPPER + LOWER)),
    "openai": ("OPENAI_API_KEY", lambda m: f"sk-{m.of(20)}T3BlbkFJ{m.of(20)}"),
    "openai-project": ("OPENAI_API_KEY", lambda m: "sk-proj-" + m.of(74, URLSAFE)),
    "anthropic": ("ANTHROPIC_API_KEY", lambda m: f"sk-ant-api03-{m.of(93, URLSAFE)}AA"),
    "google": ("GOOGLE_API_KEY", lambda m: "AIza" + m.of(35, URLSAFE)),
    "google-oauth": ("client_secret", lambda m: "GOCSPX-" + m.of(28, URLSAFE)),
    "digitalocean": ("DO_TOKEN", lambda m: "dop_v1_" + m.of(64, HEX)),
    "shopify": ("SHOPIFY_TOKEN", lambda m: "shpat_" + m.of(32, HEX)),
    "rubygems": ("GEM_HOST_API_KEY", lambda m: "rubygems_" + m.of(48, HEX)),
    "vault": ("VAULT_TOKEN", lambda m: "hvs." + m.of(90, URLSAFE)),
    "databricks": ("DATABRICKS_TOKEN", lambda m: "dapi" + m.of(32, HEX)),
    "grafana": ("GRAFANA_TOKEN", lambda m: f"glsa_{m.of(32)}_{m.of(8, HEX)}"),
    "age": ("SOPS_AGE_KEY", lambda m: "AGE-SECRET-KEY-1" + m.of(58, UPPER + DIGITS)),
    "telegram": ("TELEGRAM_BOT_TOKEN", lambda m: f"{m.of(9, '123456789')}:AA{m.of(33, URLSAFE)}"),
    "discord": (
        "DISCORD_TOKEN",
        lambda m: f"M{m.of(23)}.{m.of(6, URLSAFE)}.{m.of(27, URLSAFE)}",
    ),
    "square": ("SQUARE_SECRET", lambda m: "sq0csp-" + m.of(43, URLSAFE)),
    "azure-key": (
        "AZURE_STORAGE_CONNECTION_STRING",
        lambda m: f"AccountKey={m.base64(64)}",
    ),
    "azure-sas": ("SAS_TOKEN", lambda m: f"sv=2022-11-02&ss=b&srt=co&sig={m.of(43)}%3D"),
    "azure-client": ("AZURE_CLIENT_SECRET", lambda m: f"{m.of(3)}8Q~{m.of(34, URLSAFE)}"),
    "datadog": ("DD_API_KEY", lambda m: m.of(32, HEX)),
    "heroku": ("HEROKU_API_KEY", lambda m: str(uuid.UUID(bytes=m.data(16), version=4))),
    "jwt": ("ACCESS_TOKEN", lambda m: m.jwt()),
    "newrelic": ("NEW_RELIC_LICENSE_KEY", lambda m: m.of(36, HEX) + "NRAL"),
    "sentry": ("SENTRY_AUTH_TOKEN", lambda m: "sntrys_" + m.of(80)),
    "linear": ("LINEAR_API_KEY", lambda m: "lin_api_" + m.of(40)),
    "atlassian": ("ATLASSIAN_TOKEN", lambda m: f"ATATT3xFfGF0{m.of(170, URLSAFE)}={m.of(8, HEX)}"),
    "netlify": ("NETLIFY_AUTH_TOKEN", lambda m: "nfp_" + m.of(36)),
    "figma": ("FIGMA_TOKEN", lambda m: "figd_" + m.of(40, URLSAFE)),
    "postman": ("POSTMAN_API_KEY", lambda m: f"PMAK-{m.of(24, HEX)}-{m.of(34, HEX)}"),
    "terraform": ("TF_TOKEN", lambda m: f"{m.of(14)}.atlasv1.{m.of(67)}"),
    "notion": ("NOTION_TOKEN", lambda m: "ntn_" + m.of(46)),
    "brevo": ("BREVO_API_KEY", lambda m: f"xkeysib-{m.of(64, HEX)}-{m.of(16)}"),
    "groq": ("GROQ_API_KEY", lambda m: "gsk_" + m.of(52)),
    "replicate": ("REPLICATE_API_TOKEN", lambda m: "r8_" + m.of(37)),
    "planetscale": ("PLANETSCALE_TOKEN", lambda m: "pscale_tkn_" + m.of(43)),
    "shopify-secret": ("SHOPIFY_SECRET", lambda m: "shpss_" + m.of(32, HEX)),
    "doppler": ("DOPPLER_TOKEN", lambda m: "dp.pt." + m.of(43)),
    "openrouter": ("OPENROUTER_API_KEY", lambda m: "sk-or-v1-" + m.of(64, HEX)),
    "django": ("SECRET_KEY", lambda m: m.of(50, LOWER + DIGITS + "!@#%^&*(-_=+)")),
    "rails": ("SECRET_KEY_BASE", lambda m: m.of(128, HEX)),
    "password": ("DB_PASSWORD", lambda m: m.password()),
    "generic": ("API_SECRET", lambda m: m.of(40)),
}

#: How a name and a value stand in files of a kind: path, and the text about them.
FORMS: dict[str, tuple[str, Callable[[str, str], str]]] = {
    "env": ("app/.env", lambda n, v: f"PORT=8080\n{n}={v}\nDEBUG=false\n"),
    "yaml": ("app/config.yml", lambda n, v: f"service:\n  port: 80\n  {n.lower()}: {v!r}\n"),
    "json": ("app/settings.json", lambda n, v: json.dumps({"port": 80, n: v}, indent=2)),
    "toml": ("app/config.toml", lambda n, v: f'[service]\nport = 80\n{n.lower()} = "{v}"\n'),
    "ini": ("etc/app/app.ini", lambda n, v: f"[service]\nport = 80\n{n.lower()} = {v}\n"),
    "properties": (
        "app/application.properties",
        lambda n, v: f"server.port=80\napp.{n.lower()}={v}\n",
    ),
    "python": ("app/settings.py", lambda n, v: f'import os\n\nPORT = 80\n{n} = "{v}"\n'),
    "js": ("srv/config.js", lambda n, v: f'module.exports = {{\n  {n}: "{v}",\n}};\n'),
    "sh": ("opt/run.sh", lambda n, v: f"#!/bin/sh\nexport {n}='{v}'\nexec app\n"),
    "xml": (
        "app/web.config",
        lambda n, v: f'<configuration><add key="x" {n}="{v}" /></configuration>\n',
    ),
    "compose": (
        "app/docker-compose.yml",
        lambda n, v: f"services:\n  app:\n    environment:\n      - {n}={v}\n",
    ),
    "tfvars": ("infra/terraform.tfvars", lambda n, v: f'region = "eu"\n{n.lower()} = "{v}"\n'),
}


def _special(m: Maker) -> Iterator[tuple[str, str, str, str]]:
    """Files of a form of their own: name, path, text, secret."""
    p = m.password()
    # In a URL these are written with %.
    login = m.of(14)
    yield "url", "app/.env", f"DATABASE_URL=postgres://app:{login}@db:5432/app\n", login
    yield "url-yaml", "app/db.yml", f"url: mysql://root:{login}@10.0.0.3/app\n", login
    yield "amqp", "app/a.toml", f'broker = "amqp://guest1:{login}@mq:5672//"\n', login
    yield "redis", "app/run.sh", f"redis-cli -u redis://default:{login}@cache:6379\n", login
    yield "redis-nameless", "app/conf.yml", f"cache: redis://:{login}@cache:6379/0\n", login
    yield "git", "root/.git-credentials", f"https://ci:{login}@git.corp.net\n", login
    yield "netrc", "root/.netrc", f"machine api.corp.net\n  login ci\n  password {login}\n", login
    yield "netrc-line", "home/a/.netrc", f"machine h.net login ci password {login}\n", login
    yield "pgpass", "root/.pgpass", f"db.corp:5432:app:app:{login}\n", login
    yield "my.cnf", "root/.my.cnf", f"[client]\nuser=root\npassword={login}\n", login
    crypt = f"$apr1${m.of(8)}${m.of(22)}"
    yield "htpasswd", "etc/nginx/.htpasswd", f"admin:{crypt}\n", crypt
    bcrypt = f"$2y$10${m.of(53)}"
    yield "htpasswd-bcrypt", "etc/nginx/htpasswd", f"admin:{bcrypt}\n", bcrypt
    shadow = f"$6${m.of(16)}${m.of(86)}"
    yield "shadow", "etc/shadow", f"daemon:*:19000:0:99999:7:::\nroot:{shadow}:19000:::::\n", shadow
    yescrypt = f"$y$j9T${m.of(22)}${m.of(43)}"
    yield "yescrypt", "etc/shadow", f"root:{yescrypt}:19000:0:99999:7:::\n", yescrypt
    auth = m.encoded()
    docker = json.dumps({"auths": {"r.corp.net": {"auth": auth}}}, indent=1)
    yield "docker", "root/.docker/config.json", docker, auth
    npm = m.of(36)
    yield "npmrc", "root/.npmrc", f"registry=https://n.net/\n//n.net/:_authToken={npm}\n", npm
    yield "npmrc-auth", "app/.npmrc", f"_auth={auth}\nalways-auth=true\n", auth
    yield "yarnrc", "app/.yarnrc.yml", f'npmAuthToken: "{m_token(m)}"\n', ""
    pip = f"[global]\nindex-url = https://ci:{login}@p.corp.net/simple\n"
    yield "pip.conf", "etc/pip.conf", pip, login
    yield "pypirc", "root/.pypirc", f"[pypi]\nusername = ci\npassword = {p}\n", p
    kube = m.of(60, ALNUM + "._-")
    yield "kubeconfig", "root/.kube/config", f"users:\n- user:\n    token: {kube}\n", kube
    key_data = base64.b64encode(m.key("RSA PRIVATE KEY").encode()).decode()
    kube = f"users:\n- name: a\n  user:\n    client-key-data: {key_data}\n"
    yield "kubeconfig-key", "root/.kube/config", kube, key_data
    php = f"<?php\ndefine( 'DB_USER', 'wp' );\ndefine( 'DB_PASSWORD', '{p}' );\n"
    yield "wp-config", "var/www/html/wp-config.php", php, p
    connection = f"Server=db;Database=a;User Id=sa;Password={login};"
    app = json.dumps({"ConnectionStrings": {"Default": connection}}, indent=2)
    yield "appsettings", "app/appsettings.json", app, login
    maven = f"<server><id>r</id><username>ci</username><password>{login}</password></server>"
    yield "maven", "root/.m2/settings.xml", f"<settings>{maven}</settings>\n", login
    yield "gradle", "root/.gradle/gradle.properties", f"signing.password={login}\n", login
    secret = base64.b64encode(p.encode()).decode()
    k8s = f"apiVersion: v1\nkind: Secret\ndata:\n  password: {secret}\n"
    yield "k8s-secret", "deploy/secret.yaml", k8s, secret
    yield "curl", "opt/pull.sh", f"curl -fsS -u ci:{login} https://h.net/a\n", login
    bearer = m.of(40)
    header = f'curl -H "Authorization: Bearer {bearer}" https://h.net/\n'
    yield "bearer", "opt/get.sh", header, bearer
    yield "sshpass", "opt/copy.sh", f"sshpass -p {login} scp a b:\n", login
    yield "mysql", "opt/dump.sh", f"mysqldump -uroot -p{login} app\n", login
    yield "sql", "init/a.sql", f"CREATE USER 'a'@'%' IDENTIFIED BY '{login}';\n", login
    yield "chpasswd", "opt/b.sh", f"echo 'app:{login}' | chpasswd\n", login
    yield "history", "root/.bash_history", f"ls\nexport PGPASSWORD={login}\n", login
    yield "ldap", "etc/app/ldap.conf", f"binddn cn=a\nbind_password: {login}\n", login
    yield "s3cfg", "root/.s3cfg", f"[default]\nsecret_key = {m.of(40, ALNUM + '/+')}\n", ""
    yield "tfstate", "infra/terraform.tfstate", json.dumps({"master_password": p}), p
    yield "go", "src/main.go", f'package main\n\nconst apiToken = "{bearer}"\n', bearer
    yield "java", "src/A.java", f'class A {{ String password = "{m.of(24)}"; }}\n', ""
    for kind in ("RSA PRIVATE KEY", "PRIVATE KEY", "OPENSSH PRIVATE KEY", "EC PRIVATE KEY"):
        pem = m.key(kind)
        yield f"pem-{kind[:3]}", f"app/tls/{kind[:3].lower()}.key", pem, "BEGIN " + kind
    account = {"type": "service_account", "private_key": m.key(), "client_email": "a@b.net"}
    yield "gcp", "app/service-account.json", json.dumps(account), "BEGIN PRIVATE KEY"
    yield "pem-env", "app/.env", f"KEY={m.key()!r}\n", "BEGIN PRIVATE KEY"
    putty = (
        "PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none\nComment: a\nPublic-Lines: 1\n"
        f"{m.base64(48)}\nPrivate-Lines: 2\n{m.base64(48)}\n{m.base64(30)}\nPrivate-MAC: 00\n"
    )
    yield "putty", "root/a.ppk", putty, "PuTTY-User-Key-File-3"


def m_token(m: Maker) -> str:
    return m.of(36)


def positives() -> list[Labelled]:
    """Each token in several forms, and each special file several times."""
    m = Maker(20)
    found = []
    forms = list(FORMS.items())
    for number, (token, (name, make)) in enumerate(TOKENS.items()):
        for step in range(6):
            form, (path, write) = forms[(number * 5 + step * 7) % len(forms)]
            value = make(m)
            found.append(Labelled(f"{token}-{form}", path, write(name, value), value))
    for turn in range(3):
        for name, path, text, secret in _special(m):
            found.append(Labelled(f"{name}-{turn}", path, text, secret))
    return found


def negatives() -> list[Labelled]:
    """What is no secret, in the same kinds of file."""
    m = Maker(21)
    found = [
        Labelled(f"{name}-{turn}", path, text, "")
        for turn in range(5)
        for name, path, text in _harmless(m)
    ]
    for number, (name, value) in enumerate(_HARMLESS_PAIRS):
        for step in range(3):
            form, (path, write) = list(FORMS.items())[(number * 5 + step * 7) % len(FORMS)]
            found.append(Labelled(f"{name}={value}-{form}", path, write(name, value), ""))
    return found


_HARMLESS_PAIRS = (
    ("DB_PASSWORD", "${DB_PASSWORD}"),
    ("DB_PASSWORD", "<password>"),
    ("DB_PASSWORD", "{{ .Values.db.password }}"),
    ("DB_PASSWORD", "********"),
    ("DB_PASSWORD_FILE", "/run/secrets/db"),
    ("API_KEY", "your-api-key-here"),
    ("API_KEY", "REPLACE_ME"),
    ("API_TOKEN", "xxxxxxxxxxxxxxxxxxxx"),
    ("API_TOKEN", "$(cat /run/secrets/token)"),
    ("TOKEN_URL", "https://login.corp.net/oauth/token"),
    ("TOKEN_TTL", "3600"),
    ("MAX_TOKENS", "4096"),
    ("PASSWORD_MIN_LENGTH", "12"),
    ("PASSWORD_POLICY", "strict"),
    ("SECRET_NAME", "app-credentials"),
    ("SECRET_MANAGER", "vault"),
    ("PRIVATE_KEY_PATH", "/etc/ssl/private/app.key"),
    ("SSH_KEY_FILE", "~/.ssh/id_ed25519"),
    ("PUBLIC_KEY", "ssh-ed25519"),
    ("PRIMARY_KEY", "customer_id"),
    ("CACHE_KEY", "v1-deps-linux"),
    ("SORT_KEY", "created_at"),
    ("AUTH_PROVIDER", "keycloak"),
    ("AUTH_TYPE", "basic"),
    ("KEYBOARD", "de-latin1"),
    ("TOKENIZERS_PARALLELISM", "false"),
    ("CSRF_COOKIE_NAME", "csrftoken"),
    ("ALLOW_EMPTY_PASSWORD", "yes"),
    ("PASSWORD_HASHER", "argon2id"),
    ("SESSION_KEY_PREFIX", "sess:"),
    ("PASSWORD", ""),
    ("SECRET_KEY_BASE_DUMMY", "1"),
)


def _harmless(m: Maker) -> Iterator[tuple[str, str, str]]:
    digest = hashlib.sha256(m.data(8)).hexdigest()
    commit = hashlib.sha1(m.data(8)).hexdigest()
    integrity = base64.b64encode(hashlib.sha512(m.data(8)).digest()).decode()
    number = str(uuid.UUID(bytes=m.data(16), version=4))
    yield "git", "app/.env", f"GIT_COMMIT={commit}\nBUILD_ID={m.of(8, DIGITS)}\n"
    yield "git-log", "app/log.txt", f"commit {commit}\nAuthor: A <a@b.net>\n\n    Mend\n"
    lock = {"packages": {"a": {"version": "1.0.0", "integrity": f"sha512-{integrity}"}}}
    yield "npm-lock", "app/package-lock.json", json.dumps(lock, indent=2)
    yield "yarn", "app/yarn.lock", f'a@^1:\n  version "1"\n  integrity sha512-{integrity}\n'
    yield "requirements", "app/requirements.txt", f"a==1.0 --hash=sha256:{digest}\n"
    yield "poetry", "app/poetry.lock", f'files = [{{file = "a", hash = "sha256:{digest}"}}]\n'
    yield "go.sum", "app/go.sum", f"a.net/b v1.0.0 h1:{integrity[:43]}=\n"
    yield "cargo", "app/Cargo.lock", f'[[package]]\nname = "a"\nchecksum = "{digest}"\n'
    yield "digest", "app/docker-compose.yml", f"services:\n  a:\n    image: d@sha256:{digest}\n"
    yield "sums", "app/SHA256SUMS", f"{digest}  app.tar.gz\n"
    yield "uuid", "app/config.yml", f"tenant_id: {number}\nclient_id: {number}\n"
    yield "uuid-json", "app/data.json", json.dumps({"id": number, "request": number})
    image = m.base64(900)
    yield "image", "app/a.css", f".a{{background:url(data:image/png;base64,{image})}}\n"
    yield "font", "app/b.html", f'<link href="data:font/woff2;base64,{image}">\n'
    public = f"-----BEGIN PUBLIC KEY-----\n{m.base64(270)}\n-----END PUBLIC KEY-----\n"
    yield "public", "app/key.pub.pem", public
    certificate = f"-----BEGIN CERTIFICATE-----\n{m.base64(600)}\n-----END CERTIFICATE-----\n"
    yield "certificate", "app/tls/cert.pem", certificate
    yield "ssh-public", "root/.ssh/id_rsa.pub", f"ssh-rsa AAAAB3NzaC1yc2E{m.base64(260)} a@b\n"
    yield "known", "root/.ssh/known_hosts", f"h.net ssh-ed25519 AAAAC3NzaC1lZDI1{m.base64(24)}\n"
    block = "PGP PUBLIC KEY BLOCK-----"
    pgp = f"-----BEGIN {block}\n\n{m.base64(500)}\n-----END {block}\n"
    yield "pgp", "etc/apt/keyrings/a.asc", pgp
    yield "signature", "app/a.sig", f"-----BEGIN SSH SIGNATURE-----\n{m.base64(200)}\n-----END"
    words = " ".join(m.of(m.random.randint(2, 9), LOWER) for _ in range(80))
    yield (
        "lorem",
        "app/readme.md",
        f"# About\n\n{words}. The password is checked, the token kept.\n",
    )
    yield "i18n", "app/de.json", json.dumps({"login.password": "Passwort", "token": "Zeichen"})
    yield "i18n-yaml", "app/en.yml", "password: Password\nforgot_password: Forgot password?\n"
    yield "python", "app/a.py", "password = getpass.getpass()\ntoken = request.headers['X-Token']\n"
    yield "python-type", "app/b.py", "def f(password: str, token: Token) -> Secret:\n    pass\n"
    yield "js", "app/a.js", "const token = process.env.TOKEN;\nconst key = config.secretKey;\n"
    yield "js-object", "app/b.js", "fetch(u, {headers: {Authorization: `Bearer ${token}`}})\n"
    yield "react", "app/c.jsx", '<input type="password" name="password" placeholder="Password"/>\n'
    yield "go", "app/a.go", 'flag.StringVar(&password, "password", "", "the password")\n'
    yield "java", "src/A.java", 'String password = System.getenv("DB_PASSWORD");\n'
    yield "sh", "opt/a.sh", 'PGPASSWORD="$DB_PASSWORD" psql -U app\nread -rs password\n'
    yield "sh-curl", "opt/b.sh", 'curl -u "$USER:$TOKEN" https://h.net/\n'
    yield "tf", "infra/main.tf", "password = var.db_password\nsecret_id = aws_secret.db.id\n"
    k8s = "valueFrom:\n  secretKeyRef:\n    name: app-secret\n    key: password\n"
    yield "k8s", "deploy/app.yaml", k8s
    yield "url", "app/.env", "DATABASE_URL=postgres://db:5432/app\nAPI_URL=https://h.net/v1?a=b\n"
    yield "url-var", "app/c.yml", "url: postgres://${DB_USER}:${DB_PASSWORD}@db/app\n"
    yield "doc-url", "usr/share/doc/a/README.md", "Use https://user:password@example.com/\n"
    yield "shadow", "etc/shadow", "root:*:19000:0:99999:7:::\ndaemon:!:19000:0:99999:7:::\n"
    yield "head", "app/parse.py", 'HEAD = "-----BEGIN RSA PRIVATE KEY-----"\n'
    yield (
        "head-doc",
        "app/guide.md",
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----\n",
    )
    tested = m.key("RSA PRIVATE KEY")
    yield "test-key", "usr/lib/python3/dist-packages/a/tests/key.pem", tested
    yield "test-key-js", "app/node_modules/a/test/key.pem", tested
    yield "minified", "app/a.min.js", "!function(e,t){var n=e.token,r=t.key;n&&r(n)}(window,{});\n"
    yield "sourcemap", "app/a.js.map", json.dumps({"mappings": "AAAA,SAAS" * 40, "sources": []})
    yield "css", "app/a.css", f".{m.of(6, LOWER)}-{m.of(5)}{{color:#{m.of(6, HEX)}}}\n"
    yield "etag", "app/e.json", json.dumps({"etag": f'W/"{m.of(32, HEX)}"', "md5": m.of(32, HEX)})
    yield "csp", "etc/nginx/a.conf", f"add_header CSP \"script-src 'sha256-{integrity[:43]}='\";\n"
    yield "nginx", "etc/nginx/b.conf", "auth_basic_user_file /etc/nginx/.htpasswd;\n"
    yield "pam", "etc/pam.d/common-password", "password [success=1] pam_unix.so obscure yescrypt\n"
    yield "nss", "etc/nsswitch.conf", "passwd: files systemd\nshadow: files\n"
    yield "log", "var/log/a.log", f"request={number} trace={m.of(32, HEX)} status=200\n"
    yield "svg", "app/a.svg", f'<svg><path d="M{m.of(3, DIGITS)} {m.of(3, DIGITS)}z"/></svg>\n'
    yield "version", "app/v.toml", f'version = "1.2.3+{commit[:12]}"\nrev = "{commit}"\n'

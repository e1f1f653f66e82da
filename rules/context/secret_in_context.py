"""A file with a secret in it that COPY or ADD would bring into the image."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.secret_names import declared_file, key_store, secret_file
from dockgate.rules.subjects.context import Context

#: Files named for one source; the rest is counted.
MAX_FILES = 20


def check(context: Context) -> Iterator[Finding]:
    """Fire at the source that brings the file, once a file; what secret-file-copied says is left.

    The content decides: an .env without secrets passes. Key stores cannot be read: there the
    name decides, and so it does where the user has declared it.
    """
    further = context.settings.secret_files
    for copied in context.copied:
        named = 0
        if secret_file(copied.source.value, further) and len(copied.files) == 1:
            continue
        for file in copied.files:
            secrets = context.secrets.get(file.path, [])
            if secrets:
                what = f"{secrets[0].described} at line {secrets[0].line}"
            elif key_store(file.path):
                what = "a key store"
            elif declared_file(file.path, further):
                what = "its name is one of secret_files"
            else:
                continue
            named += 1
            if named > MAX_FILES:
                continue
            exclude = f"exclude it: add {file.path} to .dockerignore"
            yield Finding(
                f"{copied.instruction.cmd} {copied.source.value} brings {file.path} into the "
                f"image, which holds a secret: {what}",
                copied.source.span,
                stage=copied.instruction.stage,
                help=secrets[0].advice(exclude) if secrets else exclude,
            )
        if named > MAX_FILES:
            yield Finding(
                f"{copied.instruction.cmd} {copied.source.value} brings {named - MAX_FILES} more "
                "files with secrets into the image",
                copied.source.span,
                stage=copied.instruction.stage,
                help="copy only what the program needs, or exclude the rest in .dockerignore",
            )


_KEY = "".join(
    f"{line}\n"
    for line in (
        "-----BEGIN EC PRIVATE " + "KEY-----",
        "MHcCAQEEIPx3kT8vYc0dQmWJr5ZsLh2Ue7Nf4Gb1Oa9Vi6Xy3KtCoAoGCCqGSM49",
        "AwEHoUQDQgAEq8YmLxVtRkJwZcHdBnPfGsUaEioTyMqWnRbKhXvDzSgCjFlOpIu7",
        "-----END EC PRIVATE " + "KEY-----",
    )
)

RULE = Rule(
    "secret-in-context",
    Context,
    Severity.ERROR,
    why=(
        "COPY . . takes what happens to lie in the build context. A forgotten .env, a private key "
        "or a token in a configuration goes into a layer of the image, from where everybody who "
        "can pull the image can read it; a later RUN rm does not take it out. This rule looks "
        "into the very files that the instruction would copy, after .dockerignore, and names "
        "them."
    ),
    references=(
        "https://docs.docker.com/build/concepts/context/#dockerignore-files",
        "https://docs.docker.com/build/building/secrets/",
        "CIS Docker 1.6 4.10",
        "CWE-538",
        "CWE-312",
    ),
    aliases=("CIS-DI-0010", "DS-0031"),
    examples=(
        bad(
            "FROM node:22\nCOPY . .\n",
            at=[2],
            files={".env": "PORT=80\nDB_PASSWORD=hunter2\n", "index.js": "start()\n"},
        ),
        bad("FROM debian:12\nCOPY conf /etc/app\n", at=[2], files={"conf/tls/server.pem": _KEY}),
        bad(
            "FROM node:22\nCOPY src/*.yml ./\nCOPY lib lib\n",
            at=[2],
            files={"src/app.yml": "db:\n  password: hunter2\n", "lib/a.js": ""},
        ),
        bad(
            "FROM node:22\nCOPY . .\n",
            at=[2],
            files={".dockerignore": "*\n!prod.env\n", "prod.env": "API_TOKEN=4f1c9a77be20d35e\n"},
        ),
        bad(
            "FROM node:22\nCOPY . .\n",
            at=[2],
            files={"deploy/ci.token": "x\n", "index.js": ""},
            secret_files=("*.token",),
        ),
        good(
            "FROM node:22\nCOPY . .\n",
            files={".dockerignore": ".env\n", ".env": "DB_PASSWORD=hunter2\n", "index.js": ""},
        ),
        good("FROM node:22\nCOPY src .\n", files={".env": "DB_PASSWORD=hunter2\n", "src/a.js": ""}),
        good("FROM node:22\nCOPY . .\n", files={".env": "PORT=80\nDB_PASSWORD=${PW}\n"}),
        good(
            "FROM node:22\nCOPY --exclude=*.env . .\n", files={"dev.env": "DB_PASSWORD=hunter2\n"}
        ),
    ),
    check=check,
)

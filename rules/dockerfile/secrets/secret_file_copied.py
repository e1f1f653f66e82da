"""COPY or ADD of a file that holds secrets by what its name means."""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import normpath

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.secret_names import facts, secret_file, secret_folder
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction

_HELP = (
    "mount it where it is used: RUN --mount=type=secret,id=NAME,target=PATH, or give it to the "
    "container when it starts"
)


def _findings(instruction: Instruction, further: tuple[str, ...]) -> Iterator[Finding]:
    names = {heredoc.name for heredoc in instruction.heredocs}
    target = instruction.values[-1] if instruction.values else ""
    named = instruction.words[-1].value.strip("${}") if instruction.words else ""
    for word, source in zip(instruction.words[:-1], instruction.values[:-1], strict=True):
        if source.startswith("<<") and source.lstrip("<-").strip("\"'") in names:
            continue
        path = source.replace("\\", "/")
        if secret_file(path, further) or secret_folder(path):
            says = f"{source} holds secrets, as its name says"
        elif named in facts()["files"]["variables"]:
            says = f"{source} becomes what {named} names"
        elif secret_file(target, further) and not path.endswith((".pub", ".crt", ".cer")):
            says = f"{source} becomes {target}, which holds secrets, as its name says"
        else:
            continue
        yield Finding(
            f"{instruction.cmd} puts a secret file into the image: {says}",
            word.span,
            stage=instruction.stage,
            help=_HELP,
        )


def _absolute(path: str) -> str:
    return normpath("/" + path.lstrip("/"))


def _named_by_variables(dockerfile: Dockerfile) -> Iterator[Finding]:
    """At the variable that names a credential's file where some COPY of the stage puts it."""
    variables = facts()["files"]["variables"]
    if not any(name in dockerfile.text.text for name in variables):
        return
    for instruction in dockerfile.find("ENV", "ARG"):
        if instruction.stage is None:
            continue
        for name, value, expanded in instruction.pairs():
            if value is None or name.value not in variables or not expanded:
                continue
            path = _absolute(expanded)
            for copy in instruction.stage.find("COPY", "ADD"):
                target = _absolute(copy.values[-1] if copy.values else "")
                if copy.flag("from") is None and (path + "/").startswith(target.rstrip("/") + "/"):
                    yield Finding(
                        f"{name.value} names a credential's file that {copy.cmd} at line "
                        f"{copy.start} puts into the image",
                        value.span,
                        stage=instruction.stage,
                        help=_HELP,
                    )
                    break


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at each source from the context, or target, whose name means a secret."""
    for instruction in dockerfile.with_triggers():
        if instruction.cmd in ("COPY", "ADD") and instruction.flag("from") is None:
            yield from _findings(instruction, dockerfile.settings.secret_files)
    yield from _named_by_variables(dockerfile)


RULE = Rule(
    "secret-file-copied",
    Dockerfile,
    Severity.ERROR,
    why=(
        "A private key, an .env or .npmrc file, the credentials of a cloud: once copied, the file "
        "is in a layer of the image, and everybody who can pull the image can take it out, even "
        "if a later RUN rm hides it. A builder stage keeps it in the build cache, which is often "
        "shared. This rule reads the name alone, so it also works where the file is not there "
        "(in CI it comes from a vault); secret_files in the configuration adds names. Examples "
        "and public halves pass: .env.example, id_rsa.pub, a CA bundle."
    ),
    references=(
        "https://docs.docker.com/build/building/secrets/",
        "CIS Docker 1.6 4.10",
        "CWE-538",
        "CWE-312",
    ),
    aliases=("DS-0031", "CIS-DI-0010"),
    examples=(
        bad("FROM node:22\nCOPY .env ./\n", at=[2]),
        bad("FROM debian:12\nCOPY id_rsa /root/.ssh/id_rsa\n", at=[2]),
        bad("FROM node:22\nCOPY package.json \\\n  .npmrc ./\n", at=[3]),
        bad('FROM debian:12\nADD ["certs/server.key", "/etc/ssl/"]\n', at=[2]),
        bad("FROM debian:12\nCOPY aws.ini /root/.aws/credentials\n", at=[2]),
        bad("FROM debian:12\nCOPY .ssh /root/.ssh\n", at=[2]),
        bad("FROM debian:12\nARG MODE=production\nCOPY .env.$MODE /app/.env.local\n", at=[3]),
        bad("FROM a\nCOPY deploy/ci.token /\n", at=[2], secret_files=("deploy/*.token",)),
        bad("FROM debian:12\nCOPY config $AWS_CONFIG_FILE\n", at=[2]),
        bad(
            "FROM a\nCOPY src /app/\nENV GOOGLE_APPLICATION_CREDENTIALS=./app/storage.json\n",
            at=[3],
        ),
        good("FROM a\nCOPY src /src\nENV GOOGLE_APPLICATION_CREDENTIALS=/run/secrets/g.json\n"),
        good("FROM node:22\nCOPY .env.example ./\n"),
        good("FROM a\nCOPY ci.token.md /\n", secret_files=("*.token",)),
        good("FROM debian:12\nCOPY id_rsa.pub /root/.ssh/authorized_keys\n"),
        good("FROM debian:12\nCOPY ca.pem rds-ca-bundle.pem /etc/ssl/certs/\n"),
        good("FROM debian:12\nCOPY nginx_signing.key /etc/apt/keyrings/\n"),
        good("FROM node:22\nCOPY --from=build /app/.env /app/\nCOPY src/env.js ./\n"),
        good("FROM node:22\nRUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci\n"),
    ),
    needs=("ADD", "ARG", "COPY", "ENV"),
    check=check,
)

"""A download that accepts any TLS certificate."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from dockgate.rules.data import load
from dockgate.rules.pattern import pattern
from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.shell import Command, ShellWord
from dockgate.rules.subjects.switches import set_variables, written_text

_HERE = pattern(r"(?:https?://)?(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?:[:/].*)?", re.I)


def _only_here(command: Command) -> bool:
    """Whether all that it asks is this machine: nobody stands between."""
    addresses = [w.value for w in command.args if "://" in w.value or _HERE.fullmatch(w.value)]
    return bool(addresses) and all(_HERE.fullmatch(address) for address in addresses)


def _short(word: ShellWord, off: str, with_value: str) -> bool:
    if not re.match(r"-[^-]", word.value):
        return False
    for letter in word.value[1:]:
        if letter in off:
            return True
        if letter in with_value:
            return False
    return False


def _options(command: Command, facts: dict[str, Any]) -> Iterator[ShellWord]:
    short = facts["short"].get(command.name)
    whole = "|".join(facts["options"].get(command.name, ())) or "(?!)"
    off = re.compile(whole, re.IGNORECASE)
    for word in command.args:
        if off.fullmatch(word.value) or (short and _short(word, **short)):
            yield word
    if command.name in facts["pairs"]:
        name, value = facts["pairs"][command.name]
        pair = re.compile(rf"(?:{name})[ =](?:{value})", re.IGNORECASE)
        for word, after in zip(command.args, [*command.args[1:], None], strict=False):
            joined = f"{word.value} {after.value}" if after else ""
            if pair.fullmatch(word.value) or pair.fullmatch(joined):
                yield word


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the option, the setting or the variable that turns the check off."""
    facts = load("tls-checks")
    for name in sorted({*facts["options"], *facts["pairs"], *facts["short"]}):
        for instruction, command in dockerfile.commands(name):
            if not _only_here(command):
                for word in _options(command, facts):
                    yield Finding(
                        f"{name} {word.value} accepts any TLS certificate",
                        word.span,
                        stage=instruction.stage,
                        help=_HELP,
                    )
    for instruction, text, span_of in written_text(dockerfile):
        if not any(hint in text.lower() for hint in facts["hints"]):
            continue
        settings = re.compile("|".join(facts["settings"]), re.IGNORECASE)
        for match in settings.finditer(text):
            yield Finding(
                f"{match[0].strip()} makes every later download accept any TLS certificate",
                span_of(match),
                stage=instruction.stage,
                help=_HELP,
            )
    for variable in set_variables(dockerfile, facts["variables"]):
        yield Finding(
            f"{variable.name}={variable.value} turns the check of TLS certificates off",
            variable.span,
            stage=variable.instruction.stage,
            help=_HELP,
        )


_HELP = "install ca-certificates, or add the authority's certificate to the image's store"

RULE = Rule(
    "tls-verification-disabled",
    Dockerfile,
    Severity.ERROR,
    why=(
        "Without the check of the certificate, TLS hides the download from everybody but the one "
        "who answers, who may be anyone on the way: a proxy, a Wi-Fi, a poisoned DNS. What comes "
        "in is then run or installed as root in every image that is built. ENV also keeps the "
        "switch on in the running container. Git reads any value of GIT_SSL_NO_VERIFY as yes, "
        "false too. A company's own authority belongs into the certificate store. Requests to "
        "localhost, as health checks make, are left in peace."
    ),
    references=(
        "https://curl.se/docs/sslcerts.html",
        "CWE-295",
        "CIS Docker 1.6 4.11",
    ),
    aliases=(
        "CKV2_DOCKER_2",
        "CKV2_DOCKER_3",
        "CKV2_DOCKER_4",
        "CKV2_DOCKER_5",
        "CKV2_DOCKER_6",
        "CKV2_DOCKER_12",
        "CKV2_DOCKER_13",
        "CKV2_DOCKER_14",
        "CKV2_DOCKER_15",
        "CKV2_DOCKER_16",
    ),
    examples=(
        bad("FROM debian:12\nRUN curl -fsSLk https://x.org/a -o /a\n", at=[2]),
        bad(
            "FROM debian:12\nRUN true && \\\n  wget --no-check-certificate https://x.org/a\n",
            at=[3],
        ),
        bad("FROM python:3\nRUN pip install --trusted-host pip.example.com x\n", at=[2]),
        bad("FROM python:3\nENV PIP_TRUSTED_HOST=pip.example.com PYTHONHTTPSVERIFY=0\n", at=[2, 2]),
        bad("FROM node:22\nARG NODE_TLS_REJECT_UNAUTHORIZED=0\n", at=[2]),
        bad("FROM node:22\nRUN npm config set strict-ssl false\n", at=[2]),
        bad("FROM node:22\nRUN npm_config_strict_ssl=false npm ci\n", at=[2]),
        bad("FROM debian:12\nRUN git -c http.sslVerify=false clone https://x.org/a\n", at=[2]),
        bad("FROM debian:12\nENV GIT_SSL_NO_VERIFY=false\n", at=[2]),
        bad("FROM fedora:41\nRUN echo sslverify=false >> /etc/yum.conf\n", at=[2]),
        bad("FROM debian:12\nRUN apt-get -o Acquire::https::Verify-Peer=false update\n", at=[2]),
        good("FROM debian:12\nRUN curl -fsSL -o k https://x.org/a && curl -ok https://x.org/a\n"),
        good("FROM debian:12\nHEALTHCHECK CMD curl -fk https://localhost:8443/ || exit 1\n"),
        good("FROM debian:12\nRUN git config --global http.sslVerify true\n"),
        good("FROM node:22\nENV NODE_TLS_REJECT_UNAUTHORIZED=1 NPM_CONFIG_STRICT_SSL=true\n"),
        good("FROM debian:12\nRUN echo 'never use curl --insecure'\n"),
    ),
    check=check,
)

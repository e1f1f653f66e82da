"""A package manager that is told not to check signatures."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockgate.rules.data import load
from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.switches import set_variables, written_text


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the option, the setting or the variable that turns the check off."""
    facts = load("signature-checks")
    for name, options in facts["options"].items():
        for instruction, command in dockerfile.commands(name):
            off = re.compile("|".join(options), re.IGNORECASE)
            for word in command.args:
                if off.fullmatch(word.value):
                    yield Finding(
                        f"{name} {word.value} installs packages without checking who made them",
                        word.span,
                        stage=instruction.stage,
                    )
    for instruction, text, span_of in written_text(dockerfile):
        if not any(hint in text.lower() for hint in facts["hints"]):
            continue
        settings = re.compile("|".join(facts["settings"]), re.IGNORECASE)
        for match in settings.finditer(text):
            yield Finding(
                f"{match[0].strip()} turns the package manager's signature check off",
                span_of(match),
                stage=instruction.stage,
            )
    for variable in set_variables(dockerfile, facts["variables"]):
        yield Finding(
            f"{variable.name}={variable.value} turns a signature check off",
            variable.span,
            stage=variable.instruction.stage,
        )


RULE = Rule(
    "package-signature-disabled",
    Dockerfile,
    Severity.ERROR,
    why=(
        "Package managers trust a mirror, a proxy or a plain-HTTP connection only because every "
        "package or index carries a signature. With the check off, whoever sits on the way or "
        "takes over a mirror chooses what is installed, as root, in everybody's image. A missing "
        "key is mended by adding the key (signed-by, --import, /etc/apk/keys), not by this."
    ),
    references=(
        "https://wiki.debian.org/SecureApt",
        "CIS Docker 1.6 4.11",
        "CIS Docker 1.6 4.12",
        "CWE-347",
    ),
    aliases=(
        "CKV2_DOCKER_7",
        "CKV2_DOCKER_8",
        "CKV2_DOCKER_9",
        "CKV2_DOCKER_10",
        "CKV2_DOCKER_11",
        "CIS-DI-0011",
    ),
    examples=(
        bad("FROM debian:12\nRUN apt-get install -y --allow-unauthenticated x\n", at=[2]),
        bad(
            "FROM debian:12\nRUN apt-get -o APT::Get::AllowUnauthenticated=true install x\n", at=[2]
        ),
        bad("FROM debian:12\nRUN echo 'deb [trusted=yes] http://m/d sid main' > /l\n", at=[2]),
        bad(
            "FROM debian:12\nCOPY <<EOF /etc/apt/sources.list.d/x.sources\nTrusted: yes\nEOF\n",
            at=[3],
        ),
        bad("FROM alpine:3.20\nRUN apk add \\\n    --allow-untrusted /x.apk\n", at=[3]),
        bad(
            "FROM fedora:41\nRUN dnf install -y --nogpgcheck x && rpm -i --nosignature y\n",
            at=[2, 2],
        ),
        bad("FROM fedora:41\nRUN dnf --setopt=updates.gpgcheck=0 install x\n", at=[2]),
        bad("FROM golang:1.23\nENV GOSUMDB=off\n", at=[2]),
        bad("FROM opensuse/leap:15\nRUN zypper --no-gpg-checks install -y x\n", at=[2]),
        good("FROM debian:12\nRUN apt-get install -y x && echo '--allow-unauthenticated'\n"),
        good("FROM debian:12\nRUN echo 'deb [signed-by=/k.gpg] https://m/d sid main' > /l\n"),
        good("FROM fedora:41\nRUN dnf --setopt=gpgcheck=1 install x && rpm --import /key\n"),
        good("FROM debian:12\nRUN echo 'deb [ trusted=yes ] file:///debs ./' > /l\n"),
        good("FROM golang:1.23\nENV GOSUMDB=sum.golang.org\n"),
    ),
    check=check,
)

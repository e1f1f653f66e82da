"""A command that needs a secret, and is given none."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.credentials import mounted, secret_words
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction
from dockgate.rules.subjects.shell import Command

#: Commands that talk to an account, by their first operand; None for all.
_ACCOUNTS: dict[str, frozenset[str] | None] = {
    "aws": frozenset({"s3", "s3api", "ecr", "ssm", "secretsmanager", "codeartifact", "sts"}),
    "gsutil": None,
    "gcloud": frozenset({"secrets", "storage", "artifacts"}),
    "az": frozenset({"storage", "keyvault", "acr"}),
}
_OPEN = ("--no-sign-request", "--anonymous", "--version", "--help")


def _declared(dockerfile: Dockerfile, instruction: Instruction) -> set[str]:
    """The names that ARG, ENV, a mount or the script itself give a value to."""
    names = set(instruction.env)
    for other in dockerfile.find("ARG", "ENV"):
        names.update(name.value for name, _, _ in other.pairs())
    names.update(mount["env"] for mount in mounted(instruction) if "env" in mount)
    for command in instruction.script.commands if instruction.script else ():
        names.update(assignment.name for assignment in command.assignments)
        if command.name in ("read", "export", "for", "local", "declare", ".", "source"):
            names.update(word.value for word in command.args)
            if command.name in (".", "source"):
                names.add("*")
    return names


def _needs_account(command: Command) -> bool:
    if command.name not in _ACCOUNTS or command.has(*_OPEN):
        return False
    verbs = _ACCOUNTS[command.name]
    first = next((w.value for w in command.args if not w.value.startswith("-")), "")
    return bool(first) and (verbs is None or first in verbs)


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at a secret's variable that nothing sets, and at a command without its account."""
    told: set[tuple[int, str]] = set()
    for instruction, _, word, name in secret_words(dockerfile):
        if (instruction.index, name) in told or "${" + name + ":" in word.text:
            continue
        told.add((instruction.index, name))
        declared = _declared(dockerfile, instruction)
        if name not in declared and "*" not in declared:
            yield Finding(
                f"nothing sets ${name} in this RUN: a build does not see the caller's environment",
                word.span,
                stage=instruction.stage,
                help=f"RUN --mount=type=secret,id={name},env={name}, and docker build --secret",
            )
    for instruction, command in dockerfile.commands(*_ACCOUNTS):
        if instruction.cmd == "RUN" and _needs_account(command) and not mounted(instruction):
            yield Finding(
                f"{command.name} needs an account, and this RUN has no secret mount to give one",
                (command.name_word or command).span,
                stage=instruction.stage,
                help="mount its credentials: RUN --mount=type=secret,id=NAME,target=PATH",
            )
    for instruction, command in dockerfile.commands("git"):
        ssh = next((w for w in command.args if w.value.startswith(("git@", "ssh://"))), None)
        verb = command.args[0].value if command.args else ""
        if instruction.cmd != "RUN" or ssh is None or verb in ("config", "remote"):
            continue
        if not mounted(instruction, "ssh") and not mounted(instruction):
            yield Finding(
                f"git {verb} over SSH needs a key, and this RUN has no mount to give one",
                ssh.span,
                stage=instruction.stage,
                help="RUN --mount=type=ssh, and docker build --ssh default",
            )


RULE = Rule(
    "secret-without-mount",
    Dockerfile,
    Severity.INFO,
    why=(
        "A build has nothing of the caller's environment, keys or logins. A command that needs "
        "one and has no secret mount either fails, works without it (an empty token, a lower rate "
        "limit), or gets it in a way that leaves it in the image. Where ARG or ENV bring it, "
        "those are told at their own place; this rule names what nothing brings, commands that "
        "talk to an account, and git over SSH."
    ),
    references=(
        "https://docs.docker.com/build/building/secrets/",
        "https://docs.docker.com/reference/dockerfile/#run---mounttypessh",
    ),
    aliases=("require-secret-mounts",),
    examples=(
        bad('FROM debian:12\nRUN curl -H "Authorization: token $GH_TOKEN" https://x.org\n', at=[2]),
        bad("FROM amazon/aws-cli:2\nRUN true && \\\n  aws s3 cp s3://b/f /f\n", at=[3]),
        bad("FROM debian:12\nRUN git clone git@github.com:x/y.git\n", at=[2]),
        good("FROM debian:12\nRUN --mount=type=secret,id=t,env=GH_TOKEN curl -u me:$GH_TOKEN x\n"),
        good("FROM debian:12\nRUN TOKEN=$(cat /x) && curl -u me:$TOKEN x.org\n"),
        good("FROM debian:12\nRUN aws s3 cp --no-sign-request s3://b/f /f && aws --version\n"),
        good("FROM debian:12\nRUN --mount=type=ssh git clone git@github.com:x/y.git\n"),
        good("FROM debian:12\nRUN curl -u me:${TOKEN:-none} x.org; echo '$TOKEN' \\$TOKEN\n"),
    ),
    check=check,
)

"""Secrets in an image's configuration: variables, labels, and how its layers were made.

The provenance that BuildKit attaches belongs to the last: with `mode=max` it holds the values of
all build arguments, those of stages that are not in the image among them.
"""

from __future__ import annotations

import re

from dockgate.builder.bounds import where
from dockgate.builder.manifest import parse
from dockgate.linter.secrets import find_in_text, find_in_value, identified
from dockgate.rules.subjects.image import ImageConfig

#: `|2 TOKEN=abc USER=x /bin/sh -c …`: the build arguments that BuildKit and the old builder put
#: before a RUN, joined by spaces without quotes.
_BUILD_ARGUMENTS = re.compile(r"(?:^|\s)\|(\d{1,4}) ")
_ASSIGNMENT = re.compile(r"(?:^|\s)([A-Za-z_][A-Za-z0-9_.-]*)=(\S+)")
#: `ARG TOKEN=abc`, `ENV A=b`, and the old builder's `/bin/sh -c #(nop)  ENV A=b`.
_DECLARATION = re.compile(r"^(?:/bin/sh -c #\(nop\)\s+)?(?:ARG|ENV|LABEL)\s", re.IGNORECASE)


def find_in_config(config: ImageConfig, further: tuple[str, ...] = (), salt: str = "") -> None:
    """Fill `config.secrets`. What history repeats of Env and labels is told once.

    `further`: variable names that the user has declared to mean a secret; `salt`: of the list of
    those that he allows.
    """
    told: set[str] = set()

    def look(place: str, name: str, value: str) -> None:
        secret = find_in_value(name, value, further)
        if secret is not None:
            config.secrets.append((place, identified(secret, value, salt)))
            told.add(value)

    for assignment in config.env:
        name, _, value = assignment.partition("=")
        look(f"Env {name}", name, value)
    for name, value in config.labels.items():
        look(f"Label {name}", name, value)
    commands = {
        "ENTRYPOINT": config.entrypoint,
        "CMD": config.cmd,
        "HEALTHCHECK": config.healthcheck or [],
    }
    for what, words in commands.items():
        text = " ".join(words)
        for secret in find_in_text(text, further=further):
            config.secrets.append((f"Command {what}", identified(secret, text, salt)))
            told.add(text[secret.span.start : secret.span.end])
    for number, step in enumerate(config.history, 1):
        line = step.created_by
        for name, value in _assignments(line):
            if value not in told:
                look(f"History {number}", name, value)
        for secret in find_in_text(line, further=further):
            text = line[secret.span.start : secret.span.end]
            if not any(value in text or text in value for value in told):
                known = identified(secret, line, salt)
                config.secrets.append((f"History {number}", known))


def find_in_provenance(
    config: ImageConfig, statement: bytes, further: tuple[str, ...], salt: str = ""
) -> None:
    """Add to `config.secrets` what an in-toto statement with SLSA provenance tells.

    The build's arguments, wherever it has them: `{"build-arg:NAME": "value"}`.
    """
    with where("provenance"):
        todo = [parse(statement)]
    while todo:
        node = todo.pop()
        if isinstance(node, list):
            todo += reversed(node)
        elif isinstance(node, dict):
            todo += reversed(node.values())
            for key, value in node.items():
                name = key.removeprefix("build-arg:")
                if name != key and isinstance(value, str):
                    secret = find_in_value(name, value, further)
                    if secret is not None:
                        known = identified(secret, value, salt)
                        config.secrets.append((f"Provenance {name}", known))


def _assignments(line: str) -> list[tuple[str, str]]:
    """The values that a line of history gives to build arguments and variables."""
    arguments = _BUILD_ARGUMENTS.search(line)
    if arguments is not None:
        return _ASSIGNMENT.findall(line, arguments.end() - 1)[: int(arguments[1])]
    if _DECLARATION.match(line):
        return [(name, value.strip("\"'")) for name, value in _ASSIGNMENT.findall(line)]
    return []

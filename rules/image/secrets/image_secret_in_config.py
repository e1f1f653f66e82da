"""Secrets in an image's configuration: variables, labels, history; and in its provenance."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.image.secrets import _layers
from dockgate.rules.rule import Finding, Rule, Severity, bad_image, good_image
from dockgate.rules.subjects.image import Image, shown
from dockgate.rules.subjects.secret import Secret

_HELP = {
    "Env": "revoke it; set the variable when the container is started, not in the Dockerfile",
    "Label": "revoke it, and take it out of the label",
    "Command": "revoke it; give it to the container when it runs, as a file or a variable",
    "History": "revoke it; use `RUN --mount=type=secret` instead of a build argument",
    "Provenance": "revoke it; use `RUN --mount=type=secret` instead of a build argument",
}
_PLACES = {
    "Env": "variable {} of the configuration",
    "Label": "label {} of the configuration",
    "Command": "{} of the configuration",
    "History": "line {} of the history",
    "Provenance": "build argument {} of the provenance",
}


def check(image: Image) -> Iterator[Finding]:
    """One finding for each secret, at the first variable, label, line or argument that holds it."""
    found: dict[tuple[str, ...], list[tuple[str, Secret]]] = {}
    for where, secret in image.config.secrets:
        if not _layers.allowed(image, secret):
            found.setdefault(_layers.same(secret) or (where,), []).append((where, secret))
    for places in found.values():
        where, secret = places[0]
        others = [_place(other) for other, _ in places[1:] if other != where]
        message = f"{secret.kind} ({secret.redacted}) in {_place(where)}{_layers.further(others)}"
        yield Finding(message, help=secret.advice(_HELP[where.partition(" ")[0]]))


def _place(where: str) -> str:
    section, _, name = where.partition(" ")
    return _PLACES[section].format(shown(name))


_TOKEN = "ghp_" + "a8Fk29dkLmQp03nXz71bVcRt5YwEh4Jg6UoS"

RULE = Rule(
    "image-secret-in-config",
    Image,
    Severity.ERROR,
    why=(
        "An image's configuration is public to everyone who can pull it, and to everyone who can "
        "ask the engine: `docker inspect` prints the variables and labels, `docker history` the "
        "commands of all layers with the values of the build arguments they were run with. The "
        "provenance that BuildKit attaches with `mode=max` has the arguments of all stages, those "
        "that are not in the image too. "
        "Variables are also handed to every process in the container, and from there into crash "
        "reports and logs."
    ),
    check=check,
    references=(
        "https://docs.docker.com/reference/build-checks/secrets-used-in-arg-or-env/",
        "CIS Docker 1.6 4.10",
        "CWE-526",
        "CWE-798",
    ),
    aliases=("CIS-DI-0010", "SecretsUsedInArgOrEnv"),
    examples=(
        bad_image({"app": ""}, config={"Env": [f"GITHUB_TOKEN={_TOKEN}"]}, found=["config"]),
        bad_image({"app": ""}, config={"Labels": {"deploy": _TOKEN}}, found=["config"]),
        bad_image(
            {"app": ""},
            config={"history": [f"RUN |1 TOKEN={_TOKEN} /bin/sh -c make # buildkit"]},
            found=["config"],
        ),
        good_image(
            {"app": ""},
            config={"Env": ["PATH=/usr/bin", "TOKEN_FILE=/run/secrets/token"]},
        ),
    ),
)

"""A variable of ENV that waits for a secret with a placeholder in it."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules import secret_names
from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at a secret's name beside a word that is there to be replaced."""
    further = dockerfile.settings.secret_names
    for instruction in dockerfile.find("ENV"):
        for name, value, expanded in instruction.pairs():
            if (
                value is not None
                and expanded.isalpha()
                and secret_names.secret_name(name.value, further)
                and secret_names.harmless_value(secret_names.TOKEN, expanded)
                and expanded.lower() not in ("true", "false", "yes", "no", "on", "off")
            ):
                yield Finding(
                    f"ENV {name.value} waits for a secret: {expanded} is a placeholder",
                    value.span,
                    stage=instruction.stage,
                    help="leave it out, and give it to the container when it starts",
                )


RULE = Rule(
    "placeholder-for-secret",
    Dockerfile,
    Severity.INFO,
    enabled=False,
    why=(
        "A placeholder in ENV gives nothing away, and invites the next editor to write the real "
        "token in its place, where the image keeps it. Software that only asks whether the "
        "variable is set also takes the placeholder for the token. Trivy counts it as a secret; it "
        "is none, so this is off by default, and secret-in-env speaks as soon as a secret is there."
    ),
    references=("https://docs.docker.com/build/building/secrets/", "CWE-547"),
    aliases=("DS-0031",),
    examples=(
        bad("FROM debian:12\nENV GITHUB_TOKEN=placeholder\n", at=[2]),
        bad("FROM debian:12\nENV A=1 \\\n    API_TOKEN=dummy\n", at=[3]),
        good("FROM debian:12\nENV GITHUB_TOKEN=\nENV THEME=placeholder\n"),
        good("FROM debian:12\nENV USE_TOKEN=true\nARG API_TOKEN\n"),
    ),
    check=check,
)

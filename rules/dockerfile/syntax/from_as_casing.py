"""`FROM … as` or `from … AS`."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at an AS that is not in the case of its FROM; a FROM in mixed case is left alone."""
    for instruction in dockerfile.find("FROM"):
        words = instruction.words
        if len(words) < 3:
            continue
        keyword = dockerfile.text[instruction.keyword]
        if keyword == keyword.lower():
            wanted = words[1].value.lower()
        elif keyword == keyword.upper():
            wanted = words[1].value.upper()
        else:
            continue
        if words[1].value != wanted:
            fix = Fix(f"write {wanted}", (Edit(words[1].span, wanted),))
            plain = dockerfile.text[words[1].span] == words[1].value
            yield Finding(
                f"{words[1].value} is not in the case of {keyword}",
                words[1].span,
                stage=instruction.stage,
                fixes=(fix,) if plain else (),
            )


RULE = Rule(
    "from-as-casing",
    Dockerfile,
    Severity.STYLE,
    why=(
        "The two words belong to one instruction. When FROM is in upper case and `as` is not, the "
        "name of the stage is easily overlooked, both by readers and by scripts that search for "
        "` AS `. BuildKit reads either."
    ),
    references=("https://docs.docker.com/reference/build-checks/from-as-casing/",),
    aliases=("FromAsCasing",),
    examples=(
        bad("FROM debian:12 as build\n", at=[1], fixed="FROM debian:12 AS build\n"),
        bad("from debian:12 AS build\n", at=[1], fixed="from debian:12 as build\n"),
        good("FROM debian:12 AS as\n"),
        good("From debian:12 as build\n"),
        good("FROM as\n"),
    ),
    check=check,
)

"""Instructions in a case of their own."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile

#: The others are errors, which BuildKit reports and nothing else.
_KNOWN = frozenset(
    """ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL
    STOPSIGNAL USER VOLUME WORKDIR""".split()  # noqa: SIM905
)


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at each keyword that is not in the case of most, as BuildKit counts them.

    ARGs before the first FROM are not counted and not looked at; at a tie upper case wins.
    """
    written = []
    for instruction in dockerfile.instructions:
        if instruction.stage is not None and instruction.cmd in _KNOWN:
            head = instruction.original[: instruction.body_start].split(maxsplit=1)
            written.append((instruction, head[0] if head else instruction.cmd))
    lower = sum(word == word.lower() for _, word in written)
    upper = sum(word == word.upper() != word.lower() for _, word in written)
    want_lower = lower > upper
    for instruction, word in written:
        wanted = word.lower() if want_lower else word.upper()
        if word == wanted:
            continue
        fix = Fix(f"write {wanted}", (Edit(instruction.keyword, wanted),))
        plain = dockerfile.text[instruction.keyword] == word
        yield Finding(
            f"{word} is not in {'lower' if want_lower else 'upper'} case like most of the file",
            instruction.keyword,
            stage=instruction.stage,
            fixes=(fix,) if plain else (),
        )


RULE = Rule(
    "inconsistent-instruction-casing",
    Dockerfile,
    Severity.STYLE,
    why=(
        "BuildKit does not mind the case, but people and scripts that look for RUN or FROM do: a "
        "lower-case instruction among upper-case ones is overlooked in review and by grep. The "
        "case that most instructions of the file have is the right one; a file all in lower case "
        "is fine, though some linters insist on upper case."
    ),
    references=(
        "https://docs.docker.com/reference/build-checks/consistent-instruction-casing/",
        "https://docs.docker.com/reference/dockerfile/#format",
    ),
    aliases=("ConsistentInstructionCasing", "uppercase_commands", "CASING_INSTRUCTION"),
    examples=(
        bad(
            "FROM debian:12\nrun true\nCOPY a /a\n",
            at=[2],
            fixed="FROM debian:12\nRUN true\nCOPY a /a\n",
        ),
        bad(
            "FROM debian:12\ncopy a /a\nrun true\n",
            at=[1],
            fixed="from debian:12\ncopy a /a\nrun true\n",
        ),
        bad("From debian:12\nRUN true\n", at=[1], fixed="FROM debian:12\nRUN true\n"),
        good("from debian:12\ncopy a /a\n"),
        good("arg V=12\nFROM debian:$V\nRUN run\n"),
        good("FROM debian:12\nONBUILD run true\n"),
    ),
    check=check,
)

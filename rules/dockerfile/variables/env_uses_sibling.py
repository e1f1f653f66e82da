"""ENV that uses a variable which the same instruction sets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction, Word
from dockgate.rules.subjects.text import Span


@lru_cache(maxsize=2)
def _pattern(escape: str) -> re.Pattern[str]:
    """A variable's name, or what hides one: an escape, a text in single quotes."""
    return re.compile(rf"""{re.escape(escape)}.|"[^"]*"|'[^']*'|\$\{{?(\w+)""", re.ASCII | re.S)


def _names(value: str, escape: str) -> set[str]:
    found = set()
    for match in _pattern(escape).finditer(value):
        if match[1]:
            found.add(match[1])
        elif match[0].startswith('"'):
            found |= _names(match[0][1:-1].replace("'", ""), escape)
    return found


def _fix(dockerfile: Dockerfile, instruction: Instruction, before: Word, name: Word) -> list[Fix]:
    """An ENV of its own for what depends on the others."""
    gap = Span(before.span.end, name.span.start)
    between = dockerfile.text[gap]
    if instruction.parent is not None or between.strip(" \t\r\n" + dockerfile.escape):
        return []
    keyword = dockerfile.text[instruction.keyword]
    return [Fix("set it in an ENV of its own", (Edit(gap, f"\n{keyword} "),), safe=False)]


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire where the value is not the one that the same instruction sets."""
    for instruction in dockerfile.find("ENV"):
        if len(instruction.words) < 6 or "$" not in instruction.original:
            continue
        names = {word.value: i for i, word in reversed(list(enumerate(instruction.words[::3])))}
        for index, word in enumerate(instruction.words[1::3]):
            if "$" not in word.value:
                continue
            for name in sorted(_names(word.value, dockerfile.escape) & set(names)):
                known = name in instruction.env
                if names[name] == index or (known and names[name] > index):
                    continue
                own = instruction.words[index * 3]
                before = instruction.words[index * 3 - 2]
                is_later = names[name] > index or index == 0
                yield Finding(
                    f"${name} in {own.value} is {'the old value' if known else 'empty'}: "
                    f"this very ENV sets {name}, for later instructions only",
                    word.span,
                    stage=instruction.stage,
                    help=f"set {own.value} in an ENV of its own, below",
                    fixes=[] if is_later else _fix(dockerfile, instruction, before, own),
                )


RULE = Rule(
    "env-uses-sibling",
    Dockerfile,
    Severity.ERROR,
    why=(
        "All values of an ENV are worked out before it sets any: in ENV A=/opt B=$A/bin, B is "
        "/bin, or begins with whatever A was before. The image builds, and fails when it runs. "
        "A variable that extends itself (PATH=/x:$PATH) means its old value, and passes. The fix "
        "is unsafe because it changes the value, to the one that was meant."
    ),
    references=("https://docs.docker.com/reference/dockerfile/#environment-replacement",),
    aliases=("DL3044", "DF062"),
    examples=(
        bad(
            "FROM debian:12\nENV A=/opt B=$A/bin C=1\n",
            at=[2],
            fixed="FROM debian:12\nENV A=/opt\nENV B=$A/bin C=1\n",
        ),
        bad(
            'FROM debian:12\nENV A=1\nENV A=2 \\\n    B="x${A}"\n',
            at=[4],
            fixed='FROM debian:12\nENV A=1\nENV A=2\nENV B="x${A}"\n',
        ),
        bad("FROM debian:12\nENV B=$A A=1\n", at=[2]),
        good("FROM debian:12\nENV A=/opt PATH=/opt/bin:$PATH\n"),
        good("FROM debian:12\nENV A=/opt\nENV B=$A A=2\n"),
        good("FROM debian:12\nENV A=1 B='$A' C=\\$A D=$AB\n"),
        good("FROM debian:12\nARG A=1\nLABEL A=1 b=$A\n"),
    ),
    needs=("ENV",),
    check=check,
)

"""What looks like exec form (JSON) and is none, so that a shell gets it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache

from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction

_JSON_FORMS = frozenset(
    {"RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK", "COPY", "ADD", "VOLUME", "SHELL"}
)
_QUOTES = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'"})


@cache
def _expressions() -> tuple[re.Pattern[str], re.Pattern[str]]:
    item = r"(?:\"(?:[^\"\\]|\\.)*\"|'[^']*'|[^\s\"',\[\]]+)"
    # `[ -f x ]` and `[ "$a" = b ]` are tests: a list has commas, or quotes right at its brackets.
    return (
        re.compile(rf"\[\s*{item}(?:\s*,\s*{item})+\s*,?\s*\]?\Z|\[\s*{item}\s*,\s*\]\Z"),
        re.compile(r"\[['\"][^'\"]*['\"](?:\s+['\"][^'\"]*['\"])*\s*\]?\Z"),
    )


def _repaired(text: str) -> str | None:
    """The list as JSON, where only quotes, a last comma or the bracket are wrong."""
    text = text.translate(_QUOTES)
    if '"' not in text and "\\" not in text:
        text = text.replace("'", '"')
    text = re.sub(r",\s*\]\Z", "]", text)
    text = text if text.endswith("]") else text + "]"
    try:
        value = json.loads(text)
    except ValueError:
        return None
    strings = isinstance(value, list) and all(isinstance(item, str) for item in value)
    return text if strings else None


def _finding(instruction: Instruction) -> Finding | None:
    body = instruction.body
    start = body.text.find("[")
    text = body.text[start:].rstrip()
    listed, quoted = _expressions()
    plain = text.translate(_QUOTES)
    if not (listed.match(plain) or quoted.match(plain)):
        return None
    repaired = _repaired(text)
    fixes: tuple[Fix, ...] = ()
    if repaired is not None and body.contiguous(start, start + len(text)):
        edit = Edit(body.span(start, start + len(text)), repaired)
        fixes = (Fix("write it as JSON", (edit,), safe=False),)
    shell = instruction.cmd in ("RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK")
    does = "a shell is given this text as it stands" if shell else "the brackets are taken as names"
    return Finding(
        f"{instruction.cmd} looks like JSON and is not: {does}",
        body.span(start, start + len(text)),
        stage=instruction.stage,
        help='write every string in double quotes, with commas between: ["a", "b"]',
        fixes=fixes,
    )


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at a bracketed list that BuildKit does not take as JSON."""
    for instruction in dockerfile.with_triggers():
        if instruction.cmd not in _JSON_FORMS or instruction.json:
            continue
        text = instruction.body.text.lstrip()
        if instruction.cmd == "HEALTHCHECK" and text[:3].upper() == "CMD":
            text = text[3:].lstrip()
        if text.startswith("[") and not text.startswith("[["):
            finding = _finding(instruction)
            if finding is not None:
                yield finding


RULE = Rule(
    "invalid-json-form",
    Dockerfile,
    Severity.ERROR,
    why=(
        "BuildKit takes a list in brackets as exec form only if it is valid JSON: double quotes, "
        "commas, no comma after the last. Anything else it silently takes as shell form: the "
        "shell looks for a program called `[npm,` and the container dies when it starts, or "
        "COPY looks for files with brackets in their names. The build itself mostly succeeds, so "
        "the first to notice is who runs the image."
    ),
    references=("https://docs.docker.com/reference/dockerfile/#exec-form",),
    aliases=("invalid-json-form", "JSON_IN_SINGLE_QUOTES"),
    examples=(
        bad(
            "FROM node:22\nCMD ['npm', 'start']\n",
            at=[2],
            fixed='FROM node:22\nCMD ["npm", "start"]\n',
        ),
        bad(
            'FROM node:22\nENTRYPOINT ["node", "a.js",]\n',
            at=[2],
            fixed='FROM node:22\nENTRYPOINT ["node", "a.js"]\n',
        ),
        bad('FROM node:22\nCMD ["npm" "start"]\n', at=[2]),
        bad("FROM node:22\nCMD [npm, start]\n", at=[2]),
        bad(
            'FROM node:22\nHEALTHCHECK CMD ["curl", "-f", "http://localhost/"\n',
            at=[2],
            fixed='FROM node:22\nHEALTHCHECK CMD ["curl", "-f", "http://localhost/"]\n',
        ),
        bad("FROM node:22\nVOLUME ['/data']\n", at=[2], fixed='FROM node:22\nVOLUME ["/data"]\n'),
        good('FROM node:22\nCMD ["npm", "start"]\n'),
        good('FROM node:22\nRUN [ "$A" = "b" ] && echo x\n'),
        good("FROM node:22\nRUN [ -f /x ] || touch /x, && [ 'a' = 'b' ]\n"),
        good("FROM node:22\nRUN [[ $A == b ]]\nCOPY [a]*.txt /x/\n"),
    ),
    needs=("~[",),
    check=check,
)

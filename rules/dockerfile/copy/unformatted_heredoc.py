"""JSON in a heredoc that stands on one line."""

from __future__ import annotations

import json
from collections.abc import Iterator

from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile, Heredoc

#: A heredoc longer than this is data, not something to read.
MAX_CHARACTERS = 20_000


def _formatted(heredoc: Heredoc) -> str:
    """The body as one would write it; "" where it is so already or is no JSON."""
    body = heredoc.content.strip()
    if "\n" in body or body[:1] not in ("{", "[") or len(body) > MAX_CHARACTERS:
        return ""
    if "$" in body and heredoc.expand:
        return ""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    return json.dumps(value, indent=2, ensure_ascii=False) if len(value) > 1 else ""


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the body of a heredoc that COPY or ADD writes to a file called .json."""
    for instruction in dockerfile.find("COPY", "ADD"):
        if instruction.heredocs and instruction.values[-1].lower().endswith(".json"):
            for heredoc in instruction.heredocs:
                text = _formatted(heredoc)
                if text:
                    whole = dockerfile.text[heredoc.span]
                    end = "\n" if whole.endswith("\n") else ""
                    yield Finding(
                        f"the JSON of {heredoc.name} stands on one line",
                        heredoc.span,
                        stage=instruction.stage,
                        fixes=(Fix("indent it", (Edit(heredoc.span, text + end),), safe=False),),
                    )


RULE = Rule(
    "unformatted-heredoc",
    Dockerfile,
    Severity.STYLE,
    why=(
        "A heredoc is in the Dockerfile so that people can read what goes into the file, and "
        "review shows what changes. JSON on one line defeats both: a change of one value is a "
        "change of the whole line. The rule is off by default as a matter of taste. The fix is "
        "unsafe, because the file's bytes change."
    ),
    references=("https://docs.docker.com/reference/dockerfile/#here-documents",),
    aliases=("prefer-formatted-heredocs",),
    enabled=False,
    examples=(
        bad(
            'FROM debian:12\nCOPY <<EOF /etc/a.json\n{"a":1,"b":[2]}\nEOF\n',
            at=[3],
            fixed=(
                "FROM debian:12\nCOPY <<EOF /etc/a.json\n"
                '{\n  "a": 1,\n  "b": [\n    2\n  ]\n}\nEOF\n'
            ),
        ),
        bad(
            "FROM debian:12\nADD <<-'X' /etc/a.json\n[1,\"$A\"]\nX\n",
            at=[3],
            fixed="FROM debian:12\nADD <<-'X' /etc/a.json\n[\n  1,\n  \"$A\"\n]\nX\n",
        ),
        good('FROM debian:12\nCOPY <<EOF /etc/a.json\n{\n  "a": 1,\n  "b": 2\n}\nEOF\n'),
        good('FROM debian:12\nCOPY <<EOF /etc/a.json\n{"a": "$A", "b": 1}\nEOF\n'),
        good("FROM debian:12\nCOPY <<EOF /etc/a.conf\n[a]\nEOF\n"),
    ),
    check=check,
)

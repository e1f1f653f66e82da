"""A source that the ignore file takes away."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.context import Context


def check(context: Context) -> Iterator[Finding]:
    """Fire at each source of which nothing is left, where without the ignore file there was."""
    for copied in context.copied:
        if copied.ignored and not copied.files:
            instruction = copied.instruction
            yield Finding(
                f"{instruction.cmd} {copied.source.value}: {context.ignore_path} keeps all of it "
                "from the builder",
                copied.source.span,
                stage=instruction.stage,
                help=f"take it out of {context.ignore_path}, or add an exception with !",
            )


RULE = Rule(
    "copy-ignored-file",
    Context,
    Severity.WARNING,
    why=(
        "What .dockerignore names is never sent to the builder. COPY of such a file ends with "
        "`not found` although everybody sees the file in the folder; a wildcard that matches "
        "ignored files only copies nothing, without an error. BuildKit's check compares the text "
        "of the source with the patterns; this one looks at the files that are there, and so also "
        "sees a folder all of whose files are ignored one by one, and is silent where an "
        "exception (!) brings some of it back."
    ),
    references=(
        "https://docs.docker.com/reference/build-checks/copy-ignored-file/",
        "https://docs.docker.com/build/concepts/context/#dockerignore-files",
    ),
    aliases=("CopyIgnoredFile",),
    examples=(
        bad(
            "FROM scratch\nCOPY app tmp/hello.txt /\n",
            at=[2],
            files={"app": "", "tmp/hello.txt": "", ".dockerignore": "tmp\n"},
        ),
        bad(
            "FROM scratch\nCOPY . /\nADD docs/*.md \\\n  logs /d/\n",
            at=[3, 4],
            files={"docs/a.md": "", "logs/a": "", "x": "", ".dockerignore": "**/*.md\nlogs/*\n"},
        ),
        good(
            "FROM scratch\nCOPY a /\n", files={"a": "", "foobar": "", ".dockerignore": "foobar\n"}
        ),
        good(
            "FROM scratch\nCOPY ./Dockerfile .\n",
            files={"Dockerfile": "", "x": "", ".dockerignore": "**\n!Dockerfile\n"},
        ),
        good(
            "FROM scratch\nCOPY --from=b tmp /\nCOPY missing /\n",
            files={"tmp": "", ".dockerignore": "tmp\n"},
        ),
    ),
    check=check,
)

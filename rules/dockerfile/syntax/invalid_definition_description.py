"""A comment above ARG or FROM that does not describe it in BuildKit's form."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Comment, Dockerfile


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at ARG and named FROM with a comment right above that does not begin with the name."""
    above: dict[int, Comment] = {c.line: c for c in dockerfile.comments}
    for instruction in dockerfile.find("ARG", "FROM"):
        comment = above.get(instruction.start - 1)
        if comment is None or not comment.text:
            continue
        if instruction.cmd == "ARG":
            names = [word.value.partition("=")[0] for word in instruction.words]
        else:
            stage = instruction.stage
            names = [stage.name] if stage is not None and stage.name is not None else []
        if names and comment.text.split(" ")[0] not in names:
            yield Finding(
                f"the comment above does not say what {names[0]} is",
                instruction.keyword,
                stage=instruction.stage,
                help=f"write # {names[0]} …, or leave an empty line where none is meant",
            )


RULE = Rule(
    "invalid-definition-description",
    Dockerfile,
    Severity.INFO,
    enabled=False,
    why=(
        "docker build --call=outline and --call=targets print the comment right above an ARG or a "
        "named stage as its description, if it begins with the name. A comment in another form is "
        "not shown to whoever asks what can be built. Off by default, like BuildKit's own check, "
        "which is experimental: most comments are not meant for that. `# "
        "check=experimental=InvalidDefinitionDescription` in the first lines turns it on."
    ),
    references=(
        "https://docs.docker.com/reference/build-checks/invalid-definition-description/",
        "https://docs.docker.com/reference/cli/docker/buildx/build/#descriptions",
    ),
    aliases=("InvalidDefinitionDescription",),
    examples=(
        bad("# a comment\nFROM scratch AS base\n\n# another\nARG VERSION=1\n", at=[2, 5]),
        bad("# BasE is a stage\nFROM scratch AS base\n", at=[2]),
        bad("FROM scratch\n# nothing\nARG foo=1 bar=2\n", at=[3]),
        good("# base is a stage\nFROM scratch AS base\n# VERSION is a number\nARG VERSION=1\n"),
        good("# a comment\n\nFROM scratch AS base\n# about it\n#\nARG V\n"),
        good("# a comment\nFROM scratch\n# bar is it\nARG foo=1 bar=2\n"),
    ),
    check=check,
)

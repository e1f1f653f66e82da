"""USER names a group, which takes away the groups that the build gave to that user."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects.accounts import memberships
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.text import Span


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the final USER NAME:GROUP when a step put NAME into another group."""
    stage = dockerfile.final
    instruction = stage.user_instruction if stage else None
    if stage is None or instruction is None or not instruction.words:
        return
    name, colon, group = stage.user.partition(":")
    if not colon or not group or not name:
        return
    lost = dict.fromkeys(g for user, g in memberships(stage) if user == name and g != group)
    if lost:
        word = instruction.words[0]
        at = word.value.find(":")
        edit = Edit(Span(word.span.start + at, word.span.end), "")
        exact = word.value == stage.user
        fix = Fix(f"USER {name}: all groups of the user", (edit,), safe=False)
        yield Finding(
            f"USER {word.value} runs without the group{'s' if len(lost) > 1 else ''} "
            f"{', '.join(lost)} that {name} was put into",
            word.span,
            stage=instruction.stage,
            help=f"leave the group out to have all of {name}'s groups",
            fixes=(fix,) if exact else (),
        )


RULE = Rule(
    "explicit-group-drops-groups",
    Dockerfile,
    Severity.WARNING,
    why=(
        "With USER name the engine looks the user up and gives the process all of its groups. "
        "With USER name:group it gives that group alone: whatever usermod -aG or useradd -G did "
        "is without effect, and the application gets 'permission denied' on the socket, device "
        "or folder that the group was for. It shows only where the container runs, and whoever "
        "looks into /etc/group finds all in order."
    ),
    references=(
        "https://docs.docker.com/reference/dockerfile/#user",
        "CWE-732",
    ),
    aliases=("user-explicit-group-drops-supplementary-groups",),
    examples=(
        bad(
            "FROM debian:12\nRUN useradd app && usermod -aG video app\nUSER app:app\n",
            at=[3],
            fixed="FROM debian:12\nRUN useradd app && usermod -aG video app\nUSER app\n",
        ),
        bad(
            "FROM debian:12\nRUN useradd -G audio,video app\nUSER app:1000\n",
            at=[3],
            fixed="FROM debian:12\nRUN useradd -G audio,video app\nUSER app\n",
        ),
        bad(
            "FROM alpine:3.22\nRUN adduser -D app\nRUN addgroup app www-data\nUSER app:app\n",
            at=[4],
            fixed=("FROM alpine:3.22\nRUN adduser -D app\nRUN addgroup app www-data\nUSER app\n"),
        ),
        good("FROM debian:12\nRUN useradd -G audio app\nUSER app\n"),
        good("FROM debian:12\nRUN useradd -g app app && usermod -aG app app\nUSER app:app\n"),
        good("FROM debian:12\nRUN usermod -aG video other\nUSER app:app\n"),
    ),
    needs=("USER",),
    check=check,
)

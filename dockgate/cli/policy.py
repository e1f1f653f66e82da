"""`dockgate policy show` and `dockgate policy schema`."""

from __future__ import annotations

import os

from dockgate.cli.declare import Argument, Command, Option
from dockgate.cli.output import note, write

COMMAND = Command(
    "policy",
    "The policy in force and its schema.",
    commands=(
        Command(
            "show",
            "Print the image security policy in force, every default filled in.",
            "dockgate.cli.policy:show",
            arguments=(
                Argument("path", "PATH", "The file or folder that it is for.", required=False),
            ),
            options=(
                Option(
                    "config",
                    ("--config", "-c"),
                    "text",
                    "Configuration to use in place of the nearest .dockgate.yaml.",
                    metavar="FILE",
                ),
                Option(
                    "policy",
                    ("--policy",),
                    "text",
                    "What build and scan would be told: 'strict' or a policy file.",
                    metavar="strict|FILE",
                ),
            ),
            examples=("dockgate policy show", "dockgate policy show --policy strict"),
        ),
        Command(
            "schema",
            "Print the JSON schema of .dockgate.yaml, for editors and validators.",
            "dockgate.cli.policy:schema",
            examples=("dockgate policy schema",),
        ),
    ),
)


def show(*, path: str | None, config: str | None, policy: str | None) -> int:
    """Print the policy as YAML, and in a note what it leaves open. Raises UsageError."""
    from dockgate.builder.policy import effective
    from dockgate.linter.configuration.config_file import ImageSecurityPolicy, policy_as_written

    path = path or "."
    inside = os.path.join(path, "Dockerfile") if os.path.isdir(path) else path
    found, limits = effective(inside, config, policy)
    source = f"policy from {found.path}" if found.path else "the default policy"
    note(f"{source}: findings are refused from severity {limits.refuse_at.label} on")
    for line in limits.unchecked:
        note(line)
    write(policy_as_written(found.policy or ImageSecurityPolicy()))
    return 0


def schema() -> int:
    """Print the JSON schema."""
    import json

    from dockgate.linter.configuration.config_file import json_schema

    write(json.dumps(json_schema(), indent=2) + "\n")
    return 0

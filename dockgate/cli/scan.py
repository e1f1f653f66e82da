"""`dockgate scan`."""

from __future__ import annotations

from dockgate.cli import judged
from dockgate.cli.declare import Argument, Command, Option

COMMAND = Command(
    "scan",
    "Judge an image that exists: the verdict that build would have given.",
    "dockgate.cli.scan:run",
    arguments=(
        Argument(
            "image",
            "IMAGE",
            "An OCI layout folder, an OCI or docker-archive tar, or the name of an image that the "
            "engine has.",
        ),
    ),
    options=(
        Option("platform", ("--platform",), "text", "Look at this platform only.",
               metavar="OS/ARCH"),
        judged.POLICY,
        judged.CONFIG,
        judged.FORMAT,
        Option("output", ("--output", "-o"), "text",
               "Write the report to this file instead of standard output.", metavar="FILE"),
    ),
    examples=(
        "dockgate scan app:1.0",
        "dockgate scan --format json image.tar",
        "dockgate scan --policy strict ./layout",
    ),
)  # fmt: skip


def run(
    *,
    image: str,
    platform: str | None,
    policy: str | None,
    config: str | None,
    format: str,
    output: str | None,
) -> int:
    """Scan; gives the exit code. Raises UsageError."""
    from dockgate.builder import gate
    from dockgate.builder.policy import effective
    from dockgate.cli.output import note

    chosen, limits = effective("Dockerfile", config, policy)
    for line in chosen.notes:
        note(line)
    report = gate.scan(image, platform, chosen, limits)
    # Of several images each has its digest; the verdict is on all of them.
    each = "" if report.digest else ", ".join(f"{one.name} {one.digest}" for one in report.images)
    step = judged.next_step(report, each or "nothing to do", "do not use it: mend the above")
    return judged.show(report, format, output, step)

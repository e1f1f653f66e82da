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
            "An OCI layout folder, an OCI or docker-archive tar, a root file system in a folder, "
            "or the name of an image that the engine or else its registry has.",
        ),
    ),
    options=(
        Option("platform", ("--platform",), "text",
               "Look at this platform only, not at all that there are.", metavar="OS/ARCH"),
        Option("no_cache", ("--no-cache",), "flag",
               "Read layers again that an earlier scan has read.", False),
        Option("file", ("--file", "-f"), "text",
               "The Dockerfile that it was built from: findings tell their line in it.",
               metavar="PATH"),
        judged.POLICY,
        judged.CONFIG,
        judged.VULNERABILITIES,
        Option("report", ("--report",), "text",
               "Take the vulnerabilities from this JSON report on the image: of Trivy, grype, "
               "Anchore, Clair, Snyk or Aqua.", metavar="FILE"),
        judged.VEX,
        judged.IGNORE_FILE,
        judged.YARA_RULES,
        judged.CLAMAV,
        judged.SCAN_FORMAT,
        Option("output", ("--output", "-o"), "text",
               "Write the report to this file instead of standard output.", metavar="FILE"),
    ),
    examples=(
        "dockgate scan app:1.0",
        "dockgate scan --format json image.tar",
        "dockgate scan --policy strict ./layout",
        "dockgate scan --vulnerabilities osv --vex app.openvex.json app:1.0",
        "dockgate scan --format cyclonedx --output bom.json app:1.0",
    ),
)  # fmt: skip


def run(
    *,
    image: str,
    platform: str | None,
    no_cache: bool,
    file: str | None,
    policy: str | None,
    config: str | None,
    vulnerabilities: str,
    report: str | None,
    vex: tuple[str, ...],
    ignore_file: tuple[str, ...],
    yara_rules: str | None,
    clamav: str,
    format: str,
    output: str | None,
) -> int:
    """Scan; gives the exit code. Raises UsageError."""
    from dockgate.builder import gate
    from dockgate.builder.policy import effective
    from dockgate.builder.vulnerabilities.assess import Options
    from dockgate.cli.output import note

    if output is not None:
        judged.require_place(output)
    chosen, limits = effective("Dockerfile", config, policy)
    for line in chosen.notes:
        note(line)
    chosen = judged.looking(chosen, yara_rules, clamav)
    options = Options(vulnerabilities, report, vex, ignore_file)
    found = gate.scan(
        image, platform, chosen, limits, cached=not no_cache, options=options, dockerfile=file
    )
    if format in judged.SBOM:
        return judged.show_sbom(found, format, output)
    # Of several images each has its digest; the verdict is on all of them.
    each = "" if found.digest else ", ".join(f"{one.name} {one.digest}" for one in found.images)
    step = judged.next_step(found, each or "nothing to do", "do not use it: mend the above")
    return judged.show(found, format, output, step)

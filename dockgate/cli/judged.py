"""What `build` and `scan` share: their options, and how a report with a verdict is printed."""

from __future__ import annotations

from dockgate.cli import output
from dockgate.cli.declare import Option
from dockgate.linter.report import Report
from dockgate.linter.reporters import formats

TYPE_CHECKING = False

if TYPE_CHECKING:
    from dockgate.linter.config import Config

FORMAT = Option("format", ("--format",), "text", "How to print the report.", "text", formats.IMAGE)
#: Bills of materials, by the names that other scanners have for them (builder.sbom.FORMATS).
SBOM = ("cyclonedx", "spdx-json")
SCAN_FORMAT = FORMAT._replace(
    help="How to print the report; cyclonedx and spdx-json are the image's bill of materials "
    "in place of it.",
    choices=(*formats.IMAGE, *SBOM),
)
POLICY = Option(
    "policy",
    ("--policy",),
    "text",
    "What is refused: 'strict' (warnings too), or a file with image_security_policy, whose word "
    "is final. Default: errors, and the policy of the configuration.",
    metavar="strict|FILE",
)
VULNERABILITIES = Option(
    "vulnerabilities",
    ("--vulnerabilities",),
    "text",
    "Who looks for known vulnerabilities: Trivy or grype, where they are installed and have data, "
    "or dockgate with its own (osv).",
    "auto",
    ("auto", "trivy", "grype", "osv", "off"),
)
VEX = Option(
    "vex",
    ("--vex",),
    "texts",
    "An OpenVEX or CycloneDX document: what it says does not affect the image does not count.",
    (),
    metavar="FILE",
)
IGNORE_FILE = Option(
    "ignore_file",
    ("--ignore-file",),
    "texts",
    "Vulnerabilities that are accepted, in the form of .trivyignore or .trivyignore.yaml, which "
    "are read by themselves.",
    (),
    metavar="FILE",
)
YARA_RULES = Option(
    "yara_rules",
    ("--yara-rules",),
    "text",
    "Look for malware by these rules of YARA too: .yar and .yara files below it.",
    metavar="DIR",
)
CLAMAV = Option(
    "clamav",
    ("--clamav",),
    "text",
    "Ask ClamAV's daemon about programs and small files: where one runs (auto), in any case (on: "
    "without its answers the verdict is undecided), or never (off).",
    "auto",
    ("auto", "on", "off"),
)
CONFIG = Option(
    "config",
    ("--config",),
    "text",
    "Configuration to use in place of the nearest .dockgate.yaml.",
    metavar="FILE",
)


def next_step(report: Report, done: str, refused: str) -> str:
    """One line for people: what has been `done` with an accepted image, or what to do now."""
    if report.verdict == "accepted":
        return done
    if report.verdict == "refused":
        return f"{refused}; `dockgate explain RULE` tells why"
    return "that is no acceptance: mend the above, then run it again"


def show_sbom(report: Report, format: str, target: str | None) -> int:
    """Print the image's bill of materials, or write it to a file; gives the scan's exit code.

    Raises UsageError where there are several images: a bill is of one.
    """
    from dockgate.builder import sbom
    from dockgate.builder.verdict import EXIT_CODES
    from dockgate.linter.errors import UsageError
    from dockgate.linter.reporters.frame import shown

    if len(report.images) > 1:
        names = ", ".join(one.name for one in report.images)
        raise UsageError(f"a bill of materials is of one image: choose with --platform: {names}")
    for one in report.images:
        if one.image is not None:
            text = sbom.render(one.image, format)
            if target is None:
                output.write(text)
            else:
                from dockgate.linter import files

                files.replace(target, output.encoded(text))
    if report.verdict != "accepted":
        found = f"{len(report.findings)} findings: run it with another --format to see them"
        output.note(f"{report.verdict}: {shown('; '.join([*report.reasons, found]))}")
    return EXIT_CODES[report.verdict]


def looking(config: Config, yara_rules: str | None, clamav: str) -> Config:
    """The configuration with what the two options on malware say."""
    settings = config.settings.changed(yara_rules=yara_rules or "", clamav=clamav)
    return config.changed(settings=settings)


def require_place(path: str) -> None:
    """Raise UsageError where no report can be written: told before a long scan, not after."""
    import os

    from dockgate.linter.errors import UsageError

    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        raise UsageError(f"--output {path}: there is no folder {folder}")
    if os.path.isdir(path):
        raise UsageError(f"--output {path}: is a folder")


def show(report: Report, format: str, target: str | None, next_step: str) -> int:
    """Print the report, or write it to the file `target`; gives the exit code."""
    from dockgate.builder.verdict import EXIT_CODES

    for line in report.notes:
        output.note(line)
    if format != "text":
        text = formats.render(report, format)
    elif not report.files and not report.images:  # nothing could be looked at: one line says why
        from dockgate.linter.reporters.frame import shown

        text = f"{report.verdict}: {shown('; '.join(report.reasons))}\n"
    else:
        from dockgate.linter.reporters.frame import shown

        color = target is None and output.wants_color("auto")
        columns = output.columns() if target is None else None
        text = formats.render(report, format, color=color, columns=columns)
        text += f"  {shown(next_step)}\n"
    if target is None:
        output.write(text)
    else:
        from dockgate.linter import files

        files.replace(target, output.encoded(text))
    return EXIT_CODES[report.verdict]

"""What `build` and `scan` share: their options, and how a report with a verdict is printed."""

from __future__ import annotations

from dockgate.cli import output
from dockgate.cli.declare import Option
from dockgate.linter.report import Report
from dockgate.linter.reporters import formats

FORMAT = Option("format", ("--format",), "text", "How to print the report.", "text", formats.IMAGE)
POLICY = Option(
    "policy",
    ("--policy",),
    "text",
    "What is refused: 'strict' (warnings too), or a file with image_security_policy, whose word "
    "is final. Default: errors, and the policy of the configuration.",
    metavar="strict|FILE",
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


def show(report: Report, format: str, target: str | None, next_step: str) -> int:
    """Print the report, or write it to the file `target`; gives the exit code."""
    from dockgate.builder.verdict import EXIT_CODES

    if format != "text":
        text = formats.render(report, format)
    elif not report.files and not report.images:  # nothing could be looked at: one line says why
        from dockgate.linter.reporters.frame import shown

        text = f"{report.verdict}: {shown('; '.join(report.reasons))}\n"
    else:
        from dockgate.linter.reporters.frame import shown

        color = target is None and output.wants_color("auto")
        text = formats.render(report, format, color=color) + f"  {shown(next_step)}\n"
    if target is None:
        output.write(text)
    else:
        from dockgate.linter import files

        files.replace(target, output.encoded(text))
    return EXIT_CODES[report.verdict]

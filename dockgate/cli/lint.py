"""`dockgate lint`."""

from __future__ import annotations

from dockgate.cli.declare import RULES, Argument, Command, Option
from dockgate.cli.output import encoded, note, wants_color, write, write_bytes, write_error
from dockgate.cli.scope import SCOPE
from dockgate.linter.batch import Options, Outcome, fails, lint_paths
from dockgate.linter.errors import UsageError
from dockgate.linter.reporters import formats
from dockgate.linter.scope import Scope, build_args
from dockgate.linter.vocabulary import PROFILES
from dockgate.rules.finding import Severity

TYPE_CHECKING = False

if TYPE_CHECKING:
    from dockgate.rules.subjects.base_image import Bases

SEVERITIES = ("error", "warning", "info", "style")

COMMAND = Command(
    "lint",
    "Find what is wrong in Dockerfiles, and fix it.",
    "dockgate.cli.lint:run",
    arguments=(
        Argument(
            "paths",
            "PATH",
            "Dockerfiles, folders to search (as .gitignore allows), or - for standard input. "
            "Default: the current folder.",
            many=True,
            required=False,
        ),
    ),
    options=(
        Option(
            "format",
            ("--format", "-f"),
            "text",
            "How to print findings.",
            "text",
            formats.LINT,
        ),
        Option(
            "output",
            ("--output", "-o"),
            "text",
            "Write findings to this file instead of standard output.",
            metavar="FILE",
        ),
        Option(
            "config",
            ("--config", "-c"),
            "text",
            "Configuration to use in place of the nearest .dockgate.yaml.",
            metavar="FILE",
        ),
        Option(
            "select",
            ("--select",),
            "texts",
            "Run only these rules: names or peers' codes, with commas or repeated.",
            (),
            metavar="RULE",
            completes=RULES,
        ),
        Option(
            "ignore",
            ("--ignore",),
            "texts",
            "Do not run these rules.",
            (),
            metavar="RULE",
            completes=RULES,
        ),
        Option(
            "profile",
            ("--profile",),
            "text",
            "Which rules run where nothing else is said; default where no configuration names one.",
            choices=PROFILES,
        ),
        Option(
            "shellcheck",
            ("--shellcheck",),
            "flag",
            "Also run ShellCheck over shell scripts (pip install 'dockgate[shellcheck]').",
            False,
        ),
        Option(
            "fail_on",
            ("--fail-on",),
            "text",
            "Exit with 1 from this severity on; warning where no configuration says otherwise.",
            choices=SEVERITIES,
        ),
        Option("exit_zero", ("--exit-zero",), "flag", "Exit with 0 whatever is found.", False),
        Option("fix", ("--fix",), "flag", "Apply safe fixes and write the files.", False),
        Option(
            "unsafe_fixes",
            ("--unsafe-fixes",),
            "flag",
            "With --fix or --diff: also fixes that may change what the image does.",
            False,
        ),
        Option(
            "diff",
            ("--diff",),
            "flag",
            "Print what --fix would change and write nothing; exit with 1 if anything.",
            False,
        ),
        Option("statistics", ("--statistics",), "flag", "Count findings by rule.", False),
        Option(
            "context",
            ("--context",),
            "text",
            "Build context: look too at what COPY would bring from it.",
            metavar="DIR",
        ),
        *SCOPE,
        Option(
            "resolve",
            ("--resolve",),
            "flag",
            "Ask the engine, or else a registry, what base images set: USER, ENV, SHELL, "
            "HEALTHCHECK …",
            False,
        ),
        Option(
            "baseline",
            ("--baseline",),
            "text",
            "Leave out the findings that stand in this file; see docs/adoption.md.",
            metavar="FILE",
        ),
        Option(
            "write_baseline",
            ("--write-baseline",),
            "flag",
            "Write today's findings into the baseline: create or renew it.",
            False,
        ),
        Option(
            "prune_baseline",
            ("--prune-baseline",),
            "flag",
            "Take out of the baseline what is fixed by now; add nothing.",
            False,
        ),
        Option(
            "no_baseline",
            ("--no-baseline",),
            "flag",
            "Do not look at the baseline that the configuration names.",
            False,
        ),
        Option(
            "diff_base",
            ("--diff-base",),
            "text",
            "Tell only what has come since this revision of git, uncommitted changes too.",
            metavar="REV",
        ),
        Option(
            "jobs",
            ("--jobs", "-j"),
            "int",
            "Processes to work in; 0: as many as pay.",
            0,
            metavar="N",
        ),
        Option(
            "no_cache",
            ("--no-cache",),
            "flag",
            "Neither use results of earlier runs nor keep this run's.",
            False,
        ),
        Option(
            "stdin_filename",
            ("--stdin-filename",),
            "text",
            "Name of what comes from standard input.",
            metavar="FILE",
        ),
        Option(
            "color",
            ("--color",),
            "text",
            "When to use colours.",
            "auto",
            ("auto", "always", "never"),
        ),
        Option(
            "quiet",
            ("--quiet", "-q"),
            "flag",
            "One line for each finding: no code, no summary.",
            False,
        ),
    ),
    examples=(
        "dockgate lint",
        "dockgate lint Dockerfile --format json",
        "dockgate lint --fix --context . Dockerfile",
        "dockgate lint --stdin-filename app/Dockerfile - < app/Dockerfile",
    ),
)


def run(
    *,
    paths: tuple[str, ...],
    format: str,
    output: str | None,
    config: str | None,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    profile: str | None,
    shellcheck: bool,
    fail_on: str | None,
    exit_zero: bool,
    fix: bool,
    unsafe_fixes: bool,
    diff: bool,
    statistics: bool,
    context: str | None,
    build_arg: tuple[str, ...],
    target: str | None,
    platform: str | None,
    resolve: bool,
    baseline: str | None,
    write_baseline: bool,
    prune_baseline: bool,
    no_baseline: bool,
    diff_base: str | None,
    jobs: int,
    no_cache: bool,
    stdin_filename: str | None,
    color: str,
    quiet: bool,
) -> int:
    """Lint; gives the exit code. Raises UsageError."""
    _refuse_together(
        ("--statistics", statistics, f"--format {format}", format not in ("text", "json")),
        ("--no-baseline", no_baseline, "--baseline", baseline is not None),
        ("--no-baseline", no_baseline, "--write-baseline", write_baseline),
        ("--no-baseline", no_baseline, "--prune-baseline", prune_baseline),
        ("--write-baseline", write_baseline, "--prune-baseline", prune_baseline),
        ("--diff-base", diff_base is not None, "--write-baseline", write_baseline),
        ("--diff-base", diff_base is not None, "--prune-baseline", prune_baseline),
        ("--diff", diff, "--diff-base", diff_base is not None),
        ("--diff", diff, "--baseline", baseline is not None),
        ("--diff", diff, "--write-baseline", write_baseline),
        ("--diff", diff, "--prune-baseline", prune_baseline),
    )
    if unsafe_fixes and not (fix or diff):
        raise UsageError("--unsafe-fixes does nothing alone: add --fix or --diff")
    if jobs < 0:
        raise UsageError(f"--jobs {jobs}: write a number of processes, or 0 for as many as pay")
    where = paths or (".",)
    options = Options(
        config=config,
        profile=profile or "",
        shellcheck=shellcheck,
        select=_rule_names(select),
        ignore=_rule_names(ignore),
        fail_on=Severity.parse(fail_on) if fail_on else None,
        stdin_filename=stdin_filename or "",
        scope=Scope(
            context,
            build_args(build_arg),
            target,
            _platform(platform),
            _bases() if resolve else None,
        ),
        fix=fix,
        unsafe_fixes=unsafe_fixes,
        diff=diff,
        jobs=jobs,
        cache=not no_cache,
    )
    changes, baselines = None, None
    if diff_base is not None:
        from dockgate.linter.changes import Changes

        changes = Changes(diff_base, where, options)
    if baseline is not None or write_baseline or prune_baseline:
        from dockgate.linter.baseline import Baselines

        baselines = Baselines(
            options,
            baseline or "",
            write=write_baseline,
            prune=prune_baseline,
            tell_stale=changes is None,
        )
    outcome = lint_paths(where, options, changes.among if changes is not None else None)
    if outcome.baselines and baselines is None and not (no_baseline or diff):
        from dockgate.linter.baseline import Baselines

        baselines = Baselines(options, tell_stale=changes is None)
    if changes is not None:
        outcome.notes += changes.apply(outcome.report)
    if baselines is not None:
        outcome.notes += baselines.apply(outcome.report)
    if changes is not None or baselines is not None:
        outcome.failed = fails(outcome.report, options)
    for line in outcome.notes:
        note(line)
    if diff:
        write(outcome.diff)
        for failure in outcome.report.failures:
            note(failure)
    else:
        colored = output is None and wants_color(color)
        rendered = formats.render(
            outcome.report, format, color=colored, brief=quiet, statistics=statistics
        )
        _put(outcome, rendered, output)
    if outcome.fixed and not diff:
        note(f"{outcome.fixed} {'fix' if outcome.fixed == 1 else 'fixes'} applied")
    if outcome.undecided:
        return 3
    found = bool(outcome.diff) if diff else outcome.failed
    return 1 if found and not exit_zero else 0


def _refuse_together(*pairs: tuple[str, bool, str, bool]) -> None:
    for one, with_one, other, with_other in pairs:
        if with_one and with_other:
            raise UsageError(f"{one} does not go with {other}: leave one of them out")


def _rule_names(names: tuple[str, ...]) -> frozenset[str]:
    if not names:
        return frozenset()
    from dockgate.linter.config import rule_names

    return rule_names(names)


def _platform(text: str | None) -> str | None:
    if not text:
        return None
    from dockgate.linter.parsing import platforms

    try:
        return platforms.parse(text).name
    except ValueError as error:
        raise UsageError(f"--platform: {error}: write OS/ARCH, such as linux/arm64") from None


def _bases() -> Bases:
    from dockgate.builder.resolve import ResolvedBases

    return ResolvedBases()


def _put(outcome: Outcome, text: str, output: str | None) -> None:
    """The findings where they are wanted; fixed standard input has standard output for itself."""
    if outcome.stdin is not None:
        write_bytes(outcome.stdin)
    if output is not None:
        from dockgate.linter import files

        files.replace(output, encoded(text))
    elif outcome.stdin is not None:
        write_error(text)
    else:
        write(text)

"""Text that BuildKit would refuse."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """One finding for each error of the document.

    A base that only waits for a build argument is no error of the text: `invalid-default-base`.
    """
    waiting = {s.base.span for s in dockerfile.stages if s.default_problem and s.base.undefined}
    for error in dockerfile.errors:
        if error.span not in waiting:
            yield Finding(error.message, error.span)


RULE = Rule(
    "syntax-error",
    Dockerfile,
    Severity.ERROR,
    why=(
        "BuildKit refuses this file, so nothing can be built from it. The rest of the file is "
        "checked all the same, as far as it can be read, but what stands behind an error may be "
        "understood otherwise than it was meant. A base whose ARG has no default (FROM $BASE) is "
        "left to invalid-default-base: such a file is built with --build-arg, and is right then."
    ),
    references=("https://docs.docker.com/reference/dockerfile/#format",),
    aliases=(
        "DL1000",
        "DL3061",
        "DF037",
        "from_first",
        "DL3043",
        "invalid-onbuild-trigger",
        "DF068",
        "ONBUILD_CHAINING_DISALLOWED",
        "ONBUILD_TRIGGER_DISALLOWED",
        "unknown-instruction",
        "invalid_command",
        "invalid_line",
        "UNKNOWN_INSTRUCTION",
        "UNKNOWN_ADD_FLAG",
        "UNKNOWN_COPY_FLAG",
        "UNKNOWN_FROM_FLAG",
        "FLAG_DUPLICATE",
        "FLAG_MISSING_VALUE",
        "FLAG_EXPECTED_BOOLEAN_VALUE",
        "FLAG_INVALID_LINK_VALUE",
        "required_params",
        "missing_args",
        "extra_args",
        "ARGUMENT_MISSING",
        "ARGUMENT_EXTRA",
        "ARGUMENT_REQUIRES_ONE",
        "ARGUMENT_REQUIRES_AT_LEAST_ONE",
        "ARGUMENT_REQUIRES_TWO",
        "ARGUMENT_REQUIRES_AT_LEAST_TWO",
        "ARGUMENT_REQUIRES_ONE_OR_THREE",
        "INVALID_AS",
        "INVALID_ESCAPE_DIRECTIVE",
        "DUPLICATED_ESCAPE_DIRECTIVE",
        "require-stages",
        "NO_SOURCE_IMAGE",
        "SYNTAX_MISSING_EQUALS",
        "SYNTAX_MISSING_NAMES",
        "SYNTAX_MISSING_SINGLE_QUOTE",
        "SYNTAX_MISSING_DOUBLE_QUOTE",
        "INVALID_SYNTAX",
        "UNSUPPORTED_MODIFIER",
        "INVALID_REFERENCE_FORMAT",
        "BASE_NAME_EMPTY",
        "INVALID_BUILD_STAGE_NAME",
        "SHELL_JSON_FORM",
        "SHELL_REQUIRES_ONE",
        "healthcheck_options_missing_args",
        "HEALTHCHECK_CMD_ARGUMENT_MISSING",
        "UNKNOWN_TYPE",
        "FLAG_AT_LEAST_ONE",
        "FLAG_INVALID_DURATION",
        "FLAG_LESS_THAN_1MS",
        "FLAG_MISSING_DURATION",
        "FLAG_UNKNOWN_UNIT",
        "UNKNOWN_HEALTHCHECK_FLAG",
        "ARGUMENT_UNNECESSARY",
    ),
    examples=(
        bad("FROM debian:12\nRNU true\n", at=[2]),
        bad("RUN true\nFROM debian:12\n", at=[1]),
        bad("FROM debian:12\nWORKDIR\n", at=[2]),
        bad("FROM debian:12\nENV a=1 b\nUSER app\n", at=[2]),
        bad("FROM debian:12\nHEALTHCHECK curl http://localhost/\n", at=[2]),
        good("FROM debian:12\nRUN <<EOF\nRNU true\nEOF\n"),
        good("ARG BASE\nFROM $BASE\n"),
        good("# escape=`\nFROM debian:12\nRUN true `\n\n  # a comment\n  x\n"),
        good("FROM debian:12\nENV legacy and more\n"),
    ),
    needs=("an error",),
    check=check,
)

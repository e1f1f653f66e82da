"""A file is copied and its mode changed in a step of its own."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects.copies import Copied, copies
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction
from dockgate.rules.subjects.shell import Command
from dockgate.rules.subjects.text import Span

#: What chmod is told mostly, and the mode that it means for a program.
_MODES = {"+x": "755", "a+x": "755", "ugo+x": "755", "u+x": "755", "a+rx": "755", "+rx": "755"}


def _mode(command: Command) -> str:
    """The octal mode for --chmod, "" when that cannot be told."""
    if not command.args or command.args[0].value.startswith("-") or not command.args[0].literal:
        return ""
    mode = command.args[0].value
    octal = mode.isdecimal() and set(mode) <= set("01234567") and 3 <= len(mode) <= 4
    return mode if octal else _MODES.get(mode, "")


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at chmod of a file that the stage copied, once a command."""
    calls = [(i, c) for i, c in dockerfile.commands("chmod") if i.cmd == "RUN" and _mode(c)]
    if not calls:
        return
    fixed: set[int] = set()  # COPYs that have their new mode
    known = Copied(c for c in copies(dockerfile) if c.instruction.flag("chmod") is None)
    for instruction, command in calls:
        for word in command.args[1:]:
            copy = known.before(instruction, word.value)
            if copy is not None:
                mode, step = _mode(command), copy.instruction
                fixes = () if step.index in fixed else _fix(dockerfile, instruction, command, step)
                if fixes:
                    fixed.add(step.index)
                yield Finding(
                    f"chmod {command.args[0].value} {word.value} stores the file again that line "
                    f"{step.start} copied",
                    command.span,
                    stage=instruction.stage,
                    help=f"write {step.cmd} --chmod={mode} there",
                    fixes=fixes,
                )
                break


def _fix(
    dockerfile: Dockerfile, run: Instruction, command: Command, copy: Instruction
) -> tuple[Fix, ...]:
    """The mode at the COPY and no RUN, where chmod is all it does and the COPY has one source."""
    script, mode = run.script, _mode(command)
    alone = script is not None and script.commands == [command] and not run.flags
    if not alone or len(copy.words) != 2 or len(command.args) != 2 or run.heredocs:
        return ()
    end = dockerfile.text.text.find("\n", run.span.end)
    end = len(dockerfile.text.text) if end < 0 else end + 1
    if dockerfile.text.text[run.span.end : end].strip():
        return ()
    at = copy.keyword.end
    edits = (Edit(Span(at, at), f" --chmod={mode}"), Edit(Span(run.span.start, end), ""))
    return (Fix(f"copy it with mode {mode}", edits, safe=False),)


RULE = Rule(
    "chmod-after-copy",
    Dockerfile,
    Severity.INFO,
    why=(
        "A change of mode in a RUN stores the whole file again in a second layer, so that a "
        "program of 100 MB costs 200 MB on every node and in every registry. COPY --chmod sets "
        "the mode while copying. The fix is unsafe: +x adds to the mode that the file has in the "
        "context, while --chmod=755 says all of it, and a folder gets it with its content."
    ),
    references=("https://docs.docker.com/reference/dockerfile/#copy---chown---chmod",),
    aliases=("prefer-copy-chmod",),
    examples=(
        bad(
            "FROM debian:12\nCOPY run.sh /run.sh\nRUN chmod +x /run.sh\nUSER 1\n",
            at=[3],
            fixed="FROM debian:12\nCOPY --chmod=755 run.sh /run.sh\nUSER 1\n",
        ),
        bad("FROM debian:12\nWORKDIR /app\nCOPY a b ./\nRUN true && \\\n chmod 755 b\n", at=[5]),
        bad(
            "FROM debian:12\nCOPY --from=x /bin/tool /usr/local/bin/\n"
            "RUN chmod 0755 /usr/local/bin/tool\n",
            at=[3],
            fixed="FROM debian:12\nCOPY --chmod=0755 --from=x /bin/tool /usr/local/bin/\n",
        ),
        good("FROM debian:12\nCOPY --chmod=755 run.sh /\nRUN chmod +x /other.sh\n"),
        good("FROM debian:12\nCOPY a /a\nRUN chmod -R g+w /var/lib/app\n"),
        good("FROM debian:12 AS b\nCOPY a /a\nFROM debian:12\nRUN chmod +x /a\n"),
    ),
    needs=("chmod",),
    check=check,
)

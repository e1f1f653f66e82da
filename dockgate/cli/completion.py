"""Shell completion: what typer's own, made of the declared commands, does not know."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from dockgate.cli.declare import RULES

OPTIONS = ("--show-completion", "--install-completion")
#: Set, typer takes a shell's name with these options; else it looks for the shell that is running.
SHELL_IS_NAMED = "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION"
ASKED = "_DOCKGATE_COMPLETE"  #: what the shell asks for: `complete_bash`


def prepare(argv: Sequence[str]) -> None:
    """Tell typer what it cannot see for itself. Before the application is made."""
    if len(argv) > 1 and argv[0] in OPTIONS:
        os.environ[SHELL_IS_NAMED] = "1"
    if os.environ.get(ASKED) == "complete_bash":
        _join_values()


def _join_values() -> None:
    """Bash hands `--select=root` over as three words, up to the cursor: make one of them."""
    at = os.environ.get("COMP_CWORD", "")
    if not (at.isascii() and at.isdigit()):
        return
    words: list[str] = []
    for word in os.environ.get("COMP_WORDS", "").split("\n")[: int(at) + 1]:
        before = words[-1] if words else ""
        option = before.startswith("--")
        if option and (before.endswith("=") or (word == "=" and "=" not in before)):
            words[-1] += word
        else:
            words.append(word)
    os.environ["COMP_WORDS"] = "\n".join(words)
    os.environ["COMP_CWORD"] = str(len(words) - 1)


def _rules(incomplete: str) -> list[str]:
    """The rules that the last name of a comma list may become; aliases once it has begun."""
    from dockgate.linter.config import known_names
    from dockgate.rules import registry

    before, comma, begun = incomplete.rpartition(",")
    if begun:
        names = known_names()
    else:
        names = sorted(name for subject in registry.SUBJECTS for name in registry.entries(subject))
    return [before + comma + n for n in names if n.startswith(begun)]


#: By what an option or argument is declared to complete.
COMPLETERS: dict[str, Callable[[str], list[str]]] = {RULES: _rules}

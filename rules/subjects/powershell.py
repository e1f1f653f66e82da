"""What PowerShell is given to run, as far as text tells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction


@cache
def _call() -> re.Pattern[str]:
    return re.compile(r"\s*(?:\S*[/\\])?(?:powershell|pwsh)(?:\.exe)?(?=\s|\Z)", re.IGNORECASE)


def calls(instruction: Instruction) -> bool:
    """Whether a RUN in shell form starts PowerShell through another shell."""
    script = instruction.script
    return (
        script is not None
        and script.language != "powershell"
        and not instruction.json
        and _call().match(instruction.body.text) is not None
    )


def runs(dockerfile: Dockerfile) -> Iterator[tuple[Instruction, str]]:
    """The RUNs that PowerShell reads, each with its script and the SHELL before it."""
    lowered = dockerfile.text.text.lower()
    if "powershell" not in lowered and "pwsh" not in lowered:
        return
    for instruction in dockerfile.with_triggers():
        script = instruction.script
        if instruction.cmd != "RUN" or script is None:
            continue
        if script.language == "powershell" or calls(instruction):
            texts = [*(instruction.shell or ()), instruction.body.text]
            texts += [heredoc.body.text for heredoc in instruction.heredocs]
            yield instruction, "\n".join(texts)


def several(text: str) -> bool:
    """Whether a script has more than one statement."""
    return re.search(r";\s*\S", text.rstrip("; \n\"'")) is not None

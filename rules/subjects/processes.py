"""What a container starts, and how it is told to stop."""

from __future__ import annotations

from dockgate.rules.subjects.dockerfile import Instruction, Stage
from dockgate.rules.subjects.shell import Command


def last(stage: Stage, command: str) -> Instruction | None:
    """The instruction of this kind that is in force at the stage's end, inherited ones included."""
    found = None
    for instruction in stage.history():
        if instruction.cmd == command:
            found = instruction
    return found


def main_process(stage: Stage) -> tuple[Instruction, Command] | None:
    """The program that gets the container's signals, with the ENTRYPOINT or CMD that names it.

    None where text does not tell: a shell or a start script is in between, or only the base
    image says it.
    """
    instruction = last(stage, "ENTRYPOINT") or last(stage, "CMD")
    script = instruction.script if instruction is not None else None
    if instruction is None or script is None or not script.commands:
        return None
    command = script.commands[0]
    if not instruction.json and not (command.words and command.words[0].value == "exec"):
        return None
    return (instruction, command) if command.name_word is not None else None

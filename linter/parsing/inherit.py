"""What a stage has from a base image that is known, before its own instructions.

Follows moby/buildkit `dockerfile2llb` (dispatch of a stage's image configuration).
"""

from __future__ import annotations

from dockgate.linter.parsing import platforms
from dockgate.linter.parsing.evaluate import Evaluator, State
from dockgate.linter.parsing.instructions import parse
from dockgate.rules.subjects.base_image import BaseImage
from dockgate.rules.subjects.dockerfile import Instruction
from dockgate.rules.subjects.text import Text

#: Which triggers BuildKit refuses.
_NO_TRIGGERS = frozenset({"FROM", "ONBUILD", "MAINTAINER"})


def start(image: BaseImage, evaluator: Evaluator, path: str) -> tuple[State, BaseImage]:
    """What is in force in a stage on `image` before its own instructions, and the image then.

    That is after its ONBUILD triggers. `path`: PATH where the image sets none. What comes from the
    image has no place in the file: no instruction in the state has set it.
    """
    state = State(image.os)
    env = dict(image.env)
    if image.os != "windows":
        env.setdefault("PATH", path)
    for name, value in env.items():
        state.variables.set(name, value)
        state.env.set(name, value)
    for name, value in image.labels.items():
        state.labels.set(name, value)
    state.shell = image.shell
    state.user = image.user
    if image.workdir:
        try:
            state.workdir = platforms.workdir(state.workdir, image.workdir, state.system)
        except ValueError:
            state.workdir = image.workdir
    return state, _run(state, image, evaluator) if image.onbuild else image


def _run(state: State, image: BaseImage, evaluator: Evaluator) -> BaseImage:
    command = image.cmd
    for text in image.onbuild:
        for trigger in parse(Text(text)).instructions[:1]:
            if trigger.cmd not in _NO_TRIGGERS:
                evaluator.step(state, trigger, trigger=True)
            if trigger.cmd in ("CMD", "ENTRYPOINT"):
                command = tuple(word.value for word in trigger.words)
    healthcheck = image.healthcheck
    if state.healthcheck is not None:
        healthcheck = _test(state.healthcheck)
    state.healthcheck = state.user_instruction = None
    return image._replace(user=state.user, healthcheck=healthcheck, cmd=command)


def _test(healthcheck: Instruction) -> tuple[str, ...]:
    """HEALTHCHECK as the configuration's `Test`."""
    kind, *rest = [word.value for word in healthcheck.words] or [""]
    if kind.upper() == "NONE":
        return ("NONE",)
    return ("CMD" if healthcheck.json else "CMD-SHELL", *rest)

"""What the rules on commands share: the commands of an image, and what becomes of them."""

from __future__ import annotations

from dockgate.rules.subjects.image import Image
from dockgate.rules.subjects.programs import Start, Starter


def entry(image: Image) -> Start:
    """What the image's entry point, with its command as arguments, does when it is started."""
    config = image.config
    starter = Starter(image)
    if not starter.can_tell:
        return Start()
    return starter.start([*config.entrypoint, *config.cmd])


def healthcheck(image: Image) -> Start:
    """What the image's health check does when it is started; nothing where there is none."""
    test = image.config.healthcheck or []
    kind = test[0].upper() if test else ""
    if kind == "CMD":
        words = test[1:]
    elif kind == "CMD-SHELL" and len(test) > 1:
        words = ["/bin/sh", "-c", test[1]]
    else:
        return Start()
    starter = Starter(image)
    return starter.start(words) if starter.can_tell else Start()

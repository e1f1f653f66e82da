"""An entry point or command that no container can start."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.image._programs import elf, script
from dockgate.rules.image.config import _start
from dockgate.rules.rule import File, Finding, Rule, Severity, bad_image, good_image
from dockgate.rules.subjects.image import Image


def check(image: Image) -> Iterator[Finding]:
    """One finding where execve(2) would fail."""
    fault = _start.entry(image).fault
    if fault:
        what = "ENTRYPOINT" if image.config.entrypoint else "CMD"
        yield Finding(
            f"no container of the image starts by its {what}: {fault}",
            help="put the program into the final stage, executable by the image's user",
        )


_SHELL = {"bin/busybox": elf(), "bin/sh": File(link="busybox")}
_RUN = {"Cmd": ["/run"]}
_LOADER = "/lib64/ld-linux-x86-64.so.2"

RULE = Rule(
    "image-command-cannot-start",
    Image,
    Severity.WARNING,
    why=(
        "An image builds whether or not its command is in it. `docker run` is the first to say "
        "`no such file or directory` or `permission denied`, in production when the tests start "
        "the program otherwise. The causes are seldom plain: a program that is linked for another "
        "C library, a script whose interpreter is in the build stage only or whose first line "
        "ends as in Windows, a mode that lets root alone execute it. The command is looked up as "
        "the kernel would do: PATH, links, modes, owners, closed folders, `#!` and the loader of "
        "ELF files. What a volume brings, or a shell computes, is not judged."
    ),
    check=check,
    references=(
        "https://docs.docker.com/reference/dockerfile/#entrypoint",
        "https://man7.org/linux/man-pages/man2/execve.2.html",
    ),
    examples=(
        bad_image(_SHELL, config={"Cmd": ["nginx", "-g", "daemon off;"]}, found=["config"]),
        bad_image({"run": elf(mode=0o644)}, config=_RUN, found=["config"]),
        bad_image({"run": elf(mode=0o700)}, config={"User": "10001", **_RUN}, found=["config"]),
        bad_image({"run": script("#!/bin/bash\n"), **_SHELL}, config=_RUN, found=["config"]),
        bad_image({"run": script("#!/bin/sh\r\nid\r\n"), **_SHELL}, config=_RUN, found=["config"]),
        bad_image({"run": script("echo hello\n"), **_SHELL}, config=_RUN, found=["config"]),
        bad_image({"run": elf(loader=_LOADER)}, config=_RUN, found=["config"]),
        bad_image(_SHELL, config={"Cmd": ["/bin/sh", "-c", "exec gunicorn app"]}, found=["config"]),
        bad_image(
            {"root/": File(mode=0o700), "root/run": elf()},
            config={"Entrypoint": ["/root/run"], "User": "10001"},
            found=["config"],
        ),
        good_image({"run": script("#!/usr/bin/env -S sh -e\n"), "usr/bin/env": elf(), **_SHELL},
                   config=_RUN),
        good_image(_SHELL, config={"Entrypoint": ["sh", "-c", "cd /app && ./run"]}),
        good_image({"opt/bin/tool": elf()}, config={"Cmd": ["tool"], "Env": ["PATH=/opt/bin"]}),
        good_image(
            {"run": elf(mode=0o750, uid=10001)}, config={"User": "10001:10001", **_RUN}
        ),
        good_image({"app": ""}, config={"Cmd": ["/plugins/run"], "Volumes": {"/plugins": {}}}),
        good_image({"app": ""}),
    ),
)  # fmt: skip

"""What `lint` and `parse` are told about a build: the options that docker build has too."""

from __future__ import annotations

from dockgate.cli.declare import Option

SCOPE = (
    Option(
        "build_arg",
        ("--build-arg",),
        "texts",
        "Value of an ARG, as for docker build.",
        (),
        metavar="NAME[=VALUE]",
    ),
    Option("target", ("--target",), "text", "The stage that is built.", metavar="STAGE"),
    Option(
        "platform",
        ("--platform",),
        "text",
        "The platform that is built for; this machine's where none is given.",
        metavar="OS/ARCH",
    ),
)

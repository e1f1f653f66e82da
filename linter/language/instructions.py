"""What each instruction is for and which flags it takes: for hover and completion.

From the Dockerfile reference of Docker's documentation; the flags are those that
`linter.parsing.validate` knows (held by a test).
"""

from __future__ import annotations

from typing import NamedTuple

REFERENCE = "https://docs.docker.com/reference/dockerfile/#"


class Help(NamedTuple):
    """An instruction in short."""

    form: str
    summary: str
    flags: dict[str, str] = {}  # noqa: RUF012 (never changed)

    def url(self, name: str) -> str:
        """The page about it."""
        return REFERENCE + name.lower()


INSTRUCTIONS = {
    "ADD": Help(
        "ADD [flags] SOURCE... DESTINATION",
        "Copies files from the context, a URL or a Git repository into the image; unpacks local "
        "tar archives.",
        {
            "chown": "owner of what is copied: user[:group]",
            "chmod": "permissions of what is copied: 0644 or u=rw,go=r",
            "checksum": "digest that a download must have: sha256:...",
            "keep-git-dir": "keep the .git folder of a repository",
            "link": "a layer of its own, independent of the ones below",
            "exclude": "pattern of what is left out",
            "unpack": "whether archives are unpacked",
        },
    ),
    "ARG": Help(
        "ARG NAME[=DEFAULT]...",
        "Declares a variable that --build-arg may set; in force until its stage ends, and not in "
        "the image's environment.",
    ),
    "CMD": Help(
        'CMD ["program", "argument"]',
        "The command that a container runs, or the arguments of ENTRYPOINT. The last one counts.",
    ),
    "COPY": Help(
        "COPY [flags] SOURCE... DESTINATION",
        "Copies files from the build context, or with --from out of a stage or an image.",
        {
            "from": "stage, image or named context to copy from",
            "chown": "owner of what is copied: user[:group]",
            "chmod": "permissions of what is copied: 0644 or u=rw,go=r",
            "link": "a layer of its own, independent of the ones below",
            "parents": "keep the folders of the sources",
            "exclude": "pattern of what is left out",
        },
    ),
    "ENTRYPOINT": Help(
        'ENTRYPOINT ["program", "argument"]',
        "The program that a container runs; CMD and the arguments of docker run follow it.",
    ),
    "ENV": Help(
        "ENV NAME=VALUE...",
        "Sets environment variables for the instructions that follow and for containers.",
    ),
    "EXPOSE": Help(
        "EXPOSE PORT[/PROTOCOL]...",
        "Says on which ports the container listens; publishes none.",
    ),
    "FROM": Help(
        "FROM [--platform=PLATFORM] IMAGE [AS NAME]",
        "Starts a stage from an image, an earlier stage or scratch.",
        {"platform": "platform of the image: linux/amd64, $BUILDPLATFORM"},
    ),
    "HEALTHCHECK": Help(
        "HEALTHCHECK [flags] CMD COMMAND | NONE",
        "How to find out whether the container still works.",
        {
            "interval": "time between two checks: 30s",
            "timeout": "time that one check may take: 30s",
            "start-period": "time in which failures do not count yet: 0s",
            "start-interval": "time between two checks in the start period: 5s",
            "retries": "failures in a row that make it unhealthy: 3",
        },
    ),
    "LABEL": Help("LABEL KEY=VALUE...", "Adds metadata to the image."),
    "MAINTAINER": Help(
        "MAINTAINER NAME",
        "The image's author. Deprecated: LABEL org.opencontainers.image.authors says the same.",
    ),
    "ONBUILD": Help(
        "ONBUILD INSTRUCTION",
        "An instruction that runs when another build is based on this image.",
    ),
    "RUN": Help(
        "RUN [flags] COMMAND",
        "Runs a command and keeps what it changed as a layer.",
        {
            "mount": "folder, cache, secret or SSH agent that is there for this command only",
            "network": "network of this command: default, none, host",
            "security": "sandbox or insecure",
            "device": "CDI device that the command may use",
        },
    ),
    "SHELL": Help(
        'SHELL ["program", "argument"]',
        "The shell that runs the shell form of RUN, CMD and ENTRYPOINT from here on.",
    ),
    "STOPSIGNAL": Help("STOPSIGNAL SIGNAL", "The signal that asks the container to end."),
    "USER": Help(
        "USER USER[:GROUP]",
        "Who runs the instructions that follow, and the container.",
    ),
    "VOLUME": Help("VOLUME PATH...", "Folders whose content lives outside of the container."),
    "WORKDIR": Help(
        "WORKDIR PATH",
        "The folder in which the instructions that follow work, and the container; it is created.",
    ),
}

MOUNT_TYPES = {
    "bind": "files of the context, a stage or an image",
    "cache": "folder that later builds find again",
    "secret": "file or variable that is in no layer",
    "ssh": "the SSH agent of whoever builds",
    "tmpfs": "folder in memory",
}
MOUNT_KEYS = {
    "type": "bind, cache, secret, ssh or tmpfs",
    "target": "where it is mounted",
    "source": "what is mounted of it",
    "from": "stage, image or named context",
    "id": "name of the cache, secret or agent",
    "sharing": "cache: shared, private or locked",
    "required": "secret, ssh: fail where it is not given",
    "env": "secret: the variable that holds it",
    "mode": "permissions",
    "uid": "owner's number",
    "gid": "group's number",
    "size": "tmpfs: bytes at most",
    "readonly": "bind, cache: nothing is written",
    "readwrite": "bind: writes are allowed, and thrown away",
}

#: ARGs that BuildKit sets without being told (reference, "Automatic platform ARGs").
PLATFORM_ARGS = (
    "TARGETPLATFORM",
    "TARGETOS",
    "TARGETARCH",
    "TARGETVARIANT",
    "BUILDPLATFORM",
    "BUILDOS",
    "BUILDARCH",
    "BUILDVARIANT",
)

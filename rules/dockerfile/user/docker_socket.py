"""The Docker daemon's socket is asked for."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile

_SOCKETS = (
    "/var/run/docker.sock",
    "/run/docker.sock",
    "/run/containerd/containerd.sock",
    "/var/run/crio/crio.sock",
    "/run/podman/podman.sock",
)


def _names_socket(text: str) -> bool:
    parts = text.replace(",", ":").replace("=", ":").split(":")
    return any(part.strip("\"'") in _SOCKETS for part in parts)


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at VOLUME, at RUN --mount, and at docker run -v with the socket of an engine."""
    for instruction in dockerfile.with_triggers():
        if instruction.cmd == "VOLUME":
            for word, value in zip(instruction.words, instruction.values, strict=False):
                if _names_socket(value):
                    yield Finding(
                        f"VOLUME {value} asks for the socket of the container engine",
                        word.span,
                        stage=instruction.stage,
                        help=_HELP,
                    )
        elif instruction.cmd == "RUN":
            for flag in instruction.flags:
                if flag.name == "mount" and _names_socket(flag.value or ""):
                    yield Finding(
                        "RUN --mount asks for the socket of the container engine",
                        flag.span,
                        stage=instruction.stage,
                        help=_HELP,
                    )
    for instruction, command in dockerfile.commands("docker", "podman", "nerdctl"):
        for argument in command.args:
            if _names_socket(argument.value) and ":" in argument.value:
                yield Finding(
                    f"{command.name} gives a container the socket of the container engine",
                    argument.span,
                    stage=instruction.stage,
                    help=_HELP,
                )


_HELP = "leave it out; where images must be built in a container, use rootless BuildKit"

RULE = Rule(
    "docker-socket",
    Dockerfile,
    Severity.WARNING,
    why=(
        "Who may write to the engine's socket may start a container that mounts the host's root "
        "folder, so the socket is root on the host, past every limit of the container. An image "
        "that declares it as a volume, or a step that hands it on, tells its users to give it "
        "away. VOLUME does not even mount the host's socket: it makes an empty folder in its "
        "place, and -v is still needed."
    ),
    references=(
        "https://docs.docker.com/engine/security/#docker-daemon-attack-surface",
        "CIS Docker 1.6 5.32",
        "CWE-250",
    ),
    aliases=("dockerfile-dockerd-socket-mount",),
    examples=(
        bad("FROM debian:12\nVOLUME /var/run/docker.sock\n", at=[2]),
        bad('FROM debian:12\nVOLUME ["/data", "/run/docker.sock"]\n', at=[2]),
        bad(
            "FROM docker:27\nRUN true && \\\n"
            " docker run -v /var/run/docker.sock:/var/run/docker.sock x\n",
            at=[3],
        ),
        bad(
            "FROM debian:12\nRUN --mount=type=bind,source=/var/run/docker.sock,target=/s true\n",
            at=[2],
        ),
        good("FROM debian:12\nVOLUME /var/run/docker\n"),
        good("FROM docker:27\nENV DOCKER_HOST=unix:///var/run/docker.sock\n"),
        good("FROM debian:12\nRUN docker -H unix:///var/run/docker.sock2 ps\n"),
    ),
    needs=("--mount", "VOLUME", "docker", "nerdctl", "podman"),
    check=check,
)

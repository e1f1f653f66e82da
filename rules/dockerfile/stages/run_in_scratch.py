"""RUN where there is nothing to run."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction
from dockgate.rules.subjects.stages import roots

_SHELLS = ("sh", "bash", "ash", "busybox", "dash")


def _may_bring(instruction: Instruction) -> bool:
    """Whether COPY or ADD may bring a shell; one below /srv or /app does not."""
    target = instruction.values[-1] if instruction.values else ""
    if not target.startswith("/") or "$" in target:
        return True
    if target.rstrip("/").rpartition("/")[2] in _SHELLS:
        return True
    return target.rstrip("/") in ("", "/bin", "/usr", "/usr/bin", "/usr/local/bin", "/sbin")


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the first RUN of a stage on scratch before anything may have brought a shell."""
    base = roots(dockerfile)
    settled: set[int] = set()  # stages that may have a shell, or have been told of
    for stage in dockerfile.stages:
        if base[stage.index].name != "scratch" or stage.windows:
            continue
        known = stage.parent is not None and stage.parent.index in settled
        for instruction in stage.instructions:
            if known:
                break
            if instruction.cmd in ("COPY", "ADD"):
                known = _may_bring(instruction)
            elif instruction.cmd in ("ONBUILD", "RUN"):
                known = True
                if instruction.cmd == "ONBUILD" or instruction.json:
                    continue
                if not instruction.mounts and not instruction.shell:
                    yield Finding(
                        "RUN needs /bin/sh, which this image, made from scratch, does not have",
                        instruction.keyword,
                        stage=stage,
                        help="run it in a stage that has a shell and COPY --from what it makes",
                    )
        if known:
            settled.add(stage.index)


RULE = Rule(
    "run-in-scratch",
    Dockerfile,
    Severity.ERROR,
    why=(
        "RUN in shell form starts /bin/sh of the image. An image FROM scratch holds nothing but "
        'what was copied into it, so that the build ends with \'exec: "/bin/sh": no such file '
        "or directory'. The step belongs into a builder stage. The rule is silent where a COPY, "
        "an archive or a mount may have brought a shell."
    ),
    references=(
        "https://docs.docker.com/build/building/base-images/#create-a-minimal-base-image-using-"
        "scratch",
        "https://docs.docker.com/reference/dockerfile/#shell-and-exec-form",
    ),
    aliases=("shell-run-in-scratch",),
    examples=(
        bad("FROM scratch\nRUN mkdir /data\nCOPY app /app\n", at=[2]),
        bad(
            "FROM scratch\nCOPY app /srv/app\nENV A=1\nRUN chmod +x /srv/app && \\\n true\n", at=[4]
        ),
        good("FROM scratch\nADD rootfs.tar.xz /\nRUN true\n"),
        good("FROM scratch\nCOPY --from=busybox:1.37 /bin/busybox /bin/sh\nRUN true\n"),
        good("FROM scratch\nRUN --mount=from=busybox:1.37,dst=/bin true\n"),
        good('FROM scratch\nCOPY app /srv/app\nRUN ["/srv/app", "--init"]\n'),
        good('FROM scratch\nCOPY tool /srv/x\nSHELL ["/srv/x", "-c"]\nRUN true\n'),
    ),
    needs=("FROM scratch",),
    check=check,
)

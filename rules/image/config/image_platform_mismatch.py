"""Programs of another processor than the image says."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.image._programs import elf
from dockgate.rules.image.config import _start
from dockgate.rules.rule import Finding, Rule, Severity, bad_image, good_image
from dockgate.rules.subjects.image import Image, shown

#: Machines of ELF files (elf(5), e_machine) by Go's GOARCH, which images use; the first is its own,
#: the others run there too.
_MACHINES = {
    "amd64": (62, 3),
    "386": (3,),
    "arm64": (183, 40),
    "arm": (40,),
    "ppc64le": (21,),
    "ppc64": (21, 20),
    "s390x": (22,),
    "riscv64": (243,),
    "mips": (8,),
    "mipsle": (8,),
    "mips64": (8,),
    "mips64le": (8,),
    "loong64": (258,),
}
_NAMES = {machines[0]: name for name, machines in reversed(_MACHINES.items())}


def check(image: Image) -> Iterator[Finding]:
    """One finding when the program that starts is of another machine than the configuration's."""
    wanted = _MACHINES.get(image.config.architecture)
    if wanted is None:
        return
    start = _start.entry(image)
    program = start.program
    if program is None or program.machine in wanted:
        return
    name = _NAMES.get(program.machine, f"machine {program.machine}")
    yield Finding(
        f"image says {image.config.architecture}, and {shown(program.path)}, which it starts, is "
        f"a program for {name}",
        layer=program.layer.digest,
        path=shown(program.path),
        help="build for the platform that is asked for: see TARGETARCH, and --platform of COPY "
        "--from's stage",
    )


_RUN = {"Cmd": ["/run"]}

RULE = Rule(
    "image-platform-mismatch",
    Image,
    Severity.WARNING,
    why=(
        "An index gives every node the image for its processor, by what the configurations say. "
        "Where a cross build has copied the builder's own program, or a download has the "
        "architecture written into its address, the image says arm64 and holds an amd64 program: "
        "containers end with `exec format error`, on those nodes alone, and often long after the "
        "release. Laptops hide it, because Docker Desktop emulates other processors."
    ),
    check=check,
    references=(
        "https://docs.docker.com/build/building/multi-platform/#cross-compilation",
        "https://man7.org/linux/man-pages/man5/elf.5.html",
    ),
    examples=(
        bad_image({"run": elf(183)}, config=_RUN, found=["run"]),
        bad_image({"bin/sh": elf(22)}, config={"Cmd": ["sh"]}, found=["bin/sh"]),
        good_image({"run": elf(62)}, config=_RUN),
        good_image({"run": elf(3)}, config=_RUN),
        good_image({"other": elf(183)}, config={"Cmd": ["/bin/sh"]}),
    ),
)

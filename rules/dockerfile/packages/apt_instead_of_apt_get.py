"""apt, made for people, in a script."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile

#: What apt-get (or apt-cache) calls the same.
_SAME = dict.fromkeys(
    ("install", "reinstall", "remove", "purge", "autoremove", "update", "clean", "autoclean"),
    "apt-get",
)
_SAME |= dict.fromkeys(("build-dep", "source", "download", "dist-upgrade"), "apt-get")
_SAME |= dict.fromkeys(("show", "search", "policy", "depends", "rdepends"), "apt-cache")


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the command's name in every RUN."""
    for instruction, command in dockerfile.commands("apt"):
        call, word = command.package_call, command.name_word
        if instruction.cmd != "RUN" or call is None or word is None:
            continue
        other = _SAME.get(call.verb_word.value, "")
        fixes: tuple[Fix, ...] = ()
        if other and not command.exec_form and word.text == "apt":
            fixes = (Fix(f"use {other}", (Edit(word.span, other),), safe=False),)
        yield Finding(
            f"apt {call.verb_word.value} in a script: its interface may change",
            word.span,
            stage=instruction.stage,
            help=f"use {other}" if other else "use apt-get, apt-cache or apt-mark",
            fixes=fixes,
        )


RULE = Rule(
    "apt-instead-of-apt-get",
    Dockerfile,
    Severity.INFO,
    why=(
        "apt is the interface for people: its manual page says that its options, defaults and "
        "output may change between versions, and it warns of that on every call in a script. "
        "apt-get and apt-cache keep theirs. Today's apt builds the same image, so this is a hint "
        "for the next release. The fix is unsafe because apt-get keeps downloaded .deb files "
        "where the base image does not delete them, and older ones cannot install from a path."
    ),
    references=(
        "https://manpages.debian.org/stable/apt/apt.8.en.html#SCRIPT_USAGE_AND_DIFFERENCES_FROM_OTHER_APT_TOOLS",
    ),
    aliases=("DL3027", "CKV_DOCKER_9", "run_using_apt", "prefer-apt-get", "DF059"),
    examples=(
        bad(
            "FROM debian:12\nRUN apt update && apt install -y curl\n",
            at=[2, 2],
            fixed="FROM debian:12\nRUN apt-get update && apt-get install -y curl\n",
        ),
        bad(
            "FROM debian:12\nRUN apt-get update && \\\n  sudo apt -q install -y x\n",
            at=[3],
            fixed=("FROM debian:12\nRUN apt-get update && \\\n  sudo apt-get -q install -y x\n"),
        ),
        bad('FROM debian:12\nRUN apt list\nRUN ["apt", "update"]\n', at=[2, 3]),
        good("FROM debian:12\nRUN apt-get install -y apt && apt-mark hold curl\n"),
        good("FROM debian:12\nRUN echo apt install && rm -rf /var/lib/apt\n"),
    ),
    needs=("apt",),
    check=check,
)

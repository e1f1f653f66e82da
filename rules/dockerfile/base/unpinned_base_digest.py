"""An image with a tag but without a digest."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.dockerfile.base.unpinned_base import floats
from dockgate.rules.pattern import pattern
from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile, Reference
from dockgate.rules.subjects.images import matches_any
from dockgate.rules.subjects.purpose import is_dev_container
from dockgate.rules.subjects.stages import selects_stage
from dockgate.rules.subjects.text import Span

FRONTENDS = ("docker.io/docker/dockerfile", "docker.io/docker/dockerfile-upstream")
_HASH = pattern(r"(?:[\w.-]+-)?(?:[0-9a-f]{40}|[0-9a-f]{64})")


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire for images by tag only; those that `unpinned-base` names are left to it."""
    dev_container = is_dev_container(dockerfile)
    for reference in dockerfile.references:
        if not reference.is_image or reference.undefined or reference.digest:
            continue
        if not (floats(reference) or selects_stage(dockerfile, reference)):
            yield Finding(
                f"{reference.name} has no digest: its tag can be moved to another image",
                reference.span,
                stage=reference.instruction.stage if reference.instruction else None,
                help=f"write {reference.name}@sha256:… with the digest of the image you tested",
                fixes=_fixes(reference),
                at_most=Severity.INFO if dev_container or _as_meant(reference) else None,
            )


def _as_meant(reference: Reference) -> bool:
    """Whether its tag is what somebody means it to be.

    Docker's own frontend gets its repairs by a tag that moves; a tag that is a whole hash names
    one content, and whoever makes such tags does not move them; where a build argument chooses
    the image, a digest would only pin the default.
    """
    if "$" in reference.raw:
        return True
    if reference.kind == "syntax" and matches_any(reference, FRONTENDS):
        return True
    return _HASH.fullmatch(reference.tag or "") is not None


def _fixes(reference: Reference) -> tuple[Fix, ...]:
    """The digest, where the base has been asked for it: it need not be the one that was tested."""
    stage = reference.instruction.stage if reference.instruction else None
    if reference.kind != "from" or stage is None or stage.base_image is None:
        return ()
    digest, end = stage.base_image.digest, reference.span.end
    if not digest or reference.raw != reference.name:
        return ()
    return (Fix(f"pin {reference.name}", (Edit(Span(end, end), f"@{digest}"),), safe=False),)


RULE = Rule(
    "unpinned-base-digest",
    Dockerfile,
    Severity.WARNING,
    why=(
        "A tag is a pointer which its owner, or whoever holds the owner's credentials, can move "
        "at any time; official images move theirs with every rebuild. Only a digest names one "
        "image, so that two builds of one commit rest on the same bytes and a swapped base is "
        "noticed. Pins grow old, so renew them by a tool and not by hand. It is a hint only for "
        "Docker's own `# syntax=docker/dockerfile:1`, which is meant to float, for tags "
        "that are a whole hash or a build argument's, and for dev containers, which ship nothing."
    ),
    references=(
        "https://docs.docker.com/build/building/best-practices/#pin-base-image-versions",
        "CIS Docker 1.6 4.2",
        "CWE-494",
    ),
    aliases=("dockerfile-source-not-pinned",),
    examples=(
        bad("FROM debian:bookworm-slim\n", at=[1]),
        bad("ARG V=3.13\nFROM python:${V}-slim\n", at=[2]),
        bad("FROM scratch\nCOPY --from=busybox:1.36 /bin/sh /bin/sh\n", at=[2]),
        good("FROM debian:bookworm-slim@sha256:" + 64 * "b" + "\n"),
        good("FROM golang:1.23@sha256:" + 64 * "c" + " AS b\nFROM scratch\nCOPY --from=b /a /a\n"),
        good("ARG D=sha256:" + 64 * "d" + "\nFROM debian@${D}\n"),
    ),
    check=check,
)

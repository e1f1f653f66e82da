"""Images of which an engine cannot tell whether they work."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad_image, good_image
from dockgate.rules.subjects.image import Image


def check(image: Image) -> Iterator[Finding]:
    """One finding when there is no health check, or one that says NONE."""
    test = image.config.healthcheck
    if not test:
        said = "has no health check"
    elif test[0].upper() == "NONE":
        said = "has its health check switched off (NONE)"
    else:
        return
    yield Finding(
        f"image {said}",
        help="add `HEALTHCHECK CMD …` with a command that is in the image and asks the service",
    )


RULE = Rule(
    "image-missing-healthcheck",
    Image,
    Severity.WARNING,
    why=(
        "Without a health check an engine knows only whether the process is there. A service that "
        "hangs or answers nothing but errors stays in rotation, and its users meet the fault "
        "before its operators do. OCI has no field for it: tools that write pure OCI "
        "configurations (podman by default) drop a HEALTHCHECK that the Dockerfile has. Kubernetes "
        "looks at its own probes only; switch the rule off where every image runs there."
    ),
    check=check,
    references=(
        "https://docs.docker.com/reference/dockerfile/#healthcheck",
        "CIS Docker 1.6 4.6",
    ),
    aliases=("CIS-DI-0006", "DL3057", "DS-0026", "CKV_DOCKER_2"),
    examples=(
        bad_image({"app": ""}, found=["config"]),
        bad_image({"app": ""}, config={"Healthcheck": {"Test": ["NONE"]}}, found=["config"]),
        good_image({"app": ""}, config={"Healthcheck": {"Test": ["CMD", "/app", "--healthy"]}}),
        good_image(
            {"app": ""},
            config={"Healthcheck": {"Test": ["CMD-SHELL", "wget -qO- localhost:8080"]}},
        ),
    ),
)

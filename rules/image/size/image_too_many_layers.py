"""Images of more layers than they may have."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad_image, good_image
from dockgate.rules.subjects.image import Image

#: Where the policy says nothing. Engines stop at 127, and images that are built upon this one
#: need some for themselves.
DEFAULT_MAX_LAYERS = 100


def check(image: Image) -> Iterator[Finding]:
    """One finding when there are more layers than allowed."""
    limit = image.settings.max_layers
    if limit is None:
        limit = DEFAULT_MAX_LAYERS
    if len(image.layers) > limit:
        yield Finding(
            f"image has {len(image.layers)} layers, {limit} are allowed",
            help="join RUN instructions that belong together, or copy the result to a final stage",
        )


RULE = Rule(
    "image-too-many-layers",
    Image,
    Severity.WARNING,
    why=(
        "Engines mount at most 127 layers upon one another, so an image near that cannot be built "
        "upon. Each layer is a request when the image is pulled, and keeps what the next one "
        "deletes: many small ones are a sign of an image that grew and was never put in order. "
        "`max_layers` in the policy sets the limit."
    ),
    check=check,
    references=(
        "https://docs.docker.com/build/building/best-practices/#create-ephemeral-containers",
        "https://docs.docker.com/engine/storage/drivers/overlayfs-driver/",
    ),
    examples=(
        bad_image({"a": ""}, {"b": ""}, {"c": ""}, max_layers=2, found=["config"]),
        good_image({"a": ""}, {"b": ""}, max_layers=2),
        good_image({"a": ""}, {"b": ""}),
    ),
)

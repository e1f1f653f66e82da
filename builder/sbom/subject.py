"""What a bill of materials says of the image itself, in whatever format: its name, id and date."""

from __future__ import annotations

import os
import re
import uuid
from datetime import UTC, datetime

from dockgate.builder.packages.inventory import Inventory
from dockgate.builder.packages.package import Package
from dockgate.rules.subjects.image import Image, shown

#: For names made of a digest (RFC 9562, section 5.5): this project's own name space.
_SPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "dockgate.sbom")
_DATE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?Z")
_MAX_PATH = 4096  #: characters
_EARLIEST = "1970-01-01T00:00:00Z"
#: Seconds since 1970 up to which a year has four digits.
_LAST_SECOND = 253_402_300_799


def identity(image: Image, found: Inventory) -> uuid.UUID:
    """Of the image's digest; of what is in it for a root file system, which has none."""
    name = image.digest or "\n".join(f"{one.purl} {one.path}" for one in found.packages)
    return uuid.uuid5(_SPACE, name)


def created(image: Image) -> str:
    """When the bill was made: SOURCE_DATE_EPOCH, else when the image was, else in 1970."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if re.fullmatch(r"[0-9]{1,12}", epoch) and int(epoch) <= _LAST_SECOND:
        return datetime.fromtimestamp(int(epoch), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    match = _DATE.fullmatch(image.config.created)
    try:
        return f"{datetime.fromisoformat(match[1]).isoformat()}Z" if match else _EARLIEST
    except ValueError:
        return _EARLIEST


def name(image: Image) -> str:
    """The image as the user named it, fit to be read."""
    return shown(image.name)


def path(package: Package) -> str:
    """Where it says in the image what it is, fit to be read; paths have any bytes."""
    return f"/{shown(package.path, _MAX_PATH)}"


def sha256(image: Image) -> str:
    """The hexadecimal digits of its digest; empty where it has none."""
    kind, _, digits = image.digest.partition(":")
    return digits if kind == "sha256" else ""

"""What BuildKit's provenance tells of a build: the Dockerfile, and which line made which layer.

SLSA provenance 0.2 and 1 (https://slsa.dev/spec/v1.0/provenance) with BuildKit's own fields
(docs/attestations/slsa-definitions.md there); only `mode=max` has them. All of it is the word of
whoever made the image: good enough to tell people where to look, and for nothing else.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from dockgate.builder.bounds import MIB, ImageError
from dockgate.builder.manifest import parse

#: Bytes of a Dockerfile in it.
MAX_SOURCE = 1 * MIB
_METADATA = "https://mobyproject.org/buildkit@v1#metadata"


class Recorded(NamedTuple):
    """What one statement tells; empty where it does not."""

    filename: str = "Dockerfile"
    source: bytes = b""
    target: str = ""
    build_args: Mapping[str, str] = {}
    lines: Mapping[str, int] = {}  #: the first line of the instruction, by its layer's digest
    base: frozenset[str] = frozenset()  #: digests of layers that base images brought


def read(statement: bytes) -> Recorded:
    """What an in-toto statement tells. What is not as it should be is passed over."""
    try:
        predicate = _get(parse(statement), "predicate")
    except ImageError:
        return Recorded()
    metadata = _get(predicate, "metadata", _METADATA) or _get(
        predicate, "runDetails", "metadata", "buildkit_metadata"
    )
    arguments = _get(predicate, "invocation", "parameters", "args") or _get(
        predicate, "buildDefinition", "externalParameters", "request", "args"
    )
    steps = _get(predicate, "buildConfig", "llbDefinition") or _get(
        predicate, "buildDefinition", "internalParameters", "buildConfig", "llbDefinition"
    )
    given = {str(k): v for k, v in _items(arguments) if isinstance(v, str)}
    filename, source = _source(_get(metadata, "source", "infos"))
    bases = {_get(step, "id") for step in _list(steps) if _is_image(step)}
    lines, base = _layers(metadata, bases)
    return Recorded(
        filename,
        source,
        given.get("target", ""),
        {
            name.removeprefix("build-arg:"): value
            for name, value in given.items()
            if name.startswith("build-arg:")
        },
        lines,
        base,
    )


def _source(infos: Any) -> tuple[str, bytes]:
    for info in _list(infos)[:1]:
        data, name = _get(info, "data"), _get(info, "filename")
        if isinstance(data, str) and len(data) <= 2 * MAX_SOURCE:
            try:
                decoded = base64.b64decode(data, validate=True)
            except (binascii.Error, ValueError):
                continue
            if len(decoded) <= MAX_SOURCE:
                return name if isinstance(name, str) and name else "Dockerfile", decoded
    return "Dockerfile", b""


def _is_image(step: Any) -> bool:
    identifier = _get(step, "op", "Op", "source", "identifier")
    return isinstance(identifier, str) and identifier.startswith("docker-image://")


def _layers(metadata: Any, bases: set[Any]) -> tuple[dict[str, int], frozenset[str]]:
    """The lines by layer, and the layers of base images.

    A step's layers are those below it and at the end its own; one that adds none ends as the step
    below it does, which comes first.
    """
    lines: dict[str, int] = {}
    base: set[str] = set()
    locations = _get(metadata, "source", "locations")
    chains = sorted(_items(_get(metadata, "layers")), key=lambda item: _number(item[0]))
    for name, results in chains:
        step = str(name).partition(":")[0]
        for chain in _list(results):
            digests = [d for d in (_get(one, "digest") for one in _list(chain)) if _is_text(d)]
            if step in bases:
                base.update(digests)
            elif digests and digests[-1] not in lines and digests[-1] not in base:
                found = list(_lines(_get(locations, step)))
                if found:
                    lines[digests[-1]] = min(found)
    return lines, frozenset(base)


def _lines(place: Any) -> Iterator[int]:
    for location in _list(_get(place, "locations")):
        if _get(location, "sourceIndex") in (None, 0):
            for part in _list(_get(location, "ranges")):
                line = _get(part, "start", "line")
                if isinstance(line, int) and line > 0:
                    yield line


def _number(name: Any) -> tuple[int, str]:
    """`step10:0` after `step9:0`."""
    digits = "".join(char for char in str(name).partition(":")[0] if char in "0123456789")
    return int(digits[:9] or 0), str(name)


def _get(value: Any, *names: str) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _items(value: Any) -> list[tuple[Any, Any]]:
    return list(value.items()) if isinstance(value, dict) else []


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_text(value: Any) -> bool:
    return isinstance(value, str)

"""What the rules on secrets in layers share: one finding a file, and what became of the file."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding
from dockgate.rules.subjects.image import FileSecret, Image, Layer, shown

#: Keys that a package makes alike for everybody, to be replaced: no secret.
_PUBLIC_KEYS = frozenset({"etc/ssl/private/ssl-cert-snakeoil.key"})


def findings(image: Image, *, private_keys: bool, help: str) -> Iterator[Finding]:
    """One finding for each file of each layer that holds a secret of this sort."""
    for layer in image.layers:
        files: dict[str, list[FileSecret]] = {}
        for found in layer.secrets:
            if found.private_key == private_keys and found.path not in _PUBLIC_KEYS:
                files.setdefault(found.path, []).append(found)
        for path, secrets in files.items():
            message = f"{_what(secrets)} in {shown(path)}{_fate(image, layer, path)}"
            yield Finding(message, layer=layer.digest, path=shown(path), help=help)


def _what(secrets: list[FileSecret]) -> str:
    first = max(secrets, key=lambda one: one.secret.certain).secret
    more = f" and {len(secrets) - 1} more" if len(secrets) > 1 else ""
    value = "" if secrets[0].private_key else f"{first.redacted}, "
    return f"{first.kind} ({value}line {first.line}){more}"


def _fate(image: Image, layer: Layer, path: str) -> str:
    fate = image.fate(layer, path)
    return f", {fate} later, still in layer {layer.digest}" if fate else ""

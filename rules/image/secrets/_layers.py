"""What the rules on secrets in layers share: a secret once, with all its places, and their fate."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Severity
from dockgate.rules.subjects.image import FileSecret, Image, Layer, shown
from dockgate.rules.subjects.secret import Secret

#: Keys that a package makes when it is installed, to be replaced: no secret.
_PUBLIC_KEYS = frozenset({"etc/ssl/private/ssl-cert-snakeoil.key"})
#: The samples that every copy of Jetty has, with the password that its documents tell.
_PUBLIC_ENDINGS = (
    "/modules/ssl/keystore",
    "/modules/ssl/keystore.p12",
    "/modules/test-keystore/test-keystore.p12",
)

#: Secrets of one file that are told one by one.
MAX_TOLD = 20

#: Places of one secret that a message names.
MAX_PLACES = 5

Place = tuple[Layer, FileSecret]


def findings(image: Image, *, private_keys: bool, help: str) -> Iterator[Finding]:
    """One finding for each secret of this sort, at the first of the places that it stands in."""
    places: dict[tuple[str, ...], list[Place]] = {}
    for layer in image.layers:
        for found in layer.secrets:
            if (
                found.private_key == private_keys
                and found.path not in _PUBLIC_KEYS
                and not found.path.endswith(_PUBLIC_ENDINGS)
                and not allowed(image, found.secret)
            ):
                places.setdefault(_key(layer, found), []).append((layer, found))
    told: dict[tuple[str, str], int] = {}
    for there in places.values():
        layer, found = there[0]
        place = layer.digest, found.path
        told[place] = told.get(place, 0) + 1
        if told[place] <= MAX_TOLD:
            yield _finding(image, there, help)
    for (digest, path), count in told.items():
        if count > MAX_TOLD:
            message = f"{count - MAX_TOLD} more secrets in {shown(path)}"
            yield Finding(message, layer=digest, path=shown(path), help=help)


def allowed(image: Image, secret: Secret) -> bool:
    """Whether the user has it on his list of what is no secret."""
    return secret.allow != "" and secret.allow in image.settings.secret_allow


def same(secret: Secret) -> tuple[str, ...]:
    """Equal for what is the same secret; () where that is not known."""
    return (secret.mark, secret.redacted) if secret.mark else ()


def _key(layer: Layer, found: FileSecret) -> tuple[str, ...]:
    secret = found.secret
    return same(secret) or (layer.digest, found.path, found.inside, str(secret.span))


def _finding(image: Image, places: list[Place], help: str) -> Finding:
    layer, found = places[0]
    secret = found.secret
    value = "" if found.private_key or secret.redacted == "…" else f"{secret.redacted}, "
    message = (
        f"{secret.kind} ({value}line {secret.line}) in {_where(found)}{_fate(image, layer, found)}"
    )
    others = dict.fromkeys(
        f"{_where(other)}{_fate(image, where, other)}" for where, other in places[1:]
    )
    others.pop(f"{_where(found)}{_fate(image, layer, found)}", None)
    in_config = (place for place, one in image.config.secrets if same(one) == same(secret) != ())
    others.update(dict.fromkeys(f"the configuration ({shown(place)})" for place in in_config))
    return Finding(
        message + further(list(others)),
        layer=layer.digest,
        path=shown(found.path),
        help=secret.advice(help),
        at_most=Severity.WARNING if secret.kind.startswith("Encrypted") else None,
    )


def further(places: list[str]) -> str:
    """`; also in …` for the other places of a secret, "" for none."""
    if not places:
        return ""
    more = len(places) - MAX_PLACES
    return "; also in " + ", ".join(places[:MAX_PLACES]) + (f" and {more} more" if more > 0 else "")


def _where(found: FileSecret) -> str:
    return shown(found.path) + (f" ({found.inside})" if found.inside else "")


def _fate(image: Image, layer: Layer, found: FileSecret) -> str:
    fate = image.fate(layer, found.path)
    return f", {fate} later, still in layer {layer.digest}" if fate else ""

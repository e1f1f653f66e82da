"""One layer, streamed once: its digests, what it brings or takes away, and its secrets."""

from __future__ import annotations

from dockgate.builder.bounds import (
    MAX_SECRETS,
    Budget,
    ImageError,
)
from dockgate.builder.store import inside
from dockgate.builder.tarstream import Member, TarStream
from dockgate.builder.unpack import LayerStream, Section, new_hash, require_digest
from dockgate.linter.secret_search.file_search import PIECE, FileSearch
from dockgate.rules.subjects.image import Entry, Layer

WHITEOUT = ".wh."
OPAQUE = ".wh..wh..opq"

#: Files whose content rules read, by the end of their path: Nix links /etc/passwd to its store.
KEPT = ("etc/passwd", "etc/group", "etc/os-release", "usr/lib/os-release")


def read_layer(layer: Layer, section: Section, budget: Budget) -> None:
    """Fill `layer` from its blob, which must have its digest, and the blob's tar its `diff_id`.

    A layer of the old `docker save` form has no digest of its own: it is set from the blob.
    Raises ImageError when a digest is another, or the blob cannot be read to its end.
    """
    stored = new_hash(layer.digest or layer.diff_id)
    stream = LayerStream(section, stored, new_hash(layer.diff_id), budget)
    try:
        _read_tar(layer, TarStream(stream), budget)
        stream.drain()
    except ImageError:
        if layer.digest:  # a damaged blob is told as such
            stream.drain_stored()
            require_digest(stored, layer.digest)
        raise
    if layer.digest:
        require_digest(stored, layer.digest)
    else:
        layer.digest = f"{stored.name}:{stored.hexdigest()}"
    if stream.tar_hash.hexdigest() != layer.diff_id.partition(":")[2]:
        raise ImageError(f"unpacks to something else than its diff_id {layer.diff_id}")
    layer.unpacked = stream.size


def _read_tar(layer: Layer, tar: TarStream, budget: Budget) -> None:
    for member in tar:
        entry = _entry(member)
        budget.entry(len(entry.path) + len(entry.link))
        layer.entries.append(entry)
        if entry.kind == "file":
            kept = entry.path.endswith(KEPT)
            if kept:
                budget.keep(entry.size)
                layer.contents[entry.path] = b""
            if member.stored:
                start = _read_file(layer, entry.path, tar)
                if kept:
                    layer.contents[entry.path] = start
        elif entry.kind == "hardlink" and entry.link in layer.contents:
            layer.contents[entry.path] = layer.contents[entry.link]


def _entry(member: Member) -> Entry:
    """The member as image-spec layer.md means it, whiteouts told apart."""
    path = inside(member.name)
    folder, _, name = path.rpartition("/")
    kind = member.kind
    link = inside(member.link) if kind == "hardlink" else member.link
    if name.startswith(WHITEOUT):
        if name == OPAQUE:
            kind, path = "opaque", folder
        elif not name.startswith(WHITEOUT + WHITEOUT):
            hidden = name.removeprefix(WHITEOUT)
            if hidden in ("", ".", ".."):
                raise ImageError(f"has a whiteout of nothing: {path!r}")
            kind, path = "whiteout", f"{folder}/{hidden}" if folder else hidden
    return Entry(path, kind, member.mode, member.uid, member.gid, member.size, link)


def _read_file(layer: Layer, path: str, tar: TarStream) -> bytes:
    """Search a file to its end; gives its first piece."""
    search = FileSearch(path)
    start = data = tar.read(PIECE)
    while data:
        _add(layer, path, search, data)
        data = tar.read(PIECE)
    return start


def _add(layer: Layer, path: str, search: FileSearch, data: bytes) -> None:
    """Add the secrets that the next part of the file holds."""
    try:
        found = search.feed(data)
    except Exception as error:  # told, and the scan undecided: never a silent gap
        layer.unread = layer.unread or (
            f"the search for secrets in {path!r} failed: {type(error).__name__}: {error}"
        )
        return
    if len(layer.secrets) + len(found) > MAX_SECRETS:
        raise ImageError(f"has more than {MAX_SECRETS:,} secrets")
    layer.secrets += found

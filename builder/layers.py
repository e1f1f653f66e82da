"""One layer, streamed once: its digests, what it brings or takes away, what readers make of it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable
from contextlib import closing
from functools import partial
from typing import cast

from dockgate.builder import accounts_reader, secret_reader
from dockgate.builder.bounds import MAX_LINKED, MAX_SECRETS, Budget, ImageError
from dockgate.builder.content import Held, Spooled
from dockgate.builder.dispatch import AnyReader, Choice, Dispatch
from dockgate.builder.store import inside
from dockgate.builder.tarstream import Member, TarStream
from dockgate.builder.unpack import LayerStream, Section, new_hash, require_digest
from dockgate.linter.configuration.sizes import human_size
from dockgate.linter.errors import UnfinishedError
from dockgate.rules.subjects.entries import Entry
from dockgate.rules.subjects.image import Layer
from dockgate.rules.subjects.merged import Merged, TooManyError
from dockgate.rules.subjects.reading import Json, Reader, ReadError, Stream, StreamReader

WHITEOUT = ".wh."
OPAQUE = ".wh..wh..opq"

#: Bytes of a file that streams are handed at once.
PIECE = 8 << 20
#: Bytes of a file that is in memory where readers want the whole; a larger one is spooled.
IN_MEMORY = 64 << 20


def read_layer(layer: Layer, section: Section, budget: Budget, dispatch: Dispatch) -> None:
    """Fill `layer` from its blob, which must have its digest, and the blob's tar its `diff_id`.

    A layer of the old `docker save` form has no digest of its own: it is set from the blob.
    Raises ImageError when a digest is another, or the blob cannot be read to its end.
    """
    stored = new_hash(layer.digest or layer.diff_id)
    stream = LayerStream(section, stored, new_hash(layer.diff_id), budget)
    reading = LayerPass(layer, budget, dispatch)
    try:
        reading.run(TarStream(stream))
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
    if reading.linked:
        with section.again() as again:
            second = LayerStream(again, new_hash(layer.diff_id), new_hash(layer.diff_id), budget)
            budget.give(layer.unpacked)
            reading.run_linked(TarStream(second))
            second.drain()
            require_digest(second.tar_hash, layer.diff_id)  # it may have changed meanwhile
    finish(layer)


def finish(layer: Layer) -> None:
    """Set what stands in a layer apart from the readers' values. Raises ImageError."""
    layer.entries.done()
    layer.secrets = secret_reader.secrets_of(layer.results.get(secret_reader.NAME, {}))
    layer.contents = accounts_reader.contents_of(layer.results.get(accounts_reader.NAME, {}))
    if len(layer.secrets) > MAX_SECRETS:
        raise ImageError(f"has more than {MAX_SECRETS:,} secrets")


class LayerPass:
    """The one pass over a layer in which all readers are served."""

    def __init__(self, layer: Layer, budget: Budget, dispatch: Dispatch) -> None:
        self.layer = layer
        self.budget = budget
        self.dispatch = dispatch
        #: the numbers of hard links that readers ask for by name, by their path: what they are
        #: other names of came before
        self.linked: dict[str, int] = {}
        self._aside: dict[str, int] = {}  # how often a path's values were set aside
        self._valued: set[str] = set()  # paths of which there is a value, or will be
        for reader in dispatch.readers:
            layer.results[reader.name] = {}

    def run(self, tar: TarStream) -> None:
        """Read every entry and hand out the files."""
        layer, budget, dispatch = self.layer, self.budget, self.dispatch
        append = layer.entries.append
        for member in tar:
            entry = _entry(member)
            budget.entries(1, append(entry))
            path, kind, mode, _, _, size, _, _, _ = entry
            if path in self._valued and kind not in ("whiteout", "opaque"):
                self._set_aside(path)
            if kind == "file":
                read = _content(member, tar, budget)
                piece = read(PIECE)
                choices = dispatch.of(path, mode, size, piece)
                if choices:
                    self.file([(entry, choice) for choice in choices], size, piece, read)
            elif kind == "hardlink" and dispatch.named(path, mode):
                self.linked[path] = len(layer.entries) - 1
                self._valued.add(path)
                if len(self.linked) > MAX_LINKED:
                    raise ImageError(f"has more than {MAX_LINKED:,} hard links to package files")

    def run_linked(self, tar: TarStream) -> None:
        """Hand out, in a second reading, files that are wanted under the name of a hard link."""
        entries = self.layer.entries
        try:
            Merged([self.layer])  # tells of every hard link which file it is
        except TooManyError as error:
            raise ImageError(str(error)) from None
        wanted: dict[int, list[Entry]] = {}
        for number in self.linked.values():
            wanted.setdefault(entries.origins.get(number, number), []).append(entries[number])
        for number, member in enumerate(tar):
            if number not in wanted or member.kind != "file":
                continue
            names = [
                one._replace(kind="file", size=member.size, link="") for one in wanted.pop(number)
            ]
            read = _content(member, tar, self.budget)
            piece = read(PIECE)
            pairs = [
                (one, choice)
                for one in names
                for choice in self.dispatch.by_name(one.path, one.mode, one.size, piece)
            ]
            self.file(pairs, member.size, piece, read)
        for one, *_ in wanted.values():
            self._gap(f"the hard link {one.path!r} leads to no file of the layer: {one.link!r}")

    def file(
        self,
        pairs: Iterable[tuple[Entry, Choice]],
        size: int,
        piece: bytes,
        read: Callable[[int], bytes],
    ) -> None:
        """Hand a file, under one name or several, to the readers that it fits.

        `size` is how long its content is, `piece` the first `PIECE` bytes of that; `read` gives
        the others.
        """
        readers: list[tuple[Reader, Entry]] = []
        streams: list[tuple[StreamReader, Entry, Stream]] = []
        whole = False
        taken: tuple[AnyReader | None, Entry | None] = (None, None)
        for entry, choice in pairs:
            reader, largest = choice.reader, choice.largest
            if taken[0] is reader and taken[1] is entry:  # by another of its wants
                continue
            if largest is not None and size > largest:
                self._too_large(entry, choice, size)
                continue
            taken = reader, entry
            if choice.streams:
                stream = self._open(cast("StreamReader", reader), entry)
                if stream is not None:
                    streams.append((cast("StreamReader", reader), entry, stream))
            else:
                readers.append((cast("Reader", reader), entry))
                whole = whole or choice.want.whole
        if not readers:
            self._stream(streams, piece, read)
        elif len(piece) == size or not whole:
            self._stream(streams, piece, read)
            self._read(readers, Held(size, piece))
        elif size <= IN_MEMORY:
            rest = read(size - len(piece))
            self._stream(streams, piece, io.BytesIO(rest).read)
            self._read(readers, Held(size, piece + rest))
        else:
            with closing(Spooled(size, piece)) as content:
                self._stream(streams, piece, partial(content.pass_on, read))
                content.take_rest(read, PIECE)
                self._read(readers, content)

    def _read(self, readers: list[tuple[Reader, Entry]], content: Held) -> None:
        for reader, entry in readers:
            self._value(reader, entry, partial(reader.read, entry, content))

    def _stream(
        self,
        streams: list[tuple[StreamReader, Entry, Stream]],
        piece: bytes,
        read: Callable[[int], bytes],
    ) -> None:
        """Hand a file on piece by piece."""
        while piece and streams:
            streams = [one for one in streams if self._feed(*one, piece)]
            piece = read(PIECE) if len(piece) == PIECE else b""
        for reader, entry, stream in streams:
            self._value(reader, entry, stream.end)

    def _too_large(self, entry: Entry, choice: Choice, size: int) -> None:
        if choice.want.must:
            self._gap(
                f"{entry.path!r} has {human_size(size)}: {choice.reader.name} reads "
                f"{human_size(choice.largest or 0)} at most"
            )

    # -- what readers do, and do wrong

    def _open(self, reader: StreamReader, entry: Entry) -> Stream | None:
        try:
            return reader.open(entry)
        except Exception as error:  # told, and the scan undecided: never a silent gap
            self._failed(reader, entry, error)
            return None

    def _feed(self, reader: StreamReader, entry: Entry, stream: Stream, piece: bytes) -> bool:
        try:
            stream.feed(piece)
        except Exception as error:
            self._failed(reader, entry, error)
            self._value(reader, entry, stream.end)  # what it has found so far
            return False
        return True

    def _value(self, reader: AnyReader, entry: Entry, make: Callable[[], Json]) -> None:
        try:
            value = make()
            if value is None:
                return
            size = len(json.dumps(value))
        except Exception as error:
            self._failed(reader, entry, error)
            return
        self.budget.value(size + len(entry.path))
        self.layer.results[reader.name][entry.path] = value
        self._valued.add(entry.path)

    def _failed(self, reader: AnyReader, entry: Entry, error: Exception) -> None:
        if isinstance(error, ImageError):
            raise error
        said = str(error)
        if not isinstance(error, ReadError | UnfinishedError):
            said = f"{type(error).__name__}: {error}"
        self._gap(f"{reader.name} could not read {entry.path!r}: {said}")

    def _gap(self, text: str) -> None:
        self.layer.unread = self.layer.unread or text

    def _set_aside(self, path: str) -> None:
        """The path stands in the tar once more: it is another file from here on."""
        self.linked.pop(path, None)
        self._valued.discard(path)
        number = self._aside[path] = self._aside.get(path, 0) + 1
        for values in self.layer.results.values():
            if path in values:
                values[f"{path}//{number}"] = values.pop(path)


def _content(member: Member, tar: TarStream, budget: Budget) -> Callable[[int], bytes]:
    """How a file's content is read; the holes of a sparse one count as what they unpack to."""
    if member.size > member.stored:
        budget.take(member.size - member.stored)
    return tar.read


def _entry(member: Member) -> Entry:
    """The member as image-spec layer.md means it, whiteouts told apart."""
    name, kind, mode, uid, gid, size, link, _, device, xattrs = member
    path = inside(name)
    if kind == "hardlink":
        link = inside(link)
    folder, _, name = path.rpartition("/")
    if name.startswith(WHITEOUT):
        if name == OPAQUE:
            kind, path = "opaque", folder
        elif not name.startswith(WHITEOUT + WHITEOUT):
            hidden = name.removeprefix(WHITEOUT)
            if hidden in ("", ".", ".."):
                raise ImageError(f"has a whiteout of nothing: {path!r}")
            kind, path = "whiteout", f"{folder}/{hidden}" if folder else hidden
    if kind == "symlink":
        mode = 0o777  # Linux knows no other
    return Entry(path, kind, mode, uid, gid, size, link, device, xattrs)

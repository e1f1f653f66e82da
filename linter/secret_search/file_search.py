"""A file searched for secrets piece by piece, so that none is too large to be read whole."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator

from dockgate.linter.secret_search import secret_files, secret_shapes
from dockgate.rules.record import NamedTuple
from dockgate.rules.subjects.image import FileSecret
from dockgate.rules.subjects.secret import Secret

#: Bytes that are searched at once.
PIECE = 8 << 20

#: Bytes of the piece before that are searched again, for what lies across their border.
OVERLAP = 64 << 10


class _Told(NamedTuple):
    """What makes a secret the same one, in the piece before and in the overlap."""

    kind: str
    line: int
    redacted: str


class FileSearch:
    """Searches one file; `path` is where it lies, with `/`.

    Lines of what is found are the file's, spans those within the piece that was searched. Bytes
    that are not UTF-8 do not hide what stands beside them.
    """

    def __init__(self, path: str, further: tuple[str, ...] = (), salt: str = "") -> None:
        self._path = path.lstrip("/")
        self._further = further  #: names that the user has declared to mean a secret
        self._salt = salt  #: of his list of allowed secrets
        self._decoder: codecs.IncrementalDecoder | None = None  #: of UTF-16
        self._binary = False
        self._rest = b""  #: the end of the piece before, whole lines of it if they are not long
        self._searched = 0  #: bytes of `_rest` that were searched with the piece before
        self._lines = 0  #: before `_rest`
        self._told: set[_Told] = set()
        self._started = False

    def feed(self, data: bytes, *, last: bool) -> list[FileSecret]:
        """What a further part of the file holds, of any size. `last`: there will be no other.

        Raises UnfinishedError when a piece has more than `secrets.MAX_SECRETS`.
        """
        if not self._started:
            self._started = True
            self._begin(data)
        if len(data) <= PIECE:
            return self._search(data, last)
        found: list[FileSecret] = []
        for start in range(0, len(data), PIECE):
            piece = data[start : start + PIECE]
            found += self._search(piece, last and start + PIECE >= len(data))
        return found

    def through(self, read: Callable[[int], bytes], size: int) -> Iterator[list[FileSecret]]:
        """What each piece of `size` bytes holds that `read` gives, until it gives none."""
        piece = read(size)
        while piece:
            following = read(size)
            yield self.feed(piece, last=not following)
            piece = following

    def _begin(self, data: bytes) -> None:
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            self._decoder = codecs.getincrementaldecoder("utf-16")("replace")
        else:
            self._binary = b"\0" in data[: secret_files.SNIFF] or data[:2] == b"\x30\x82"

    def _search(self, piece: bytes, last: bool) -> list[FileSecret]:
        if self._decoder is not None:
            piece = self._decoder.decode(piece, last).encode("utf-8", "surrogatepass")
        data = self._rest + piece if self._rest else piece
        end = len(data) if last else self._end(data)
        part = data if end == len(data) else data[:end]
        if self._binary:
            inside = secret_files.in_binary(part, self._path, self._salt)
        else:
            inside = secret_files.in_text(part, self._path, self._further, self._salt)
        found, told = [], set()
        for secret in inside:
            one = secret._replace(line=secret.line + self._lines)
            key = _Told(one.kind, one.line, one.redacted)
            told.add(key)
            if secret.span.start >= self._searched or key not in self._told:
                found.append(self._of_file(one))
        if not last:
            self._told = told
            first = self._first(data, end)
            self._rest = data[first:]
            self._searched = end - first
            if not self._binary:
                self._lines += data.count(b"\n", 0, first)
        return found

    def _end(self, data: bytes) -> int:
        """Where the last whole line ends: what follows it may be cut in two."""
        if self._binary:
            return len(data)
        end = data.rfind(b"\n", max(len(data) - OVERLAP, 0)) + 1
        return len(data) if end == 0 and len(data) > OVERLAP else end

    def _first(self, data: bytes, end: int) -> int:
        """From where on it is searched again with the next piece: the start of a line."""
        first = max(end - OVERLAP, 0)
        if first == 0 or self._binary:
            return first
        return data.find(b"\n", first - 1, end) + 1 or first

    def _of_file(self, secret: Secret) -> FileSecret:
        return FileSecret(self._path, secret, self.is_key(secret))

    @staticmethod
    def is_key(secret: Secret) -> bool:
        """Whether it is a private key."""
        return secret.kind in (secret_shapes.PRIVATE_KEY, secret_shapes.ENCRYPTED_KEY)

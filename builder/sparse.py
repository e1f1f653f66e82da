"""Maps of sparse files in tars: the pieces of content that stand there, between holes.

GNU tar manual, "Storing Sparse Files": old GNU headers, PAX 0.0, 0.1 and 1.0. A map that Go's
archive/tar would refuse is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dockgate.builder.bounds import ImageError

#: Numbers of a sparse map; Linux's tar writes some thousands for the most fragmented file.
MAX_SPARSE_NUMBERS = 1_000_000

BLOCK = 512
_NUMBER = 12  # bytes of a number in an old GNU map

#: (offset, bytes) of each piece, in order.
Map = list[tuple[int, int]]


def is_pax_sparse(pax: Mapping[str, str]) -> bool:
    """Whether the records are those of a sparse file."""
    major, minor = pax.get("GNU.sparse.major", ""), pax.get("GNU.sparse.minor", "")
    if major or minor:
        return (major, minor) in (("0", "0"), ("0", "1"), ("1", "0"))
    return bool(pax.get("GNU.sparse.map"))


def pax_map(pax: Mapping[str, str]) -> Map:
    """The map of PAX 0.0 and 0.1; the tar reader joins what 0.0 has as many records."""
    text = pax.get("GNU.sparse.map", "")
    return _pairs(text.split(",") if text else [])


def old_map(header: bytes, number: Callable[[bytes], int], block: Callable[[], bytes]) -> Map:
    """The map of an old GNU header; `block` gives the blocks behind it, which carry it on."""
    pieces: Map = []
    field, places, more = header[386:482], 4, header[482]
    while True:
        for at in range(0, places * 2 * _NUMBER, 2 * _NUMBER):
            offset, size = field[at : at + _NUMBER], field[at + _NUMBER : at + 2 * _NUMBER]
            if not offset[0]:  # as in Go: the first empty place ends the map
                break
            pieces.append((number(offset), number(size)))
        if not more:
            return pieces
        field = block()
        if len(field) < BLOCK or 2 * len(pieces) > MAX_SPARSE_NUMBERS:
            raise damaged()
        places, more = 21, field[504]


def content_map(block: Callable[[], bytes]) -> Map:
    """The map of PAX 1.0, which stands before the data: decimal lines, filled up to a block."""
    lines: list[str] = []
    rest = b""
    wanted = 1
    while len(lines) < wanted:
        data = block()
        if len(data) < BLOCK or len(rest) > BLOCK:
            raise damaged()
        *whole, rest = (rest + data).split(b"\n")
        lines += [line.decode("latin-1") for line in whole]
        if wanted == 1 and lines:
            wanted = 1 + 2 * _decimal(lines[0])
            if wanted > MAX_SPARSE_NUMBERS:
                raise damaged()
    return _pairs(lines[1:wanted])


def checked(pieces: Map, size: int, stored: int) -> Map:
    """The map, which must be in order, within the file and of as many bytes as are stored."""
    end = total = 0
    for offset, length in pieces:
        if offset < end or length < 0:
            raise damaged()
        end = offset + length
        total += length
    if end > size or total != stored:
        raise damaged()
    return [piece for piece in pieces if piece[1]]


def damaged() -> ImageError:
    """What is said of a map that is none."""
    return ImageError("has a sparse file whose map is damaged")


def _pairs(numbers: list[str]) -> Map:
    if len(numbers) % 2 or len(numbers) > MAX_SPARSE_NUMBERS:
        raise damaged()
    values = [_decimal(number) for number in numbers]
    return list(zip(values[::2], values[1::2], strict=True))


def _decimal(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 19:
        raise damaged()
    return int(text)

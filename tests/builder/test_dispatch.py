"""The index over what readers want gives what asking each want of each file gives."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from dockgate.builder.dispatch import Dispatch
from dockgate.rules.subjects.entries import Entry
from dockgate.rules.subjects.reading import Content, Json, Want

NAMES = ("a", "b.py", "c.tar.gz", ".x", "gz", "")
FOLDERS = ("", "etc", "etc/d")
SUFFIXES = (".py", ".gz", ".tar.gz", ".x")
STARTS = (b"PK", b"\x7fELF", b"#!", b"#")
SIZES = (0, 1, 2, 100, 101)


def _is_etc(path: str) -> bool:
    return path.startswith("etc")


def some(values: tuple[object, ...]) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple)


WANTS = st.builds(
    Want,
    names=some(NAMES[:-1]),
    suffixes=some(SUFFIXES),
    paths=some(("a", "etc/a", "etc/d/b.py")),
    folders=some(FOLDERS),
    where=st.sampled_from((None, None, _is_etc)),
    mode=st.sampled_from((0, 0, 0o111, 0o4000, 0o6000)),
    starts=some(STARTS),
    smallest=st.sampled_from(SIZES),
    largest=st.none(),
    must=st.just(True),
    whole=st.just(True),
)
EVERY = WANTS.map(lambda want: want._replace(names=(), suffixes=(), paths=(), folders=()))
FILES = st.tuples(
    st.sampled_from(FOLDERS),
    st.sampled_from(NAMES[:-1]),
    st.sampled_from((0o644, 0o755, 0o4700, 0o2600)),
    st.sampled_from(SIZES),
    st.sampled_from((*STARTS, b"", b"P", b"\x7fEL", b"text")),
)


class Asking:
    """A reader of these wants."""

    version = "1"

    def __init__(self, name: str, wants: list[Want]) -> None:
        self.name = name
        self.wants = tuple(wants)

    def read(self, entry: Entry, content: Content) -> Json:
        return None


def wanted(want: Want, path: str, mode: int, size: int, start: bytes) -> bool:
    """As reading.py says it."""
    folder, _, name = path.rpartition("/")
    ways = [
        name in want.names,
        bool(want.suffixes) and name.endswith(want.suffixes),
        path in want.paths,
        folder in want.folders,
    ]
    by_name = any((want.names, want.suffixes, want.paths, want.folders))
    return (
        (any(ways) or not by_name)
        and (want.where is None or want.where(path))
        and (not want.mode or mode & want.mode != 0)
        and (not want.starts or start.startswith(want.starts))
        and size >= want.smallest
    )


@settings(max_examples=400, deadline=None)
@given(st.lists(st.lists(WANTS | EVERY, max_size=3), max_size=4), st.lists(FILES, max_size=12))
def test_as_if_each_was_asked(
    wants: list[list[Want]], files: list[tuple[str, str, int, int, bytes]]
) -> None:
    dispatch = Dispatch([Asking(str(number), some) for number, some in enumerate(wants)])
    for folder, name, mode, size, start in files:
        path = f"{folder}/{name}" if folder else name
        start = start[:size]
        chosen = [(c.reader.name, c.want) for c in dispatch.of(path, mode, size, start)]
        assert chosen == [
            (reader.name, want)
            for reader in dispatch.readers
            for want in reader.wants
            if wanted(want, path, mode, size, start)
        ]

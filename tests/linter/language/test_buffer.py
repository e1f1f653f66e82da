from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockgate.linter.language.buffer import UTF8, UTF16, UTF32, Buffer
from dockgate.rules.subjects.text import Span

texts = st.text(st.sampled_from("ab\r\n😀é漢\u2028\x0b\x0c\x1c\x85"), max_size=30)


def test_units_of_each_encoding() -> None:
    text = "a😀é$"
    for encoding, at in ((UTF8, 7), (UTF16, 4), (UTF32, 3)):
        buffer = Buffer(text, encoding=encoding)
        assert buffer.place(3) == (0, at)
        assert buffer.offset((0, at)) == 3


def test_lines_end_where_the_protocol_says() -> None:
    buffer = Buffer("a\r\nb\rc\nd\u2028e\x0bf")
    assert [buffer.offset((line, 0)) for line in range(4)] == [0, 3, 5, 7]
    assert buffer.place(9) == (3, 2)


@pytest.mark.parametrize(
    ("place", "offset"), [((0, 99), 2), ((9, 0), 6), ((-1, 5), 0), ((1, -3), 4), ((1, 99), 6)]
)
def test_places_past_an_end_mean_the_end(place: tuple[int, int], offset: int) -> None:
    assert Buffer("ab\r\ncd").offset(place) == offset


def test_an_incremental_edit() -> None:
    buffer = Buffer("FROM a\r\nRUN 😀 x\r\n")
    buffer.replace("y", (1, 7), (1, 8))
    assert buffer.text == "FROM a\r\nRUN 😀 y\r\n"
    buffer.replace("", (0, 6), (1, 0))
    assert buffer.text == "FROM aRUN 😀 y\r\n"


def test_what_no_file_can_hold_is_replaced_one_for_one() -> None:
    buffer = Buffer("a\ud800b")
    buffer.replace("\udc80", (0, 0), (0, 1))
    assert buffer.data == "\ufffd\ufffdb".encode()


def test_an_edit_cuts_no_line_end_in_two() -> None:
    buffer = Buffer("ab\r\ncd\r\n")
    assert buffer.edit(Span(0, 3), "x") == (Span(0, 4), "x\n")
    assert buffer.edit(Span(3, 5), "") == (Span(2, 5), "\r")
    assert buffer.edit(Span(4, 4), "new\n") == (Span(4, 4), "new\r\n")


def test_a_copy_stays_as_it_is() -> None:
    buffer = Buffer("a", 1)
    copy = buffer.copy()
    buffer.replace("b")
    assert (copy.text, copy.revision, copy.version) == ("a", 0, 1)


@given(texts, st.sampled_from([UTF8, UTF16, UTF32]))
def test_a_place_leads_back_to_its_offset(text: str, encoding: str) -> None:
    buffer = Buffer(text, encoding=encoding)
    for offset in range(len(text) + 1):
        within = text[max(offset - 1, 0) : offset + 1] == "\r\n"
        assert buffer.offset(buffer.place(offset)) == offset - within


@given(texts, texts, st.data())
def test_an_edit_by_places_is_an_edit_by_offsets(text: str, new: str, data: st.DataObject) -> None:
    buffer = Buffer(text)
    ends = st.integers(0, len(text)).filter(lambda at: text[max(at - 1, 0) : at + 1] != "\r\n")
    start, end = sorted((data.draw(ends), data.draw(ends)))
    buffer.replace(new, buffer.place(start), buffer.place(end))
    assert buffer.text == text[:start] + new + text[end:]

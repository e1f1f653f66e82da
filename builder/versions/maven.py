"""The order of Maven's versions (https://maven.apache.org/pom.html, "Version Order Specification").

A version is a tree: `-` and a change between digits and letters open a list within the list, `.`
goes on in it. What means nothing at the end of a list (0, `final`, `ga`) is left out.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import zip_longest
from typing import TypeAlias

from dockgate.builder.versions import ordered

Item: TypeAlias = "int | str | list[Item]"

_QUALIFIERS = {
    "alpha": 0, "beta": 1, "milestone": 2, "rc": 3, "cr": 3, "snapshot": 4,
    "": 5, "final": 5, "ga": 5, "release": 5, "sp": 6,
}  # fmt: skip
_RELEASE = 5
_UNKNOWN = 7
_BEFORE_DIGITS = {"a": "alpha", "b": "beta", "m": "milestone"}
MAX_DEPTH = 64  #: lists within lists; a version of Maven has at most about six


def compare(a: str, b: str) -> int:
    """Compare; every text is a version, but for one that is nested without end (ValueError)."""
    return _compare_lists(_parse(a), _parse(b))


@lru_cache(4096)
def _parse(version: str) -> list[Item]:
    top: list[Item] = []
    stack = [top]

    def deeper() -> None:
        if len(stack) > MAX_DEPTH:
            raise ValueError(f"{version[:80]!r} is no version of a Maven package")
        inner: list[Item] = []
        stack[-1].append(inner)
        stack.append(inner)

    text = version.strip().lower()
    token = ""
    for character in text:
        if character in ".-":
            stack[-1].append(_item(token) if token else 0)
            token = ""
            if character == "-":
                deeper()
            continue
        if token and _is_digit(character) != _is_digit(token[-1]):
            if not _is_digit(token[-1]) and stack[-1]:
                deeper()  # `.rc1` is as `-rc1`
            stack[-1].append(_item(token, before_digits=_is_digit(character)))
            token = ""
            deeper()
        token += character
    if token:
        if not _is_digit(token[-1]) and stack[-1]:
            deeper()
        stack[-1].append(_item(token))
    for items in reversed(stack):
        _normalize(items)
    return top


def _is_digit(character: str) -> bool:
    return "0" <= character <= "9"


def _item(token: str, *, before_digits: bool = False) -> Item:
    if _is_digit(token[0]):
        return int(token)
    return _BEFORE_DIGITS.get(token, token) if before_digits else token


def _normalize(items: list[Item]) -> None:
    """Leave out what means nothing, from the end; lists are looked past."""
    for index in range(len(items) - 1, -1, -1):
        item = items[index]
        if _against_nothing(item) == 0 and not (isinstance(item, list) and item):
            del items[index]
        elif not isinstance(item, list):
            break


def _rank(qualifier: str) -> tuple[int, str]:
    known = _QUALIFIERS.get(qualifier)
    return (_UNKNOWN, qualifier) if known is None else (known, "")


def _against_nothing(item: Item) -> int:
    """How an item compares with an absent one."""
    if isinstance(item, int):
        return ordered(item, 0)
    if isinstance(item, str):
        return ordered(_rank(item), (_RELEASE, ""))
    return next((found for found in map(_against_nothing, item) if found), 0)


def _compare(a: Item, b: Item) -> int:
    if isinstance(a, int) and isinstance(b, int):
        return ordered(a, b)
    if isinstance(a, str) and isinstance(b, str):
        return ordered(_rank(a), _rank(b))
    if isinstance(a, list) and isinstance(b, list):
        return _compare_lists(a, b)
    return ordered(_kind(a), _kind(b))


def _kind(item: Item) -> int:
    """Words are older than lists, which are older than numbers."""
    return 0 if isinstance(item, str) else 1 if isinstance(item, list) else 2


def _compare_lists(a: list[Item], b: list[Item]) -> int:
    for left, right in zip_longest(a, b):
        if left is None:
            found = -_against_nothing(right)
        elif right is None:
            found = _against_nothing(left)
        else:
            found = _compare(left, right)
        if found:
            return found
    return 0

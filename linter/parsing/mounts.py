"""The value of RUN's `--mount`: comma-separated fields, quoted as in CSV."""

from __future__ import annotations

from dockgate.rules.record import NamedTuple


class Field(NamedTuple):
    """`key=value`, or a bare key with the value None; the key in lower case."""

    key: str
    value: str | None
    text: str  #: the field as written
    offset: int  #: of the value in the flag's value, -1 where quotes hide it


def fields(value: str) -> list[Field]:
    """The fields of a mount; ValueError where they are not CSV."""
    if '"' in value:
        import csv

        try:
            rows = list(csv.reader([value], strict=True))
        except csv.Error as error:
            raise ValueError(f"failed to parse csv mounts: {error}") from None
        return [_field(text, -1) for text in rows[0]] if rows else []
    found = []
    position = 0
    for text in value.split(","):
        found.append(_field(text, position))
        position += len(text) + 1
    return found


def _field(text: str, position: int) -> Field:
    key, equals, value = text.partition("=")
    offset = position + len(key) + 1 if position >= 0 else -1
    return Field(key.lower(), value if equals else None, text, offset)

"""`NamedTuple` as `typing` has it, made without `typing`, which takes `re` and 10 ms with it.

Type checkers see the real one. Annotations are never evaluated, only their names count.
"""

from __future__ import annotations

from collections import namedtuple

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
else:
    _ITS_OWN = frozenset({"__annotations__", "__module__", "__qualname__", "__slots__"})

    class _Maker(type):
        """Makes a named tuple of a class statement's annotations, defaults and methods."""

        def __new__(cls, name, bases, body):
            if not bases:
                return super().__new__(cls, name, bases, body)
            fields = tuple(body.get("__annotations__", ()))
            made = namedtuple(
                name,
                fields,
                defaults=[body[field] for field in fields if field in body],
                module=body["__module__"],
            )
            for key, value in body.items():
                if key not in fields and key not in _ITS_OWN:
                    setattr(made, key, value)
            made.__annotations__ = body.get("__annotations__", {})
            return made

    class NamedTuple(metaclass=_Maker):
        """The base to name; what is made of it is a `tuple`."""

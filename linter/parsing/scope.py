"""Variables as they are at one place: cheap to keep for every instruction of a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

#: Inherited scopes are searched one by one; past this many they are merged into one.
MAX_DEPTH = 16


class Scope(Mapping[str, str]):
    """What an instruction sees: a history of assignments, cut off at one moment.

    All scopes of a stage share one history, so that keeping one for each of n instructions costs
    n small objects and no copies. A stage built on another starts from that one's last scope.
    """

    __slots__ = ("_base", "_depth", "_flat", "_history", "_moment")

    def __init__(
        self,
        base: Scope | None,
        history: dict[str, list[tuple[int, str]]],
        moment: int,
    ) -> None:
        self._base = base
        self._history = history
        self._moment = moment
        self._depth: int = base._depth + 1 if base is not None else 0
        self._flat: dict[str, str] | None = None

    def __getitem__(self, name: str) -> str:
        scope: Scope | None = self
        while scope is not None:
            if scope._flat is not None:
                return scope._flat[name]
            entries = scope._history.get(name)
            if entries is not None:
                moment = scope._moment
                if entries[-1][0] <= moment:
                    return entries[-1][1]
                low, high = 0, len(entries)
                while low < high:  # the first entry after `moment`
                    middle = (low + high) // 2
                    if entries[middle][0] <= moment:
                        low = middle + 1
                    else:
                        high = middle
                if low:
                    return entries[low - 1][1]
            scope = scope._base
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.flat())

    def __len__(self) -> int:
        return len(self.flat())

    def flat(self) -> dict[str, str]:
        """The same as a dict, names in the order of their first assignment; not to be changed."""
        if self._flat is None:
            flat = dict(self._base.flat()) if self._base is not None else {}
            for name, entries in self._history.items():
                if entries[0][0] <= self._moment:
                    flat[name] = self[name]
            self._flat = flat
        return self._flat


EMPTY = Scope(None, {}, 0)


class Variables:
    """The variables of one stage while its instructions are gone through."""

    __slots__ = ("_base", "_history", "_moment", "_view")

    def __init__(self, base: Scope = EMPTY) -> None:
        if base._depth >= MAX_DEPTH:
            merged = Scope(None, {}, 0)
            merged._flat = base.flat()
            base = merged
        self._base = base
        self._history: dict[str, list[tuple[int, str]]] = {}
        self._moment = 0
        self._view: Scope | None = None

    def set(self, name: str, value: str) -> None:
        """Assign; scopes taken before do not see it."""
        if self._view is not None:
            self._view = None
            self._moment += 1
        self._history.setdefault(name, []).append((self._moment, value))

    def scope(self) -> Scope:
        """What is in force now; the same object until the next assignment."""
        if self._view is None:
            if not self._history:
                return self._base
            self._view = Scope(self._base, self._history, self._moment)
        return self._view

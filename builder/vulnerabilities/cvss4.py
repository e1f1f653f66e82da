"""Scores of CVSS 4.0 vectors (https://www.first.org/cvss/v4.0/specification-document, 8).

The metrics fall into six equivalence classes; their levels make a MacroVector, for which experts
have set the score of its worst vector. A vector's distance from that worst one, class by class, is
taken in proportion from the way down to the next lower MacroVector's score.
"""

from __future__ import annotations

from itertools import product

from dockgate.builder.vulnerabilities.cvss import metrics

_BASE = {
    "AV": "NALP", "AC": "LH", "AT": "NP", "PR": "NLH", "UI": "NPA", "VC": "HLN", "VI": "HLN",
    "VA": "HLN", "SC": "HLN", "SI": "HLN", "SA": "HLN",
}  # fmt: skip
_OTHERS: dict[str, tuple[str, ...] | str] = {
    "E": "XAPU", "CR": "XHML", "IR": "XHML", "AR": "XHML",
    **{f"M{name}": "X" + values for name, values in _BASE.items()},
    "MSI": "XSHLN", "MSA": "XSHLN",
    "S": "XNP", "AU": "XNY", "R": "XAUI", "V": "XDC", "RE": "XLMH",
    "U": ("X", "Clear", "Green", "Amber", "Red"),
}  # fmt: skip
#: How far each value is from the worst, in steps.
_STEPS = {
    **{name: values for name, values in _BASE.items() if name[0] != "S"},
    "SC": " HLN", "SI": "SHLN", "SA": "SHLN", "CR": "HML", "IR": "HML", "AR": "HML",
}  # fmt: skip

#: The worst vectors of each class's levels: of class 3 and 6 by both levels (tables 24 to 29).
_WORST_1 = (("AV:N PR:N UI:N",), ("AV:A PR:N UI:N", "AV:N PR:L UI:N", "AV:N PR:N UI:P"),
            ("AV:P PR:N UI:N", "AV:A PR:L UI:P"))  # fmt: skip
_WORST_2 = (("AC:L AT:N",), ("AC:H AT:N", "AC:L AT:P"))
_WORST_3_6 = {
    (0, 0): ("VC:H VI:H VA:H CR:H IR:H AR:H",),
    (0, 1): ("VC:H VI:H VA:L CR:M IR:M AR:H", "VC:H VI:H VA:H CR:M IR:M AR:M"),
    (1, 0): ("VC:L VI:H VA:H CR:H IR:H AR:H", "VC:H VI:L VA:H CR:H IR:H AR:H"),
    (1, 1): (
        "VC:L VI:H VA:L CR:H IR:M AR:H", "VC:L VI:H VA:H CR:H IR:M AR:M",
        "VC:H VI:L VA:H CR:M IR:H AR:M", "VC:H VI:L VA:L CR:M IR:H AR:H",
        "VC:L VI:L VA:H CR:H IR:H AR:M",
    ),
    (2, 1): ("VC:L VI:L VA:L CR:H IR:H AR:H",),
}  # fmt: skip
_WORST_4 = (("SC:H SI:S SA:S",), ("SC:H SI:H SA:H",), ("SC:L SI:L SA:L",))
#: Steps from the worst to the mildest vector of a level.
_DEPTH_1, _DEPTH_2, _DEPTH_4 = (1, 4, 5), (1, 2), (6, 5, 4)
_DEPTH_3_6 = {(0, 0): 7, (0, 1): 6, (1, 0): 8, (1, 1): 8, (2, 1): 10}

#: Tenths, of each MacroVector in its order (specification, table "MacroVector scores").
_TENTHS = """
100 99 98 95 95 92 100 96 93 87 91 81 93 90 89 80 81 68 98 95 95 92 90 84 93 92 89 81 81 65 88
80 78 70 69 48 92 82 72 79 69 50 69 55 27 99 97 95 92 92 85 95 91 90 83 84 71 92 81 82 71 72
53 95 93 92 85 85 73 92 82 80 72 70 59 84 70 71 52 50 30 86 75 52 71 52 29 63 29 17 98 95 94
87 91 81 94 89 86 74 77 64 87 75 74 63 63 49 94 89 88 77 76 67 86 76 74 58 59 50 72 57 57 52
52 25 83 70 54 65 58 26 53 21 13 95 90 88 76 76 70 90 77 75 62 61 53 77 66 68 59 52 30 89 78
76 67 62 58 74 59 57 57 47 23 61 52 57 29 24 16 71 59 30 58 26 15 23 13 6 93 87 86 72 75 58 86
74 74 61 56 34 70 54 52 40 40 22 85 75 74 55 62 51 72 57 55 41 46 19 53 36 34 19 19 8 64 51 20
47 21 11 24 9 4 88 75 73 53 60 50 73 55 59 40 41 20 54 43 45 22 20 11 75 55 58 45 40 21 61 51
48 18 20 9 46 18 17 7 8 2 53 24 14 24 12 5 10 3 1
"""
_LEVELS = (range(3), range(2), range(3), range(3), range(3), range(2))

Macro = tuple[int, int, int, int, int, int]
_SCORES = dict(
    zip(
        (macro for macro in product(*_LEVELS) if (macro[2], macro[5]) != (2, 0)),
        map(int, _TENTHS.split()),
        strict=True,
    )
)


def score(vector: str) -> float:
    """The score with all metrics that the vector has (CVSS-BTE). Raises ValueError."""
    given = metrics(vector, vector.removeprefix("CVSS:4.0/"), tuple(_BASE), {**_BASE, **_OTHERS})
    value = {name: _effective(given, name) for name in (*_BASE, "E", "CR", "IR", "AR")}
    if all(value[name] == "N" for name in ("VC", "VI", "VA", "SC", "SI", "SA")):
        return 0.0
    macro = _macro(value)
    distances = _distances(value, macro)
    ways = []
    for distance, depth, lower in zip(distances, _depths(macro), _lower(macro), strict=True):
        reachable = [_SCORES[one] for one in lower if one in _SCORES]
        if reachable:
            ways.append((_SCORES[macro] - max(reachable)) * distance / depth)
    mean = sum(ways) / len(ways) if ways else 0.0
    tenths = _SCORES[macro] - mean
    return int(min(100.0, max(0.0, tenths)) + 0.5 + 1e-5) / 10


def _effective(given: dict[str, str], name: str) -> str:
    """A metric's value, modified where it is; what is not defined is taken as the worst."""
    for key in (f"M{name}", name):
        if given.get(key, "X") != "X":
            return given[key]
    return "A" if name == "E" else "H"


def _macro(value: dict[str, str]) -> Macro:
    open_ = [value["AV"] == "N", value["PR"] == "N", value["UI"] == "N"]
    one = 0 if all(open_) else 1 if any(open_) and value["AV"] != "P" else 2
    two = 0 if (value["AC"], value["AT"]) == ("L", "N") else 1
    high = [value[name] == "H" for name in ("VC", "VI", "VA")]
    three = 0 if high[0] and high[1] else 1 if any(high) else 2
    four = 0 if "S" in (value["SI"], value["SA"]) else 2
    if four and "H" in (value["SC"], value["SI"], value["SA"]):
        four = 1
    five = "APU".index(value["E"])
    asked = zip(high, ("CR", "IR", "AR"), strict=True)
    six = 0 if any(there and value[name] == "H" for there, name in asked) else 1
    return one, two, three, four, five, six


def _distances(value: dict[str, str], macro: Macro) -> tuple[int, int, int, int, int]:
    """Steps from the first of the worst vectors that is at least as bad in every metric."""
    one, two, three, four, _, six = macro
    found = [
        _steps(value, worst)
        for worst in (_WORST_1[one], _WORST_2[two], _WORST_3_6[three, six], _WORST_4[four])
    ]
    return found[0], found[1], found[2], found[3], 0


def _steps(value: dict[str, str], worst: tuple[str, ...]) -> int:
    for vector in worst:
        pairs = [part.split(":") for part in vector.split()]
        steps = [_STEPS[name].index(value[name]) - _STEPS[name].index(at) for name, at in pairs]
        if min(steps) >= 0:
            return sum(steps)
    raise AssertionError(f"a vector that is worse than the worst of its class: {value}")


def _depths(macro: Macro) -> tuple[int, int, int, int, int]:
    one, two, three, four, _, six = macro
    return _DEPTH_1[one], _DEPTH_2[two], _DEPTH_3_6[three, six], _DEPTH_4[four], 1


def _lower(macro: Macro) -> list[list[Macro]]:
    """Of each class the MacroVectors next below, in class 3 and 6 together maybe two."""
    one, two, three, four, five, six = macro
    if (three, six) == (0, 0):
        joint = [(0, 1), (1, 0)]
    elif six == 0:
        joint = [(three, 1)]
    else:
        joint = [(three + 1, 1)]
    return [
        [(one + 1, two, three, four, five, six)],
        [(one, two + 1, three, four, five, six)],
        [(one, two, a, four, five, b) for a, b in joint],
        [(one, two, three, four + 1, five, six)],
        [(one, two, three, four, five + 1, six)],
    ]

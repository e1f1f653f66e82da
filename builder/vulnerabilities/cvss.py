"""Scores of CVSS vectors, by the formulas that FIRST publishes.

https://www.first.org/cvss/v2/guide (3.2.1), https://www.first.org/cvss/v3.0/specification-document
and /v3.1/ (7 and appendix A); version 4 is in `cvss4`. Of versions 2 and 3 it is the base score:
what else stands in a vector is checked and does not count. No library that is not under the GPL's
kin knows version 4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

MAX_VECTOR = 400  #: characters; all metrics of version 4 take 215

_V2_BASE = ("AV", "AC", "Au", "C", "I", "A")
_V2 = {
    "AV": {"L": 0.395, "A": 0.646, "N": 1.0},
    "AC": {"H": 0.35, "M": 0.61, "L": 0.71},
    "Au": {"M": 0.45, "S": 0.56, "N": 0.704},
    "C": {"N": 0.0, "P": 0.275, "C": 0.66},
    "I": {"N": 0.0, "P": 0.275, "C": 0.66},
    "A": {"N": 0.0, "P": 0.275, "C": 0.66},
}
_V2_OTHERS = {
    "E": "U POC F H ND", "RL": "OF TF W U ND", "RC": "UC UR C ND", "CDP": "N L LM MH H ND",
    "TD": "N L M H ND", "CR": "L M H ND", "IR": "L M H ND", "AR": "L M H ND",
}  # fmt: skip
_V3_BASE = ("AV", "AC", "PR", "UI", "S", "C", "I", "A")
_V3 = {
    "AV": {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2},
    "AC": {"L": 0.77, "H": 0.44},
    "PR": {"N": 0.85, "L": 0.62, "H": 0.27},
    "UI": {"N": 0.85, "R": 0.62},
    "S": {"U": 0.0, "C": 0.0},
    "C": {"H": 0.56, "L": 0.22, "N": 0.0},
    "I": {"H": 0.56, "L": 0.22, "N": 0.0},
    "A": {"H": 0.56, "L": 0.22, "N": 0.0},
}
_PR_CHANGED = {"N": 0.85, "L": 0.68, "H": 0.5}  #: where the scope changes
_V3_OTHERS = {
    "E": "X H F P U", "RL": "X U W T O", "RC": "X C R U",
    "CR": "X H M L", "IR": "X H M L", "AR": "X H M L",
    "MAV": "X N A L P", "MAC": "X L H", "MPR": "X N L H", "MUI": "X N R", "MS": "X U C",
    "MC": "X H L N", "MI": "X H L N", "MA": "X H L N",
}  # fmt: skip


def score(vector: str) -> float:
    """The score of a vector of any version, 0.0 to 10.0. Raises ValueError for what is none."""
    if vector.startswith("CVSS:4."):
        from dockgate.builder.vulnerabilities import cvss4

        return cvss4.score(vector)
    for version in ("CVSS:3.0/", "CVSS:3.1/"):
        if vector.startswith(version):
            return _score3(vector, version)
    return _score2(vector)


def metrics(
    vector: str,
    text: str,
    required: Sequence[str],
    known: Mapping[str, Sequence[str] | Mapping[str, float]],
) -> dict[str, str]:
    """The metrics in `text`, `AV:N/AC:L`. Raises ValueError, naming the whole `vector`."""
    found: dict[str, str] = {}
    if len(vector) > MAX_VECTOR:
        raise ValueError(f"{vector[:40]!r}… is no CVSS vector: it is too long")
    for part in text.rstrip("/").split("/"):
        name, colon, value = part.partition(":")
        if not colon or name in found or value not in known.get(name, ()):
            raise ValueError(f"{vector!r} is no CVSS vector: {part!r}")
        found[name] = value
    for name in required:
        if name not in found:
            raise ValueError(f"{vector!r} is no CVSS vector: it has no {name}")
    return found


def _score2(vector: str) -> float:
    known = {name: values.split() for name, values in _V2_OTHERS.items()}
    found = metrics(vector, vector.strip("()"), _V2_BASE, {**known, **_V2})
    access, complexity, authentication, c, i, a = (_V2[name][found[name]] for name in _V2_BASE)
    impact = 10.41 * (1 - (1 - c) * (1 - i) * (1 - a))
    exploitability = 20 * access * complexity * authentication
    base = (0.6 * impact + 0.4 * exploitability - 1.5) * (1.176 if impact else 0)
    return max(0.0, int(base * 10 + 0.5 + 1e-9) / 10)


def _score3(vector: str, version: str) -> float:
    known = {name: values.split() for name, values in _V3_OTHERS.items()}
    found = metrics(vector, vector.removeprefix(version), _V3_BASE, {**known, **_V3})
    changed = found["S"] == "C"
    weights = {name: _V3[name][found[name]] for name in _V3_BASE}
    if changed:
        weights["PR"] = _PR_CHANGED[found["PR"]]
    impact_base = 1 - (1 - weights["C"]) * (1 - weights["I"]) * (1 - weights["A"])
    if changed:
        impact = 7.52 * (impact_base - 0.029) - 3.25 * (impact_base - 0.02) ** 15
    else:
        impact = 6.42 * impact_base
    if impact <= 0:
        return 0.0
    exploitability = 8.22 * weights["AV"] * weights["AC"] * weights["PR"] * weights["UI"]
    total = impact + exploitability
    return _round_up(min(10.0, 1.08 * total if changed else total))


def _round_up(value: float) -> float:
    """To one decimal, upwards, in whole numbers (specification 3.1, appendix A)."""
    whole = round(value * 100_000)
    if whole % 10_000 == 0:
        return whole / 100_000
    return (whole // 10_000 + 1) / 10

"""Labels: where they are set, and the formats that their values may have to keep."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockgate.rules.data import load
from dockgate.rules.record import NamedTuple
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction, Stage, Word

OCI = "org.opencontainers.image."

#: Formats of the annotations that the OCI image specification defines (annotations.md).
OCI_FORMATS = {
    OCI + "created": "rfc3339",
    OCI + "url": "url",
    OCI + "documentation": "url",
    OCI + "source": "url",
    OCI + "licenses": "spdx",
    OCI + "base.digest": "digest",
}

#: What a format is called in a message.
FORMATS = {
    "text": "a text",
    "raw": "a text",
    "url": "a URL with its scheme",
    "rfc3339": "a date and time as in RFC 3339 (2026-11-21T10:00:00Z)",
    "spdx": "an SPDX license expression (MIT, Apache-2.0 OR BSD-3-Clause)",
    "hash": "a git commit hash (7 to 40, or 64, hexadecimal digits)",
    "semver": "a version as in Semantic Versioning (1.2.3)",
    "email": "an e-mail address",
    "digest": "a digest (sha256:…)",
}

_SIMPLE = {
    "url": r"[a-z][a-z0-9+.-]*://[^\s/?#]+\S*",
    "hash": r"[0-9a-f]{7,40}|[0-9a-f]{64}",
    "semver": (
        r"(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)"
        r"(?:-(?:0|[1-9]\d*|\d*[a-z-][0-9a-z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-z-][0-9a-z-]*))*)?"
        r"(?:\+[0-9a-z-]+(?:\.[0-9a-z-]+)*)?"
    ),
    "email": r"[^@\s<>]+@[a-z0-9-]+(?:\.[a-z0-9-]+)*",
    "digest": r"[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-f]{32,}",
}
_RFC3339 = r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)"
_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

#: A longer license expression is no expression.
MAX_LICENSE = 1000


class Label(NamedTuple):
    """One label of one instruction."""

    key: str  #: after expansion, without quotes
    value: str  #: after expansion
    key_word: Word
    value_word: Word
    instruction: Instruction

    @property
    def fixed(self) -> bool:
        """Whether its value is the same in every build: no variable takes part."""
        return "$" not in self.value_word.value


def of_instruction(instruction: Instruction) -> Iterator[Label]:
    """The labels of a LABEL, in their order."""
    words, values = instruction.words, instruction.values
    for i in range(0, len(words) - 2, 3):
        yield Label(values[i], values[i + 1], words[i], words[i + 1], instruction)


def of_stage(stage: Stage) -> Iterator[Label]:
    """The stage's own labels."""
    for instruction in stage.find("LABEL"):
        yield from of_instruction(instruction)


def shipped(dockerfile: Dockerfile) -> Iterator[Label]:
    """The labels of the stages that make the image, the last stage's first."""
    for stage in dockerfile.final.chain() if dockerfile.final is not None else ():
        yield from of_stage(stage)


def keeps(value: str, form: str) -> bool:
    """Whether the value has the format (a key of `FORMATS`); an unknown one is a text."""
    if form == "rfc3339":
        match = re.fullmatch(_RFC3339, value)
        if match is None:
            return False
        month, day, hour, minute, second = (int(part) for part in match.groups()[1:])
        known = 1 <= month <= 12 and 1 <= day <= _MONTHS[month - 1]
        return known and hour < 24 and minute < 60 and second <= 60
    if form == "spdx":
        return is_license(value)
    pattern = _SIMPLE.get(form)
    return pattern is None or re.fullmatch(pattern, value, re.IGNORECASE) is not None


def is_license(expression: str) -> bool:
    """Whether it is an SPDX license expression (SPDX 2.3, annex D) of known identifiers."""
    if len(expression) > MAX_LICENSE:
        return False
    data = load("spdx-licenses")
    licenses = {name.lower() for name in data["licenses"]}
    exceptions = {name.lower() for name in data["exceptions"]}
    depth, wanted = 0, True  # a license comes next, not an operator
    words = expression.replace("(", " ( ").replace(")", " ) ").split()
    after_with = False
    for word in words:
        lower = word.lower()
        if after_with:
            if lower not in exceptions and not lower.startswith("additionref-"):
                return False
            after_with = False
        elif word == "(" and wanted:
            depth += 1
        elif word == ")" and not wanted and depth:
            depth -= 1
        elif lower in ("and", "or") and not wanted:
            wanted = True
        elif lower == "with" and not wanted:
            after_with = True
        elif wanted and (
            lower.removesuffix("+") in licenses
            or lower in licenses
            or re.fullmatch(r"(?:documentref-[\w.-]+:)?licenseref-[\w.-]+", lower)
        ):
            wanted = False
        else:
            return False
    return not wanted and not depth and not after_with

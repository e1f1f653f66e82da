"""Scores equal those of the CVSS library of Red Hat's product security, of all versions."""

from __future__ import annotations

import itertools
import random

import pytest

from dockgate.builder.vulnerabilities import cvss, cvss4

library = pytest.importorskip("cvss")


def test_every_base_vector_of_version_2() -> None:
    for values in itertools.product(*cvss._V2.values()):
        vector = "/".join(map(":".join, zip(cvss._V2, values, strict=True)))
        assert cvss.score(vector) == float(library.CVSS2(vector).base_score), vector
    assert cvss.score("(AV:N/AC:L/Au:N/C:C/I:C/A:C)") == 10.0


@pytest.mark.parametrize("version", ["3.0", "3.1"])
def test_every_base_vector_of_version_3(version: str) -> None:
    for values in itertools.product(*cvss._V3.values()):
        parts = map(":".join, zip(cvss._V3, values, strict=True))
        vector = f"CVSS:{version}/" + "/".join(parts)
        assert cvss.score(vector) == float(library.CVSS3(vector).base_score), vector


def test_many_vectors_of_version_4() -> None:
    source = random.Random(4)
    for number in range(4000):
        parts = [f"{name}:{source.choice(values)}" for name, values in cvss4._BASE.items()]
        if number % 2:
            others = [(n, v) for n, v in cvss4._OTHERS.items() if source.random() < 0.3]
            parts += [f"{name}:{source.choice(values)}" for name, values in others]
        vector = "CVSS:4.0/" + "/".join(parts)
        assert cvss.score(vector) == float(library.CVSS4(vector).base_score), vector


@pytest.mark.parametrize(
    "vector",
    [
        "", "CVSS:3.1/", "CVSS:3.1/AV:N", "CVSS:3.2/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:X", "AV:N/AC:L/Au:N/C:C/I:C",
        "CVSS:3.1/AV:N/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "9.8", "CVSS:4.0/AV:N",
        "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:S/SI:H/SA:H", "CVSS:3.1/" + "x" * 999,
    ],
)  # fmt: skip
def test_what_is_no_vector_is_said(vector: str) -> None:
    with pytest.raises(ValueError):
        cvss.score(vector)

"""Formats of labels' values."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockgate.rules.subjects.labels import FORMATS, is_license, keeps


@given(st.datetimes(timezones=st.just(UTC)))
def test_every_moment_is_rfc3339(moment: datetime) -> None:
    assert keeps(moment.isoformat(), "rfc3339")
    assert keeps(moment.strftime("%Y").zfill(4) + moment.strftime("-%m-%dT%H:%M:%SZ"), "rfc3339")


@pytest.mark.parametrize(
    "value",
    ["2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-01-01", "2026-01-01T25:00:00Z", "now"],
)
def test_what_is_no_moment(value: str) -> None:
    assert not keeps(value, "rfc3339")


@given(st.text(max_size=60), st.sampled_from(sorted(FORMATS)))
def test_any_text_gets_an_answer(value: str, form: str) -> None:
    assert keeps(value, form) in (True, False)


@pytest.mark.parametrize(
    "value",
    [
        "MIT",
        "apache-2.0",
        "GPL-2.0+",
        "MIT OR Apache-2.0",
        "(MIT AND (BSD-3-Clause OR 0BSD))",
        "GPL-2.0-or-later WITH Classpath-exception-2.0",
        "LicenseRef-Proprietary",
        "DocumentRef-x:LicenseRef-y",
    ],
)
def test_license_expressions(value: str) -> None:
    assert is_license(value)


@pytest.mark.parametrize(
    "value",
    ["", "Apache 2.0", "MIT,BSD", "MIT OR", "OR MIT", "(MIT", "MIT)", "MIT WITH MIT", "MIT MIT",
     "()", "Proprietary", "(" * 2000],
)  # fmt: skip
def test_what_is_no_license_expression(value: str) -> None:
    assert not is_license(value)


@pytest.mark.parametrize("value", ["1.2.3", "0.0.0", "1.0.0-rc.1+build.5", "1.0.0-0A.is.legal"])
def test_versions(value: str) -> None:
    assert keeps(value, "semver")


@pytest.mark.parametrize("value", ["1.2", "v1.2.3", "01.2.3", "1.2.3-", "1.2.3-01"])
def test_what_is_no_version(value: str) -> None:
    assert not keeps(value, "semver")


def test_the_others() -> None:
    assert keeps("https://example.com/a?b#c", "url")
    assert not keeps("example.com/a", "url")
    assert keeps("0a1b2c3", "hash")
    assert not keeps("main", "hash")
    assert keeps("a.b+c@example.com", "email")
    assert not keeps("A B <a@example.com>", "email")
    assert keeps("sha256:" + 64 * "a", "digest")
    assert keeps("anything", "text")
    assert keeps("anything", "of a kind that is not known")

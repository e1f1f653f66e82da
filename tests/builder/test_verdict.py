"""The verdict is pure: findings, limits and failures in, a state and its reasons out."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockgate.builder.policy import Limits
from dockgate.builder.verdict import (
    ACCEPTED,
    REASON_LIMIT,
    REFUSED,
    UNDECIDED,
    judge_build,
    judge_image,
)
from dockgate.linter.report import FileReport, ImageReport
from dockgate.rules.rule import Finding, Rule, Severity
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.image import Image, ImageConfig, Layer
from dockgate.rules.subjects.text import Span, Text

DIGEST = "sha256:" + "ab" * 32
RULE = Rule("made-up", Dockerfile, Severity.ERROR, why="for this test", check=lambda _: ())
STATES = {ACCEPTED, REFUSED, UNDECIDED}


def finding(severity: Severity, *, layer: str | None = None, path: str | None = None) -> Finding:
    found = Finding("is wrong", None if layer else Span(5, 9), layer=layer, path=path)
    found.rule, found.severity = RULE, severity
    return found


def file_report(*findings: Finding, failures: Sequence[str] = ()) -> FileReport:
    return FileReport("Dockerfile", Text("FROM\nUSER\n"), list(findings), list(failures))


def image_of(*sizes: int, labels: dict[str, str] | None = None, unread: str = "") -> Image:
    layers = []
    for index, size in enumerate(sizes):
        layer = Layer(index, DIGEST, size, "application/vnd.oci.image.layer.v1.tar+gzip")
        layer.unpacked, layer.unread = size, unread
        layers.append(layer)
    config = ImageConfig()
    config.labels = labels or {}
    return Image("app:1", DIGEST, config, layers)


def image_report(*findings: Finding, failures: Sequence[str] = ()) -> ImageReport:
    return ImageReport("app:1", DIGEST, list(findings), list(failures))


def test_nothing_found_is_accepted() -> None:
    assert judge_build(file_report(), [], Limits()) == (ACCEPTED, [])
    assert judge_image([image_of(1)], [image_report()], Limits(), base_known=True) == (ACCEPTED, [])


def test_a_finding_names_rule_and_place() -> None:
    state, reasons = judge_build(file_report(finding(Severity.ERROR)), [], Limits())
    assert (state, reasons) == (REFUSED, ["Dockerfile:2: made-up: is wrong"])
    report = image_report(finding(Severity.ERROR, layer=DIGEST, path="etc/key"))
    state, reasons = judge_image([image_of(1)], [report], Limits(), base_known=True)
    assert state == REFUSED
    assert reasons == ["app:1, layer sha256:abababababab, /etc/key: made-up: is wrong"]


@pytest.mark.parametrize("found", list(Severity))
@pytest.mark.parametrize("refuse_at", list(Severity))
def test_the_threshold(found: Severity, refuse_at: Severity) -> None:
    state, _ = judge_build(file_report(finding(found)), [], Limits(refuse_at))
    assert (state == REFUSED) is (found >= refuse_at)


def test_a_failure_is_undecided_and_a_refusal_goes_before_it() -> None:
    state, reasons = judge_build(file_report(failures=["rule x failed"]), [], Limits())
    assert (state, reasons) == (UNDECIDED, ["Dockerfile: rule x failed"])
    both = file_report(finding(Severity.ERROR), failures=["rule x failed"])
    state, reasons = judge_build(both, [], Limits())
    assert state == REFUSED
    assert len(reasons) == 2


def test_a_foreign_base_is_refused() -> None:
    assert judge_build(file_report(), ["Dockerfile:1: blocked"], Limits()).state == REFUSED


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        (Limits(max_size=29), "size.max_size"),
        (Limits(max_layers=1), "size.max_layers"),
        (Limits(required_labels=("there", "missing")), "missing"),
        (Limits(required_labels=("empty",)), "empty"),
    ],
)
def test_past_a_limit(limits: Limits, told: str) -> None:
    image = image_of(10, 20, labels={"there": "x", "empty": ""})
    state, reasons = judge_image([image], [image_report()], limits, base_known=True)
    assert state == REFUSED
    assert len(reasons) == 1
    assert told in reasons[0]


def test_at_a_limit() -> None:
    image = image_of(10, 20, labels={"there": "x"})
    limits = Limits(max_size=30, max_layers=2, required_labels=("there",))
    assert judge_image([image], [image_report()], limits, base_known=True).state == ACCEPTED


@pytest.mark.parametrize(
    ("image", "limits", "base_known"),
    [
        (image_of(1, unread="encrypted"), Limits(), True),
        (image_of(1), Limits(unchecked=("signing.required asks for more",)), True),
        (image_of(1), Limits(allowed_registries=("r.example.com",)), False),
    ],
)
def test_what_nobody_could_check_is_undecided(
    image: Image, limits: Limits, base_known: bool
) -> None:
    state, reasons = judge_image([image], [image_report()], limits, base_known=base_known)
    assert state == UNDECIDED
    assert len(reasons) == 1


def test_no_image_or_one_without_report_is_undecided() -> None:
    assert judge_image([], [], Limits(), base_known=True).state == UNDECIDED
    assert judge_image([image_of(1)], [], Limits(), base_known=True).state == UNDECIDED


def test_reasons_are_bounded() -> None:
    foreign = [f"Dockerfile:{line}: blocked" for line in range(1000)]
    reasons = judge_build(file_report(), foreign, Limits()).reasons
    assert len(reasons) == REASON_LIMIT + 1
    assert reasons[-1] == "and 900 more"


severities = st.lists(st.sampled_from(list(Severity)), max_size=4)
failures = st.lists(st.text(max_size=8), max_size=2)


@given(severities, failures, st.sampled_from(list(Severity)), st.booleans())
def test_accepted_only_where_nothing_speaks_against_it(
    found: list[Severity], failed: list[str], refuse_at: Severity, unread: bool
) -> None:
    image = image_of(1, unread="encrypted" if unread else "")
    report = image_report(*(finding(one, layer=DIGEST) for one in found), failures=failed)
    state, reasons = judge_image([image], [report], Limits(refuse_at), base_known=True)
    assert state in STATES
    clean = not failed and not unread and all(one < refuse_at for one in found)
    assert (state == ACCEPTED) is clean
    assert bool(reasons) is not clean

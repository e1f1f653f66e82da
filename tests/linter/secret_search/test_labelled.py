"""How much is found of what is there, and how much of what is found is there."""

from __future__ import annotations

from dockgate.linter import secrets
from tests.linter.secret_search import labelled
from tests.linter.secret_search.labelled import Labelled

RECALL = PRECISION = 0.95


def found(file: Labelled) -> list[str]:
    """The values that are called secrets."""
    return [
        file.text.encode()[one.secret.span.start : one.secret.span.end].decode()
        for one in secrets.find_in_bytes(file.text.encode(), file.path)
    ]


def is_there(file: Labelled) -> bool:
    """Whether the secret of a positive is found: the value, or what holds it or most of it."""
    values = found(file)
    if not file.secret:
        return bool(values)
    return any(
        (value in file.secret and 2 * len(value) >= len(file.secret)) or file.secret in value
        for value in values
    )


def test_the_set_is_large_and_nothing_of_it_is_twice_the_same() -> None:
    positives, negatives = labelled.positives(), labelled.negatives()
    assert len(positives) >= 400
    assert len(negatives) >= 300
    assert len({file.text for file in positives}) >= 400


def test_recall_and_precision() -> None:
    positives, negatives = labelled.positives(), labelled.negatives()
    missed = [file.name for file in positives if not is_there(file)]
    wrong = [file.name for file in negatives if found(file)]
    recall = 1 - len(missed) / len(positives)
    precision = (len(positives) - len(missed)) / (len(positives) - len(missed) + len(wrong))
    assert recall >= RECALL, f"{recall:.3f}: {missed}"
    assert precision >= PRECISION, f"{precision:.3f}: {wrong}"

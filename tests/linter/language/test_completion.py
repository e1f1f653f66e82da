from __future__ import annotations

import pytest

from dockgate.linter.language.completion import completions
from dockgate.linter.language.instructions import INSTRUCTIONS, MOUNT_KEYS, MOUNT_TYPES
from dockgate.linter.parsing import validate
from dockgate.linter.parsing.words import KNOWN
from tests.linter.language.asked import at_cursor

TOP = "ARG BASE=1\nFROM debian:12 AS build\nARG V=1\nENV HOME=/srv\n"


def labels(text: str) -> list[str]:
    analysis, offset = at_cursor(text)
    return [item.label for item in completions(analysis, offset)]


def typed(text: str, label: str) -> str:
    """The text after a proposal has been taken."""
    analysis, offset = at_cursor(text)
    item = next(item for item in completions(analysis, offset) if item.label == label)
    source = analysis.buffer.text
    return source[: item.span.start] + item.text + source[item.span.end :]


def test_instructions() -> None:
    assert labels("|") == sorted(INSTRUCTIONS)
    assert labels(TOP + "EN|") == ["ENTRYPOINT", "ENV"]
    assert labels(TOP + "ONBUILD CO|") == ["COPY"]
    assert "FROM" not in labels(TOP + "ONBUILD |")
    assert typed(TOP + "wo|", "WORKDIR") == TOP + "workdir "
    assert typed("\ufeffF|", "FROM") == "\ufeffFROM "


def test_flags() -> None:
    assert labels(TOP + "COPY --ch|") == ["--chown", "--chmod"]
    assert labels(TOP + "RUN --mount=type=cache,target=/x --|")[0] == "--mount"
    assert labels(TOP + "RUN echo && \\\n  --ne|") == ["--network"]
    assert labels(TOP + "ENV --|") == []
    assert typed(TOP + "COPY --fr| . .\n", "--from") == TOP + "COPY --from= . .\n"


def test_stages() -> None:
    text = TOP + "FROM debian:12 AS other\n"
    assert labels(text + "COPY --from=|") == ["build"]
    assert labels(text + "COPY --from=B| /a /b\n") == ["build"]
    assert labels(text + "FROM |") == ["build", "other", "scratch"]
    assert labels(text + "FROM debian |") == ["AS"]
    assert labels(text + "RUN --mount=type=bind,from=|") == ["build"]


def test_mounts() -> None:
    assert labels(TOP + "RUN --mount=type=|") == list(MOUNT_TYPES)
    assert labels(TOP + "RUN --mount=type=cache,sh|") == ["sharing"]
    assert typed(TOP + "RUN --mount=ty|", "type") == TOP + "RUN --mount=type="
    assert typed(TOP + "RUN --mount=type=bind,reado|", "readonly").endswith(",readonly")


def test_variables() -> None:
    assert labels(TOP + "RUN echo $|") == ["PATH", "V", "HOME"]
    assert labels(TOP + "RUN echo ${H|") == ["HOME"]
    assert labels(TOP + "RUN echo \\\n  $V|") == ["V"]
    assert labels("ARG BASE=1\nFROM debian:$B|")[0] == "BUILDPLATFORM"
    assert "BASE" in labels("ARG BASE=1\nFROM debian:$B|")
    assert labels(TOP + "FROM build\nRUN echo $|") == ["PATH", "V", "HOME"]
    assert labels(TOP + "FROM debian\nRUN echo $|") == ["PATH"]
    assert labels(TOP + "RUN <<EOF\necho $H|\nEOF\n") == ["HOME"]


def test_nothing_within_a_heredoc_or_a_comment() -> None:
    assert labels(TOP + "RUN <<EOF\nR|\nEOF\n") == []
    assert labels(TOP + "# R|") == []


@pytest.mark.parametrize(
    "comment",
    [
        "# dockgate: ignore=root-us|",
        "# dockgate: ignore-file=missing-user, root-us|",
        "# hadolint ignore=DL3008,root-us|",
    ],
)
def test_rules_in_ignore_comments(comment: str) -> None:
    assert labels(comment + "\nFROM a\n") == ["root-user"]
    assert typed(comment + "\n", "root-user") == comment.replace("root-us|", "root-user\n")


def test_aliases_in_ignore_comments() -> None:
    assert labels("# dockgate: ignore=dl3002|\n") == ["DL3002"]
    assert labels("# dockgate: ignore=root-user reason: root-us|\n") == []
    assert labels("# dockgate: ig|\n") == ["ignore=", "ignore-file="]


def test_what_is_proposed_is_what_the_linter_knows() -> None:
    assert set(INSTRUCTIONS) == set(KNOWN)
    for name, help_ in INSTRUCTIONS.items():
        assert set(help_.flags) == set(validate._FLAGS.get(name, ()))
    assert set(MOUNT_TYPES) == set(validate._MOUNT_TYPES)
    assert set(MOUNT_KEYS) <= set(validate._MOUNT_KEYS)

"""The document model: places, recovery, stages, references, and dockerfile-parse's API on it."""

from __future__ import annotations

import base64
import io
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockgate.linter.document import Parser, read
from dockgate.linter.dump import dump
from dockgate.linter.parsing import platforms
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction
from dockgate.rules.subjects.text import Span

CORPUS = Path(__file__).parents[2] / "../shared/corpus"


@pytest.fixture(autouse=True)
def amd64(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platforms, "host", lambda: platforms.Platform("linux", "amd64"))


def source(text: str, **options: object) -> Dockerfile:
    return read(text.encode("utf-8", "surrogateescape"), **options)  # type: ignore[arg-type]


def words(instruction: Instruction) -> list[str]:
    return [word.value for word in instruction.words]


def messages(dockerfile: Dockerfile) -> list[tuple[int, str]]:
    return [(error.line, error.message) for error in dockerfile.errors]


# Places


def check_places(dockerfile: Dockerfile) -> None:
    """Every part says where it stands, and it stands there."""
    text = dockerfile.text
    for instruction in dockerfile.with_triggers():
        logical = instruction.logical
        for position, char in enumerate(logical.text[:2000]):
            assert text.text[logical.source(position)] == char
        assert text.position(instruction.span.start).line >= instruction.start
        assert text.position(instruction.span.end).line <= max(instruction.end, instruction.start)
        exact = [(word.value, word.span) for word in instruction.words]
        exact += [(flag.text, flag.span) for flag in instruction.flags]
        for value, span in exact:
            written = text[span]
            plain = not any(c in written for c in "\\`\n\"'") and (
                instruction.json or written.isascii()
            )
            if plain:
                assert written == value
            assert instruction.span.start <= span.start <= span.end <= instruction.span.end
        for heredoc in instruction.heredocs:
            assert text[heredoc.span] == heredoc.content
            assert "<<" in text[heredoc.marker]
            for position, char in enumerate(heredoc.body.text[:500]):
                assert text.text[heredoc.body.source(position)] == char
        for name, span in instruction.undefined:
            assert name in text[span]
    for reference in dockerfile.references:
        assert "\\" in text[reference.span] or reference.raw in text[reference.span]
    for comment in dockerfile.comments:
        assert text[comment.span].startswith("#")
        assert text.position(comment.span.start).line == comment.line
    for directive in dockerfile.directives:
        assert text[directive.value_span] == directive.value
    for error in dockerfile.errors:
        assert 0 <= error.span.start <= error.span.end <= len(text.text)
        assert error.line >= 1


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside the repo")
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_places_in_the_corpus(ends: str) -> None:
    for name in ("dockerfiles.jsonl", "edge.jsonl"):
        with open(CORPUS / name, encoding="utf-8") as file:
            for line in list(file)[:: 2 if ends == "\n" else 5]:
                row = json.loads(line)
                data = base64.b64decode(row["b64"]) if "b64" in row else row["text"].encode()
                check_places(read(data.replace(b"\n", ends.encode())))


def test_places_of_parts() -> None:
    dockerfile = source(
        "# syntax=docker/dockerfile:1\n"
        "FROM --platform=linux/amd64 a AS b\n"
        "ENV A=1 \\\n"
        "    # between\n"
        '    B="x y"\n'
        'CMD ["sh", "-c"]\n'
        "RUN --mount=type=bind,from=b cat <<-EOF\n"
        "\thi\n"
        "\tEOF\n"
    )
    text = dockerfile.text
    from_, env, cmd, run = dockerfile.instructions
    assert text[from_.flags[0].span] == "--platform=linux/amd64"
    assert [text[word.span] for word in from_.words] == ["a", "AS", "b"]
    assert [text[word.span] for word in env.words] == ["A", "1", "=", "B", '"x y"', "="]
    assert text[env.keyword] == "ENV"
    assert text[env.span] == text.text[env.span.start : cmd.span.start - 1]
    assert [text[word.span] for word in cmd.words] == ["sh", "-c"]
    assert (run.start, run.end) == (7, 9)
    heredoc = run.heredocs[0]
    assert (text[heredoc.marker], text[heredoc.span]) == ("<<-EOF", "\thi\n")
    assert heredoc.body.text == "hi\n"
    assert text.position(heredoc.body.source(0)) == (8, 2)
    assert [(c.text, c.line) for c in dockerfile.comments] == [("between", 4)]
    assert [text[r.span] for r in dockerfile.references] == ["docker/dockerfile:1", "a", "b"]
    check_places(dockerfile)


# Whatever the bytes

PARTS = st.sampled_from(
    [
        *("FROM a\n", "FROM a AS b\n", "FROM b\n", "RUN ", "ENV ", "LABEL ", "COPY ", "ADD "),
        *("CMD ", "HEALTHCHECK ", "ONBUILD ", "ARG ", "USER ", "EXPOSE ", "VOLUME ", "SHELL "),
        *("WORKDIR ", "a=b ", "A=$A$A ", '"x y" ', "'q' ", "\\\n", "\\", "`\n", "\n", "\r\n"),
        *("\r", " ", "\t", "\x0b", "# c\n", "# escape=`\n", "# syntax=a\n", "--from=b ", "--"),
        *('--f="a b" ', "--mount=from=b,z ", "<<EOF", "<<-EOF", "3<<EOF", "<<'E F'", "EOF\n"),
        *('["a","b"]', '["a", 1]', "[]", '["a', "$x", "${x:-y}", "${", "=", '"', "'", "é"),
        *("\u2028", "\u00a0", "\ufeff", "\udcff", "\udca0", "\x00", "0", "NONE", "{", "}", "<"),
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PARTS, max_size=30).map("".join))
def test_pieces_of_dockerfiles_never_fail(text: str) -> None:
    dockerfile = source(text)
    check_places(dockerfile)
    json.dumps(dump(dockerfile), ensure_ascii=False).encode()


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_bytes_never_fail(data: bytes) -> None:
    dockerfile = read(data)
    assert dockerfile.text.encode() == data
    check_places(dockerfile)
    json.dumps(dump(dockerfile)).encode()


def _hostile() -> Iterator[tuple[str, bytes]]:
    yield "long line", b"FROM a\nRUN " + b"x" * 10_000_000
    yield "long list", b"FROM a\nCMD [" + b'"a", ' * 2_000_000 + b'"b"]'
    yield "continuations", b"FROM a\nRUN a" + b" \\\n" * 200_000 + b"b"
    yield "nested list", b"FROM a\nCMD " + b"[" * 60_000
    yield "nested defaults", b"FROM a\nENV A=" + b"${a:-" * 10_000
    yield "doubling", b"FROM a\nENV A=aaaaaaaaaa\n" + b"ENV A=$A$A\n" * 100
    yield "assignments", b"FROM a\n" + b"".join(b"ENV A%d=1\n" % i for i in range(10_000))
    yield "heredocs", b"FROM a\n" + b"".join(b"RUN <<E%d\nx\n" % i for i in range(10_000))
    yield "same heredoc", b"FROM a\n" + b"RUN <<EOF\nEOF \n" * 10_000
    yield "triggers", b"FROM a AS p\n" + b"ONBUILD ENV A=1\n" * 2000 + b"FROM p\n" * 2000
    yield "onbuild", b"FROM a\n" + b"ONBUILD \\\n" * 20_000
    yield "directive", b"# escape=x" + b" " * 60_000 + b"y\nFROM a\n"
    yield "quotes", b"FROM a\nENV A=" + b"\"'" * 30_000
    yield "reference", b"FROM " + b"a-" * 2000 + b"B\n"
    yield "NUL", b"\0" * 1_000_000
    yield (
        "chain of stages",
        b"FROM a AS s0\n"
        + b"".join(
            b"FROM s%d AS s%d\nENV A%d=$A%d\n" % (i - 1, i, i, i - 1) for i in range(1, 5000)
        ),
    )
    yield (
        "circle of stages",
        b"".join(
            b"FROM a AS s%d\nCOPY --from=s%d a b\n" % (i, (i + 1) % 5000) for i in range(5000)
        ),
    )


@pytest.mark.parametrize(("data"), [pytest.param(d, id=name) for name, d in _hostile()])
def test_hostile_input_is_quick(data: bytes) -> None:
    start = time.process_time()
    dockerfile = read(data)
    dockerfile.reached()
    assert time.process_time() - start < 5
    assert dockerfile.text.encode() == data


# Recovery


def test_errors_do_not_hide_the_rest() -> None:
    dockerfile = source(
        "FROM a\n"
        "ENV A\n"
        "LABEL a=b c\n"
        'CMD ["a", 1]\n'
        "RNU x\n"
        "COPY onlyone\n"
        "COPY --chwon=1 a b\n"
        "USER me\n"
    )
    assert [(e.line, e.message, e.fatal) for e in dockerfile.errors] == [
        (2, "ENV must have two arguments", True),
        (3, 'Syntax error - can\'t find = in "c". Must be of the form: name=value', True),
        (4, "when using JSON array syntax, arrays must be comprised of strings only", True),
        (5, "unknown instruction: RNU (did you mean RUN?)", False),
        (
            6,
            "COPY requires at least two arguments, but only one was provided. "
            "Destination could not be determined",
            False,
        ),
        (7, "unknown flag: --chwon", False),
    ]
    assert dockerfile.stages[0].user == "me"
    assert [dockerfile.text[e.span] for e in dockerfile.errors] == [
        *("A", "c", '["a", 1]', "RNU", "COPY", "--chwon=1"),
    ]


def test_a_line_that_is_too_long_is_left_out() -> None:
    dockerfile = source("FROM a\nRUN " + "x" * 65536 + "\nUSER me\n")
    assert [i.cmd for i in dockerfile.instructions] == ["FROM", "USER"]
    assert messages(dockerfile) == [(2, "dockerfile line greater than max allowed size of 65535")]
    assert not source("FROM a\nRUN " + "x" * 65531 + "\n").errors
    assert source("FROM a\nRUN " + "é" * 32766 + "\n").errors  # bytes, not characters


def test_an_unterminated_heredoc_ends_where_it_was_meant_to() -> None:
    dockerfile = source("FROM a\nRUN <<EOF\nx\nEOF \nUSER me\n")
    assert [(e.line, e.message, e.fatal) for e in dockerfile.errors] == [
        (2, "unterminated heredoc", True)
    ]
    assert dockerfile.instructions[1].heredocs[0].content == "x\n"
    assert dockerfile.stages[0].user == "me"
    open_ended = source("FROM a\nRUN <<EOF\nUSER me\n")
    assert open_ended.instructions[1].heredocs[0].content == "USER me\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [(1, "file with no instructions")]),
        ("# c\n\n", [(2, "file with no instructions")]),
        ("ARG A\n", [(1, "dockerfile contains no stages to build")]),
        (
            "RUN x\nFROM a\n",
            [(1, "no build stage in current context")],
        ),
        ("FROM\n", [(1, "FROM requires either one or three arguments")]),
        ("FROM a b\n", [(1, "FROM requires either one or three arguments")]),
        (
            "FROM a AS 1\n",
            [
                (
                    1,
                    'invalid name for build stage: "1", name can\'t start with a number or '
                    "contain symbols",
                )
            ],
        ),
        ("FROM $NO\n", [(1, "base name ($NO) should not be blank")]),
        (
            "FROM a/B\n",
            [
                (
                    1,
                    'failed to parse stage name "a/B": invalid reference format: repository '
                    "name (a/B) must be lowercase",
                )
            ],
        ),
        (
            "FROM --platform=linux/$A a\n",
            [
                (
                    1,
                    'failed to parse platform linux/$A: "" is an invalid component of "linux/": '
                    'platform specifier component must match "^[A-Za-z0-9_.-]+$": '
                    "invalid argument",
                )
            ],
        ),
        ("FROM a\nSHELL sh -c\n", [(2, "SHELL requires the arguments to be in JSON form")]),
        ("FROM a\nUSER\n", [(2, "USER requires exactly one argument")]),
        ("FROM a\nEXPOSE\n", [(2, "EXPOSE requires at least one argument")]),
        ("FROM a\nENV =x\n", [(2, "ENV names can not be blank")]),
        ("FROM a\nHEALTHCHECK FOO x\n", [(2, 'Unknown type "FOO" in HEALTHCHECK (try CMD)')]),
        ("FROM a\nHEALTHCHECK CMD\n", [(2, "Missing command after HEALTHCHECK CMD")]),
        ("FROM a\nHEALTHCHECK NONE x\n", [(2, "HEALTHCHECK NONE takes no arguments")]),
        (
            "FROM a\nHEALTHCHECK --interval=5 CMD x\n",
            [(2, 'time: invalid duration "5"')],
        ),
        ("FROM a\nHEALTHCHECK --interval=1m30s --timeout=0 CMD x\n", []),
        (
            "FROM a\nONBUILD ONBUILD RUN x\n",
            [(2, "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed")],
        ),
        ("FROM a\nONBUILD FROM b\n", [(2, "FROM isn't allowed as an ONBUILD trigger")]),
        ("FROM a\nCOPY a <<EOF\nx\nEOF\n", [(2, "COPY cannot accept a heredoc as a destination")]),
        ("FROM a\nCOPY --link=x a b\n", [(2, "expecting boolean value for flag --link, not: x")]),
        ("FROM a\nCOPY --from a b\n", [(2, "missing a value on flag: --from")]),
        (
            "FROM a\nCOPY --chown=1 --chown=2 a b\n",
            [(2, "duplicate flag specified: --chown")],
        ),
        (
            "FROM a\nRUN --mount=type=cache,z x\n",
            [(2, "invalid field 'z' must be a key=value pair")],
        ),
        (
            "FROM a\nENV A=${B^}\n",
            [(2, 'failed to process "${B^}": unsupported modifier (^) in substitution')],
        ),
        (
            "FROM a\nCOPY --from=3 a b\n",
            [(2, "invalid stage index 3")],
        ),
        (
            "FROM a\nCOPY --from=b a b\nFROM a AS b\nCOPY --from=0 a b\n",
            [
                (
                    2,
                    'cannot copy from stage "b", it needs to be defined before current stage '
                    '"stage-0"',
                )
            ],
        ),
        ("FROM a AS x\nENV A=${B^}\nFROM b\n", []),  # a stage that is not built
        ("# escape=`\n# escape=`\nFROM a\n", [(2, "only one escape parser directive can be used")]),
    ],
)
def test_errors(text: str, expected: list[tuple[int, str]]) -> None:
    assert messages(source(text)) == expected


# Stages


def test_stages_inherit() -> None:
    dockerfile = source(
        "FROM debian AS Base\n"
        "ENV A=1\n"
        "LABEL l=1\n"
        "USER me\n"
        "WORKDIR /srv\n"
        'SHELL ["bash", "-c"]\n'
        "HEALTHCHECK CMD x\n"
        "FROM base AS next\n"
        "ENV B=$A\n"
        "WORKDIR sub/../dir\n"
    )
    base, stage = dockerfile.stages
    assert (base.name, base.label) == ("base", "Base")
    assert stage.parent is base
    assert stage.base.stage is base
    assert not stage.base.is_image
    assert list(stage.env.items())[1:] == [("A", "1"), ("B", "1")]
    assert dict(stage.labels) == {"l": "1"}
    assert (stage.user, stage.workdir, stage.shell) == ("me", "/srv/dir", ("bash", "-c"))
    assert stage.user_instruction is dockerfile.instructions[3]
    assert stage.healthcheck is dockerfile.instructions[6]
    assert dockerfile.final is stage
    assert dockerfile.reached() == [base, stage]


def test_arguments_and_their_scope() -> None:
    text = (
        "ARG TAG=1 NOTHING\n"
        "ARG IMAGE=a:$TAG\n"
        "FROM $IMAGE\n"
        "LABEL global=$TAG\n"
        "ARG TAG\n"
        "ARG OWN=x$TAG\n"
        "LABEL tag=$TAG own=$OWN arch=$TARGETARCH\n"
        "ARG TARGETARCH\n"
        "ENV OWN=env\n"
        "LABEL env=$OWN arch=$TARGETARCH nothing=$NOTHING\n"
    )
    dockerfile = source(text)
    assert dockerfile.stages[0].base.name == "a:1"
    assert dict(dockerfile.stages[0].labels) == {
        "global": "",
        "tag": "1",
        "own": "x1",
        "arch": "amd64",
        "env": "env",
        "nothing": "",
    }
    undefined = [name for i in dockerfile.instructions for name, _ in i.undefined]
    assert undefined == ["TAG", "TARGETARCH", "NOTHING"]
    given = source(text, build_args={"TAG": "2", "OWN": "given"}, platform="linux/arm64/v8")
    assert given.stages[0].base.name == "a:2"
    assert given.stages[0].labels["own"] == "given"
    assert given.stages[0].labels["arch"] == "arm64"


def test_an_argument_without_a_value_is_declared_all_the_same() -> None:
    dockerfile = source("FROM a\nARG V\nENV A=$V\nRUN x\n")
    assert dockerfile.instructions[2].undefined == []
    assert dockerfile.instructions[2].values == ["A", "", "="]
    assert "V" not in dockerfile.instructions[3].env
    assert dockerfile.instructions[3].env["A"] == ""


def test_values_and_variables_at_each_instruction() -> None:
    dockerfile = source(
        "FROM a\nENV A=1 B=$A\nENV B=$A\nRUN echo $A\nENV A=2\n"
        "COPY $A '$A' \"$A\"/\nEXPOSE $A/tcp\n"
    )
    first, second, run, third, copy, expose = dockerfile.instructions[1:]
    assert first.values == ["A", "1", "=", "B", "", "="]
    assert second.values == ["B", "1", "="]
    assert run.values == ["echo $A"]
    assert (run.env["A"], third.env["A"], copy.env["A"]) == ("1", "1", "2")
    assert copy.values == ["2", "$A", "2/"]
    assert expose.values == ["2/tcp"]
    assert copy.env is expose.env


def test_pairs() -> None:
    dockerfile = source("ARG A=1 B\nFROM a\nENV C=$D E=f\nENV G h i\n")
    arg, _, env, legacy = dockerfile.instructions
    assert [(n.value, v and v.value, e) for n, v, e in arg.pairs()] == [
        ("A", "1", "1"),
        ("B", None, ""),
    ]
    assert [(n.value, v and v.value, e) for n, v, e in env.pairs()] == [
        ("C", "$D", ""),
        ("E", "f", "f"),
    ]
    assert [(n.value, v and v.value, e) for n, v, e in legacy.pairs()] == [("G", "h i", "h i")]


def test_references() -> None:
    dockerfile = source(
        "# syntax=docker/dockerfile:1 extra\n"
        "ARG TAG\n"
        "FROM --platform=$BUILDPLATFORM golang:1 AS build\n"
        "FROM alpine:$TAG\n"
        "COPY --from=build a b\n"
        "COPY --from=0 a b\n"
        "COPY --from=BUILD a b\n"
        "COPY --from=quay.io/x/y:2@sha256:" + "0" * 64 + " a b\n"
        "COPY --from=$TAG a b\n"
        "RUN --mount=type=bind,from=build --mount=from=busybox,target=/x true\n"
    )
    found = [(r.kind, r.name, r.stage and r.stage.index, r.is_image) for r in dockerfile.references]
    digest = "sha256:" + "0" * 64
    assert found == [
        ("syntax", "docker/dockerfile:1", None, True),
        ("from", "golang:1", None, True),
        ("from", "alpine:", None, True),
        ("copy", "build", 0, False),
        ("copy", "0", 0, False),
        ("copy", "BUILD", 0, False),
        ("copy", f"quay.io/x/y:2@{digest}", None, True),
        ("copy", "", None, False),
        ("mount", "build", 0, False),
        ("mount", "busybox", None, True),
    ]
    assert [r.undefined for r in dockerfile.references if r.kind in ("from", "copy")] == [
        *(False, True, False, False, False, False, True)
    ]
    image = dockerfile.references[6]
    assert (image.registry, image.repository, image.tag, image.digest) == (
        *("quay.io", "x/y", "2", digest),
    )
    assert dockerfile.stages[0].platform == "linux/amd64"
    assert dump(dockerfile)["refs"] == [
        "docker.io/library/golang:1",
        f"quay.io/x/y:2@{digest}",
        "docker.io/library/busybox:latest",
    ]


def test_triggers_run_in_the_stage_that_is_based_on_theirs() -> None:
    dockerfile = source(
        "FROM x AS tools\n"
        "FROM a AS base\n"
        "ONBUILD ENV A=1\n"
        "ONBUILD COPY --from=tools a b\n"
        "ONBUILD USER me\n"
        "FROM base\n"
        "FROM a\n"
    )
    tools, base, child, _ = dockerfile.stages
    assert (base.user, child.user) == ("", "me")
    assert "A" not in base.env
    assert child.env["A"] == "1"
    assert [trigger.cmd for trigger in child.triggers] == ["ENV", "COPY", "USER"]
    onbuild = dockerfile.instructions[2]
    assert onbuild.sub is not None
    assert onbuild.sub.parent is onbuild
    assert words(onbuild.sub) == ["A", "1", "="]
    assert dockerfile.text[onbuild.sub.keyword] == "ENV"
    dockerfile.final = child
    assert dockerfile.reached() == [tools, base, child]


def test_target() -> None:
    text = "FROM a AS one\nFROM b AS two\n"
    one = source(text, target="ONE")
    assert one.final is one.stages[0]
    assert one.reached() == [one.stages[0]]
    none = source(text, target="three")
    assert none.final is None
    assert messages(none) == [(2, 'target stage "three" could not be found')]


def test_duplicate_names_mean_the_latest_so_far_for_from_and_the_last_for_copy() -> None:
    dockerfile = source("FROM a AS x\nFROM x AS x\nFROM x\nCOPY --from=x a b\n")
    assert [s.parent.index if s.parent else None for s in dockerfile.stages] == [None, 0, 1]
    copy = dockerfile.references[-1]
    assert copy.stage is dockerfile.stages[1]


@pytest.mark.parametrize(
    ("text", "windows", "workdir"),
    [
        ("FROM mcr.microsoft.com/windows/servercore:ltsc2022\nWORKDIR C:/App\n", True, "/C:/App"),
        ("FROM mcr.microsoft.com/windows/nanoserver:1809\nWORKDIR C:\\\\App\n", True, "\\App"),
        ("FROM --platform=windows/amd64 x\nWORKDIR /a/b\n", True, "\\a\\b"),
        ('FROM x\nSHELL ["powershell", "-Command"]\n', True, ""),
        ('FROM x\nSHELL ["C:\\\\Windows\\\\System32\\\\cmd.exe", "/S"]\n', True, ""),
        ('FROM x\nSHELL ["pwsh", "-c"]\n', False, ""),
        ("FROM scratch\n", False, "/"),
        ("FROM x\nWORKDIR a\nWORKDIR ../b\n", False, "/b"),
    ],
)
def test_windows_and_workdir(text: str, windows: bool, workdir: str) -> None:
    stage = source(text).stages[0]
    assert (stage.windows, stage.workdir) == (windows, workdir)


def test_bytes_that_are_no_text_survive() -> None:
    data = b"FROM a\nLABEL l=\xff\xfe\n"
    dockerfile = read(data)
    assert dockerfile.text.encode() == data
    assert dockerfile.stages[0].labels["l"] == "\udcff\udcfe"
    assert dump(dockerfile)["stages"][0]["labels"] == {"l": "\ufffd\ufffd"}


def test_dump_of_errors() -> None:
    data = dump(source("FROM a\nFOOBAR x\n"))
    assert data["errors"] == [
        {
            "line": 2,
            "column": 1,
            "endLine": 2,
            "endColumn": 7,
            "message": "unknown instruction: FOOBAR",
            "fatal": False,
        }
    ]


# dockerfile-parse's API


def parser(content: str, **options: object) -> Parser:
    return Parser(fileobj=io.BytesIO(content.encode("utf-8", "surrogateescape")), **options)


def test_structure_is_buildkits() -> None:
    found = parser(
        "# escape=`\r\n"
        "FROM a\r\n"
        "RUN cat <<EOF `\r\n"
        "# inside\r\n"
        " && true\r\n"
        "FROM in-the-body\r\n"
        "EOF\r\n"
        "ENV A\r\n"
        "CMD\r\n"
    ).structure
    assert [(e["instruction"], e["startline"], e["endline"], e["value"]) for e in found] == [
        ("COMMENT", 0, 0, "escape=`"),
        ("FROM", 1, 1, "a"),
        ("COMMENT", 3, 3, "inside"),
        ("RUN", 2, 6, "cat <<EOF  && true"),
        ("ENV", 7, 7, "A"),
        ("CMD", 8, 8, ""),
    ]
    assert found[3]["content"] == "RUN cat <<EOF `\r\n && true\r\nFROM in-the-body\r\nEOF\r\n"


def test_lines_end_at_lf_only() -> None:
    content = "FROM a\nLABEL x='\u2028' y='\udcff'\r\nUSER b"
    for cache in (False, True):
        found = parser(content, cache_content=cache)
        assert found.lines == ["FROM a\n", "LABEL x='\u2028' y='\udcff'\r\n", "USER b"]
        assert found.content == content
        found.lines = found.lines
        assert found.content == content
        assert [e["instruction"] for e in json.loads(json.dumps(found.structure))] == [
            *("FROM", "LABEL", "USER")
        ]


def test_resolution_is_buildkits() -> None:
    found = parser(
        "ARG TAG=1\n"
        "FROM base:${TAG:-2} AS b\n"
        "ENV A=1 P=${NO:-x}\n"
        "LABEL l=$A\n"
        "FROM b\n"
        "ARG TAG=own\n"
        "ENV B=$A$TAG\n",
        parent_env={"H": "home"},
    )
    assert found.parent_images == ["base:1", "b"]
    assert found.baseimage == "b"
    assert found.is_multistage
    assert found.envs == {"A": "1", "P": "x", "B": "1own"}
    assert found.labels == {"l": "1"}
    assert found.args == {"TAG": "own"}
    assert found.context_structure[-1].get_values("ENV")["H"] == "home"
    assert found.json.startswith('[{"ARG": "TAG=1"}')
    given = parser("ARG TAG=1\nFROM a:$TAG\n", build_args={"TAG": "3"})
    assert given.baseimage == "a:3"


def test_setters_touch_only_what_they_are_about() -> None:
    content = (
        "# c\r\n"
        "FROM --platform=linux/amd64 a:1 AS x  \r\n"
        "ENV A=1 \\\r\n"
        "    # about B\r\n"
        "    B=2 \\\r\n"
        "    C=3\r\n"
        "LABEL l=old\r\n"
        "CMD old\r\n"
    )
    found = parser(content)
    found.baseimage = "a:2"
    assert found.content == content.replace("a:1", "a:2")
    found.envs["B"] = "x y"
    assert found.content == content.replace("a:1", "a:2").replace("B=2", "B='x y'")
    del found.envs["B"]
    assert found.envs == {"A": "1", "C": "3"}
    assert "# about B\r\n    C=3" in found.content
    del found.envs["C"]
    assert found.envs == {"A": "1"}
    found.labels = {"l": "new", "m": "it's"}
    assert found.labels == {"l": "new", "m": "it's"}
    found.cmd = "new"
    assert found.cmd == "new"
    del found.envs["A"]
    assert "ENV" not in found.content
    assert "\n" not in found.content.replace("\r\n", "")
    assert not read(found.content.encode()).errors
    with pytest.raises(KeyError):
        found._delete_instructions("ENV", "A")


def test_inherited_values_can_be_set_and_removed() -> None:
    found = parser("FROM a AS b\nENV A=1\nFROM b\nUSER x\n")
    found.envs["A"] = "2"
    assert found.content == "FROM a AS b\nENV A=2\nFROM b\nUSER x\n"
    del found.envs["A"]
    assert found.content == "FROM a AS b\nFROM b\nUSER x\n"


def test_adding_to_a_file() -> None:
    found = parser("")
    found.add_lines("FROM a")
    found.labels["x"] = "y"
    assert found.content == "FROM a\nLABEL x=y\n"
    found.add_lines("USER me", at_start=True)
    assert [e["instruction"] for e in found.structure] == ["FROM", "USER", "LABEL"]


def test_span_is_a_plain_pair() -> None:
    assert source("FROM a\n").instructions[0].span == Span(0, 6)

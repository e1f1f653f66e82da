"""Which instruction made a layer: pure cases, and what real engines write."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockgate.builder import provenance
from dockgate.builder.layout import open_image
from dockgate.builder.origin import origins
from dockgate.linter import document
from dockgate.linter.report import Origin
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.image import HistoryStep, Image, ImageConfig, Layer
from tests.builder.running import Gate
from tests.engine.client import Engine

TOKEN = "ghp_" + "a8Fk29dkLmQp03nXz71bVcRt5YwEh4Jg6UoS"


def image_of(*history: str, layers: int | None = None) -> Image:
    """An image with this history; a line that begins with `-` makes no layer."""
    steps = [HistoryStep(line.removeprefix("-"), line.startswith("-")) for line in history]
    count = sum(not step.empty_layer for step in steps) if layers is None else layers
    config = ImageConfig()
    config.history = steps
    made = [Layer(n, f"sha256:{n:064}", 1, "") for n in range(count)]
    return Image("app", "sha256:x", config, made)


def model(source: str) -> Dockerfile:
    return document.read(source.encode(), "Dockerfile")


def told(image: Image, source: str | None = None) -> list[tuple[str, int, str]]:
    found = origins(image, model(source) if source is not None else None)
    rows = [found.get(layer.digest, Origin("?")) for layer in image.layers]
    return [(row.instruction, row.line, row.base) for row in rows]


BUILDKIT = "RUN /bin/sh -c make # buildkit"


def test_without_a_dockerfile_history_is_told_as_it_would_be_written() -> None:
    image = image_of(
        "debian packages, unpacked",
        "/bin/sh -c #(nop) ADD file:5f1a in / ",
        "/bin/sh -c apt-get update",
        "|2 A=1 B=2 /bin/sh -c make   it",
        "RUN |1 A=a long value /bin/sh -c make # buildkit",
        "-SHELL [/bin/bash -o pipefail -c]",
        "RUN |1 A=1 /bin/bash -o pipefail -c a | b # buildkit",
        "COPY --chown=1:1 a b /c/ # buildkit",
    )
    assert [row[0] for row in told(image)] == [
        "debian packages, unpacked",
        "ADD file:5f1a in /",
        "RUN apt-get update",
        "RUN make it",
        "RUN make",
        "RUN a | b",
        "COPY --chown=1:1 a b /c/",
    ]


def test_values_of_build_arguments_are_never_told() -> None:
    image = image_of("RUN |1 WORD=correct horse battery prog --flag # buildkit")
    assert told(image) == [("RUN …", 0, "")]
    assert told(image, 'FROM x\nARG WORD\nRUN ["prog", "--flag"]\n')[0][:2] == (
        'RUN ["prog", "--flag"]', 3,
    )  # fmt: skip


@pytest.mark.parametrize("source", [None, f"FROM x\nRUN curl -H 'Authorization: {TOKEN}' u\n"])
def test_secrets_are_masked(source: str | None) -> None:
    image = image_of(f"RUN /bin/sh -c curl -H 'Authorization: {TOKEN}' u # buildkit")
    ((text, line, _),) = told(image, source)
    assert text.startswith("RUN curl -H 'Authorization: ghp_****")
    assert TOKEN[8:] not in text
    assert line == (2 if source else 0)


def test_layers_of_the_base_image_are_at_its_from() -> None:
    image = image_of("ADD rootfs.tar / # buildkit", "RUN /bin/sh -c x # buildkit", BUILDKIT)
    source = "ARG V=12\nFROM debian:${V} AS a\nRUN make\n"
    assert told(image, source) == [
        ("ADD rootfs.tar /", 2, "debian:12"),
        ("RUN x", 2, "debian:12"),
        ("RUN make", 3, ""),
    ]


def test_of_several_stages_the_chain_counts() -> None:
    source = "FROM x AS a\nRUN make\nFROM y AS b\nRUN other\nFROM a\nCOPY --from=b /o /p\n"
    image = image_of("x", BUILDKIT, "COPY /o /p # buildkit")
    assert [row[1] for row in told(image, source)] == [1, 2, 6]


def test_another_stage_counts_where_the_last_does_not_fit() -> None:
    source = "FROM x AS a\nRUN make\nFROM a\nRUN test\n"
    assert [row[1] for row in told(image_of("x", BUILDKIT), source)] == [1, 2]


def test_equal_instructions_are_told_apart_by_their_order() -> None:
    source = "FROM x\nRUN make\nRUN make\nENV A=b\nRUN make\n"
    image = image_of("x", BUILDKIT, BUILDKIT, "-ENV A=b", BUILDKIT)
    assert [row[1] for row in told(image, source)] == [1, 2, 3, 5]


def test_triggers_of_the_stage_below_are_at_their_onbuild() -> None:
    source = "FROM x AS a\nRUN one\nONBUILD RUN two\nFROM a\nRUN three\n"
    image = image_of("x", *(f"RUN /bin/sh -c {w} # buildkit" for w in ("one", "two", "three")))
    assert [row[1] for row in told(image, source)] == [1, 2, 3, 5]


def test_heredocs_exec_form_and_continuations() -> None:
    source = (
        'FROM x\nRUN <<E\nset -e\necho "$A"\nE\nRUN ["a", "b c"]\nRUN one && \\\n  # why\n'
        "\n  two\nCOPY <<F /f\nx\nF\n"
    )
    image = image_of(
        "x",
        'RUN /bin/sh -c set -e\necho "$A"\n # buildkit',
        "RUN a b c # buildkit",
        "RUN /bin/sh -c one &&   two # buildkit",
        "COPY <<F /f # buildkit",
    )
    assert [row[1] for row in told(image, source)] == [1, 2, 6, 7, 11]
    assert told(image, source)[1][0] == 'RUN <<E set -e echo "$A"'


def test_a_changed_dockerfile_tells_no_wrong_line() -> None:
    image = image_of("x", "RUN /bin/sh -c old # buildkit", BUILDKIT, "COPY a /b # buildkit")
    changed = "FROM x\nRUN new\nRUN make\nRUN more\nCOPY c /d\n"
    assert told(image, changed) == [
        ("x", 0, ""), ("RUN old", 0, ""), ("RUN make", 3, ""), ("COPY a /b", 0, ""),
    ]  # fmt: skip


def test_what_stands_twice_in_a_changed_dockerfile_is_not_guessed() -> None:
    image = image_of("x", "RUN /bin/sh -c old # buildkit", BUILDKIT)
    assert told(image, "FROM x\nRUN make\nRUN make\nRUN new\n")[2] == ("RUN make", 0, "")


def test_nothing_lies_below_scratch() -> None:
    image = image_of("RUN /bin/sh -c other # buildkit", BUILDKIT)
    assert told(image, "FROM scratch\nRUN make\n") == [("RUN other", 0, ""), ("RUN make", 2, "")]


@pytest.mark.parametrize(
    "image",
    [
        image_of(layers=2),
        image_of("one", layers=2),
        image_of("-RUN a", "-RUN b", "merge", "more", layers=1),
        image_of("", layers=1),
    ],
)
def test_squashed_or_missing_history_tells_nothing(image: Image) -> None:
    assert origins(image, model("FROM x\nRUN make\n")) == {}


@given(
    st.lists(st.text(max_size=60), max_size=8),
    st.text(st.sampled_from("FROM RUN COPYx\n$<\\\"'["), max_size=80),
)
def test_any_history_beside_any_dockerfile(history: list[str], source: str) -> None:
    for one in origins(image_of(*history), model(source)).values():
        assert one.instruction.isprintable()
        assert one.line >= 0


# -- provenance


def statement(source: str, layers: dict[str, Any], lines: dict[str, int], version: int) -> bytes:
    metadata = {
        "source": {
            "locations": {
                step: {"locations": [{"ranges": [{"start": {"line": line}}]}]}
                for step, line in lines.items()
            },
            "infos": [
                {"filename": "app.Dockerfile", "data": base64.b64encode(source.encode()).decode()}
            ],
        },
        "layers": layers,
    }
    image = {"id": "step0", "op": {"Op": {"source": {"identifier": "docker-image://x"}}}}
    arguments = {"build-arg:V": "9", "target": "a"}
    if version == 0:
        predicate: dict[str, Any] = {
            "buildConfig": {"llbDefinition": [image]},
            "invocation": {"parameters": {"args": arguments}},
            "metadata": {"https://mobyproject.org/buildkit@v1#metadata": metadata},
        }
    else:
        predicate = {
            "buildDefinition": {
                "externalParameters": {"request": {"args": arguments}},
                "internalParameters": {"buildConfig": {"llbDefinition": [image]}},
            },
            "runDetails": {"metadata": {"buildkit_metadata": metadata}},
        }
    return json.dumps({"predicate": predicate}).encode()


@pytest.mark.parametrize("version", [0, 1])
def test_provenance_tells_the_lines(version: int) -> None:
    image = image_of(layers=3)  # no history at all
    one, two, three = ({"digest": layer.digest} for layer in image.layers)
    chains = {"step10:0": [[one, two, three]], "step0:0": [[one]], "step9:0": [[one, two]]}
    lines = {"step0": 1, "step9": 2, "step10": 3}
    image.provenance = [statement("FROM x:$V AS a\nRUN b\nRUN c\nFROM y\n", chains, lines, version)]
    found = origins(image)
    assert [found[layer.digest] for layer in image.layers[1:]] == [
        Origin("RUN b", "app.Dockerfile", 2),
        Origin("RUN c", "app.Dockerfile", 3),
    ]
    # The Dockerfile that the user names is another than the one that it was built from.
    assert not any(one.line for one in origins(image, model("FROM x\nRUN z\n")).values())


@given(st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["predicate", "metadata", "source", "infos", "data", "layers", "locations",
                         "https://mobyproject.org/buildkit@v1#metadata", "buildConfig", "id"]),
        inner, max_size=4),
    max_leaves=20,
))  # fmt: skip
def test_any_statement_can_be_read(value: Any) -> None:
    provenance.read(json.dumps({"predicate": value}).encode())
    provenance.read(json.dumps(value).encode())


# -- real engines

REAL = """\
ARG BASE=debian:bookworm-slim
FROM ${BASE} AS build
ARG VERSION=1
RUN echo $VERSION > /made && \\
    echo two >> /made
FROM debian:bookworm-slim
ARG WHO="the world"
ENV GREETING="hello" \\
    OTHER=2
WORKDIR /app
COPY --chown=1000:1000 Dockerfile  ./
COPY --from=build /made /made
COPY --link <<one <<two /in/
first
one
second
two
RUN <<EOT
echo "$WHO"
echo hi > /hi
EOT
RUN --network=none ["/bin/sh", "-c", "echo json > /json"]
SHELL ["/bin/bash", "-c"]
RUN echo    spaced   >  /spaced
ADD Dockerfile /added
RUN echo same > /same
RUN echo same > /same2 \\
  # a comment in between

  && true
USER 1000
CMD ["x"]
"""
REAL_LINES = [6, 10, 11, 12, 13, 18, 22, 24, 25, 26, 27]


def build(engine: Engine, folder: Path, *more: str) -> Image:
    (folder / "Dockerfile").write_text(REAL)
    target = folder / "out"
    engine.run(
        "buildx", "build", "--quiet", "--build-arg", "WHO=a long value", *more,
        "-o", f"type=oci,tar=false,dest={target}", str(folder),
    )  # fmt: skip
    return open_image(str(target), readers=[])


@pytest.mark.parametrize("mode", ["max", "min"])
def test_buildkit_with_the_dockerfile(engine: Engine, tmp_path: Path, mode: str) -> None:
    image = build(engine, tmp_path, f"--provenance=mode={mode}")
    found = origins(image, model(REAL))
    assert [found[layer.digest].line for layer in image.layers] == REAL_LINES
    assert found[image.layers[0].digest].base == "debian:bookworm-slim"
    assert all(found[layer.digest].on_disk for layer in image.layers)


def test_buildkit_with_provenance_alone(engine: Engine, tmp_path: Path) -> None:
    image = build(engine, tmp_path, "--provenance=mode=max")
    found = origins(image)
    assert [found[layer.digest].line for layer in image.layers] == REAL_LINES
    assert found[image.layers[3].digest].instruction == "COPY --from=build /made /made"
    image.config.history.clear()
    found = origins(image)
    assert [found[layer.digest].line for layer in image.layers[1:]] == REAL_LINES[1:]
    assert not any(layer.on_disk for layer in found.values())


def test_the_classic_builder(classic_engine: Engine, tmp_path: Path) -> None:
    source = (
        "FROM debian:bookworm-slim AS base\nARG WHO=x\nENV A=b \\\n    C=d\nLABEL a=b\n"
        'WORKDIR /app\nCOPY Dockerfile  ./\nRUN echo "hi  there" && \\\n    echo two > /made\n'
        "ADD Dockerfile /added\nEXPOSE 80\nFROM base\nRUN echo three > /three\nUSER 1000\n"
    )
    (tmp_path / "Dockerfile").write_text(source)
    name = "dockgate-test/origin:classic"
    done = subprocess.run(
        [classic_engine.docker, "build", "-q", "-t", name, str(tmp_path)],
        env={**classic_engine.env, "DOCKER_BUILDKIT": "0"}, capture_output=True, timeout=120,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    try:
        classic_engine.run("save", "-o", str(tmp_path / "saved.tar"), name)
    finally:
        classic_engine.run("rmi", name)
    image = open_image(str(tmp_path / "saved.tar"), readers=[])
    found = origins(image, model(source))
    lines = [found[layer.digest].line for layer in image.layers]
    assert [line for line in lines if line != 6] == [1, 7, 8, 10, 13]
    assert [one.instruction for one in origins(image).values()][-1] == "RUN echo three > /three"


def test_build_tells_the_lines_of_its_dockerfile(engine: Engine, tmp_path: Path) -> None:
    for folder in ("tmp", "context"):
        (tmp_path / folder).mkdir()
    (tmp_path / "context" / "Dockerfile").write_text(
        "FROM busybox:1.36 AS tools\n"
        "RUN cp /bin/busybox /tool && chmod 4755 /tool\n"
        "FROM busybox:1.36\n"
        "USER root\n"
        "COPY --from=tools /tool /usr/bin/tool\n"
        'USER 10001\nHEALTHCHECK CMD ["true"]\nCMD ["sleep", "1"]\n'
    )
    gate = Gate(engine, tmp_path / "tmp")
    name = "dockgate-test/origin:built"
    done = gate("build", "-t", name, "--format", "json", "context", cwd=tmp_path)
    try:
        found = [one for one in done.json["diagnostics"] if one.get("path") == "usr/bin/tool"]
    finally:
        if done.exit == 0:
            gate.remove(name)
    setuid = next(one for one in found if one["rule"] == "image-setuid")
    assert setuid["origin"]["line"] == 5
    assert setuid["origin"]["file"].endswith("context/Dockerfile")
    assert setuid["origin"]["instruction"] == "COPY --from=tools /tool /usr/bin/tool"

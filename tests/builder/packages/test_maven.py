"""Java archives: Debian's, nested ones, and ones made to harm."""

from __future__ import annotations

import io
import time
import tracemalloc
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockgate.builder.packages.maven import MavenReader
from dockgate.rules.subjects.reading import ReadError
from tests.tools import debian

from .reading import value_of
from .trees import in_folder, in_layers, pairs


def jar(files: Mapping[str, str | bytes], compress: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compress) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def properties(group: str, artifact: str, version: str) -> dict[str, str | bytes]:
    text = f"#Generated\nversion={version}\ngroupId={group}\r\nartifactId = {artifact}\n"
    return {f"META-INF/maven/{group}/{artifact}/pom.properties": text}


def found(data: bytes, path: str = "app/x.jar") -> list[tuple[str, str, str, str]]:
    """Group, name, version and place of each."""
    rows = value_of(MavenReader(), path, data) or []
    return [(row[2], row[0], row[1], row[4]) for row in rows]


def test_equals_debians_repository() -> None:
    """Its files lie at GROUP/ARTIFACT/VERSION and its archives state as much, where they do."""
    tree = debian.program("libmaven3-core-java", "usr/share/java/maven3-core.jar").tree
    repository = tree / "usr/share/maven-repo"
    wanted = set()
    for path in repository.rglob("*.jar"):
        *group, artifact, version = path.relative_to(repository).parts[:-1]
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
        own = f"META-INF/maven/{'.'.join(group)}/{artifact}/pom.properties"
        if version != "debian" and ".x" not in version and own in names:
            wanted.add((f"{'.'.join(group)}:{artifact}", version))
    assert len(wanted) > 20
    assert wanted <= pairs(in_folder(tree), "maven")


POM = """<project><!-- <version>0</version> -->
<parent><groupId>g</groupId><version>7</version></parent>
<groupId>g</groupId><artifactId>a</artifactId>{}
<licenses><license><name>Apache-2.0</name><url>x</url></license></licenses>
<dependencies><dependency><version>9</version></dependency></dependencies></project>"""
MANIFEST = "Manifest-Version: 1.0\r\n{}\r\n\r\nName: x\r\nImplementation-Version: 66\r\n"


@pytest.mark.parametrize(
    ("path", "files", "rows"),
    [
        ("a-1.jar", properties("g", "a", "1"), [("g", "a", "1")]),
        # a shaded one is all that it was made of, and itself
        ("app-2.0.jar", properties("g", "a", "1") | properties("h", "b", "2"),
         [("g", "a", "1"), ("h", "b", "2"), ("app", "app", "2.0")]),
        # pom.xml alone
        ("a.jar", {"META-INF/maven/g/a/pom.xml": POM.format("<version>1</version>")},
         [("g", "a", "1")]),
        ("a.jar", {"META-INF/maven/g/a/pom.xml": POM.format("")}, [("g", "a", "7")]),
        ("a.jar", {"META-INF/maven/g/a/pom.xml": POM.format("<version>${x}</version>")}, []),
        # the manifest and the name
        ("commons-lang3-3.12.0.jar",
         {"META-INF/MANIFEST.MF": MANIFEST.format("Bundle-SymbolicName: org.apache.commons.lan\r\n"
                                                  " g3;singleton:=true")},
         [("org.apache.commons", "commons-lang3", "3.12.0")]),
        ("guice.jar", {"META-INF/MANIFEST.MF": MANIFEST.format(
            "Bundle-SymbolicName: com.google.inject\nBundle-Version: 4.2.3")},
         [("com.google.inject", "guice", "4.2.3")]),
        ("x.jar", {"META-INF/MANIFEST.MF": MANIFEST.format("Implementation-Version: 5")},
         [("x", "x", "5")]),
        ("commons-io-2.11.0.jar", {}, [("commons-io", "commons-io", "2.11.0")]),
        ("x.jar", {"META-INF/MANIFEST.MF": "\x00\xff"}, []),
        ("x.jar", {"a.class": ""}, []),
    ],
)  # fmt: skip
def test_coordinates(
    path: str, files: dict[str, str | bytes], rows: list[tuple[str, str, str]]
) -> None:  # fmt: skip
    assert [row[:3] for row in found(jar({"z": "", **files}), f"app/{path}")] == rows


def test_licences_are_those_of_the_pom(tmp_path: Path) -> None:
    data = jar(properties("g", "a", "1") | {"META-INF/maven/g/a/pom.xml": POM.format("")})
    (package,) = in_layers(tmp_path, {"a.jar": data})
    assert package.licenses == ("Apache-2.0",)
    assert package.purl == "pkg:maven/g/a@1"


def test_archives_in_archives(tmp_path: Path) -> None:
    library = jar(properties("org.x", "lib", "1"))
    war = jar({"WEB-INF/lib/lib-1.jar": library, "WEB-INF/classes/A.class": ""})
    data = jar({"web.war": war, "lib/lib-1.jar": library} | properties("org.x", "app", "3"))
    packages = in_layers(tmp_path, {"opt/app.ear": data})
    assert sorted((one.purl, one.path) for one in packages) == [
        ("pkg:maven/org.x/app@3", "opt/app.ear"),
        ("pkg:maven/org.x/lib@1", "opt/app.ear!/lib/lib-1.jar"),
        ("pkg:maven/org.x/lib@1", "opt/app.ear!/web.war!/WEB-INF/lib/lib-1.jar"),
    ]


def test_a_program_before_the_archive() -> None:
    """As Spring Boot makes its executable ones."""
    assert found(b"#!/bin/bash\nexec java\n" + jar(properties("g", "x", "1")))[0][:3] == (
        "g", "x", "1",
    )  # fmt: skip


def deep(levels: int) -> bytes:
    data = jar({"a": "x"})
    for _ in range(levels):
        data = jar({"in.jar": data})
    return data


def many_files(count: int) -> bytes:
    """A table of contents of so many files that are not there."""
    row = b"PK\x01\x02" + bytes(42)
    size = len(row) * count
    end = b"PK\x05\x06" + bytes(4) + (65535).to_bytes(2, "little") * 2
    return row * count + end + size.to_bytes(4, "little") + bytes(4) + bytes(2)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (lambda: deep(6), "more than 5 deep"),
        (lambda: jar({f"{n}.jar": b"" for n in range(6_000)}), "more than 5,000 archives"),
        (lambda: jar({"a.jar": bytes(200 << 20)}), "unpack to more"),
        (lambda: jar({f"{n}.jar": bytes(20 << 20) for n in range(9)}), "unpack to more"),
        (lambda: many_files(1_000_000), "table of contents of more than 16 MiB"),
        (lambda: jar({f"META-INF/maven/g/{n}/pom.properties": "" for n in range(6_000)}),
         "more than 5,000 Maven coordinates"),
    ],
)  # fmt: skip
def test_bombs_are_told_soon_and_in_little_memory(data: object, says: str) -> None:
    made = data()  # type: ignore[operator]
    start = time.process_time()
    tracemalloc.start()
    try:
        with pytest.raises(ReadError, match=says):
            found(made)
        assert tracemalloc.get_traced_memory()[1] < 200 << 20
    finally:
        tracemalloc.stop()
    assert time.process_time() - start < 20


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_no_damage_is_a_failure(data: st.DataObject) -> None:
    inner = jar(properties("g", "b", "2"))
    whole = jar({"b.jar": inner} | properties("g", "a", "1"))
    changed = bytearray(whole)
    for at in data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=8)):
        changed[at] = data.draw(st.integers(0, 255))
    try:
        found(bytes(changed[: data.draw(st.integers(0, len(whole)))]))
    except ReadError as error:
        assert str(error).isprintable()  # noqa: PT017


@pytest.mark.parametrize("data", [b"", b"PK", b"not a zip", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_archive(data: bytes) -> None:
    assert found(data) == []

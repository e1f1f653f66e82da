"""Go and Rust programs: real ones of every format, and made ones of what none is at hand of."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockgate.builder.packages.binary.formats import MAX_PARTS
from dockgate.builder.packages.executables import ExecutableReader
from dockgate.rules.rule import File
from tests.tools import missing, npm

from .reading import value_of
from .trees import Pair, in_layers, pairs

SYS = ("golang.org/x/sys", "v0.0.0-20210908233432-aa78b53d3365")
NEW_SYS = ("golang.org/x/sys", "v0.0.0-20220715151400-c0bba94af5f8")
#: Built in its sources: of the old ones nothing states a version, of the new ones the commit does.
OLD, NEW = (
    ("github.com/evanw/esbuild", ""),
    (
        "github.com/evanw/esbuild",
        "v0.0.0-20251101233416-208f539945b1",
    ),
)
OLD_GO, NEW_GO = ("stdlib", "1.17.2"), ("stdlib", "1.23.12")


@pytest.mark.parametrize(
    ("package", "path", "rows"),
    [
        # Go 1.17 has pointers to strings, Go 1.18 and later the strings in place
        ("esbuild-linux-32", "bin/esbuild", {OLD_GO, OLD, SYS}),
        ("esbuild-darwin-64", "bin/esbuild", {OLD_GO, OLD, SYS}),
        ("esbuild-windows-64", "esbuild.exe", {OLD_GO, OLD}),
        ("@esbuild/linux-x64", "bin/esbuild", {NEW_GO, NEW, NEW_SYS}),
        ("@esbuild/darwin-arm64", "bin/esbuild", {NEW_GO, NEW, NEW_SYS}),
        ("@esbuild/win32-x64", "esbuild.exe", {NEW_GO, NEW}),
    ],
)  # fmt: skip
def test_a_real_go_program(package: str, path: str, rows: set[Pair], tmp_path: Path) -> None:
    data = (npm.package(package) / path).read_bytes()
    found = in_layers(tmp_path, {"app/program": File(data, mode=0o755)})
    assert pairs(found, "golang") == rows
    assert all(one.path == "app/program" for one in found)


def test_a_real_rust_program(tmp_path: Path) -> None:
    """uv, which its makers build with cargo-auditable. It states its own version, too."""
    program = shutil.which("uv", path=str(Path(sys.executable).parent))
    if program is None:
        raise missing("uv is not installed beside Python")
    stated = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    found = in_layers(tmp_path, {"bin/uv": File(Path(program).read_bytes(), mode=0o755)})
    rows = pairs(found, "cargo")
    assert len(rows) > 300
    assert ("uv", stated.stdout.split()[1]) in rows
    assert {"serde", "tokio", "rustls"} <= {name for name, _ in rows}
    assert all(version[0].isdigit() for _, version in rows)


GO_TEXT = (
    "path\texample.com/cmd\nmod\texample.com/m\t{}\t\n"
    "dep\tgithub.com/BurntSushi/toml\tv1.4.0\th1:x=\n"
    "dep\tgithub.com/a/b/v2\tv2.0.0\n=>\tgithub.com/fork/b/v2\tv2.0.1\th1:y=\n"
    "dep\texample.com/local\tv1.0.0\n=>\t./local\t(devel)\t\n"
    "build\t-ldflags=\"{}\"\nbuild\tvcs.revision={}\nbuild\tvcs.time=2024-05-06T07:08:09Z\n"
)  # fmt: skip
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def counted(text: bytes) -> bytes:
    """After its length as a varint."""
    length, prefix = len(text), b""
    while length >= 0x80:
        prefix += bytes([length & 0x7F | 0x80])
        length >>= 7
    return prefix + bytes([length]) + text


def build_info(text: str, toolchain: str = "go1.22.3") -> bytes:
    header = b"\xff Go buildinf:" + bytes([8, 2]) + bytes(16)
    return header + counted(toolchain.encode()) + counted(b"0" * 16 + text.encode() + b"1" * 16)


def elf(sections: dict[str, bytes], wide: bool = True, big: bool = False) -> bytes:
    """An ELF file with these sections, loaded where they lie, after 16 KiB of nothing."""
    order, word = ">" if big else "<", "Q" if wide else "I"
    names = b"\0"
    body, rows, at = b"", [bytes(struct.calcsize(f"{order}II{word * 4}")) + bytes(16)], 16 << 10
    tail = struct.calcsize(f"{word}") * 2 if wide else 8
    end = 8 + tail
    rows = [bytes(struct.calcsize(f"{order}II{word * 4}") + end)]
    for name, data in sections.items():
        row = struct.pack(f"{order}II{word * 4}", len(names), 1, 0, 0x400000 + at, at, len(data))
        rows.append(row + bytes(end))
        names += name.encode() + b"\0"
        body += data
        at += len(data)
    row = struct.pack(f"{order}II{word * 4}", 0, 3, 0, 0, at, len(names))
    rows.append(row + bytes(end))
    table_at = at + len(names)
    ident = b"\x7fELF" + bytes([2 if wide else 1, 2 if big else 1, 1]) + bytes(9)
    head = ident + struct.pack(
        f"{order}HHI{word * 3}IHHHHHH", 2, 62, 1, 0, 0, table_at, 0, 64, 0, 0,
        len(rows[0]), len(rows), len(rows) - 1,
    )  # fmt: skip
    return head.ljust(16 << 10, b"\0") + body + names + b"".join(rows)


def go_rows(data: bytes, tmp_path: Path) -> set[Pair]:
    return pairs(in_layers(tmp_path, {"a": File(data, mode=0o755)}), "golang")


@pytest.mark.parametrize(
    ("version", "flags", "commit", "expected"),
    [
        ("v1.2.3", "", COMMIT, "v1.2.3"),
        ("(devel)", "-s -w -X main.version=1.2.3 -X main.commit=9.9.9", COMMIT, "v1.2.3"),
        ("(devel)", "-X example.com/m/internal.GitVersion=v2.0.0-rc1", COMMIT, "v2.0.0-rc1"),
        ("(devel)", "-X main.version=dev", COMMIT, "v0.0.0-20240506070809-0123456789ab"),
        ("(devel)", "", "?", ""),
    ],
)
@pytest.mark.parametrize(("wide", "big"), [(True, False), (False, False), (True, True)])
def test_modules_of_go(
    version: str, flags: str, commit: str, expected: str, wide: bool, big: bool, tmp_path: Path
) -> None:
    text = GO_TEXT.format(version, flags, commit)
    data = elf({".text": bytes(32), ".go.buildinfo": build_info(text)}, wide, big)
    assert go_rows(data, tmp_path) == {
        ("stdlib", "1.22.3"),
        ("example.com/m", expected),
        ("github.com/BurntSushi/toml", "v1.4.0"),
        ("github.com/fork/b/v2", "v2.0.1"),
        ("example.com/local", "v1.0.0"),
    }


def test_a_toolchain_of_its_own(tmp_path: Path) -> None:
    for number, (stated, version) in enumerate(
        [("go1.22.3 X:boringcrypto", "1.22.3"), ("devel go1.23-abc Mon", "1.23"),
         ("go1.21rc2", "1.21rc2")]
    ):  # fmt: skip
        data = elf({".go.buildinfo": build_info("path\ta\n", stated)})
        assert go_rows(data, tmp_path / str(number)) == {("stdlib", version)}


def test_the_purl_of_a_module_is_in_small_letters(tmp_path: Path) -> None:
    data = elf({".go.buildinfo": build_info("dep\tgithub.com/BurntSushi/toml\tv1.4.0\n")})
    found = in_layers(tmp_path, {"a": File(data, mode=0o755)})
    assert "pkg:golang/github.com/burntsushi/toml@v1.4.0" in {one.purl for one in found}


CRATES = {
    "packages": [
        {"name": "app", "version": "0.1.0", "source": "local", "root": True, "dependencies": [1]},
        {"name": "serde", "version": "1.0.200", "source": "crates.io"},
        {"name": "cc", "version": "1.0.0", "source": "crates.io", "kind": "build"},
    ]
}


def test_crates_of_rust(tmp_path: Path) -> None:
    data = elf({".dep-v0": zlib.compress(json.dumps(CRATES).encode())})
    found = in_layers(tmp_path, {"a": File(data, mode=0o755)})
    assert [one.purl for one in found] == ["pkg:cargo/app@0.1.0", "pkg:cargo/serde@1.0.200"]


@pytest.mark.parametrize(
    "data",
    [
        b"", b"x", zlib.compress(b"{"), zlib.compress(b"[]"), zlib.compress(b'{"packages": [1]}'),
        zlib.compress(b'{"packages": [{"name": "a"}]}'), zlib.compress(bytes(9 << 20)),
        zlib.compress(b"[" * 100_000), zlib.compress(json.dumps(CRATES).encode())[:-4],
    ],
)  # fmt: skip
def test_damaged_data_of_rust(data: bytes) -> None:
    assert value_of(ExecutableReader(), "a", elf({".dep-v0": data})) is None


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_no_damage_is_a_failure(data: st.DataObject) -> None:
    whole = elf({".go.buildinfo": build_info(GO_TEXT), ".dep-v0": zlib.compress(b"{}")})
    changed = bytearray(whole)
    interesting = [*range(64), *range(16 << 10, len(whole))]
    for at in data.draw(st.lists(st.sampled_from(interesting), max_size=8)):
        changed[at] = data.draw(st.integers(0, 255))
    value_of(ExecutableReader(), "a", bytes(changed[: data.draw(st.integers(0, len(whole)))]))


@given(st.sampled_from([b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe"]), st.binary())
@settings(max_examples=300, deadline=None)
def test_no_rubbish_is_a_failure(start: bytes, data: bytes) -> None:
    value_of(ExecutableReader(), "a", start + data)


def test_a_table_of_sections_without_end() -> None:
    data = bytearray(elf({f".s{number}": b"" for number in range(MAX_PARTS * 3)}))
    start = time.process_time()
    assert value_of(ExecutableReader(), "a", bytes(data)) is None
    assert time.process_time() - start < 2

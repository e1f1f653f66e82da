"""`db update`: what is taken, what stays, and what is refused with the old data left as it was."""

from __future__ import annotations

import http.server
import json
import os
import sqlite3
import threading
import time
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dockgate.builder.vulnerabilities import sources
from dockgate.builder.vulnerabilities.database import Database, open_database
from dockgate.builder.vulnerabilities.update import update
from dockgate.linter.errors import UnfinishedError, UsageError
from tests.builder.vulnerabilities.made import NOW, advisory, osv_zip


def ids(path: Path, ecosystem: str, name: str) -> list[str]:
    with Database(path) as database:
        return [one.id for one in database.advisories(ecosystem, name)]


def test_a_zip_and_a_folder_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "index"
    archive = osv_zip(tmp_path / "d.zip", [advisory("D-1", "Debian:12", "openssl")])
    folder = tmp_path / "pypi" / "deep"
    folder.mkdir(parents=True)
    (folder / "P-1.json").write_text(json.dumps(advisory("P-1", "PyPI", "Ruamel_Yaml")))
    (folder / "README.md").write_text("no record")
    coverage = update([str(archive), str(tmp_path / "pypi")], path)
    assert {name: one.records for name, one in coverage.items()} == {"Debian": 1, "PyPI": 1}
    assert coverage["Debian"].releases == ("Debian:12",)
    assert abs(coverage["Debian"].as_of - NOW) < timedelta(minutes=1)
    assert ids(path, "Debian:12", "openssl") == ["D-1"]
    assert ids(path, "PyPI", "ruamel-yaml") == ["P-1"]
    assert ids(path, "Debian:11", "openssl") == []


def test_a_source_replaces_its_own_and_leaves_the_others(tmp_path: Path) -> None:
    path = tmp_path / "index"
    first = [advisory(f"D-{n}", "Debian:12", "openssl") for n in range(3)]
    shared = advisory("GHSA-1", "PyPI", "p")
    shared["affected"] += advisory("GHSA-1", "npm", "q")["affected"]
    python = [shared, *(advisory(f"P-{n}", "PyPI", "p") for n in range(3))]
    update(
        [str(osv_zip(tmp_path / "d.zip", first)), str(osv_zip(tmp_path / "p.zip", python))], path
    )
    coverage = update([str(osv_zip(tmp_path / "d.zip", first[1:2]))], path)
    assert ids(path, "Debian:12", "openssl") == ["D-1"]
    assert ids(path, "PyPI", "p") == ["GHSA-1", "P-0", "P-1", "P-2"]
    # A record that names npm's package too does not make the data cover npm.
    assert set(coverage) == {"Debian", "PyPI"}
    assert ids(path, "npm", "q") == ["GHSA-1"]


def test_the_later_of_two_versions_counts_and_withdrawn_ones_go(tmp_path: Path) -> None:
    path = tmp_path / "index"
    old = advisory("D-1", "Debian:12", "openssl", modified="2024-01-01T00:00:00Z", summary="old")
    new = advisory("D-1", "Debian:12", "openssl", modified="2025-01-01T00:00:00Z", summary="new")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "1.json").write_text(json.dumps(new))
    (folder / "2.json").write_text(json.dumps(old))
    update([str(folder)], path)
    with Database(path) as database:
        assert [one.title for one in database.advisories("Debian:12", "openssl")] == ["new"]
    gone = {**new, "withdrawn": "2025-02-01T00:00:00Z", "modified": "2025-02-01T00:00:00Z"}
    update([str(osv_zip(tmp_path / "d.zip", [gone, advisory("D-2", "Debian:12", "x")]))], path)
    assert ids(path, "Debian:12", "openssl") == []


def test_the_day_of_the_data_is_the_datas_own(tmp_path: Path) -> None:
    """A copied file has today's date: what stands in the zip is believed."""
    long_ago = datetime(2020, 5, 4, 3, 2, tzinfo=UTC)
    record = advisory("D-1", "Debian:12", "openssl", modified="2020-05-01T00:00:00Z")
    coverage = update([str(osv_zip(tmp_path / "d.zip", [record], long_ago))], tmp_path / "index")
    assert coverage["Debian"].as_of == long_ago
    future = advisory("D-1", "Debian:12", "openssl", modified="2920-05-01T00:00:00Z")
    coverage = update([str(osv_zip(tmp_path / "d.zip", [future], long_ago))], tmp_path / "other")
    assert coverage["Debian"].as_of == long_ago


def _bomb(path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.json", b" " * (sources.MAX_RECORD + 2))
    return path


def _many(path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(20):
            archive.writestr(f"{number}.json", b'{"id": "X"}' + b" " * (8 << 20))
    return path


@pytest.mark.parametrize("kind", ["bomb", "ratio", "cut", "text", "no json", "no record", "empty"])
def test_what_is_refused_leaves_the_old_data(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "index"
    good = osv_zip(tmp_path / "good.zip", [advisory("D-1", "Debian:12", "openssl")])
    update([str(good)], path)
    before = path.read_bytes()
    bad = tmp_path / "bad.zip"
    if kind == "bomb":
        _bomb(bad)
    elif kind == "ratio":
        _many(bad)
    elif kind == "cut":
        bad.write_bytes(good.read_bytes()[:-30])
    elif kind == "text":
        bad.write_text("no zip")
    elif kind == "empty":
        osv_zip(bad, [])
    else:
        with zipfile.ZipFile(bad, "w") as archive:
            archive.writestr("1.json", "{" if kind == "no json" else '{"id": "X", "affected": 3}')
    with pytest.raises(UnfinishedError) as caught:
        update([str(bad)], path)
    assert str(bad) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == before
    assert sorted(os.listdir(tmp_path)) == ["bad.zip", "good.zip", "index"]


def test_names_in_a_zip_are_no_paths(tmp_path: Path) -> None:
    bad = tmp_path / "bad.zip"
    with zipfile.ZipFile(bad, "w") as archive:
        archive.writestr("../../evil.json", json.dumps(advisory("D-1", "Debian:12", "openssl")))
    update([str(bad)], tmp_path / "in" / "index")
    assert not list(tmp_path.parent.glob("evil*"))


def test_links_in_a_folder_are_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "secret.json").write_text(json.dumps(advisory("D-1", "Debian:12", "openssl")))
    (folder / "link.json").symlink_to(tmp_path / "secret.json")
    with pytest.raises(UnfinishedError, match=r"link\.json"):
        update([str(folder)], tmp_path / "index")


@pytest.mark.parametrize("place", ["none.zip", "http://example.com/all.zip", "file:///etc/passwd"])
def test_places_that_are_none(tmp_path: Path, place: str) -> None:
    with pytest.raises(UsageError):
        update([place], tmp_path / "index")


def test_a_damaged_index_is_told_and_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "index"
    path.write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    with pytest.raises(UnfinishedError, match="db update"):
        open_database(path)
    good = osv_zip(tmp_path / "good.zip", [advisory("D-1", "Debian:12", "openssl")])
    update([str(good)], path)
    assert ids(path, "Debian:12", "openssl") == ["D-1"]
    with sqlite3.connect(path) as file:
        file.execute("UPDATE meta SET value = '0'")
    with pytest.raises(UnfinishedError, match="another version"):
        open_database(path)


def test_it_opens_in_milliseconds(tmp_path: Path) -> None:
    path = tmp_path / "index"
    records = [advisory(f"D-{n}", "Debian:12", f"p{n % 500}") for n in range(5000)]
    update([str(osv_zip(tmp_path / "d.zip", records))], path)
    best = 1.0
    for _ in range(5):
        start = time.perf_counter()
        with Database(path) as database:
            assert len(list(database.advisories("Debian:12", "p7"))) == 10
        best = min(best, time.perf_counter() - start)
    assert best < 0.02


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    archive = osv_zip(tmp_path / "all.zip", [advisory("D-1", "Debian:12", "openssl")])
    data = archive.read_bytes()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/all.zip" else 302)
            self.send_header("Location", "/all.zip")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as found:
        thread = threading.Thread(target=found.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{found.server_port}"
        found.shutdown()
        thread.join()


def test_an_address_is_taken(server: str, tmp_path: Path) -> None:
    coverage = update([f"{server}/all.zip"], tmp_path / "index")
    assert coverage["Debian"].origin == "http://127.0.0.1/all.zip"
    with pytest.raises(UnfinishedError, match="302"):
        update([f"{server}/other"], tmp_path / "index")

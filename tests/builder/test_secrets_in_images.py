"""Secrets in images: where they are found, once each with all places, and what is allowed."""

from __future__ import annotations

import gzip
import io
import sqlite3
import subprocess
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from dockgate.builder import accounts_reader, secret_archives, secret_databases, secret_reader
from dockgate.builder.layout import open_image
from dockgate.builder.scan import check_images
from dockgate.rules.finding import Finding, Severity
from dockgate.rules.settings import DEFAULT_SETTINGS, Settings
from dockgate.rules.subjects.image import Image
from tests.builder.images import TOKEN, Layout, layer_tar
from tests.linter.secret_search.labelled import Maker

M = Maker(3)
OTHER = "ghp_" + M.of(36)
SALT = "0123456789abcdef"


def read(
    folder: Path,
    *layers: Mapping[str, Any],
    config: Mapping[str, Any] | None = None,
    settings: Settings = DEFAULT_SETTINGS,
) -> Image:
    layout = Layout(folder)
    layout.index(layout.image(layers, config))
    readers: Any = [
        secret_reader.reader(settings),
        accounts_reader.reader(settings),
    ]
    return open_image(str(folder), settings=settings, readers=readers)


def findings(image: Image) -> list[Finding]:
    wanted = ("image-private-key", "image-secret-in-layer", "image-secret-in-config")
    return [one for one in check_images([image])[0].findings if one.rule.name in wanted]


def messages(image: Image) -> list[str]:
    return [one.message for one in findings(image)]


def zipped(files: Mapping[str, bytes | str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def database(tmp_path: Path, *statements: str) -> bytes:
    path = tmp_path / "made.db"
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    return path.read_bytes()


ENV = "API_TOKEN=4f1c9a77be20d35e6a\n"
ARCHIVES = {
    "app/a.zip": zipped({"conf/.env": ENV}),
    "app/a.jar": zipped({"BOOT-INF/classes/application.properties": "db.password=hunter22\n"}),
    "app/a.whl": zipped({"a/settings.py": f'TOKEN = "{TOKEN}"\n'}),
    "app/a.egg": zipped({"a.yml": "password: hunter22\n"}),
    "app/a.tar": layer_tar({"conf/.env": ENV}),
    "app/a.tar.gz": gzip.compress(layer_tar({"conf/.env": ENV})),
    "app/a.tgz": gzip.compress(layer_tar({"conf/.env": ENV}, tarfile.GNU_FORMAT)),
    "app/backup.env.gz": gzip.compress(ENV.encode()),
    "app/noname": gzip.compress(f"x {TOKEN}\n".encode()),
}


@pytest.mark.parametrize("path", ARCHIVES)
def test_an_archive_is_looked_into(tmp_path: Path, path: str) -> None:
    image = read(tmp_path, {path: ARCHIVES[path]})
    assert not image.layers[0].unread
    (finding,) = findings(image)
    assert finding.path == path
    assert f" in {path} (" in finding.message


def test_an_archive_of_others_gives_nothing_that_is_public(tmp_path: Path) -> None:
    key = Path(__file__).parent  # any text; what counts is where it lies
    packed = zipped({"tests/key.pem": M.key("RSA PRIVATE KEY"), "readme": str(key)})
    image = read(tmp_path, {"usr/lib/python3/dist-packages/a/data.zip": packed})
    assert messages(image) == []


def test_what_only_begins_like_an_archive_is_searched_as_it_is(tmp_path: Path) -> None:
    cut = ARCHIVES["app/a.zip"][:60] + f"\n{TOKEN}\n".encode()
    image = read(tmp_path, {"app/a.zip": cut, "app/b.gz": b"\x1f\x8b\x08 " + TOKEN.encode()})
    assert [one.path for one in findings(image)] == ["app/a.zip"]  # one secret, two places
    assert "also in app/b.gz" in messages(image)[0]
    assert not image.layers[0].unread


def test_an_archive_past_a_bound_is_told_and_keeps_what_was_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secret_archives, "FREE_UNPACKED", 1 << 20)
    packed = zipped({"a.env": ENV, "zeros": bytes(64 << 20), "b.env": f"X={TOKEN}\n"})
    image = read(tmp_path, {"app/a.zip": packed})
    assert "app/a.zip" in image.layers[0].unread
    assert "unpacks to more than" in image.layers[0].unread
    assert [one.path for one in findings(image)] == ["app/a.zip"]


def test_too_many_files_in_an_archive_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secret_archives, "MAX_FILES", 10)
    image = read(tmp_path, {"app/a.zip": zipped({f"{n}": "" for n in range(11)})})
    assert "more than 10 files" in image.layers[0].unread


def test_a_container_past_its_size_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secret_reader, "MAX_CONTAINER", 1000)
    image = read(tmp_path, {"app/a.tar": ARCHIVES["app/a.tar"]})
    assert "is not looked into" in image.layers[0].unread


def test_a_database_is_read_by_columns_and_by_neighbours(tmp_path: Path) -> None:
    data = database(
        tmp_path,
        "CREATE TABLE users (id INTEGER, email TEXT, password TEXT)",
        "INSERT INTO users VALUES (1, 'a@b.net', 'hunter22')",
        "CREATE TABLE settings (name TEXT, value TEXT)",
        f"INSERT INTO settings VALUES ('smtp_password', 'Tr0ub4dor'), ('x', '{TOKEN}')",
        "INSERT INTO settings VALUES ('colour', 'blue'), ('token_url', 'https://a.net/t')",
    )
    found = messages(read(tmp_path / "layout", {"app/data.db": data}))
    assert len(found) == 3
    assert any("(users.password)" in one for one in found)
    assert sum("(settings.value)" in one for one in found) == 2


def test_what_was_deleted_in_a_database_is_found_by_its_shape(tmp_path: Path) -> None:
    data = database(
        tmp_path,
        "PRAGMA secure_delete = OFF",
        "CREATE TABLE a (t TEXT)",
        f"INSERT INTO a VALUES ('kept'), ('{TOKEN}')",
        "DELETE FROM a WHERE t <> 'kept'",
    )
    assert len(messages(read(tmp_path / "layout", {"app/data.db": data}))) == 1


@pytest.mark.parametrize("cut", [17, 100, 3000, 5000])
def test_a_damaged_database_is_no_failure(tmp_path: Path, cut: int) -> None:
    data = database(tmp_path, "CREATE TABLE a (t TEXT)", f"INSERT INTO a VALUES ('{TOKEN}')")
    image = read(tmp_path / "layout", {"app/data.db": data[:cut] + b"\xff" * 200})
    assert not image.layers[0].unread


def test_a_database_that_goes_on_for_ever_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secret_databases, "MAX_ROWS", 10)
    data = database(
        tmp_path,
        "CREATE TABLE a (password TEXT)",
        "INSERT INTO a SELECT 'short' FROM pragma_function_list LIMIT 50",
    )
    image = read(tmp_path / "layout", {"app/data.db": data})
    assert "is too large to be looked into" in image.layers[0].unread


def test_the_same_secret_is_told_once_with_all_its_places(tmp_path: Path) -> None:
    image = read(
        tmp_path,
        {"app/a.txt": TOKEN, "app/b.txt": f"x={TOKEN}"},
        {"app/a.txt": None, "srv/c.json": f'{{"t": "{TOKEN}", "u": "{OTHER}"}}'},
        config={"Env": [f"GH_TOKEN={TOKEN}"], "Labels": {"t": TOKEN}},
    )
    layer, other, config = sorted(
        findings(image), key=lambda one: (one.rule.name != "image-secret-in-layer", one.path or "")
    )
    assert layer.path == "app/a.txt"
    assert ", deleted later, still in layer sha256:" in layer.message
    assert "also in app/b.txt, srv/c.json, the configuration (Env GH_TOKEN)" in layer.message
    assert other.path == "srv/c.json"
    assert "also" not in other.message
    assert config.message.endswith(
        "GH_TOKEN of the configuration; also in label t of the configuration"
    )


def test_every_secret_of_a_file_is_told(tmp_path: Path) -> None:
    lines = "".join(f"A{n}_PASSWORD=hunter{n:03}\n" for n in range(30))
    found = messages(read(tmp_path, {"app/.env": lines}))
    assert len(found) == 21
    assert found[-1] == "10 more secrets in app/.env"


def test_what_is_allowed_by_its_hash_is_not_told(tmp_path: Path) -> None:
    files = {"app/a.env": f"T={TOKEN}\n", "app/k.pem": M.key()}
    config = {"Env": [f"GH_TOKEN={OTHER}"]}
    before = findings(
        read(tmp_path / "1", files, config=config, settings=Settings(secret_salt=SALT))
    )
    assert len(before) == 3
    hashes = tuple(one.help.rsplit("add ", 1)[1].split()[0] for one in before)
    assert len(set(hashes)) == 3
    for place, others in (("2", SALT), ("3", SALT + "x")):
        settings = Settings(secret_salt=others, secret_allow=hashes)
        after = findings(read(tmp_path / place, files, config=config, settings=settings))
        assert len(after) == (0 if others == SALT else 3)


def test_without_a_salt_nothing_of_a_hash_is_told(tmp_path: Path) -> None:
    (finding,) = findings(read(tmp_path, {"app/a.env": f"T={TOKEN}\n"}))
    assert "secrets.allow" not in finding.help


def test_no_value_is_kept(tmp_path: Path) -> None:
    image = read(
        tmp_path,
        {"app/a.env": f"T={TOKEN}\nDB_PASSWORD=hunter2222\n", "app/a.zip": ARCHIVES["app/a.zip"]},
        settings=Settings(secret_salt=SALT),
    )
    kept = repr(image.layers[0].results) + repr(image.layers[0].secrets)
    for value in (TOKEN, TOKEN[4:], "hunter2222", "4f1c9a77be20d35e6a"):
        assert value not in kept


def test_a_key_with_a_passphrase_is_milder(tmp_path: Path) -> None:
    for name, phrase in (("plain", ""), ("locked", "a passphrase")):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", phrase, "-f", str(tmp_path / name)]
        try:
            subprocess.run(command, check=True)
        except FileNotFoundError:
            pytest.skip("no ssh-keygen")
    files = {f"root/.ssh/{name}": (tmp_path / name).read_bytes() for name in ("plain", "locked")}
    found = {one.path: one for one in findings(read(tmp_path / "layout", files))}
    assert found["root/.ssh/plain"].severity is Severity.ERROR
    assert found["root/.ssh/locked"].severity is Severity.WARNING
    assert found["root/.ssh/locked"].message.startswith("Encrypted Private Key")


def test_names_that_the_user_declares_are_read_in_images(tmp_path: Path) -> None:
    files = {"app/.env": "DEPLOY_PIN=493201\n"}
    assert messages(read(tmp_path / "1", files)) == []
    settings = Settings(secret_names=("DEPLOY_PIN",))
    assert len(messages(read(tmp_path / "2", files, settings=settings))) == 1


@pytest.mark.parametrize(
    "path",
    [
        "etc/ssl/private/ssl-cert-snakeoil.key",
        "usr/local/jetty/modules/ssl/keystore",
        "usr/lib/python3.11/test/certdata/keycert.pem",
        "app/node_modules/a/test/key.pem",
        "usr/share/doc/openssl/demos/key.pem",
        "opt/venv/lib/python3.11/site-packages/a/tests/certs/server.key",
    ],
)
def test_a_key_that_is_public_by_nature_is_none(tmp_path: Path, path: str) -> None:
    assert messages(read(tmp_path, {path: M.key()})) == []


def versions(settings: Sequence[Settings]) -> set[str]:
    return {secret_reader.reader(one).version for one in settings}


def test_what_settings_change_is_read_anew() -> None:
    different = (Settings(), Settings(secret_names=("A",)), Settings(secret_salt=SALT))
    assert len(versions(different)) == 3
    assert len(versions((Settings(), Settings(max_layers=3)))) == 1
    assert SALT not in secret_reader.reader(Settings(secret_salt=SALT)).version


def test_the_systems_libraries_are_passed_over_and_no_others(tmp_path: Path) -> None:
    program = b"\x7fELF" + bytes(64) + f"token={TOKEN}".encode() + bytes(64)
    passed_over = ("usr/lib/x86_64-linux-gnu/libc.so.6", "lib/libz.so", "usr/lib64/a/b.so.1.2")
    searched = ("usr/local/lib/own.so", "opt/app/lib/own.so.1", "usr/lib/own", "usr/bin/own.so")
    image = read(tmp_path, dict.fromkeys(passed_over + searched, program))
    assert {path for layer in image.layers for path in layer.results["secrets"]} == set(searched)

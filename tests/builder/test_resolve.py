"""What base images set: registries, honest and not, and the cache; no engine takes part."""

from __future__ import annotations

import contextlib
import json
import pickle
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dockgate.builder import base_cache, resolve
from dockgate.builder.base_cache import BaseCache, default_folder
from dockgate.builder.registry_transport import ANSWER_LIMIT
from dockgate.builder.resolve import ResolvedBases, rank
from dockgate.linter.errors import UnfinishedError
from dockgate.linter.parsing import platforms
from dockgate.rules.subjects.base_image import BaseImage, key
from tests.builder.test_registry import (
    CONFIG,
    INDEX,
    LAYER,
    MANIFEST,
    Reply,
    Seen,
    digest_of,
    server,
)

AMD64 = {"os": "linux", "architecture": "amd64"}
ARM64 = {"os": "linux", "architecture": "arm64", "variant": "v8"}
ARMV6 = {"os": "linux", "architecture": "arm", "variant": "v6"}
ARMV7 = {"os": "linux", "architecture": "arm", "variant": "v7"}
NOTHING = {"os": "unknown", "architecture": "unknown"}


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No engine, no login, a cache of its own."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


class Store:
    """What a registry holds: documents by their digest, and tags."""

    def __init__(self) -> None:
        self.documents: dict[str, tuple[str, bytes]] = {}
        self.tags: dict[str, str] = {}

    def put(self, document: object, media_type: str, **more: Any) -> dict[str, Any]:
        """Hold a document; gives its descriptor."""
        data = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.documents[digest_of(data)] = media_type, data
        return {"mediaType": media_type, "digest": digest_of(data), "size": len(data), **more}

    def image(self, platform: dict[str, str] = AMD64, **run: object) -> dict[str, Any]:
        """Hold an image whose configuration has `run`; gives its descriptor with the platform."""
        config = {**platform, "config": run, "rootfs": {"type": "layers", "diff_ids": []}}
        layer = {"mediaType": LAYER, "digest": digest_of(b""), "size": 0}
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": self.put(config, CONFIG),
            "layers": [layer],
        }
        return self.put(manifest, MANIFEST, platform=platform)

    def index(self, *images: dict[str, Any]) -> dict[str, Any]:
        """Hold an index of these."""
        return self.put({"schemaVersion": 2, "mediaType": INDEX, "manifests": list(images)}, INDEX)

    def tag(self, descriptor: dict[str, Any], name: str = "1") -> str:
        """Let a tag name it; gives the digest."""
        self.tags[name] = descriptor["digest"]
        return self.tags[name]

    def __call__(self, method: str, path: str, headers: dict[str, str]) -> Reply:
        name = path.rpartition("/")[2]
        if path == "/v2/":
            return 200, {}, b""
        media_type, data = self.documents.get(self.tags.get(name, name), ("", b""))
        if not media_type:
            return 404, {}, b"{}"
        return 200, {"Content-Type": media_type, "Docker-Content-Digest": digest_of(data)}, data


@contextmanager
def registry(store: Store) -> Iterator[tuple[str, Seen]]:
    """The name of an image in it, tag left out, and what it has been asked."""
    with server(store) as (host, seen):
        yield f"{host}/app", seen


def find(name: str, platform: str = "linux/amd64") -> BaseImage:
    return ResolvedBases()[key(name, platform)]


def fault(name: str, platform: str = "linux/amd64") -> str:
    with pytest.raises(UnfinishedError) as raised:
        find(name, platform)
    text = str(raised.value)
    assert "\n" not in text
    assert text.isprintable()
    assert text.startswith(f"could not resolve {name} for {platform}: ")
    return text


def test_all_that_a_stage_inherits_is_read() -> None:
    store = Store()
    digest = store.tag(
        store.image(
            User="1000:1000",
            Env=["PATH=/bin", "EMPTY=", "A=b=c"],
            Labels={"k": "v"},
            WorkingDir="/srv",
            Shell=["/bin/bash", "-c"],
            Healthcheck={"Test": ["CMD", "/ok"]},
            Entrypoint=["/e"],
            Cmd=["c"],
            OnBuild=["ENV X=1"],
        )
    )
    with registry(store) as (name, _):
        assert find(f"{name}:1") == BaseImage(
            os="linux",
            architecture="amd64",
            user="1000:1000",
            env=(("PATH", "/bin"), ("EMPTY", ""), ("A", "b=c")),
            labels={"k": "v"},
            workdir="/srv",
            shell=("/bin/bash", "-c"),
            healthcheck=("CMD", "/ok"),
            entrypoint=("/e",),
            cmd=("c",),
            onbuild=("ENV X=1",),
            platform="linux/amd64",
            digest=digest,
        )


def test_the_platform_is_chosen_from_an_index() -> None:
    store = Store()
    images = [store.image(p, User=u) for p, u in ((ARM64, "a64"), (AMD64, "x"), (ARMV6, "a6"))]
    statement = store.put({"schemaVersion": 2, "config": {}, "layers": []}, MANIFEST)
    digest = store.tag(store.index({**statement, "platform": NOTHING}, *images))
    with registry(store) as (name, _):
        assert find(f"{name}:1").user == "x"
        assert find(f"{name}:1", "linux/arm64").user == "a64"
        assert find(f"{name}:1", "linux/arm/v7").user == "a6"  # the nearest older one
        assert find(f"{name}:1").digest == digest  # of the index: what one pins
        text = fault(f"{name}:1", "linux/s390x")
        assert "only for linux/arm64/v8, linux/amd64, linux/arm/v6" in text


def test_an_index_that_says_no_platform_is_looked_into() -> None:
    store = Store()
    other, right = store.image(ARM64, User="a"), store.image(AMD64, User="x")
    del other["platform"], right["platform"]
    store.tag(store.index(other, store.index(right)))
    with registry(store) as (name, _):
        assert find(f"{name}:1").user == "x"


def test_a_single_image_for_another_platform_is_taken() -> None:
    """As BuildKit does, which then warns: InvalidBaseImagePlatform."""
    store = Store()
    store.tag(store.image(ARM64, User="a"))
    with registry(store) as (name, _):
        found = find(f"{name}:1")
    assert (found.architecture, found.platform) == ("arm64", "linux/amd64")


@pytest.mark.parametrize(
    ("wanted", "found", "expected"),
    [
        ("linux/amd64", "linux/amd64", 0),
        ("linux/amd64", "linux/386", 1),
        ("linux/amd64/v3", "linux/amd64", 2),
        ("linux/amd64", "linux/amd64/v3", None),
        ("linux/arm64", "linux/arm64/v8", 0),
        ("linux/arm64", "linux/arm/v7", 2),
        ("linux/arm/v7", "linux/arm/v5", 2),
        ("linux/arm/v6", "linux/arm/v7", None),
        ("linux/amd64", "windows/amd64", None),
        ("linux/riscv64", "linux/riscv64", 0),
    ],
)
def test_what_runs_where(wanted: str, found: str, expected: int | None) -> None:
    assert rank(platforms.parse(wanted), platforms.parse(found)) == expected


def test_by_digest_the_cache_answers_alone() -> None:
    store = Store()
    digest = store.tag(store.index(store.image(User="1000")))
    with registry(store) as (name, requests):
        assert find(f"{name}:1").user == "1000"
        before = len(requests)
        assert find(f"{name}@{digest}").user == "1000"
        assert len(requests) == before
        assert find(f"{name}:1").user == "1000"
        asked = [(method, path) for method, path, _ in requests[before:]]
        assert asked == [("GET", "/v2/"), ("HEAD", "/v2/app/manifests/1")]
    assert find(f"{name}@{digest}").user == "1000"  # the registry is gone
    assert find(f"{name}:1@{digest}").user == "1000"
    assert "neither an engine nor its registry answers" in fault(f"{name}:1")


def test_what_was_changed_in_the_cache_is_not_believed() -> None:
    store = Store()
    digest = store.tag(store.image(User="1000"))
    with registry(store) as (name, _):
        find(f"{name}:1")
        folder = default_folder()
        assert folder is not None
        files = list(folder.iterdir())
        assert len(files) == 2
        for file in files:
            file.write_bytes(file.read_bytes().replace(b'"1000"', b'"root"'))
        assert find(f"{name}@{digest}").user == "1000"
        for file in files:
            file.unlink()
            file.symlink_to("/dev/zero")
        assert find(f"{name}@{digest}").user == "1000"


def test_a_cache_that_cannot_be_written_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    store = Store()
    store.tag(store.image(User="1000"))
    with registry(store) as (name, _):
        assert find(f"{name}:1").user == "1000"


def test_the_cache_is_bounded_and_keeps_the_newest(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(base_cache, "MAX_FILES", 8)
    cache = BaseCache(tmp_path / "bases")
    documents = [f"{n}".encode() for n in range(9)]
    for data in documents:
        cache.put(digest_of(data), data)
    kept = [data for data in documents if cache.get(digest_of(data))]
    assert kept == documents[-6:]
    monkeypatch.setattr(base_cache, "MAX_BYTES", 100)
    cache.put(digest_of(b"x" * 99), b"x" * 99)
    assert len(list((tmp_path / "bases").iterdir())) <= 1


def test_runs_side_by_side_share_the_cache(tmp_path: Path) -> None:
    documents = [bytes([n]) * 50_000 for n in range(20)]
    faults: list[int] = []

    def use() -> None:
        cache = BaseCache(tmp_path / "bases")
        for data in documents:
            cache.put(digest_of(data), data)
            if cache.get(digest_of(data)) != data:
                faults.append(data[0])

    threads = [threading.Thread(target=use) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len(list((tmp_path / "bases").iterdir())) == len(documents)


def test_each_image_is_asked_for_once_and_a_dead_registry_too() -> None:
    store = Store()
    store.tag(store.image())
    bases = ResolvedBases()
    with registry(store) as (name, requests):
        for _ in range(3):
            assert bases[key(f"{name}:1", "linux/amd64")].os == "linux"
        asked = len(requests)
        for tag in ("2", "2", "3"):
            with pytest.raises(UnfinishedError, match=f"there is no {name}:{tag}"):
                bases.get(key(f"{name}:{tag}", "linux/amd64"))
        assert len(requests) == asked + 2
    assert len(bases) == 1
    again = pickle.loads(pickle.dumps(bases))  # as for another process
    assert len(again) == 0


def test_no_more_is_asked_when_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolve, "MAX_SECONDS", 0.0)
    store = Store()
    with registry(store) as (name, requests):
        assert "no more is asked after 0 seconds" in fault(f"{name}:1")
        assert requests == []


# Registries that are not honest


def lying(store: Store, digest: str, data: bytes) -> Store:
    """The store with other bytes under a digest."""
    store.documents[digest] = store.documents[digest][0], data
    return store


def test_another_manifest_than_was_asked_for_is_refused() -> None:
    store = Store()
    digest = store.image(User="1000")["digest"]
    other = store.documents[store.image(User="root")["digest"]][1]
    with registry(lying(store, digest, other)) as (name, _):
        assert f"answers with something else than {digest}" in fault(f"{name}@{digest}")


def test_another_configuration_than_the_manifest_names_is_refused() -> None:
    store = Store()
    digest = store.tag(store.image(User="1000"))
    config = json.loads(store.documents[digest][1])["config"]["digest"]
    forged = store.documents[config][1].replace(b"1000", b"root")
    with registry(lying(store, config, forged)) as (name, _):
        assert f"answers with something else than {config}" in fault(f"{name}:1")
        assert BaseCache(default_folder()).get(config) is None


def test_an_endless_answer_is_cut_off() -> None:
    store = Store()
    store.tag(store.put(b"[" * (ANSWER_LIMIT + 1), MANIFEST))
    with registry(store) as (name, _):
        assert "more than" in fault(f"{name}:1")


def test_an_answer_byte_by_byte_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolve, "REQUEST_SECONDS", 0.5)
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip() -> None:
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                connection.sendall(b"HTTP/1.1 200 OK\r\n")
                while not stop.wait(0.05):
                    connection.sendall(b"X")

        thread = threading.Thread(target=drip)
        thread.start()
        started = time.monotonic()
        try:
            # The address is tried with TLS first, which this is not: the second try is slow.
            fault(f"127.0.0.1:{listener.getsockname()[1]}/app:1")
        finally:
            stop.set()
            thread.join()
    assert time.monotonic() - started < 3


@pytest.mark.parametrize(
    ("document", "told"),
    [
        (b"no JSON", "is no JSON"),
        (b"[]", "has something else where an object"),
        (b"{}", "no config or no layers"),
        (b'{"schemaVersion":1}', "schema 1"),
        (b'{"manifests":[{}]}', "without digest"),
        (b'{"manifests":[]}', "no image for linux/amd64"),
        (b'{"manifests":[],"layers":[]}', "both an index and a manifest"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_documents_that_are_no_image(document: bytes, told: str) -> None:
    store = Store()
    store.tag(store.put(document, MANIFEST))
    with registry(store) as (name, _):
        assert told in fault(f"{name}:1")


@pytest.mark.parametrize(
    "run",
    [{"Env": "A=b"}, {"Env": [1]}, {"Labels": {"a": 1}}, {"User": 0}, {"Healthcheck": []},
     {"User": "a", "user": "b"}, {"OnBuild": ["RUN " + 70_000 * "x"]}, {"OnBuild": 70_000 * [""]}],
)  # fmt: skip
def test_configurations_that_are_none(run: dict[str, Any]) -> None:
    store = Store()
    store.tag(store.image(**run))
    with registry(store) as (name, _):
        fault(f"{name}:1")


def test_a_descriptor_leads_to_digests_only() -> None:
    store = Store()
    image = store.image()
    image["digest"] = "../../../../v2/other/manifests/1"
    store.tag(store.index(image))
    with registry(store) as (name, requests):
        assert "which is no sha256 digest" in fault(f"{name}:1")
        assert not [path for _, path, _ in requests if "other" in path]


def test_indexes_in_indexes_end() -> None:
    store = Store()
    found = store.image()
    for _ in range(20):
        found = store.index({**found, "platform": AMD64})
    store.tag(found)
    with registry(store) as (name, _):
        assert "too deep" in fault(f"{name}:1")


def test_no_index_makes_us_open_many_images() -> None:
    store = Store()
    images = [store.image(ARM64, User=str(n)) for n in range(50)]
    for image in images:
        del image["platform"]
    store.tag(store.index(*images))
    with registry(store) as (name, requests):
        assert "no image for linux/amd64" in fault(f"{name}:1")
        assert len(requests) < 30


def test_credentials_stay_with_the_registry(tmp_path: Path) -> None:
    """The configuration lies elsewhere, as Docker Hub has it; that place must not see the login."""
    store = Store()
    store.tag(store.image(User="1000"))
    with server(store) as (elsewhere, there):

        def answer(method: str, path: str, headers: dict[str, str]) -> Reply:
            if "authorization" not in headers and path != "/v2/":
                return 401, {"WWW-Authenticate": 'Basic realm="r"'}, b""
            if "/blobs/" in path:
                return 307, {"Location": f"http://{elsewhere}{path}"}, b""
            return store(method, path, headers)

        with server(answer) as (host, _):
            login = {"auths": {host: {"username": "u", "password": "p"}}}
            (tmp_path / "config.json").write_text(json.dumps(login))
            # Plain HTTP to another place than the registry: not even without the login.
            assert "sends us to http elsewhere" in fault(f"{host}/app:1")
            assert there == []


@pytest.mark.parametrize(("times", "told"), [(3, ""), (4, "redirected more than 3 times")])
def test_redirects_are_followed_but_not_for_ever(times: int, told: str) -> None:
    store = Store()
    store.tag(store.image(User="1000"))
    left = times

    def answer(method: str, path: str, headers: dict[str, str]) -> Reply:
        nonlocal left
        if "/blobs/" in path and left:
            left -= 1
            return 307, {"Location": f"/{left}{path}"}, b""
        return store(method, path, headers)

    with server(answer) as (host, _):
        if told:
            assert told in fault(f"{host}/app:1")
        else:
            assert find(f"{host}/app:1").user == "1000"


def test_what_an_image_says_cannot_steer_a_terminal() -> None:
    store = Store()
    arm = store.image({"os": "linux", "architecture": "\x1b[31mx"})
    store.tag(store.index(arm))
    with registry(store) as (name, _):
        assert "\x1b" not in fault(f"{name}:1")

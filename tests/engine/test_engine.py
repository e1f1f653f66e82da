"""The engine is what it says it is: it builds, pushes, and goes without leaving anything."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from . import processes
from .client import Engine
from .engine import acquire, find, release, start, stop
from .paths import CLASSIC, MAIN, Paths, default_paths
from .record import Record

_SECONDS = 60.0


def _build(engine: Engine, dockerfile: str, output: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [engine.docker, "buildx", "build", "--progress=plain", "--no-cache", "-o", output, "-"],
        input=dockerfile, env=engine.env, capture_output=True, text=True, timeout=_SECONDS,
        check=False,
    )  # fmt: skip


def _is_root() -> bool:
    return sys.platform == "linux" and os.geteuid() == 0


def test_builds_an_oci_layout(engine: Engine, tmp_path: Path) -> None:
    layout = tmp_path / "layout"
    done = _build(
        engine,
        "FROM debian:bookworm-slim\nRUN echo hi > /x\n",
        f"type=oci,tar=false,dest={layout}",
    )
    assert done.returncode == 0, done.stderr
    index = json.loads((layout / "index.json").read_text())
    digest = index["manifests"][0]["digest"].partition(":")[2]
    assert (layout / "blobs" / "sha256" / digest).is_file()


@pytest.mark.parametrize(
    ("base", "command", "says"),
    [
        ("debian:bookworm-slim", ". /etc/os-release; echo $ID $VERSION_ID", "debian 12"),
        ("debian:bookworm-slim", "useradd -r -u 900 app; id -u app", "900"),
        ("debian:bookworm-slim", "adduser --system --group svc; id -ng svc", "svc"),
        ("debian:bookworm-slim", "dpkg-query -W -f '${Version}' base-files | cut -c1-2", "12"),
        ("debian:bookworm-slim", "id nobody", "65534(nogroup)"),
        # Debian's sh is dash, where `set -o pipefail` ends the shell.
        ("debian:bookworm-slim", "(set -o pipefail) || echo dash", "dash"),
        ("debian:bookworm-slim", "bash -c 'set -o pipefail && echo bash'", "bash"),
        ("alpine:3.18", "addgroup -S app && adduser -S -G app app && id -ng app", "app"),
        ("alpine:3.18", "adduser -D -u 1234 joe && id joe", "uid=1234(joe) gid=1234(joe)"),
        ("alpine:3.18", "cat /etc/alpine-release", "3.18"),
        ("busybox:1.36", "adduser -D joe && id -u joe", "1000"),
    ],
)
def test_bases_are_worth_their_names(engine: Engine, base: str, command: str, says: str) -> None:
    done = _build(engine, f"FROM {base}\nRUN {command} > /out; cat /out\n", "type=cacheonly")
    assert done.returncode == 0, done.stderr
    assert says in done.stderr


def test_a_pushed_image_has_a_manifest(engine: Engine) -> None:
    repository = f"engine-test/pushed-{os.getpid()}"
    name = f"{engine.registry}/{repository}:1"
    done = _build(
        engine, "FROM busybox:1.36\nRUN echo hi > /x\n", f"type=image,push=true,name={name}"
    )
    assert done.returncode == 0, done.stderr
    digest = engine.manifest_digest(repository, "1")
    assert digest is not None
    assert digest.startswith("sha256:")
    assert engine.registry_tags(repository) == {"1"}
    assert {repository, "library/debian"} <= engine.registry_repositories()
    assert any(tagged == name for tagged, _ in engine.images())
    engine.run("rmi", name)
    assert not any(tagged == name for tagged, _ in engine.images())


def test_what_the_registry_lacks_is_nothing(engine: Engine) -> None:
    assert engine.manifest_digest("engine-test/absent", "1") is None
    assert engine.registry_tags("engine-test/absent") == set()


def test_dangling_images_are_listed(engine: Engine) -> None:
    done = _build(engine, f"FROM busybox:1.36\nLABEL pid={os.getpid()}\n", "type=docker")
    assert done.returncode == 0, done.stderr
    found = engine.run(
        "images", "--quiet", "--no-trunc", "--filter", f"label=pid={os.getpid()}"
    ).split()
    assert len(found) == 1
    assert ("<none>:<none>", found[0]) in engine.images()
    engine.run("rmi", found[0])
    assert found[0] not in {identity for _, identity in engine.images()}


def test_classic_engine_has_no_containerd_store(classic_engine: Engine, tmp_path: Path) -> None:
    driver = classic_engine.run("info", "--format", "{{json .DriverStatus}}")
    assert "io.containerd.snapshotter" not in driver
    dockerfile = "FROM busybox:1.36\nRUN echo hi > /x\n"
    refused = _build(classic_engine, dockerfile, f"type=oci,dest={tmp_path}/x.tar")
    assert refused.returncode != 0
    assert "not supported" in refused.stderr
    assert _build(classic_engine, dockerfile, "type=docker").returncode == 0


@pytest.mark.skipif(not _is_root(), reason="the engine needs root")
@pytest.mark.parametrize("killed", [False, True])
def test_stop_leaves_nothing(engine: Engine, tmp_path: Path, killed: bool) -> None:
    shared = default_paths()
    paths = Paths(tmp_path / "state")
    paths.state.mkdir()
    paths.packages.symlink_to(shared.packages)
    other = start(paths)
    try:
        assert start(paths) == other
        assert other.host != engine.host
        container = other.run("run", "--detach", "busybox:1.36", "sleep", "600").strip()
        assert container
        record = Record.load(paths.record)
        assert set(record.processes) == {"registry", MAIN}
        if killed:
            processes.end([record.processes[MAIN]], grace=0.0)
            assert find(paths) is None
        inside = processes.naming(paths.exec_root(MAIN), shared.packages)
        assert inside
    finally:
        stop(paths)
    assert find(paths) is None
    assert find(paths, CLASSIC) is None
    assert not any(one.alive for one in (*record.processes.values(), *inside))
    assert processes.mounts_below([paths.state, paths.runtime]) == []
    assert list(Path("/sys/fs/cgroup").glob(f"**/dg{paths.key}*")) == []
    assert not (Path("/sys/class/net") / f"dg{paths.key}m").exists()
    assert {entry.name for entry in paths.state.iterdir()} == {"lock", "logs", "packages", "port"}
    assert find(shared) is not None


@pytest.mark.skipif(not _is_root(), reason="the engine needs root")
def test_the_last_session_ends_what_sessions_started(engine: Engine, tmp_path: Path) -> None:
    assert engine
    paths = Paths(tmp_path / "state")
    paths.state.mkdir()
    paths.packages.symlink_to(default_paths().packages)
    try:
        _, first = acquire(paths, MAIN)
        _, second = acquire(paths, MAIN)
        release(paths, first)
        assert find(paths) is not None
        start(paths)
        _, third = acquire(paths, CLASSIC)
        release(paths, second)
        assert find(paths, CLASSIC) is not None
        release(paths, third)
        assert find(paths, CLASSIC) is None
        assert find(paths) is not None
    finally:
        stop(paths)


def test_a_reused_pid_is_another_process() -> None:
    myself = processes.Process.of(os.getpid())
    assert myself is not None
    assert myself.alive
    former = processes.Process(myself.pid, myself.start - 1)
    assert not former.alive
    processes.end([former], grace=0.0)
    assert myself.alive


def test_sockets_fit_below_a_deep_folder(tmp_path: Path) -> None:
    deep = Paths(tmp_path / ("x" * 120))
    assert not deep.runtime.is_relative_to(deep.state)
    assert len(str(deep.exec_root(CLASSIC) / "containerd" / "containerd-debug.sock")) < 108

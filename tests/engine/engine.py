"""Starting, finding and stopping the engines and the registry."""

import contextlib
import fcntl
import os
import re
import shutil
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from . import host
from .bases import build_bases, push_bases
from .client import Engine
from .daemon import STOP_SECONDS, answers, clear, environment, launch
from .errors import EngineError
from .packages import binary, unpack_engine
from .paths import FLAVOURS, MAIN, Paths
from .processes import Process, end, spawn
from .record import Record
from .registry import Registry, choose_port, configuration

_READY_SECONDS = 45.0
_LOG_EXCERPT = 600
_REGISTRY = "registry"


@contextlib.contextmanager
def _locked(paths: Paths) -> Iterator[None]:
    paths.state.mkdir(parents=True, exist_ok=True)
    with paths.lock.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def find(paths: Paths, flavour: str = MAIN) -> Engine | None:
    """The engine, if it and the registry run and answer."""
    record = Record.load(paths.record)
    needed = [_REGISTRY] if _from_host(flavour) else [_REGISTRY, flavour]
    if not all(name in record.processes and record.processes[name].alive for name in needed):
        return None
    engine = _described(paths, flavour)
    usable = _from_host(flavour) or answers(paths, flavour)
    return engine if usable and Registry(engine.registry).alive() else None


def start(paths: Paths, flavour: str = MAIN, keep: bool = True) -> Engine:
    """Bring up what is needed for a flavour, unless it runs. With keep, until `stop` is called."""
    with _locked(paths):
        return _start(paths, flavour, keep)


def acquire(paths: Paths, flavour: str) -> tuple[Engine, str]:
    """Start for a test session and enter it as a user; gives the token to release with."""
    with _locked(paths):
        engine = _start(paths, flavour, keep=False)
        record = Record.load(paths.record)
        token = f"{flavour}-{uuid.uuid4().hex}"
        myself = Process.of(os.getpid())
        if myself:
            record.users[token] = myself
            record.save(paths.record)
        return engine, token


def release(paths: Paths, token: str) -> None:
    """End a test session's use; a flavour that sessions alone have started ends with the last."""
    with _locked(paths):
        record = Record.load(paths.record)
        record.users.pop(token, None)
        record.users = {name: user for name, user in record.users.items() if user.alive}
        for flavour in FLAVOURS:
            used = any(name.startswith(f"{flavour}-") for name in record.users)
            if flavour in record.processes and flavour not in record.kept and not used:
                clear(paths, flavour, record.processes.pop(flavour))
        record.save(paths.record)
        if not record.users and not record.kept:
            _stop(paths)


def stop(paths: Paths) -> None:
    """End what was started and remove its state; the package cache stays."""
    with _locked(paths):
        _stop(paths)


def status(paths: Paths) -> dict[str, str]:
    """What runs, for people."""
    record = Record.load(paths.record)
    return {
        name: f"running, pid {process.pid}" if process.alive else "dead"
        for name, process in record.processes.items()
    }


def _from_host(flavour: str) -> bool:
    return flavour == MAIN and host.wanted()


def _described(paths: Paths, flavour: str) -> Engine:
    try:
        registry = f"127.0.0.1:{int(paths.port.read_text())}"
    except (OSError, ValueError):
        registry = "127.0.0.1:0"
    if _from_host(flavour):
        return host.engine(registry)
    return Engine(
        docker=str(paths.client / "docker"),
        host=f"unix://{paths.socket(flavour)}",
        config=str(paths.client_config),
        registry=registry,
    )


def _start(paths: Paths, flavour: str, keep: bool) -> Engine:
    found = find(paths, flavour)
    if found is None:
        _require_a_fitting_machine()
        before = Record.load(paths.record).processes.values()
        try:
            _start_missing(paths, flavour)
            found = _described(paths, flavour)
        except BaseException:
            # Half an engine serves nobody; another flavour that ran goes on.
            if not any(process.alive for process in before):
                _stop(paths)
            raise
    record = Record.load(paths.record)
    if keep and flavour not in record.kept:
        record.kept.append(flavour)
        record.save(paths.record)
    return found


def _require_a_fitting_machine() -> None:
    if sys.platform != "linux":
        raise EngineError("the test engine runs on Linux only")
    if os.geteuid() != 0:
        raise EngineError("the test engine needs root: run `sudo -E python -m tests.engine start`")
    if not re.search(r"(?m)^\S+ /sys/fs/cgroup\S* cgroup2? ", Path("/proc/mounts").read_text()):
        raise EngineError("no cgroup file system at /sys/fs/cgroup: mount one for the test engine")


def _start_missing(paths: Paths, flavour: str) -> None:
    if _from_host(flavour):
        host.engine("")
    unpack_engine(paths)
    build_bases(paths)
    record = Record.load(paths.record)
    wanted = [] if _from_host(flavour) else [flavour]
    # One that runs but does not answer is ended like one that is half dead.
    for name in wanted:
        running = record.processes.get(name)
        if running is None or not running.alive or not answers(paths, name):
            clear(paths, name, record.processes.pop(name, None))
    registry = _start_registry(paths, record)
    for name in wanted:
        if name not in record.processes:
            record.processes[name] = launch(paths, name, registry.address)
            record.save(paths.record)
    _wait(registry.alive, paths, record, _REGISTRY)
    push_bases(paths, registry)
    for name in wanted:
        _wait(partial(answers, paths, name), paths, record, name)


def _start_registry(paths: Paths, record: Record) -> Registry:
    running = record.processes.get(_REGISTRY)
    if running and running.alive:
        registry = Registry(_described(paths, MAIN).registry)
        if registry.alive():
            return registry
        end([running], STOP_SECONDS)
    former = paths.port.read_text() if paths.port.exists() else ""
    port = choose_port(paths.port)
    if paths.port.read_text() != former:
        # An engine that runs would go on asking the registry at its former place.
        for flavour in FLAVOURS:
            clear(paths, flavour, record.processes.pop(flavour, None))
    paths.registry.mkdir(parents=True, exist_ok=True)
    config = paths.registry / "config.yml"
    config.write_text(configuration(paths.registry / "storage", port))
    command = [str(binary(paths, "docker-registry")), "serve", str(config)]
    record.processes[_REGISTRY] = spawn(command, paths.log(_REGISTRY), environment(paths))
    record.save(paths.record)
    return Registry(f"127.0.0.1:{port}")


def _wait(ready: Callable[[], bool], paths: Paths, record: Record, name: str) -> None:
    """Wait until a process answers; say why where it does not."""
    limit = time.monotonic() + _READY_SECONDS
    while not ready():
        if record.processes[name].alive and time.monotonic() < limit:
            time.sleep(0.02)
            continue
        log = paths.log(name)
        lines = [line.strip() for line in log.read_text(errors="replace").splitlines()]
        last = " | ".join(filter(None, lines[-3:]))[-_LOG_EXCERPT:]
        raise EngineError(f"the test {name} did not start ({log}): {last}")


def _stop(paths: Paths) -> None:
    record = Record.load(paths.record)
    for flavour in FLAVOURS:
        clear(paths, flavour, record.processes.pop(flavour, None))
    end(record.processes.values(), STOP_SECONDS)
    for folder in (paths.runtime, paths.state / "data", paths.registry, paths.client_config):
        shutil.rmtree(folder, ignore_errors=True)
    paths.record.unlink(missing_ok=True)

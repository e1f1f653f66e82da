"""The result cache: what a lint found, by all that it depends on.

An entry's name is a hash of the file's bytes and path, the configuration files that count for it,
the options, the day (support of a base ends on one), the platform, and dockgate's own version and
that of what is installed beside it; in a checkout, of its source files. What cannot be told by
that is not kept: findings of a context, of ShellCheck, with --resolve, and whatever could not be
finished. Entries hold no secret, only the places of secrets.

It lies in `dockgate/results` in the user's cache (XDG Base Directory Specification 0.8). Several
runs may use it at once: an entry appears whole or not at all. What is damaged or not the user's
own is passed over and written anew; where nothing can be written, there is no cache.
"""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Iterable, Iterator

from dockgate import __version__
from dockgate.linter.configuration.nearest import nearest
from dockgate.linter.files import read
from dockgate.linter.results import Result, dump, parse
from dockgate.linter.vocabulary import SHELLCHECK

try:
    from _blake2 import blake2b  # hashlib's own, without loading OpenSSL for it (3 ms)
except ImportError:  # another Python than CPython
    from hashlib import blake2b

TYPE_CHECKING = False

if TYPE_CHECKING:
    from dockgate.linter.batch import Options

FORM = b"dockgate result 1 "  #: what an entry begins with, before the hash of the rest
MAX_ENTRY = 1 << 20  #: bytes of one entry; a larger one is not kept
MAX_ENTRIES = 20_000
MAX_BYTES = 64 << 20  #: of all entries
MAX_AGE = 30 * 86_400  #: seconds since an entry was last of use
KEPT = 0.75  #: of both bounds, once one is passed
SWEEPS = "00"  #: the entries whose names begin so (one in 256) have the folder swept
FRESH = 86_400  #: seconds for which a use of an entry is not noted again
MAX_CONFIG = 4 << 20  #: bytes of a configuration file that are looked at
DIGEST = 32  #: bytes
OFF = "DOCKGATE_NO_CACHE"  #: set to anything in the environment: as --no-cache


class Cache:
    """The results of runs with the same options."""

    def __init__(self, options: Options) -> None:
        self._common = _common(options)
        self._config = options.config
        self._of_folder: dict[str, bytes] = {}
        self._folder = _folder()

    def load(self, path: str, name: str, data: bytes) -> Result | None:
        """The result for the file of this name; `path` is what its configuration is found by."""
        if self._folder is None:
            return None
        entry = os.path.join(self._folder, self._key(path, name, data))
        try:
            # Neither a link nor a pipe that somebody else has put there.
            descriptor = os.open(entry, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
                return None
            content = os.read(descriptor, MAX_ENTRY + 1) if found.st_size <= MAX_ENTRY else b""
            if found.st_mtime < time.time() - FRESH:
                os.utime(descriptor)  # the longest unused go first
        except OSError:
            return None
        finally:
            os.close(descriptor)
        end = len(FORM) + 2 * DIGEST
        if content[:end] != FORM + _hash(content[end:]).encode():
            return None
        try:
            result = parse(content[end:], data, name)
        except (ValueError, IndexError, StopIteration, RuntimeError):
            return None
        return None if result.report.failures else result

    def store(self, path: str, data: bytes, result: Result) -> None:
        """Keep a result, where it may be kept."""
        report = result.report
        if self._folder is None or report.failures:
            return
        for finding in report.findings:
            if finding.rule.name == SHELLCHECK or any(map(report.reveals, finding.fixes)):
                return
        dumped = dump(result)
        if dumped is None or len(dumped) > MAX_ENTRY - 1024:
            return
        key = self._key(path, report.path, data)
        try:
            _write(self._folder, key, FORM + _hash(dumped).encode() + dumped)
            if key.startswith(SWEEPS):
                _sweep(self._folder)
        except OSError:
            return

    def _key(self, path: str, name: str, data: bytes) -> str:
        return _hash_all((self._common, self._configuration(path), name.encode(*_TEXT), data))

    def _configuration(self, path: str) -> bytes:
        """All that the configuration for `path` depends on, hashed."""
        whole = os.path.abspath(path or "Dockerfile")
        folder = os.path.dirname(whole)
        found = self._of_folder.get(folder)
        if found is None:
            files = [self._config] if self._config is not None else nearest(folder)
            parts: list[bytes] = []
            for file in files:
                parts += [os.path.abspath(file).encode(*_TEXT), read(file, MAX_CONFIG)]
            found = self._of_folder[folder] = _hash_all(parts).encode() if parts else b""
        return found + whole.encode(*_TEXT) if found else b""


_TEXT = ("utf-8", "surrogatepass")


def usable(options: Options) -> bool:
    """Whether results under these options depend on nothing but what an entry is named by."""
    scope = options.scope
    return (
        options.cache
        and not os.environ.get(OFF)
        and not (options.fix or options.diff or options.shellcheck)
        and scope.context is None
        and scope.bases is None
    )


def _folder() -> str | None:
    """The folder of the entries, made where it is missing; None where it is not the user's own."""
    root = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(root):
        root = os.path.join(os.path.expanduser("~"), ".cache")
    if not os.path.isabs(root):
        return None
    folder = os.path.join(root, "dockgate", "results")
    try:
        try:
            found = os.lstat(folder)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(folder), mode=0o700, exist_ok=True)
            os.mkdir(folder, 0o700)
            found = os.lstat(folder)
    except FileExistsError:  # another run was quicker
        return _folder()
    except OSError:
        return None
    own = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
    return folder if own and not found.st_mode & 0o022 else None


def _common(options: Options) -> bytes:
    """What all entries of a run depend on, hashed."""
    machine = os.uname()
    parts = [
        __version__,
        *_program(),
        sys.version,
        str(int(time.time()) // 86_400),
        machine.sysname,
        machine.machine,
    ]
    fields: dict[str, object] = options._asdict() | options.scope._asdict()
    for name in sorted(fields.keys() - {"cache", "config", "jobs", "scope"}):
        parts += [name, *_told(fields[name])]
    return _hash_all(part.encode(*_TEXT) for part in parts).encode()


def _told(value: object) -> Iterator[str]:
    """A value of an option in texts, the same in every run."""
    if isinstance(value, frozenset):
        yield from sorted(value)
    elif isinstance(value, dict):
        for name in sorted(value):
            yield from (name, value[name])
    else:
        yield repr(value)


def _program() -> Iterator[str]:
    """What tells this dockgate, and what is installed beside it, from any other."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    site = ("site-packages", "dist-packages")
    for folder in sys.path:
        if os.path.basename(folder) in site and os.path.isdir(folder):
            yield f"{folder} {os.stat(folder).st_mtime_ns}"  # changes with every installation
    if os.path.basename(os.path.dirname(package)) not in site:  # a checkout: files may change
        roots = (package, os.path.join(package, "linter"), os.path.join(package, "rules"))
        for root in dict.fromkeys(map(os.path.realpath, (*roots, os.path.dirname(__file__)))):
            yield from _sources(root)


def _sources(folder: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.name.endswith((".py", ".json")):
                found = entry.stat()
                yield f"{entry.path} {found.st_size} {found.st_mtime_ns}"
            elif entry.is_dir(follow_symlinks=False) and entry.name != "__pycache__":
                yield from _sources(entry.path)


def _hash(data: bytes) -> str:
    return blake2b(data, digest_size=DIGEST).hexdigest()


def _hash_all(parts: Iterable[bytes]) -> str:
    """The hash of a list: where one part ends counts."""
    state = blake2b(digest_size=DIGEST)
    for part in parts:
        state.update(b"%d:" % len(part))
        state.update(part)
    return state.hexdigest()


def _write(folder: str, key: str, content: bytes) -> None:
    temporary = os.path.join(folder, f".{os.getpid()}.{key}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(temporary, flags, 0o600)
    try:
        try:
            os.write(descriptor, content)
        finally:
            os.close(descriptor)
        os.replace(temporary, os.path.join(folder, key))
    except BaseException:
        os.unlink(temporary)
        raise


def _sweep(folder: str) -> None:
    """Take away what is old, and the oldest once there is too much; leavings of dead runs too."""
    now, files = time.time(), []
    with os.scandir(folder) as entries:
        for entry in entries:
            try:
                found = entry.stat(follow_symlinks=False)
            except OSError:  # another run sweeps, too
                continue
            if stat.S_ISREG(found.st_mode):
                files.append((found.st_mtime, found.st_size, entry.path))
    files.sort()
    count, size = len(files), sum(size for _, size, _ in files)
    full = count > MAX_ENTRIES or size > MAX_BYTES
    for used, length, path in files:
        too_much = full and (count > MAX_ENTRIES * KEPT or size > MAX_BYTES * KEPT)
        if not too_much and used > now - MAX_AGE:
            break
        count, size = count - 1, size - length
        try:
            os.unlink(path)
        except OSError:
            continue

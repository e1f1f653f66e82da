"""Reading and writing whole files: bounded, and never half of one."""

from __future__ import annotations

import errno
import os
import stat

from dockgate.linter.errors import UnfinishedError, UsageError

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import BinaryIO

MAX_DOCKERFILE_BYTES = 16 << 20  #: a larger file is no Dockerfile


def read(path: str, limit: int) -> bytes:
    """At most `limit` + 1 bytes of a file: a longer result means that it is too large.

    Raises UsageError where it is missing, a folder, or not to be read.
    """
    try:
        with open(path, "rb") as file:
            return file.read(limit + 1)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}") from None


def open_found(path: str) -> BinaryIO:
    """Open a file that a hostile folder may have brought: a pipe or a device is refused at once.

    Raises OSError.
    """
    file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "not a regular file", path)
    return file


def replace(path: str, data: bytes, *, expected: bytes | None = None) -> None:
    """Put `data` in place of the file at `path`, at once and with its mode and owner kept.

    A symbolic link stays and its target is written. With `expected`, a file that holds anything
    else by now is left alone. Raises UnfinishedError where that fails; the old file stays then.
    """
    target = os.path.realpath(path)
    temporary = f"{os.path.dirname(target)}/.{os.path.basename(target)[:200]}.{os.getpid()}.new"
    try:
        if os.path.exists(target) and not os.path.isfile(target):
            with open(target, "wb") as file:  # a pipe or a terminal cannot be replaced
                file.write(data)
            return
        if expected is not None:
            with open(target, "rb") as file:
                if file.read(len(expected) + 1) != expected:
                    raise UnfinishedError(f"{path} has changed meanwhile: not written")
        _write(temporary, target, data)
    except OSError as error:
        raise UnfinishedError(f"cannot write {path}: {error.strerror or error}") from None


def create(path: str, data: bytes) -> None:
    """Make the file `path` with `data`, all of it or none; its folders are made where missing.

    Raises UsageError where something of this name exists, UnfinishedError where it fails.
    """
    folder, name = os.path.split(os.path.abspath(path))
    temporary = f"{folder}/.{name[:200]}.{os.getpid()}.new"
    try:
        os.makedirs(folder, exist_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(descriptor)
            os.link(temporary, path)  # unlike a rename, it never takes another file's place
        finally:
            os.unlink(temporary)
    except FileExistsError:
        raise UsageError(f"{path} exists: not written") from None
    except OSError as error:
        raise UnfinishedError(f"cannot write {path}: {error.strerror or error}") from None


def _write(temporary: str, target: str, data: bytes) -> None:
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            _take_over(descriptor, target)
            os.fsync(descriptor)
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise


def _take_over(descriptor: int, target: str) -> None:
    try:
        before = os.stat(target)
    except FileNotFoundError:
        return
    if os.geteuid() == 0:  # nobody else may give a file away
        os.fchown(descriptor, before.st_uid, before.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(before.st_mode))

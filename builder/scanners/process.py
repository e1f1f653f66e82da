"""Runs a scanner that a user has installed: in a folder of our own, with nobody's settings."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence

from dockgate.linter.errors import UnfinishedError
from dockgate.rules.subjects.image import shown

PROBE_SECONDS = 30.0  #: for what is asked before the work: a version, which flags there are
#: Variables by which the scanners are configured: what they pass over does not count here.
_PREFIXES = ("GITLEAKS_", "GRYPE_", "SYFT_", "TRIVY_")
#: Those that only say where a scanner's data lies.
_KEPT = {"GRYPE_DB_CACHE_DIR", "TRIVY_CACHE_DIR"}
_OFFLINE = {
    "GRYPE_DB_AUTO_UPDATE": "false",
    "GRYPE_CHECK_FOR_APP_UPDATE": "false",
    "GRYPE_DB_VALIDATE_AGE": "false",
}
_ERROR = 300  #: characters of what a scanner says when it fails


def run(command: Sequence[str], folder: str, seconds: float) -> bytes:
    """Its output. Raises UnfinishedError, with the last line of what it says, when it fails."""
    name = os.path.basename(command[0])
    try:
        process = subprocess.Popen(  # noqa: S603 - a path of PATH, and words of our own
            command, cwd=folder, env=_environment(), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        raise UnfinishedError(f"{name} cannot be run: {error.strerror}") from None
    try:
        output, said = process.communicate(timeout=seconds)
    except BaseException as error:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        if isinstance(error, subprocess.TimeoutExpired):
            raise UnfinishedError(f"{name} did not end within {seconds:.0f} seconds") from None
        raise
    if process.returncode:
        lines = said.decode("utf-8", "replace").strip().splitlines() or ["it says nothing"]
        raise UnfinishedError(
            f"{name} failed with status {process.returncode}: {shown(lines[-1], _ERROR)}"
        )
    return output


def _environment() -> dict[str, str]:
    kept = {n: v for n, v in os.environ.items() if n in _KEPT or not n.startswith(_PREFIXES)}
    return kept | _OFFLINE

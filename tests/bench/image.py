"""`python -m tests.bench.image`: what a scan of a large image costs, beside real Trivy.

The image is Debian with a compiler, Python, Perl, Git, Emacs, Ruby and some Java: about 500 MB of
files in layers, laid out from Debian's packages with dpkg's own database, once, in the tests'
cache. Each scan is a process of its own with an empty cache; then the top layer changes, and it is
scanned again. CPU is the process' own with its children's, memory the most that it held at once.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench.corpus import ROOT
from tests.builder import planted
from tests.builder.images import CONFIG, MANIFEST, Layout, config_json, digest_of, layer_tar
from tests.engine.bases import BASES, Files, _add_package, build_bases
from tests.engine.packages import BASE_SUITE, Apt, fetch_suite, own_lists
from tests.engine.paths import Paths, default_paths
from tests.tools import trivy

#: What each layer installs, with all that it needs and no layer below it has.
LAYERS = (
    ("python3", "python3-pip", "perl", "git", "curl"),
    ("gcc", "make"),
    ("emacs-nox",),
    ("ruby", "libcommons-lang3-java", "libjackson2-databind-java"),
)
FORMAT = "2"  #: raised when the image is to be made anew
TARGETS = {"first": 0.6, "again": 0.1}  #: of Trivy's CPU, and of the own first scan's


class Spent(NamedTuple):
    """What a process cost."""

    cpu: float  #: seconds, its children included
    wall: float  #: seconds
    memory: float  #: MB at most

    def row(self, what: str, ratio: str = "") -> str:
        return f"| {what} | {self.cpu:.1f} s | {self.wall:.1f} s | {self.memory:.0f} MB | {ratio} |"


def image_folder() -> Path:
    """The image as an OCI layout, made in a process of its own unless it is there."""
    folder = default_paths().packages / "bench-image"
    marker = folder / "ready"
    if not (marker.exists() and marker.read_text() == FORMAT):
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", __spec__.name, "make", str(folder)], check=True)
        marker.write_text(FORMAT)
    return folder / "layout"


def make(folder: Path) -> None:
    """Download the packages and write the layout."""
    paths = default_paths()
    build_bases(paths)
    base, status, installed = _base(paths)
    apt = Apt.of_machine(own_lists(paths))
    tars, history = [base], ["debian packages, unpacked"]
    for number, names in enumerate(LAYERS):
        wanted = sorted(apt.closure(names) - installed)
        installed |= set(wanted)
        downloads = folder / f"debs-{number}"
        files = Files()
        for package in fetch_suite(apt, BASE_SUITE, wanted, paths, downloads):
            status.append(_add_package(files, package))
        files.file("var/lib/dpkg/status", "\n".join(status))
        tars.append(files.tar())
        history.append(f"RUN /bin/sh -c apt-get install --yes {' '.join(names)} # buildkit")
        shutil.rmtree(downloads)
    layout = Layout(folder / "layout")
    layers = [
        layout.blob(gzip.compress(tar, 6, mtime=0), "application/vnd.oci.image.layer.v1.tar+gzip")
        for tar in tars
    ]
    digests = [digest_of(tar) for tar in tars]
    state = {"layers": layers, "diff_ids": digests, "history": history,
             "unpacked": sum(map(len, tars))}  # fmt: skip
    (folder / "layers.json").write_text(json.dumps(state))
    change_top(folder / "layout", "one")


def change_top(layout_folder: Path, word: str) -> None:
    """Give the image another top layer: a small application."""
    state = json.loads((layout_folder.parent / "layers.json").read_text())
    top = layer_tar({
        f"app/{n}.py": f"VERSION = {word!r}\n" + "def f(x):\n    return x + 1\n" * 50
        for n in range(200)
    })  # fmt: skip
    config = {"User": "1000", "Cmd": ["python3"], "history": ["COPY app /app # buildkit"]}
    _write(layout_folder, state, [top], config)


def plant(layout_folder: Path) -> planted.Planted:
    """Give the image the planted things on top."""
    state = json.loads((layout_folder.parent / "layers.json").read_text())
    top = planted.on_top(planted.base_layer(), seed=1)
    _write(layout_folder, state, top.tars, {**top.config, "history": top.history})
    return top


def _write(
    layout_folder: Path, state: dict[str, Any], tars: list[bytes], run: dict[str, Any]
) -> None:
    """Write the image of the layers that are there and others on top."""
    layout = Layout(layout_folder)
    layers = [*state["layers"], *layout.layers(tars)]
    document = json.loads(config_json(tars, run))
    document["rootfs"]["diff_ids"] = [*state["diff_ids"], *map(digest_of, tars)]
    steps = [{"created_by": step} for step in state["history"]]
    document["history"] = [*steps, *document["history"]]
    config = layout.blob(json.dumps(document).encode(), CONFIG)
    manifest: dict[str, Any] = {
        "schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers,
    }  # fmt: skip
    layout.index(layout.document(manifest))


def _base(paths: Paths) -> tuple[bytes, list[str], set[str]]:
    """The tar of debian:bookworm-slim, its dpkg paragraphs, the names of its packages."""

    def blob(digest: str) -> bytes:
        return (paths.bases / digest.partition(":")[2]).read_bytes()

    index = json.loads((paths.bases / BASES[0].file).read_bytes())
    manifest = json.loads(blob(index["manifests"][0]["digest"]))
    tar = gzip.decompress(blob(manifest["layers"][0]["digest"]))
    with tarfile.open(fileobj=io.BytesIO(tar)) as archive:
        content = archive.extractfile("var/lib/dpkg/status")
        assert content is not None
        paragraphs = content.read().decode().split("\n\n")
    status = [f"{paragraph.strip()}\n" for paragraph in paragraphs if paragraph.strip()]
    return tar, status, {one.partition("\n")[0].removeprefix("Package: ") for one in status}


def spend(
    command: Sequence[str | Path], env: Mapping[str, str], allowed: Sequence[int], output: Path
) -> Spent:
    """Run a command to its end. RuntimeError on an unexpected status."""
    started = time.perf_counter()
    with output.open("wb") as file:
        process = subprocess.Popen(
            list(map(str, command)), stdin=subprocess.DEVNULL, stdout=file,
            stderr=subprocess.PIPE, env=env,
        )  # fmt: skip
        assert process.stderr is not None
        said = process.stderr.read().decode("utf-8", "replace")
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in allowed:
        raise RuntimeError(f"exit status {process.returncode}: {command}: {said[-500:]}")
    wall = time.perf_counter() - started
    return Spent(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1000)


def main(dockgate: Sequence[str | Path]) -> None:
    """Print the figures as a Markdown table. `dockgate`: how it is started."""
    layout = image_folder()
    stored = sum(one.stat().st_size for one in (layout / "blobs").rglob("*") if one.is_file())
    unpacked = json.loads((layout.parent / "layers.json").read_text())["unpacked"]
    with tempfile.TemporaryDirectory(prefix="dockgate-bench-") as name:
        folder = Path(name)
        env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        env |= {"XDG_CACHE_HOME": str(folder / "cache"), "NO_COLOR": "1"}
        scan = [*dockgate, "scan", "--vulnerabilities", "off", "--format", "json", layout]
        bill = [*dockgate, "scan", "--vulnerabilities", "off", "--format", "cyclonedx", layout]
        out = folder / "dockgate.json"
        change_top(layout, "one")
        _warm_up(dockgate, folder, env, out)
        first = spend(scan, env, (0, 1, 3), out)
        sbom = spend(bill, env, (0, 1, 3), folder / "bom.json")
        change_top(layout, "two")
        again = spend(scan, env, (0, 1, 3), out)
        report = json.loads(out.read_text())
        packages = len(json.loads((folder / "bom.json").read_text())["components"])
        other = _trivy(layout, folder, env)
        top = plant(layout)
        spend(scan, env, (0, 1, 3), out)
        missed, others = _missed(layout, top, json.loads(out.read_text()))
    print(f"\nAn image of {unpacked / 1e6:.0f} MB of files, {stored / 1e6:.0f} MB as stored.\n")
    print("| scan | CPU | time | memory | ratio of CPU |\n|---|---|---|---|---|")
    ratio = f"{first.cpu / other[0].cpu:.2f} of Trivy's" if other else ""
    print(first.row("dockgate: all but vulnerabilities", ratio))
    print(sbom.row("dockgate: the SBOM after that", f"{sbom.cpu / first.cpu:.2f} of the first"))
    text = f"{again.cpu / first.cpu:.2f} of the first"
    print(again.row("dockgate: again, another top layer", text))
    if other:
        print(other[0].row("Trivy: secrets, misconfiguration, packages"))
        text = f"{other[1].cpu / other[0].cpu:.2f} of its first"
        print(other[1].row("Trivy: again, another top layer", text))
    count = {level: report["summary"][level] for level in ("error", "warning", "info")}
    print(f"\ndockgate found {packages} packages; findings: {count}.")
    if other:
        print(f"Trivy found {other[2]} packages and {other[3]} secrets.")
    print(
        f"Planted: {len(top.plants) - len(missed)} of {len(top.plants)} things are found in their "
        f"layers{', missing: ' + ', '.join(missed) if missed else ''}; {others} other findings at "
        "warning or above."
    )


def _warm_up(
    dockgate: Sequence[str | Path], folder: Path, env: Mapping[str, str], out: Path
) -> None:
    """Scan something small: dockgate's own files are compiled by now, as after an installation."""
    root = folder / "root"
    (root / "etc").mkdir(parents=True)
    (root / "etc" / "passwd").write_text("root:x:0:0::/root:/bin/sh\n")
    (root / "run.sh").write_text("#!/bin/sh\n")
    for name in ("json", "cyclonedx"):
        command = [*dockgate, "scan", "--vulnerabilities", "off", "--format", name, root]
        spend(command, env, (0, 1, 3), out)


def _missed(layout: Path, top: planted.Planted, report: dict[str, Any]) -> tuple[list[str], int]:
    """The planted things that were not found, and how many other loud findings there are."""

    def blob(digest: str) -> Any:
        return json.loads((layout / "blobs" / digest.replace(":", "/")).read_text())

    index = json.loads((layout / "index.json").read_text())
    digests = [one["digest"] for one in blob(index["manifests"][0]["digest"])["layers"]]
    below = len(digests) - len(top.tars)
    left = [one for one in report["diagnostics"] if one["severity"] in ("error", "warning")]
    missed = []
    for plant in top.plants:
        layer = digests[below + plant.line - 3] if plant.line else None
        found = [
            one
            for one in left
            if (one["rule"], one["path"] or "", one["layer"]) == (plant.rule, plant.path, layer)
            and plant.says in one["message"]
        ]
        left = [one for one in left if one not in found]
        missed += [] if found else [plant.what]
    return missed, len(left)


def _trivy(
    layout: Path, folder: Path, env: Mapping[str, str]
) -> tuple[Spent, Spent, int, int] | None:
    try:
        program = trivy.program()
    except BaseException as error:  # pytest's own outcomes, which are no Exception
        print(f"no Trivy to compare with: {error}", file=sys.stderr)
        return None
    command: list[str | Path] = [
        program, "image", "--input", layout, "--cache-dir", folder / "trivy", "--format", "json",
        "--scanners", "secret,misconfig", "--image-config-scanners", "secret,misconfig",
        "--list-all-pkgs", "--offline-scan", "--skip-db-update", "--skip-java-db-update",
        "--skip-check-update", "--skip-version-check", "--quiet",
    ]  # fmt: skip
    known = subprocess.run([program, "image", "--help"], capture_output=True, text=True, check=True)
    command = [w for w in command if not str(w).startswith("--") or f"{w} " in known.stdout]
    out = folder / "trivy.json"
    change_top(layout, "one")
    first = spend(command, env, (0,), out)
    change_top(layout, "two")
    again = spend(command, env, (0,), out)
    results = json.loads(out.read_text()).get("Results", [])
    packages = sum(len(one.get("Packages") or ()) for one in results)
    return first, again, packages, sum(len(one.get("Secrets") or ()) for one in results)


if __name__ == "__main__":
    if sys.argv[1:2] == ["make"]:
        make(Path(sys.argv[2]))
    else:
        os.chdir(ROOT)
        main([sys.executable, "-m", "dockgate"])

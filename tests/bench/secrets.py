"""detect-secrets alone against the same behind the prefilter: whole processes on 20 MB of text."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench.corpus import ROOT
from tests.bench.measure import Cost, run

SIZE = 20_000_000
_ALONE = "from tests.linter.secret_search.both_ways import alone as search"
_BEHIND = "from tests.linter.secret_search.both_ways import behind as search"
_SEARCH = """
import pickle, sys
{how}
files = pickle.load(open(sys.argv[1], "rb"))
pickle.dump(search(files), open(sys.argv[2], "wb"))
"""
#: Starting Python and loading the text is the same for both, and no search.
_NOTHING = "import pickle, sys; pickle.load(open(sys.argv[1], 'rb'))"


def main() -> None:
    """Prints the CPU time of both and the ratio; fails when they do not find the same."""
    with tempfile.TemporaryDirectory() as folder:
        text, found = f"{folder}/text", [f"{folder}/alone", f"{folder}/behind"]
        make = "import pickle, sys; from tests.linter.secret_search.mixed import files; "
        make += f"pickle.dump(files({SIZE}), open(sys.argv[1], 'wb'))"
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        subprocess.run([sys.executable, "-c", make, text], check=True, env=environment)
        floor = run([sys.executable, "-c", _NOTHING, text], env=environment)
        costs = [
            _less(run([sys.executable, "-c", code, text, target], env=environment), floor)
            for code, target in zip(map(_code, (_BEHIND, _ALONE)), reversed(found), strict=True)
        ]
        alone, behind = (pickle.loads(Path(name).read_bytes()) for name in found)
        files = pickle.loads(Path(text).read_bytes())
    size = sum(len(data) for _, data in files) / 1e6
    if alone != behind:
        sys.exit(f"detect-secrets finds {len(alone)}, behind the prefilter {len(behind)}")
    print("| secrets | of | behind the prefilter | detect-secrets | ratio |\n|---|---|---|---|---|")
    print(
        f"| {size:.0f} MB of mixed text in {len(files):,} files, {len(alone):,} findings | cpu "
        f"| {costs[0].cpu:.1f} s | {costs[1].cpu:.1f} s | 1/{costs[1].cpu / costs[0].cpu:.0f} |"
    )


def _code(how: str) -> str:
    return _SEARCH.format(how=how)


def _less(cost: Cost, floor: Cost) -> Cost:
    return Cost(cost.cpu - floor.cpu, cost.wall - floor.wall)


if __name__ == "__main__":
    main()

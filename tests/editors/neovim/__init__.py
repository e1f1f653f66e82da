"""Neovim without a screen: it opens a file with the recipe loaded and runs a script."""

import json
from pathlib import Path
from typing import Any

from tests.editors import PATH
from tests.tools import debian

_HERE = Path(__file__).parent
_SECONDS = 60
_HOMES = ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME")


def program() -> debian.Program:
    """Neovim, with ALE beside it."""
    return debian.program("neovim", "usr/bin/nvim", "vim-ale")


def run(script: str, file: Path, setup: str, **variables: str) -> Any:
    """What a script of this folder answers about an open file.

    `setup` is a user's init.lua; `variables` are the script's.
    """
    neovim = program()
    home = file.parent / "home"
    result = home / "result.json"
    home.mkdir()
    init = home / "init.lua"
    own = f"package.path = {json.dumps(str(_HERE / '?.lua'))} .. ';' .. package.path\n"
    init.write_text(own + setup)
    done = neovim.run(
        ["--headless", "-n", "-i", "NONE", "-u", init, file, "-c", f"luafile {_HERE / script}"],
        cwd=file.parent,
        timeout=_SECONDS,
        env={"PATH": PATH, "RESULT": str(result), **dict.fromkeys(_HOMES, str(home)), **variables},
    )
    assert result.exists(), done.stderr
    answer = json.loads(result.read_text())
    assert "failure" not in answer, answer["failure"] + done.stderr
    return answer["result"]

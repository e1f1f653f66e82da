"""The command: `python -m tests.engine start|stop|status|env [--classic]`."""

import argparse
import sys

from .engine import find, start, status, stop
from .errors import EngineError
from .paths import CLASSIC, MAIN, default_paths


def main() -> int:
    """Run the command; 0 if it did what it says, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m tests.engine", description=__doc__)
    parser.add_argument("action", choices=("start", "stop", "status", "env"))
    parser.add_argument(
        "--classic", action="store_true", help="the engine without the containerd image store"
    )
    arguments = parser.parse_args()
    paths = default_paths()
    flavour = CLASSIC if arguments.classic else MAIN
    try:
        if arguments.action == "start":
            print(start(paths, flavour).lines(), end="")
        elif arguments.action == "stop":
            stop(paths)
        elif arguments.action == "status":
            print("\n".join(f"{name}: {text}" for name, text in status(paths).items()) or "stopped")
        else:
            engine = find(paths, flavour)
            if engine is None:
                return 1
            print(engine.lines(), end="")
    except (EngineError, OSError) as error:
        print(f"tests.engine: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

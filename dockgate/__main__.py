"""The way in: `dockgate` and `python -m dockgate`. Whatever happens, no traceback."""

from __future__ import annotations

import gc
import os
import sys

INTERRUPTED = 130  #: 128 + SIGINT, as a shell has it
BROKEN_PIPE = 141  #: 128 + SIGPIPE
UNFINISHED = 3
TIDYING = ("dockgate.builder", "coverage")  #: what has something to do when the process ends
GC_THRESHOLDS = (100_000, 50, 50)  #: new objects before a collection; a third off a long lint


def main(argv: list[str] | None = None) -> int:
    """Run a command line, the process's own without `argv`; gives the exit code (spec)."""
    if argv is None:
        gc.set_threshold(*GC_THRESHOLDS)
    try:
        code = _run(sys.argv[1:] if argv is None else argv)
        if sys.stdout is not None:
            sys.stdout.flush()
        if argv is None and not any(module in sys.modules for module in TIDYING):
            os._exit(code)  # taking the interpreter down in order costs a tenth of a lint
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _silence()
        return BROKEN_PIPE
    except SystemExit as end:  # typer's completion scripts end so
        return end.code if isinstance(end.code, int) else UNFINISHED
    except BaseException as error:
        return _tell(error)
    return code


def _run(argv: list[str]) -> int:
    from dockgate.cli import declare, quick

    found = quick.recognise(argv) if "_DOCKGATE_COMPLETE" not in os.environ else None
    if found is None:
        from dockgate.cli import app

        answer = app.parse(argv)
        if isinstance(answer, int):
            return answer
        found = answer
    return declare.call(*found)


def _tell(error: BaseException) -> int:
    """Say in one line what went wrong."""
    from dockgate.cli.output import note
    from dockgate.linter.errors import DockgateError

    if os.environ.get("DOCKGATE_TRACEBACK"):
        import traceback

        traceback.print_exception(error)
    try:
        if isinstance(error, DockgateError):
            note(str(error))
            return error.exit_code
        if isinstance(error, OSError):  # standard output on a full disk
            note(f"cannot finish: {error.strerror or error}")
            _silence()
        else:
            note(
                f"internal error: {type(error).__name__}: {error} "
                "(please report it; run with DOCKGATE_TRACEBACK=1 to see where)"
            )
    except OSError:  # standard error is gone too
        _silence()
    return UNFINISHED


def _silence() -> None:
    """Let the interpreter's own flush at exit find an open file."""
    null = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            os.dup2(null, stream.fileno())
        except (AttributeError, OSError, ValueError):
            continue


if __name__ == "__main__":
    sys.exit(main())

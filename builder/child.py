"""Runs a command that cannot outlive dockgate: `python child.py FD COMMAND [ARGUMENT…]`.

FD is the read end of a pipe whose other end only dockgate holds. A watcher waits on it: when it
closes without a word, dockgate is gone, killed or not, and the command's whole process group is
killed. Works alike on Linux and macOS, without a race between a parent's death and a child's start.
Run with `-I -S`, so that nothing of the working directory is imported.
"""

import os
import signal
import sys

DONE = b"."  #: dockgate's word that the command ended by itself


def main() -> None:
    """Leave a watcher behind, then become the command under the same process id."""
    pipe, command = int(sys.argv[1]), sys.argv[2:]
    os.setpgid(0, 0)
    leader = os.getpid()
    first = os.fork()
    if first == 0:
        # The second fork makes the watcher init's child: the command never sees one that it has
        # not started.
        if os.fork() == 0:
            _watch(pipe, leader)
        os._exit(0)
    os.waitpid(first, 0)
    os.close(pipe)
    # A process group of its own is a background one to the terminal, which may be set (stty
    # tostop) to stop whoever writes to it from there; the progress does.
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    try:
        os.execv(command[0], command)  # noqa: S606 - a command, not a line for a shell
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        os._exit(127)


def _watch(pipe: int, leader: int) -> None:
    try:
        os.setsid()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        # A pipe that the command writes to would otherwise stay open as long as the watcher.
        null = os.open(os.devnull, os.O_RDWR)
        for standard in range(3):
            os.dup2(null, standard)
        if os.read(pipe, 1) != DONE:
            os.killpg(leader, signal.SIGKILL)
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()

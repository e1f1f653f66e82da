"""What a user is told in one line: what, where, what to do (design: failing)."""

from __future__ import annotations


class DockgateError(Exception):
    """Ends the run with `exit_code`; its text is the one line."""

    exit_code = 3


class UsageError(DockgateError):
    """A command line or a configuration that cannot be meant."""

    exit_code = 2


class UnfinishedError(DockgateError):
    """Something could not be finished: undecided, never accepted."""

    exit_code = 3

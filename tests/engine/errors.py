"""The one error of this package."""


class EngineError(Exception):
    """The engine cannot be started or used; the message is one line that says what to do."""

"""Names that a command line needs to know before anything that they name is imported."""

from __future__ import annotations

SHELLCHECK = "shellcheck"  #: the rule whose findings each have a code of ShellCheck's

DEFAULT = "default"
STRICT = "strict"
SECURITY = "security"
PROFILES = (DEFAULT, STRICT, SECURITY)

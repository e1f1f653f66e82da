"""Which frontend reads the Dockerfile: the program that BuildKit runs for `# syntax=IMAGE`.

A frontend gives the file whatever meaning it likes, so the lint of a file that a foreign one reads
says nothing. Looked for here and not in the document, because BuildKit looks in more places than
its Dockerfile parser does (frontend/dockerfile/parser/directives.go, ParseDirective): behind a
`#!` line, in `//` comments, and in a JSON object.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from dockgate.linter.parsing.references import problem
from dockgate.rules.subjects.dockerfile import Reference
from dockgate.rules.subjects.images import matches_any
from dockgate.rules.subjects.text import Span

#: Those that read a Dockerfile as BuildKit itself does.
KNOWN = ("docker.io/docker/dockerfile", "docker.io/docker/dockerfile-upstream")
_KEY = "syntax"
_BOM = b"\xef\xbb\xbf"
# Go's \s; a control character that BuildKit does not take for a space matters to nobody honest.
_DIRECTIVES = tuple(
    re.compile(mark + rb"\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*") for mark in (b"#", b"//")
)


def declared(data: bytes) -> str:
    """The frontend image that the file asks for, "" when it asks for none."""
    content = data.removeprefix(_BOM)
    if content.startswith(b"#!"):
        content = content.partition(b"\n")[2]
    for directive in _DIRECTIVES:
        found = _in_comments(content, directive)
        if found:
            return found
    return _in_json(content)


def foreign(data: bytes, trusted: Sequence[str]) -> str:
    """Why the lint cannot speak for this file, "" when it can.

    `trusted`: registries, as the policy or the configuration lists them. Only those with a path
    count: who trusts all of Docker Hub for bases does not mean to run anybody's frontend.
    """
    name = declared(data)
    if not name:
        return ""
    reference = Reference(_KEY, name, name, Span(0, 0))
    named = [pattern for pattern in trusted if "/" in pattern.strip("/ ")]
    if not problem(name) and matches_any(reference, (*KNOWN, *named)):
        return ""
    return (
        f"`{_KEY}={name[:200]}`: this frontend may read the file otherwise than BuildKit does, so "
        "its lint says nothing: use docker/dockerfile:1, or list HOST/NAME in trusted_registries"
    )


def _in_comments(content: bytes, directive: re.Pattern[bytes]) -> str:
    """The directive among the comments that a file begins with; anything else ends them."""
    for line in content.split(b"\n"):
        found = directive.fullmatch(line.strip())
        if found is None:
            return ""
        if found[1].lower() == _KEY.encode():
            return str(found[2].split()[0].decode("utf-8", "replace"))
    return ""


def _in_json(content: bytes) -> str:
    if not content.lstrip().startswith(b"{"):
        return ""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return ""
    for key, value in document.items():
        if key.lower() == _KEY and isinstance(value, str) and value.strip():
            return value.split()[0]
    return ""

"""detect-secrets as it is, every line through every plugin; and the same behind the prefilter."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

#: Its filters of values. Left out are those that leave out whole files by their name and whole
#: lines by a comment or a call on them (dockgate heeds none of them), and verification, which asks
#: the network.
FILTERS = (
    "is_sequential_string",
    "is_potential_uuid",
    "is_likely_id_string",
    "is_templated_secret",
    "is_prefixed_with_dollar_sign",
    "is_not_alphanumeric_string",
)

Found = tuple[str, str, int, str]  # path, kind, line, value


def alone(files: Iterable[tuple[str, bytes]]) -> set[Found]:
    """All that its plugins find."""
    from detect_secrets.core import scan
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
    from detect_secrets.settings import transient_settings

    plugins: list[Any] = list(get_mapping_from_secret_type_to_class().values())
    config = {
        "plugins_used": [{"name": plugin.__name__} for plugin in plugins],
        "filters_used": [{"path": f"detect_secrets.filters.heuristic.{one}"} for one in FILTERS],
    }
    found: set[Found] = set()
    with transient_settings(config):
        for path, data in files:
            lines = data.decode("utf-8", "surrogateescape").split("\n")
            for one in scan._process_line_based_plugins(list(enumerate(lines, 1)), path):
                found.add((path, one.type, one.line_number, str(one.secret_value)))
    return found


def behind(files: Iterable[tuple[str, bytes]]) -> set[Found]:
    """All that they find where the prefilter says that they can find anything."""
    from dockgate.linter.secret_search import full_search

    return {
        (path, one.kind, one.line, one.value)
        for path, data in files
        for one in full_search.candidates(data, path)
    }

"""What tests ask a running server, and what they make of its answers."""

from __future__ import annotations

from typing import Any

from tests.linter.language.client import Client

TEXT = "FROM debian:12 AS build\nRUN apt-get install curl\nUSER root\nFROM build\n"


def codes(diagnostics: list[dict[str, Any]]) -> set[str]:
    return {found["code"] for found in diagnostics}


def opened(client: Client, uri: str, text: str) -> list[dict[str, Any]]:
    client.open(uri, text)
    return client.diagnostics(uri)


def ask(client: Client, method: str, uri: str, line: int, character: int, **more: Any) -> Any:
    place = {"line": line, "character": character}
    document = {"textDocument": {"uri": uri}, "position": place}
    return client.request(f"textDocument/{method}", {**document, **more})


def actions(client: Client, uri: str, line: int, only: list[str] | None = None) -> Any:
    place = {"start": {"line": line, "character": 0}, "end": {"line": line, "character": 99}}
    context: dict[str, Any] = {"diagnostics": [], **({"only": only} if only else {})}
    params = {"textDocument": {"uri": uri}, "range": place, "context": context}
    return client.request("textDocument/codeAction", params)


def applied(text: str, edits: list[dict[str, Any]]) -> str:
    """ASCII text after edits."""
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)

    def offset(place: dict[str, int]) -> int:
        return min(starts[place["line"]] + place["character"], len(text))

    for edit in sorted(edits, key=lambda e: offset(e["range"]["start"]), reverse=True):
        start, end = offset(edit["range"]["start"]), offset(edit["range"]["end"])
        text = text[:start] + edit["newText"] + text[end:]
    return text

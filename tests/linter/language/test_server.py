"""The server as an editor meets it: a process that is spoken to over its standard streams."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.linter.language.client import CAPABILITIES, Client
from tests.linter.language.speaking import TEXT, actions, applied, ask, codes, opened


def test_what_it_says_of_itself(fresh: Client) -> None:
    found = fresh.start()
    assert found["textDocumentSync"]["change"] == 2  # incremental
    assert found["positionEncoding"] == "utf-16"
    assert found["codeActionProvider"]["codeActionKinds"] == ["quickfix", "source.fixAll.dockgate"]
    provided = ("hover", "definition", "references", "documentSymbol", "completion", "rename")
    assert all(found[f"{name}Provider"] for name in provided)
    assert not [name for name in found if "ormatting" in name]
    assert fresh.stop() == 0
    assert fresh.stderr == b""


def test_standard_input_that_is_a_file(tmp_path: Path) -> None:
    messages: list[dict[str, Any]] = [
        {"id": 1, "method": "initialize", "params": {"processId": None, "capabilities": {}}},
        {"id": 2, "method": "shutdown"},
        {"method": "exit"},
    ]
    with (tmp_path / "messages").open("wb+") as file:
        for message in messages:
            body = json.dumps({"jsonrpc": "2.0", **message}).encode()
            file.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        file.seek(0)
        command = [sys.executable, "-m", "dockgate", "lsp"]
        done = subprocess.run(command, stdin=file, capture_output=True, timeout=30)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.count(b"Content-Length: ") == 2


def test_no_input_at_all() -> None:
    command = [sys.executable, "-m", "dockgate", "lsp"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=30)
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", b"")


def test_a_message_that_breaks_off() -> None:
    command = [sys.executable, "-m", "dockgate", "lsp"]
    cut = b"Content-Length: 100\r\n\r\n{"
    done = subprocess.run(command, input=cut, capture_output=True, timeout=30)
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", b"")


def test_it_ends_when_the_editor_goes(fresh: Client) -> None:
    fresh.start()
    assert fresh.process.stdin is not None
    fresh.process.stdin.close()
    assert fresh.process.wait(10) == 1


def test_a_diagnostic(client: Client, uri: str) -> None:
    found = next(f for f in opened(client, uri, TEXT) if f["code"] == "root-user")
    assert found == {
        "range": {"start": {"line": 2, "character": 5}, "end": {"line": 2, "character": 9}},
        "severity": 1,
        "code": "root-user",
        "codeDescription": {"href": "https://docs.docker.com/reference/dockerfile/#user"},
        "source": "dockgate",
        "message": "the image runs as root: its last USER is root",
        "relatedInformation": found["relatedInformation"],
    }
    related = found["relatedInformation"][0]
    assert related["location"]["uri"] == uri
    assert related["location"]["range"]["start"]["line"] == 3


def test_tags(client: Client, uri: str) -> None:
    found = {f["code"]: f for f in opened(client, uri, "FROM a\nMAINTAINER x\nCMD a\nCMD b\n")}
    assert found["maintainer-deprecated"]["tags"] == [2]
    assert found["multiple-cmd"]["tags"] == [1]


def test_a_failure_is_a_diagnostic(client: Client, uri: str) -> None:
    found = opened(client, uri, "FROM a\n\0")
    assert [(f["severity"], f["code"]) for f in found] == [(1, "undecided")]


def test_a_quick_fix(client: Client, uri: str) -> None:
    opened(client, uri, TEXT)
    found = next(a for a in actions(client, uri, 1) if a.get("isPreferred"))
    assert found["kind"] == "quickfix"
    assert found["diagnostics"][0]["code"] == "apt-missing-yes"
    edit = found["edit"]["documentChanges"][0]
    assert edit["textDocument"] == {"uri": uri, "version": 1}
    assert "install -y curl" in applied(TEXT, edit["edits"])
    unsafe = [a["title"] for a in actions(client, uri, 1) if "(unsafe" in a["title"]]
    assert unsafe


def test_the_editors_own_diagnostic_comes_back(client: Client, uri: str) -> None:
    sent = next(f for f in opened(client, uri, TEXT) if f["code"] == "root-user")
    sent["data"] = {"mine": 1}
    params = {
        "textDocument": {"uri": uri},
        "range": sent["range"],
        "context": {"diagnostics": [sent]},
    }
    for action in client.request("textDocument/codeAction", params):
        if "root-user" in action["title"]:
            assert action["diagnostics"] == [sent]


def test_only_what_is_asked_for(client: Client, uri: str) -> None:
    opened(client, uri, TEXT)
    kinds = {only: {a["kind"] for a in actions(client, uri, 1, [only])} for only in (
        "quickfix", "source", "source.fixAll", "source.fixAll.dockgate", "refactor", "sourcex",
    )}  # fmt: skip
    all_ = {"source.fixAll.dockgate"}
    assert kinds == {
        "quickfix": {"quickfix"},
        "source": all_,
        "source.fixAll": all_,
        "source.fixAll.dockgate": all_,
        "refactor": set(),
        "sourcex": set(),
    }


def test_fix_all(client: Client, uri: str) -> None:
    opened(client, uri, TEXT)
    (lazy,) = actions(client, uri, 0, ["source.fixAll"])
    assert "edit" not in lazy
    found = client.request("codeAction/resolve", lazy)
    edits = found["edit"]["documentChanges"][0]["edits"]
    made = applied(TEXT, edits)
    assert "install -y curl" in made
    assert "USER root" in made  # no safe fix


def test_an_editor_that_knows_little(fresh: Client, uri: str) -> None:
    fresh.start(capabilities={})
    opened(fresh, uri, TEXT)
    (found,) = actions(fresh, uri, 0, ["source.fixAll"])
    assert "install -y curl" in applied(TEXT, found["edit"]["changes"][uri])
    symbols = fresh.request("textDocument/documentSymbol", {"textDocument": {"uri": uri}})
    assert [s["location"]["range"]["start"]["line"] for s in symbols] == [0, 1, 2, 3]
    assert not fresh.requests


def test_the_features_answer(client: Client, uri: str) -> None:
    opened(client, uri, TEXT)
    assert "`apt-get install`" not in ask(client, "hover", uri, 0, 0)["contents"]["value"]
    assert ask(client, "hover", uri, 2, 6)["contents"]["kind"] == "markdown"
    assert ask(client, "definition", uri, 3, 6)[0]["range"]["start"] == {"line": 0, "character": 18}
    context = {"includeDeclaration": True}
    assert len(ask(client, "references", uri, 0, 19, context=context)) == 2
    symbols = client.request("textDocument/documentSymbol", {"textDocument": {"uri": uri}})
    assert [(s["name"], len(s["children"])) for s in symbols] == [("build", 2), ("1", 0)]
    assert ask(client, "prepareRename", uri, 0, 19)["placeholder"] == "build"
    edit = ask(client, "rename", uri, 0, 19, newName="made")["documentChanges"][0]["edits"]
    assert applied(TEXT, edit) == TEXT.replace("build", "made")
    with pytest.raises(RuntimeError, match=r"^only a stage can be renamed$"):
        ask(client, "prepareRename", uri, 2, 6)
    items = ask(client, "completion", uri, 3, 7)
    assert [(item["label"], item["textEdit"]["newText"]) for item in items] == [("build", "build")]


def test_answers_are_of_the_newest_text(client: Client, uri: str) -> None:
    opened(client, uri, TEXT)
    end = {"line": 4, "character": 0}
    client.change(uri, {"range": {"start": end, "end": end}, "text": "FROM build AS last\n"})
    symbols = client.request("textDocument/documentSymbol", {"textDocument": {"uri": uri}})
    assert [s["name"] for s in symbols] == ["build", "1", "last"]


def test_several_changes_at_once_are_in_order(client: Client, uri: str) -> None:
    opened(client, uri, "")
    at = {"line": 0, "character": 0}
    version = client.change(
        uri,
        {"text": "FROM a\nUSER root\n"},
        {"range": {"start": at, "end": at}, "text": "# 😀\n"},
        {
            "range": {
                "start": {"line": 2, "character": 5},
                "end": {"line": 2, "character": 9},
            },
            "text": "10",
        },
    )
    assert "root-user" not in codes(client.diagnostics(uri, version))


def test_stale_diagnostics_are_dropped(fresh: Client, uri: str) -> None:
    fresh.start(options={"debounce": 200})
    opened(fresh, uri, "FROM a\n")
    at = {"line": 0, "character": 6}
    versions = [
        fresh.change(uri, {"range": {"start": at, "end": at}, "text": "a"}) for _ in range(20)
    ]
    fresh.diagnostics(uri, versions[-1])
    told = [m for m in fresh.notifications if m["method"].endswith("publishDiagnostics")]
    assert told == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_position_encodings(fresh: Client, uri: str, encoding: str) -> None:
    capabilities = {**CAPABILITIES, "general": {"positionEncodings": [encoding]}}
    assert fresh.start(capabilities=capabilities)["positionEncoding"] == encoding
    text = "FROM a\nRUN echo é😀 && sudo b\n"
    place = next(f["range"] for f in opened(fresh, uri, text) if f["code"] == "sudo")
    units = {"utf-8": 6, "utf-16": 3, "utf-32": 2}[encoding]
    assert place["start"] == {"line": 1, "character": 9 + units + 4}
    place = {
        "start": {"line": 1, "character": 9 + units},
        "end": {"line": 1, "character": 9 + units + 8},
    }
    assert "sudo" not in codes(
        fresh.diagnostics(uri, fresh.change(uri, {"range": place, "text": ""}))
    )

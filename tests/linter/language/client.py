"""A small editor: speaks the protocol to a real `dockgate lsp` over its standard streams."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any

TIMEOUT = 30.0

#: What a full editor says it can do.
CAPABILITIES: dict[str, Any] = {
    "workspace": {
        "workspaceEdit": {"documentChanges": True},
        "didChangeWatchedFiles": {"dynamicRegistration": True},
    },
    "textDocument": {
        "codeAction": {"resolveSupport": {"properties": ["edit"]}},
        "documentSymbol": {"hierarchicalDocumentSymbolSupport": True},
        "hover": {"contentFormat": ["markdown", "plaintext"]},
    },
}


class Client:
    """One server process. Requests wait for their answers, notifications are collected."""

    def __init__(
        self, cwd: Path | None = None, *command: str, env: dict[str, str] | None = None
    ) -> None:
        self.process = subprocess.Popen(
            command or (sys.executable, "-m", "dockgate", "lsp"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env={**os.environ, **(env or {})},
        )
        self.notifications: list[dict[str, Any]] = []
        self.requests: list[dict[str, Any]] = []  #: what the server asked for
        self.settings: Any = None  #: the answer to workspace/configuration
        self.stderr = b""
        self._id = 0
        self._versions: dict[str, int] = {}
        self._messages: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._threads = [
            threading.Thread(target=self._read, daemon=True),
            threading.Thread(target=self._read_errors, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.wait()
        for thread in self._threads:
            thread.join(TIMEOUT)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()

    def start(
        self,
        root: Path | None = None,
        *,
        options: object = None,
        capabilities: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The handshake; gives the server's capabilities. No debounce unless `options` has one."""
        answer: dict[str, Any] = self.request(
            "initialize",
            {
                "processId": None,
                "rootUri": root.as_uri() if root else None,
                "capabilities": CAPABILITIES if capabilities is None else capabilities,
                "initializationOptions": {"debounce": 0} if options is None else options,
            },
        )
        self.notify("initialized", {})
        found: dict[str, Any] = answer["capabilities"]
        return found

    def stop(self) -> int:
        """Shut down in order; gives the exit code."""
        self.request("shutdown", None)
        self.notify("exit", None)
        return self.process.wait(TIMEOUT)

    def open(self, uri: str, text: str) -> None:
        self._versions[uri] = 1
        item = {"uri": uri, "languageId": "dockerfile", "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})

    def change(self, uri: str, *changes: dict[str, Any]) -> int:
        """Send content changes; gives the version that they make."""
        self._versions[uri] += 1
        document = {"uri": uri, "version": self._versions[uri]}
        self.notify("textDocument/didChange", {"textDocument": document, "contentChanges": changes})
        return self._versions[uri]

    def diagnostics(self, uri: str, version: int | None = 1) -> list[dict[str, Any]]:
        """The diagnostics of a version of the document, as they arrive."""

        def wanted(message: dict[str, Any]) -> bool:
            params = message.get("params") or {}
            return (
                message.get("method") == "textDocument/publishDiagnostics"
                and params["uri"] == uri
                and (version is None or params.get("version") == version)
            )

        found: list[dict[str, Any]] = self.notified(wanted)["params"]["diagnostics"]
        return found

    def notified(self, wanted: Any) -> dict[str, Any]:
        """The first notification that is wanted, taken out of those collected."""
        deadline = time.monotonic() + TIMEOUT
        while True:
            for message in self.notifications:
                if wanted(message):
                    self.notifications.remove(message)
                    return message
            self._receive(deadline)

    def request(self, method: str, params: object) -> Any:
        """The result of a request. Raises RuntimeError for the server's error."""
        self._id += 1
        self._send({"id": self._id, "method": method, "params": params})
        deadline = time.monotonic() + TIMEOUT
        while True:
            message = self._receive(deadline)
            if message.get("id") == self._id and "method" not in message:
                if "error" in message:
                    raise RuntimeError(message["error"]["message"])
                return message.get("result")

    def notify(self, method: str, params: object) -> None:
        self._send({"method": method, "params": params})

    def resident(self) -> int:
        """Bytes of memory that the server process has in use (RSS)."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def _receive(self, deadline: float) -> dict[str, Any]:
        message = self._messages.get(timeout=max(deadline - time.monotonic(), 0.001))
        if message is None:
            raise RuntimeError(f"the server ended: {self.stderr.decode(errors='replace')}")
        if "method" in message and "id" in message:
            self.requests.append(message)
            settings = message["method"] == "workspace/configuration"
            self._send({"id": message["id"], "result": [self.settings] if settings else None})
        elif "method" in message:
            self.notifications.append(message)
        return message

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def _read(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        while True:
            length = 0
            while (line := stream.readline().strip()) or not length:
                if not line:
                    self._messages.put(None)
                    return
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            self._messages.put(json.loads(stream.read(length)))

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        self.stderr = self.process.stderr.read()

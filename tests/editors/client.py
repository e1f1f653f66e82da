"""A small language client on a server's standard input and output (LSP 3.17, base protocol)."""

import json
import queue
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SECONDS = 30.0  #: the longest that anything may take


class Client:
    """Sends requests and notifications, and keeps what the server says without being asked."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self._messages: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._next = 0
        self._published: dict[str, list[dict[str, Any]]] = {}
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        while line := stream.readline():
            length = 0
            while line.strip():
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
                line = stream.readline()
            self._messages.put(json.loads(stream.read(length)))
        self._messages.put(None)

    def _send(self, message: Mapping[str, Any]) -> None:
        stream = self._process.stdin
        assert stream is not None
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        stream.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        stream.flush()

    def _receive(self) -> dict[str, Any]:
        message = self._messages.get(timeout=SECONDS)
        assert message is not None, "the server has ended"
        if message.get("method") == "textDocument/publishDiagnostics":
            self._published[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif "method" in message and "id" in message:  # a request of the server
            self._send({"id": message["id"], "result": None})
        return message

    def request(self, method: str, params: object) -> Any:
        """The answer to a request."""
        self._next += 1
        self._send({"id": self._next, "method": method, "params": params})
        while True:
            message = self._receive()
            if "method" not in message and message.get("id") == self._next:
                assert "error" not in message, message
                return message["result"]

    def notify(self, method: str, params: object) -> None:
        """Tell the server something."""
        self._send({"method": method, "params": params})

    def open(self, path: Path, language: str = "dockerfile") -> str:
        """Open a file; gives its address."""
        uri = path.as_uri()
        document = {"uri": uri, "languageId": language, "version": 1, "text": path.read_text()}
        self.notify("textDocument/didOpen", {"textDocument": document})
        return uri

    def diagnostics(self, uri: str) -> list[dict[str, Any]]:
        """The next diagnostics that are published for a document."""
        self._published.pop(uri, None)
        while uri not in self._published:
            self._receive()
        return self._published[uri]


@contextmanager
def started(
    command: Sequence[str], root: Path, environment: Mapping[str, str], **initialize: Any
) -> Iterator[Client]:
    """A server that has been initialised; it is ended at the end."""
    with subprocess.Popen(
        command, cwd=root, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        try:
            client = Client(process)
            parameters: dict[str, Any] = {
                "processId": None,
                "rootUri": root.as_uri(),
                "capabilities": {},
            }
            client.request("initialize", {**parameters, **initialize})
            client.notify("initialized", {})
            yield client
        finally:
            process.kill()

"""The open documents: each change linted a moment later, what has become stale thrown away.

The protocol's thread only takes edits and hands out answers. One worker thread lints and computes
the answers, so that nothing of the linter runs twice at a time.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from dockgate.linter.language.analysis import Analysis, analyse
from dockgate.linter.language.buffer import UTF16, Buffer, Place
from dockgate.linter.language.memo import Memo
from dockgate.linter.language.settings import Settings, path_of
from dockgate.rules.registry import rules_of

Change = tuple[str, Place | None, Place | None]  #: text, start, end; no places: the whole text
T = TypeVar("T")


class Document:
    """An open document."""

    __slots__ = ("analysis", "buffer", "memo", "running", "timer", "uri", "waiting")

    def __init__(self, uri: str, buffer: Buffer) -> None:
        self.uri = uri
        self.buffer = buffer
        self.analysis: Analysis | None = None  #: the last that was not stale when it was made
        self.timer: asyncio.TimerHandle | None = None
        self.memo = Memo()
        self.running = False
        self.waiting: list[asyncio.Future[None]] = []

    @property
    def current(self) -> Analysis | None:
        """The analysis of the text as it is now; None while there is none."""
        found = self.analysis
        return found if found and found.buffer.revision == self.buffer.revision else None


class Session:
    """One editor's documents and settings.

    `publish` is called with each analysis that is not stale, `tell` with each problem of the
    settings, once.
    """

    def __init__(
        self, publish: Callable[[str, Analysis], None], tell: Callable[[str], None]
    ) -> None:
        self.settings = Settings()
        self.encoding = UTF16
        self.folder = ""  #: of the workspace, "" for none
        self.documents: dict[str, Document] = {}
        self._publish = publish
        self._tell = tell
        self._told: set[str] = set()
        self._settled = False
        self._worker = ThreadPoolExecutor(1, "dockgate-lint")

    def open(self, uri: str, text: str, version: int | None) -> None:
        """A document has been opened; its lint starts at once."""
        document = Document(uri, Buffer(text, version, self.encoding))
        self.documents[uri] = document
        self._worker.submit(self.settings.forget)
        self._start(document)

    def change(self, uri: str, version: int | None, changes: Iterable[Change]) -> None:
        """A document has been edited; it is linted after `Settings.debounce`."""
        document = self.documents.get(uri)
        if document is None:
            return
        for text, start, end in changes:
            document.buffer.replace(text, start, end)
        document.buffer.version = version
        self._later(document)

    def close(self, uri: str) -> None:
        """A document has been closed: nothing more is said of it."""
        document = self.documents.pop(uri, None)
        if document is not None:
            self._cancel(document)
            self._wake(document)

    def relint(self) -> None:
        """Settings or configuration files have changed: read and lint everything anew."""
        self._told.clear()
        self._worker.submit(self.settings.forget)
        for document in self.documents.values():
            document.buffer.revision += 1
            self._cancel(document)
            self._start(document)

    async def current(self, uri: str) -> Analysis | None:
        """The analysis of a document as it is now; None when it is not open."""
        while (document := self.documents.get(uri)) is not None:
            if document.current is not None:
                return document.current
            self._cancel(document)
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            document.waiting.append(waiter)
            self._start(document)
            await waiter
        return None

    async def compute(self, function: Callable[..., T], *args: object) -> T:
        """Call a function of the linter on the thread that it belongs to."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._worker, partial(function, *args))

    def _later(self, document: Document) -> None:
        self._cancel(document)
        if not document.running:
            loop = asyncio.get_running_loop()
            delay = self.settings.debounce / 1000
            document.timer = loop.call_later(delay, self._start, document)

    def _cancel(self, document: Document) -> None:
        if document.timer is not None:
            document.timer.cancel()
            document.timer = None

    def _start(self, document: Document) -> None:
        document.timer = None
        if document.running:
            return  # when it ends it is stale, and the next one starts
        document.running = True
        buffer = document.buffer.copy()
        path = path_of(document.uri, self.folder)
        work = asyncio.get_running_loop().run_in_executor(
            self._worker, _analysed, buffer, path, self.settings, document.memo
        )
        work.add_done_callback(partial(self._done, document))

    def _done(self, document: Document, work: asyncio.Future[Analysis]) -> None:
        document.running = False
        analysis = work.result()
        if self.documents.get(document.uri) is not document:
            return
        if analysis.buffer.revision != document.buffer.revision:
            if document.waiting:
                self._start(document)
            elif document.timer is None:
                self._later(document)
            return
        document.analysis = analysis
        self._wake(document)
        for problem in analysis.problems:
            if problem not in self._told:
                self._told.add(problem)
                self._tell(problem)
        self._publish(document.uri, analysis)
        self._worker.submit(self._tidy)

    def _tidy(self) -> None:
        """Free the model before: its parts name each other, so only a collection does.

        After the first lint what is loaded by then is put out of the collector's sight, and all
        rules with it: it would look through them at every key.
        """
        if not self._settled:
            self._settled = True
            rules_of("dockerfile")
            gc.collect()
            gc.freeze()
        gc.collect()

    def _wake(self, document: Document) -> None:
        for waiter in document.waiting:
            if not waiter.done():
                waiter.set_result(None)
        document.waiting.clear()


def _analysed(buffer: Buffer, path: str, settings: Settings, memo: Memo) -> Analysis:
    config, problems = settings.config_for(path)
    return analyse(buffer, path, config, problems, memo)

"""The language server: LSP 3.17 on standard input and output, by pygls (its only importer).

What it answers is worked out in `linter.language` and put into the protocol's words by
`lsp_types`; here is who asks for what.
"""

from __future__ import annotations

import asyncio
import logging
import os
import stat
import sys
from collections.abc import Sequence
from functools import partial
from threading import Event
from typing import Any, BinaryIO

from lsprotocol import types
from pygls.exceptions import JsonRpcInternalError, JsonRpcInvalidParams
from pygls.io_ import StdinAsyncReader, StdoutWriter, run_async
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol, lsp_method

from dockgate import __version__
from dockgate.linter.language import actions, symbols
from dockgate.linter.language.actions import FIX_ALL, Action
from dockgate.linter.language.analysis import Analysis
from dockgate.linter.language.completion import completions
from dockgate.linter.language.diagnostics import diagnostics, of_finding
from dockgate.linter.language.hover import hover
from dockgate.linter.language.outline import outline
from dockgate.linter.language.session import Session
from dockgate.linter.language.settings import SECTION, path_of
from dockgate.linter.lsp_types import (
    change,
    completion_item,
    diagnostic,
    flat_symbols,
    plain,
    range_of,
    span_of,
    symbol,
    workspace_edit,
)
from dockgate.rules.rule import Edit

_CONFIGURATIONS = ("**/.dockgate.{yaml,yml}", "**/.hadolint.{yaml,yml}")
_TRIGGERS = ["$", "{", "-", "=", ","]  #: characters after which editors ask for proposals


class _Protocol(LanguageServerProtocol):
    """pygls' protocol with our own texts: its own end lines at U+2028 and more, LSP does not."""

    _server: Server

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        document = params.text_document
        self._server.session.open(document.uri, document.text, document.version)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        document = params.text_document
        changes = [change(event) for event in params.content_changes]
        self._server.session.change(document.uri, document.version, changes)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        uri = params.text_document.uri
        self._server.session.close(uri)
        self._server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))


class Server(LanguageServer):
    """The server of one editor."""

    protocol: _Protocol

    def __init__(self) -> None:
        super().__init__("dockgate", __version__, protocol_cls=_Protocol)
        self.session = Session(self._publish, self.tell)

    def report_server_error(self, error: Exception, _source: object) -> None:
        """A fault of ours, or a message that is none: one line in the editor's log."""
        message = f"dockgate: {type(error).__name__}: {' '.join(str(error).split())}"
        self.window_log_message(types.LogMessageParams(types.MessageType.Error, message))

    def supports(self, *path: str) -> Any:
        """What the editor says of itself below a path of names, None where it says nothing."""
        found: Any = self.client_capabilities
        for name in path:
            found = getattr(found, name, None)
        return found

    def tell(self, problem: str) -> None:
        """Show the user what he has to mend."""
        self.window_show_message(
            types.ShowMessageParams(types.MessageType.Error, f"dockgate: {problem}")
        )

    def edit(self, uri: str, analysis: Analysis, edits: Sequence[Edit]) -> types.WorkspaceEdit:
        """Edits in the form that the editor understands."""
        versioned = self.supports("workspace", "workspace_edit", "document_changes")
        return workspace_edit(uri, analysis, edits, versioned=bool(versioned))

    def _publish(self, uri: str, analysis: Analysis) -> None:
        found = [diagnostic(uri, analysis, one) for one in diagnostics(analysis)]
        self.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(uri, found, analysis.buffer.version)
        )


def serve() -> int:
    """Serve until the editor ends it or goes; 0 when it has said so before (LSP 3.17, exit)."""
    if not os.environ.get("DOCKGATE_TRACEBACK"):
        logging.disable()
    # An editor starts us in the workspace: nothing may be imported from there.
    sys.path[:] = [path for path in sys.path if path not in ("", os.getcwd())]
    # Standard output is the protocol's: whatever else is printed goes to the editor's log.
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    server = _server()
    try:
        asyncio.run(_speak(server, output))
    except SystemExit as end:  # how pygls ends when it is told to
        return end.code if isinstance(end.code, int) else 1
    except (BrokenPipeError, asyncio.IncompleteReadError):
        return 1
    return 1


async def _speak(server: Server, output: BinaryIO) -> None:
    """Read messages until there are no more.

    The pipe is read by the event loop: pygls' own way, three turns of a thread for each message,
    costs more than most of what is asked. Only what is no pipe is read so.
    """
    server.protocol.set_writer(StdoutWriter(output))
    reader: Any
    mode = os.fstat(sys.stdin.fileno()).st_mode
    if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
        )
    else:
        reader = StdinAsyncReader(sys.stdin.buffer)
    await run_async(
        stop_event=Event(),
        reader=reader,
        protocol=server.protocol,
        error_handler=server.report_server_error,
    )


def _server() -> Server:
    server = Server()
    for name, notified in (
        (types.INITIALIZE, _initialize),
        (types.INITIALIZED, _initialized),
        (types.TEXT_DOCUMENT_DID_SAVE, _saved),
        (types.WORKSPACE_DID_CHANGE_CONFIGURATION, _settings_changed),
        (types.WORKSPACE_DID_CHANGE_WATCHED_FILES, _files_changed),
    ):
        server.feature(name)(partial(notified, server))
    kinds = types.CodeActionOptions([types.CodeActionKind.QuickFix, FIX_ALL], resolve_provider=True)
    requests: list[tuple[str, Any, Any]] = [
        (types.TEXT_DOCUMENT_CODE_ACTION, kinds, _code_actions),
        (types.CODE_ACTION_RESOLVE, None, _resolved),
        (types.TEXT_DOCUMENT_HOVER, None, _hover),
        (types.TEXT_DOCUMENT_DEFINITION, None, _definition),
        (types.TEXT_DOCUMENT_REFERENCES, None, _references),
        (types.TEXT_DOCUMENT_PREPARE_RENAME, None, _prepare_rename),
        (types.TEXT_DOCUMENT_RENAME, types.RenameOptions(prepare_provider=True), _rename),
        (types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, None, _symbols),
        (types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(_TRIGGERS), _completion),
    ]
    for name, options, asked in requests:
        server.feature(name, options)(_handler(server, asked))
    return server


def _handler(server: Server, function: Any) -> Any:
    """A request's handler: what goes wrong in it is told to the editor in one line."""

    async def handle(params: Any) -> Any:
        try:
            return await function(server, params)
        except symbols.CannotRenameError as error:
            raise JsonRpcInvalidParams(str(error)) from None
        except Exception as error:
            raise JsonRpcInternalError(f"{type(error).__name__}: {error}") from None

    return handle


def _initialize(server: Server, params: types.InitializeParams) -> None:
    session = server.session
    session.settings.update(plain(params.initialization_options))
    encoding = server.workspace.position_encoding  # an enum's member, or a string
    session.encoding = str(getattr(encoding, "value", encoding))
    folders = [folder.uri for folder in params.workspace_folders or ()]
    root = folders[0] if folders else params.root_uri
    session.folder = os.path.dirname(path_of(root + "/Dockerfile")) if root else ""


async def _initialized(server: Server, _params: types.InitializedParams) -> None:
    if server.supports("workspace", "did_change_watched_files", "dynamic_registration"):
        watchers = [types.FileSystemWatcher(pattern) for pattern in _CONFIGURATIONS]
        wanted = types.Registration(
            "dockgate-configuration",
            types.WORKSPACE_DID_CHANGE_WATCHED_FILES,
            types.DidChangeWatchedFilesRegistrationOptions(watchers),
        )
        server.client_register_capability(types.RegistrationParams([wanted]))
    await _pull_settings(server)


async def _pull_settings(server: Server) -> None:
    if server.supports("workspace", "configuration"):
        items = [types.ConfigurationItem(section=SECTION)]
        answers = await server.workspace_configuration_async(types.ConfigurationParams(items))
        if answers and answers[0] is not None:
            _take(server, answers[0])


def _take(server: Server, sent: object) -> None:
    server.session.settings.update(plain(sent))
    server.session.relint()


async def _settings_changed(server: Server, params: types.DidChangeConfigurationParams) -> None:
    if params.settings:
        _take(server, params.settings)
    else:
        await _pull_settings(server)


def _files_changed(server: Server, _params: types.DidChangeWatchedFilesParams) -> None:
    server.session.relint()


def _saved(server: Server, _params: types.DidSaveTextDocumentParams) -> None:
    server.session.relint()  # for editors that watch no files


async def _code_actions(
    server: Server, params: types.CodeActionParams
) -> list[types.CodeAction] | None:
    uri, context = params.text_document.uri, params.context
    analysis = await server.session.current(uri)
    if analysis is None:
        return None
    found: list[types.CodeAction] = []
    if _wanted(actions.QUICK_FIX, context.only):
        span = span_of(analysis, params.range)
        offered = await server.session.compute(actions.quick_fixes, analysis, span)
        found += [_action(server, uri, analysis, action, context) for action in offered]
    if _wanted(FIX_ALL, context.only) and actions.has_safe_fix(analysis):
        all_ = types.CodeAction("Fix all safe findings (dockgate)", FIX_ALL, data={"uri": uri})
        lazily = server.supports("text_document", "code_action", "resolve_support", "properties")
        found.append(all_ if "edit" in (lazily or ()) else await _resolved(server, all_))
    return found


async def _resolved(server: Server, action: types.CodeAction) -> types.CodeAction:
    """The action "fix all" with its edits: they take several lints, so only when wanted."""
    data = plain(action.data)
    uri = data.get("uri") if isinstance(data, dict) else None
    analysis = await server.session.current(uri) if isinstance(uri, str) else None
    if analysis is not None and action.kind == FIX_ALL:
        edits, failure = await server.session.compute(actions.fix_all, analysis)
        if failure:
            server.tell(failure)
        action.edit = server.edit(str(uri), analysis, edits)
    return action


def _wanted(kind: str, only: Sequence[str] | None) -> bool:
    """Whether the editor asks for actions of a kind: `source.fixAll` asks for all below it."""
    names = [str(getattr(one, "value", one)) for one in only or ()]
    return not names or any(kind == name or kind.startswith(name + ".") for name in names)


def _action(
    server: Server,
    uri: str,
    analysis: Analysis,
    action: Action,
    context: types.CodeActionContext,
) -> types.CodeAction:
    own = diagnostic(uri, analysis, of_finding(analysis, action.finding))
    same = [d for d in context.diagnostics if d.code == own.code and d.range == own.range]
    return types.CodeAction(
        title=action.title,
        kind=action.kind,
        diagnostics=same or [own],
        is_preferred=action.preferred or None,
        edit=server.edit(uri, analysis, action.edits),
    )


async def _hover(server: Server, params: types.HoverParams) -> types.Hover | None:
    analysis, offset = await _asked(server, params)
    found = await server.session.compute(hover, analysis, offset) if analysis else None
    if analysis is None or found is None:
        return None
    span, text = found
    formats = server.supports("text_document", "hover", "content_format")
    markdown = formats is None or types.MarkupKind.Markdown in formats
    kind = types.MarkupKind.Markdown if markdown else types.MarkupKind.PlainText
    return types.Hover(types.MarkupContent(kind, text), range_of(analysis, span))


async def _definition(
    server: Server, params: types.DefinitionParams
) -> list[types.Location] | None:
    analysis, offset = await _asked(server, params)
    if analysis is None:
        return None
    found = await server.session.compute(symbols.definitions, analysis, offset)
    return [types.Location(params.text_document.uri, range_of(analysis, span)) for span in found]


async def _references(server: Server, params: types.ReferenceParams) -> list[types.Location] | None:
    analysis, offset = await _asked(server, params)
    if analysis is None:
        return None
    declared = params.context.include_declaration
    found = await server.session.compute(symbols.references, analysis, offset, declared)
    return [types.Location(params.text_document.uri, range_of(analysis, span)) for span in found]


async def _prepare_rename(
    server: Server, params: types.PrepareRenameParams
) -> types.PrepareRenamePlaceholder | None:
    analysis, offset = await _asked(server, params)
    if analysis is None:
        return None
    _, span = await server.session.compute(symbols.renameable, analysis, offset)
    return types.PrepareRenamePlaceholder(range_of(analysis, span), analysis.text[span])


async def _rename(server: Server, params: types.RenameParams) -> types.WorkspaceEdit | None:
    analysis, offset = await _asked(server, params)
    if analysis is None:
        return None
    edits = await server.session.compute(symbols.renamed, analysis, offset, params.new_name)
    return server.edit(params.text_document.uri, analysis, edits)


async def _symbols(
    server: Server, params: types.DocumentSymbolParams
) -> list[types.DocumentSymbol] | list[types.SymbolInformation] | None:
    uri = params.text_document.uri
    analysis = await server.session.current(uri)
    if analysis is None:
        return None
    nodes = await server.session.compute(outline, analysis)
    if server.supports("text_document", "document_symbol", "hierarchical_document_symbol_support"):
        return [symbol(analysis, node) for node in nodes]
    return flat_symbols(uri, analysis, nodes)


async def _completion(
    server: Server, params: types.CompletionParams
) -> list[types.CompletionItem] | None:
    analysis, offset = await _asked(server, params)
    if analysis is None:
        return None
    found = await server.session.compute(completions, analysis, offset)
    return [completion_item(analysis, item) for item in found]


async def _asked(server: Server, params: Any) -> tuple[Analysis | None, int]:
    """The document that a request is about, and the offset in it."""
    analysis = await server.session.current(params.text_document.uri)
    place = (params.position.line, params.position.character)
    return analysis, analysis.buffer.offset(place) if analysis else 0

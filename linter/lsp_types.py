"""The answers of `linter.language` in the words of LSP 3.17, and the editor's questions in ours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lsprotocol import types

from dockgate.linter.language import completion, outline
from dockgate.linter.language.analysis import Analysis
from dockgate.linter.language.diagnostics import SOURCE, Diagnostic
from dockgate.linter.language.session import Change
from dockgate.rules.rule import Edit, Severity
from dockgate.rules.subjects.text import Span

_SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.INFO: types.DiagnosticSeverity.Information,
    Severity.STYLE: types.DiagnosticSeverity.Hint,
}
_SYMBOLS = {
    outline.STAGE: types.SymbolKind.Module,
    outline.INSTRUCTION: types.SymbolKind.Method,
    outline.VARIABLE: types.SymbolKind.Variable,
}
_ITEMS = {
    completion.KEYWORD: types.CompletionItemKind.Keyword,
    completion.FLAG: types.CompletionItemKind.Property,
    completion.STAGE: types.CompletionItemKind.Module,
    completion.VARIABLE: types.CompletionItemKind.Variable,
    completion.RULE: types.CompletionItemKind.Constant,
    completion.VALUE: types.CompletionItemKind.EnumMember,
}


def diagnostic(uri: str, analysis: Analysis, found: Diagnostic) -> types.Diagnostic:
    """A diagnostic of the document `uri`."""
    tags = []
    if found.unnecessary:
        tags.append(types.DiagnosticTag.Unnecessary)
    if found.deprecated:
        tags.append(types.DiagnosticTag.Deprecated)
    related = [
        types.DiagnosticRelatedInformation(
            types.Location(uri, range_of(analysis, other.span)), other.message
        )
        for other in found.related
    ]
    return types.Diagnostic(
        range=range_of(analysis, found.span),
        message=found.message,
        severity=_SEVERITIES[found.severity],
        code=found.code,
        code_description=types.CodeDescription(found.url) if found.url else None,
        source=SOURCE,
        tags=tags or None,
        related_information=related or None,
    )


def workspace_edit(
    uri: str, analysis: Analysis, edits: Sequence[Edit], *, versioned: bool
) -> types.WorkspaceEdit:
    """Edits of one document; `versioned`: only of the version that was looked at."""
    changes: list[Any] = []
    for edit in edits:
        span, text = analysis.buffer.edit(edit.span, edit.text)
        changes.append(types.TextEdit(range_of(analysis, span), text))
    if not versioned:
        return types.WorkspaceEdit(changes={uri: changes})
    document = types.OptionalVersionedTextDocumentIdentifier(uri, analysis.buffer.version)
    return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(document, changes)])


def symbol(analysis: Analysis, node: outline.Node) -> types.DocumentSymbol:
    """An entry of the outline with those below it."""
    return types.DocumentSymbol(
        name=node.name,
        kind=_SYMBOLS[node.kind],
        range=range_of(analysis, node.span),
        selection_range=range_of(analysis, node.name_span),
        detail=node.detail or None,
        children=[symbol(analysis, child) for child in node.children],
    )


def flat_symbols(
    uri: str, analysis: Analysis, nodes: Sequence[outline.Node]
) -> list[types.SymbolInformation]:
    """The outline for editors that know no tree."""
    return [
        types.SymbolInformation(
            types.Location(uri, range_of(analysis, node.span)), node.name, _SYMBOLS[node.kind]
        )
        for top in nodes
        for node in (top, *top.children)
    ]


def completion_item(analysis: Analysis, item: completion.Item) -> types.CompletionItem:
    """A proposal."""
    return types.CompletionItem(
        label=item.label,
        kind=_ITEMS[item.kind],
        detail=item.detail or None,
        text_edit=types.TextEdit(range_of(analysis, item.span), item.text),
    )


def range_of(analysis: Analysis, span: Span) -> types.Range:
    """A span as a range, in the editor's encoding."""
    start, end = analysis.buffer.place(span.start), analysis.buffer.place(span.end)
    return types.Range(types.Position(*start), types.Position(*end))


def span_of(analysis: Analysis, place: types.Range) -> Span:
    """A range as a span; a position past an end means that end."""
    offset = analysis.buffer.offset
    start = offset((place.start.line, place.start.character))
    return Span(start, max(start, offset((place.end.line, place.end.character))))


def change(event: types.TextDocumentContentChangeEvent) -> Change:
    """A change of a document's content."""
    if isinstance(event, types.TextDocumentContentChangePartial):
        start, end = event.range.start, event.range.end
        return event.text, (start.line, start.character), (end.line, end.character)
    return event.text, None, None


def plain(sent: Any) -> Any:
    """Settings and other free data as plain mappings: pygls makes objects of some."""
    if hasattr(sent, "_asdict"):
        sent = sent._asdict()
    return {key: plain(value) for key, value in sent.items()} if isinstance(sent, dict) else sent

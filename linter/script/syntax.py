"""Walks over a syntax tree of tree-sitter-bash, none of them recursive: trees may be deep."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

REDIRECTS = frozenset({"file_redirect", "herestring_redirect", "heredoc_redirect"})


def faults(root: Node) -> Iterator[tuple[int, int]]:
    """Where the tree has errors; of nested ones the outermost."""
    todo = [root]
    while todo:
        node = todo.pop()
        if node.is_error or node.is_missing:
            yield node.start_byte, node.end_byte
        elif node.has_error:
            todo.extend(reversed(node.children))


def statements(nodes: Iterable[Node], redirects: Sequence[Node]) -> list[tuple[Node, list[Node]]]:
    """Statements and operators in the order of the text, each statement with its redirections.

    Lists and pipelines are resolved, however deep: the tree nests them by its own precedence
    (`a > b | c && d` is a pipeline whose last part is a list). `redirects` act on the last.
    """
    found: list[tuple[Node, list[Node]]] = []
    todo = _backwards(nodes, redirects)
    while todo:
        node, acting = todo.pop()
        kind = node.type
        if kind in ("list", "pipeline"):
            todo += _backwards(node.children, acting)
        elif kind == "redirected_statement":
            own = [child for child in node.children if child.type in REDIRECTS]
            bodies = [child for child in node.children if child.type not in REDIRECTS]
            if bodies:
                todo += _backwards(bodies, [*own, *acting])
            else:
                found.append((own[0], [*own[1:], *acting]))
        elif kind != "comment":
            found.append((node, acting))
    return found


def _backwards(nodes: Iterable[Node], redirects: Sequence[Node]) -> list[tuple[Node, list[Node]]]:
    items: list[tuple[Node, list[Node]]] = [(node, []) for node in nodes]
    if redirects:
        last = max((i for i, (node, _) in enumerate(items) if node.is_named), default=-1)
        if last >= 0:
            items[last] = (items[last][0], list(redirects))
    items.reverse()
    return items

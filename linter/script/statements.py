"""Statements of a syntax tree: lists, pipelines, groups, conditions, loops.

A repair of what tree-sitter-bash 0.25 gives: a redirection of a list or pipeline is its last
command's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from dockgate.linter.script.masking import Masked
from dockgate.linter.script.simple_commands import (
    Flow,
    Input,
    Place,
    SimpleCommands,
    State,
    parts_of,
)
from dockgate.linter.script.syntax import REDIRECTS, statements
from dockgate.rules.record import NamedTuple
from dockgate.rules.subjects.shell import Command
from dockgate.rules.subjects.text import MappedText, Span

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_DEPTH = 40  #: groups in groups, substitutions in substitutions, `sh -c` in `sh -c`

_OPERATORS = frozenset({"&&", "||", ";", "&", ";;", ";&", ";;&", "\n"})
_PIPES = frozenset({"|", "|&"})
_COMMANDS = frozenset(
    {
        "command",
        "declaration_command",
        "unset_command",
        "test_command",
        "variable_assignment",
        "variable_assignments",
    }
)
_CONTEXTS = {
    "subshell": "subshell",
    "compound_statement": "group",
    "if_statement": "if",
    "while_statement": "loop",
    "for_statement": "loop",
    "c_style_for_statement": "loop",
    "case_statement": "case",
    "function_definition": "function",
    "negated_command": "negated",
}
#: What a faulty script's commands may consist of, outside of any statement.
_WORDS = frozenset(
    {
        "word",
        "command_name",
        "string",
        "raw_string",
        "ansi_c_string",
        "concatenation",
        "simple_expansion",
        "expansion",
        "number",
    }
)
_BEGINNINGS = frozenset(
    {"if", "then", "elif", "else", "while", "until", "do", "{", "(", "!", "$(", "`", "<(", ">("}
)
_BODY_STARTS = frozenset({"then", "do", "else", "in", ")", "{", "(", "elif"})


class Part(NamedTuple):
    """A part of a pipeline; mostly there is only one."""

    connector: str  #: what stands before it
    nodes: list[Node]  #: a statement, or the words of a command in a faulty script
    redirects: list[Node]


class Statements(SimpleCommands):
    """Reads the statements of one script, and links the commands of pipelines."""

    __slots__ = ("errors", "negated")

    def __init__(
        self, source: MappedText, masked: Masked, commands: list[Command], errors: list[Span]
    ) -> None:
        super().__init__(source, masked.bodies, commands)
        self.errors = errors
        self.negated = masked.negated  #: where groups start that a `!` stands before

    def sequence(
        self,
        nodes: Iterable[Node],
        connector: str,
        place: Place,
        state: State,
        redirects: Sequence[Node] = (),
    ) -> Flow:
        """Read statements one after the other; `redirects` act on the last."""
        flow = Flow([], [])
        pipeline: list[Part] = []
        begins = True  # whether a command may begin here
        for node, acting in statements(nodes, redirects):
            kind = node.type
            if kind in _PIPES:
                connector, begins = kind, True
            elif kind in _OPERATORS:
                connector, begins = ";" if kind in (";;", ";&", ";;&", "\n") else kind, True
            elif not node.is_named:
                begins = kind in _BEGINNINGS
                if kind in _BODY_STARTS:
                    connector = ""
            elif kind in _WORDS and not begins:
                if pipeline and pipeline[-1].nodes[-1].type in _WORDS:
                    pipeline[-1].nodes.append(node)
            else:
                if pipeline and connector not in _PIPES:
                    self.pipeline(pipeline, place, state, flow)
                    pipeline = []
                pipeline.append(Part(connector, [node], acting))
                connector, begins = ";", False
        if pipeline:
            self.pipeline(pipeline, place, state, flow)
        return flow

    def pipeline(
        self,
        parts: Sequence[Part],
        place: Place,
        state: State,
        flow: Flow,
    ) -> None:
        """Read the statements of `a | b | …`, link their commands, and add to `flow`."""
        if len(parts) == 1:
            only = self.statement(parts[0], place, state)
            flow.heads.extend(only.heads)
            flow.tails.extend(only.tails)
            return
        if parts[0].nodes[0].type == "negated_command":
            place = place._replace(context=(*place.context, "negated"))
        before: Flow | None = None
        for part in parts:
            current = State(state.options)
            node = part.nodes[0]
            if node.type == "negated_command":
                read = self.sequence(node.children, part.connector, place, current, part.redirects)
            else:
                read = self.statement(part, place, current)
            if before is None:
                flow.heads.extend(read.heads)
            elif before.tails and read.heads:
                for command in before.tails:
                    command.pipe_to = read.heads[0]
                for command in read.heads:
                    command.pipe_from = before.tails[-1]
            before = read
        if before is not None:
            flow.tails.extend(before.tails)

    def statement(self, part: Part, place: Place, state: State) -> Flow:
        """Read one statement."""
        connector, nodes, redirects = part
        node = nodes[0]
        kind = node.type
        if kind in _COMMANDS:
            return self.command(parts_of(node), redirects, connector, place, state)
        if kind in _WORDS:
            return self.command(nodes, redirects, connector, place, state)
        if place.depth > MAX_DEPTH:
            self.errors.append(self.source.span(node.start_byte, node.end_byte))
            return Flow([], [])
        if kind == "ERROR":
            place = place._replace(depth=place.depth + 1)
            return self.sequence(node.children, connector, place, state, redirects)
        if kind in REDIRECTS:
            return self.command((), [node, *redirects], connector, place, state)
        if kind in _CONTEXTS:
            return self.compound(node, connector, place, state, redirects)
        self.substitutions(node, place, state)
        return Flow([], [])

    def compound(
        self,
        node: Node,
        connector: str,
        place: Place,
        state: State,
        redirects: Sequence[Node],
    ) -> Flow:
        """Read a group, condition, loop, case, function or negated command."""
        kind = node.type
        children = node.children
        context = (*place.context, _CONTEXTS[kind])
        if node.start_byte in self.negated:
            context = (*place.context, "negated", _CONTEXTS[kind])
        inner = Place(context, place.depth + 1, place.shell)
        if kind in ("subshell", "function_definition"):
            state = State(state.options)
        if kind == "negated_command":
            return self.sequence(children, connector, inner, state, redirects)
        if kind == "compound_statement" and children and children[0].type == "((":
            return self.command(parts_of(node), redirects, connector, place, state)
        own = [*redirects, *(child for child in children if child.type in REDIRECTS)]
        if kind == "function_definition":
            children = node.children_by_field_name("body")
            flow = self.sequence(children, connector, inner, state)
        elif kind in ("if_statement", "while_statement"):
            flow = self.branches(children, connector, inner, state)
        elif kind in ("subshell", "compound_statement"):
            flow = self.sequence(children[1:], connector, inner, state)
        else:
            flow = self.parts(children, inner, state)
        for redirect in own:
            self.share(redirect, flow, place, state)
        return flow

    def branches(
        self, children: Iterable[Node], connector: str, place: Place, state: State
    ) -> Flow:
        """Read `if`, `elif`, `while` and `until`: what stands before `then` is the condition."""
        flow = Flow([], [])
        condition: list[Node] = []
        body: list[Node] = []
        target = body
        for child in children:
            kind = child.type
            if kind in ("if", "elif", "while", "until"):
                target = condition
            elif kind in ("then", "else"):
                target = body
            elif kind in ("elif_clause", "else_clause", "do_group"):
                self._branch(condition, body, connector, place, state, flow)
                condition, body, connector = [], [], ""
                part = self.branches(child.children, "", place, state)
                flow.heads.extend(part.heads)
                flow.tails.extend(part.tails)
                target = body
            elif kind not in ("fi", "do", "done"):
                target.append(child)
        self._branch(condition, body, connector, place, state, flow)
        return flow

    def _branch(
        self,
        condition: list[Node],
        body: list[Node],
        connector: str,
        place: Place,
        state: State,
        flow: Flow,
    ) -> None:
        tested = place._replace(context=(*place.context, "condition"))
        for nodes, where in ((condition, tested), (body, place)):
            part = self.sequence(nodes, connector, where, state)
            flow.heads.extend(part.heads)
            flow.tails.extend(part.tails)
            connector = ""

    def parts(self, children: Iterable[Node], place: Place, state: State) -> Flow:
        """Read `for` and `case`: words before the bodies, then bodies."""
        flow = Flow([], [])
        for child in children:
            kind = child.type
            if kind in ("do_group", "compound_statement", "ERROR"):
                part = self.sequence(child.children, "", place, state)
            elif kind == "case_item":
                patterns = [i for i, c in enumerate(child.children) if c.type == ")"]
                start = patterns[0] + 1 if patterns else 0
                part = self.sequence(child.children[start:], "", place, state)
            else:
                self.substitutions(child, place, state)
                continue
            flow.heads.extend(part.heads)
            flow.tails.extend(part.tails)
        return flow

    def share(self, node: Node, flow: Flow, place: Place, state: State) -> None:
        """Give a compound's redirection to the commands that it acts on."""
        made, start, _, _ = self.redirect(node, place, state)
        commands = flow.heads if made.operator.startswith("<") else flow.tails
        for command in commands:
            command.redirects.append(made)
        if start >= 0:
            self.inputs.append(Input(made, start, commands, place, state))

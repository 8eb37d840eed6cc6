"""Prepares a parsed template: refuses what it may not do, and puts each costly step under guard.

Jinja evaluates operators natively, where nothing can watch them. Here each one that can cost time
or memory becomes a filter call (`functions.OPERATORS`), so that one mechanism guards them all.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast

from jinja2 import nodes
from jinja2.visitor import NodeTransformer

from agentops_cli.template.functions import FILTERS, REFUSED, TESTS
from agentops_cli.template.limits import TemplateError
from agentops_cli.template.meter import MAX_BITS, METER
from agentops_cli.template.suggest import did_you_mean


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """The names that a template reads.

    `variables` come from outside; `optional` are those of them with a default or an `is defined`.
    """

    variables: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()


Resolve: TypeAlias = Callable[[str], Outline | None]
"""Compiles the template of a name and gives its outline; `None` when there is none."""


@dataclass(slots=True, kw_only=True)
class Names:
    """What `rewrite` saw: names that are set, names that may be missing, templates with context."""

    stored: set[str] = field(default_factory=set)
    optional: set[str] = field(default_factory=set)
    parts: list[Outline] = field(default_factory=list)

    def outline(self, variables: frozenset[str]) -> Outline:
        """The outline of the template that reads `variables` itself."""
        optional = self.optional.union(*(part.optional for part in self.parts))
        inherited = {name for part in self.parts for name in part.variables}
        variables |= inherited - self.stored
        return Outline(variables=variables, optional=variables & optional)


def rewrite(tree: nodes.Template, resolve: Resolve) -> Names:
    """Changes the tree in place."""
    rewriter = _Rewriter(resolve)
    rewriter.visit(tree)
    return rewriter.names


class _Rewriter(NodeTransformer):
    """Has a method for each class of nodes that it looks at, named in lower case: `on_output`."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self.names = Names()

    def get_visitor(self, node: nodes.Node) -> Callable[..., Any] | None:
        METER.get().tick()
        return getattr(self, f"on_{type(node).__name__.lower()}", None)

    # What the template writes and loops over

    def on_output(self, node: nodes.Output) -> nodes.Node:
        self.generic_visit(node)
        node.nodes = [_guarded("{{}}", child) for child in node.nodes]
        return node

    def on_for(self, node: nodes.For) -> nodes.Node:
        self.generic_visit(node)
        node.iter = _guarded("for", node.iter)
        return node

    def on_assign(self, node: nodes.Assign) -> nodes.Node:
        self.generic_visit(node)
        if isinstance(node.target, nodes.NSRef):
            node.node = _guarded("set", node.node)
        return node

    def on_assignblock(self, node: nodes.AssignBlock) -> nodes.Node:
        self.generic_visit(node)
        if node.filter:
            node.filter = _guarded("set", node.filter)
        return node

    def on_filterblock(self, node: nodes.FilterBlock) -> nodes.Node:
        self.generic_visit(node)
        node.filter = _guarded("{{}}", node.filter)
        return node

    # Operators

    def on_concat(self, node: nodes.Concat) -> nodes.Node:
        self.generic_visit(node)
        return _guarded("~", *node.nodes)

    def _on_operator(self, node: nodes.BinExpr) -> nodes.Node:
        self.generic_visit(node)
        return _guarded(node.operator, node.left, node.right)

    on_add = on_mul = on_pow = on_mod = _on_operator

    def on_compare(self, node: nodes.Compare) -> nodes.Node:
        self.generic_visit(node)
        node.expr = _guarded("==", node.expr)
        return node

    def on_getitem(self, node: nodes.Getitem) -> nodes.Node:
        if not isinstance(node.arg, nodes.Slice):
            return self.generic_visit(node)
        self.generic_visit(node.arg)
        none = nodes.Const(None, lineno=node.lineno)
        bounds = (node.arg.start, node.arg.stop, node.arg.step)
        return _guarded("[:]", self.visit(node.node), *(bound or none for bound in bounds))

    def on_slice(self, node: nodes.Slice) -> nodes.Node:
        raise TemplateError(
            "':' does not belong here", line=node.lineno, fix="take one slice at a time"
        )

    def on_const(self, node: nodes.Const) -> nodes.Node:
        # Python code has no literal for infinity, and refuses integers that it could not print.
        value = node.value
        if value == math.inf or (isinstance(value, int) and value.bit_length() > MAX_BITS):
            raise TemplateError("the number is too large", line=node.lineno)
        return node

    def _on_literal(self, node: nodes.Literal) -> nodes.Node:
        self.generic_visit(node)
        return _guarded("[]", node)

    on_list = on_dict = _on_literal

    def on_tuple(self, node: nodes.Tuple) -> nodes.Node:
        if node.ctx == "load":
            return self._on_literal(node)
        return self.generic_visit(node)

    # Names, functions, filters

    def on_name(self, node: nodes.Name) -> nodes.Node:
        if node.ctx != "load":
            self.names.stored.add(node.name)
        return node

    def on_macro(self, node: nodes.Macro) -> nodes.Node:
        self.names.stored.add(node.name)
        return self.generic_visit(node)

    def on_call(self, node: nodes.Call) -> nodes.Node:
        if isinstance(node.node, nodes.Name) and node.node.name in REFUSED:
            raise _refused(node.node.name, node.lineno)
        self._check_arguments(node.kwargs)
        return self.generic_visit(node)

    def on_filter(self, node: nodes.Filter) -> nodes.Node:
        _check_known(node, "filter", FILTERS)
        self._check_arguments(node.kwargs or ())
        if node.name in {"d", "default"}:
            self._note_optional(node.node)
        return self.generic_visit(node)

    def on_test(self, node: nodes.Test) -> nodes.Node:
        _check_known(node, "test", TESTS)
        if node.name in {"defined", "undefined"}:
            self._note_optional(node.node)
        return self.generic_visit(node)

    def _note_optional(self, node: nodes.Expr | None) -> None:
        if isinstance(node, nodes.Name):
            self.names.optional.add(node.name)

    def _check_arguments(self, arguments: Iterable[nodes.Keyword | nodes.Pair]) -> None:
        seen: set[object] = set()
        for argument in arguments:
            if argument.key in seen:
                raise TemplateError(
                    f"the argument {argument.key!r} is given twice",
                    line=argument.lineno,
                    fix="remove one of them",
                )
            seen.add(argument.key)

    # Other templates

    def on_include(self, node: nodes.Include) -> nodes.Node | None:
        name = self._first_found(node)
        if name is None:
            return None
        node.template = nodes.Const(name, lineno=node.lineno)
        return node

    def on_extends(self, node: nodes.Extends) -> nodes.Node:
        self._find(node)
        return node

    def on_import(self, node: nodes.Import) -> nodes.Node:
        self.names.stored.add(node.target)
        self._find(node)
        return node

    def on_fromimport(self, node: nodes.FromImport) -> nodes.Node:
        self.names.stored.update(name if isinstance(name, str) else name[1] for name in node.names)
        self._find(node)
        return node

    def _first_found(self, node: nodes.Include) -> str | None:
        """The first template of a list that there is; `None` when the author allows for that."""
        names = _constant_names(node)
        for name in names:
            if self._load(name, node):
                return name
        if node.ignore_missing:
            return None
        raise _not_found(names, node)

    def _find(self, node: nodes.Extends | nodes.Import | nodes.FromImport) -> None:
        names = _constant_names(node)
        if len(names) != 1 or not self._load(names[0], node):
            raise _not_found(names, node)

    def _load(self, name: str, node: nodes.Node) -> bool:
        try:
            outline = self._resolve(name)
        except TemplateError as error:
            if error.line is None and error.name is None:
                error.line = node.lineno
            raise
        if outline is None:
            return False
        if getattr(node, "with_context", True):
            self.names.parts.append(outline)
        return True

    # The rest

    def on_scopedevalcontextmodifier(self, node: nodes.ScopedEvalContextModifier) -> nodes.Node:
        raise TemplateError(
            "the tag 'autoescape' is not available: a prompt is no web page",
            line=node.lineno,
            fix="use the filter escape where text has to be HTML",
        )


def _guarded(operator: str, first: nodes.Node, *rest: nodes.Expr) -> nodes.Filter:
    """A call of one of `functions.OPERATORS`."""
    value = cast("nodes.Expr", first)
    return nodes.Filter(value, operator, list(rest), [], None, None, lineno=first.lineno)


def _check_known(node: nodes.Filter | nodes.Test, kind: str, known: Iterable[str]) -> None:
    if node.name not in known:
        raise unknown_name(node.name, kind, known, node.lineno)


def unknown_name(name: str, kind: str, known: Iterable[str], line: int) -> TemplateError:
    """Why a filter, test or function cannot be used, and what to use instead."""
    if name in REFUSED:
        return _refused(name, line)
    return TemplateError(
        f"unknown {kind} {name!r}",
        line=line,
        fix=did_you_mean(name, known) or f"there are: {', '.join(sorted(known))}",
    )


def _refused(name: str, line: int) -> TemplateError:
    return TemplateError(f"{name!r} is not available in prompts: {REFUSED[name]}", line=line)


def _constant_names(
    node: nodes.Extends | nodes.Import | nodes.FromImport | nodes.Include,
) -> list[str]:
    """The names in `include 'a'` or `include ['a', 'b']`."""
    template = node.template
    parts = template.items if isinstance(template, nodes.List | nodes.Tuple) else [template]
    names = [part.value for part in parts if isinstance(part, nodes.Const)]
    if len(names) != len(parts) or not all(isinstance(name, str) for name in names):
        raise TemplateError(
            "the name of an included or imported template has to be written out",
            line=node.lineno,
            fix="write the name in quotes; choose between names with {% if %}",
        )
    return names


def _not_found(names: list[str], node: nodes.Node) -> TemplateError:
    return TemplateError(
        f"there is no template {' or '.join(map(repr, names))}",
        line=node.lineno,
        fix="check the name, or add `ignore missing` to an include",
    )

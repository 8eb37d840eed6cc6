"""Which names a parsed template reads, what for, and what else it asks of the runtime.

The walk follows the scopes of Jinja: loops, macros, `with` and `set` make names of their own. What
is set in every branch of a condition is there behind it; Jinja's own analysis does not see that,
and takes each name that a branch sets for one that is read.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from jinja2 import nodes

from agentops_cli.template.functions import FILTERS, GLOBALS, REFUSED, TESTS
from agentops_cli.template.limits import TemplateError
from agentops_cli.template.rewrite import unknown_name

UseKind = Literal["output", "condition", "loop", "other"]
"""What a value is used for; an `output` is put into the text."""

PieceKind = Literal["filter", "test", "call", "attribute", "tag"]

_DEEPEST: Final = 15
"""Blocks in blocks that Python surely takes; it has a limit of 20 for some."""

_OF_MACROS: Final = ("varargs", "kwargs", "caller")
_OF_JINJA: Final = frozenset(("loop", "self", "super", *_OF_MACROS))
_DEFAULTS: Final = frozenset(("default", "d"))
_ASKING: Final = frozenset(("defined", "undefined"))
_TEST_NAME: Final = re.compile(r"is\s+(?:not\s+)?+(\w++)")
_PART: Final = re.compile(r"\.\s*+(\w++)|\[\s*+[\"'](\w++)")

Origins: TypeAlias = Mapping[str, frozenset[str]]
"""The outer names that a value is made of, each with the filters that surely stand between.

`~` among them says that the template has put text of its own beside it.
"""

_NOTHING: Final[Origins] = {}
_MOST_ORIGINS: Final = 30
"""So many names are followed into one value."""

_MOST_GIVEN: Final = 10_000
"""So many names are told to templates that are taken in, over all of these."""

_PUT_TOGETHER: Final = frozenset("~")
_KNOWN: Final = frozenset(FILTERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A name that is read at an offset; `is_local` where the template has set it itself.

    `made_of` is what it was set from then.
    """

    name: str
    at: int
    kind: UseKind
    filters: tuple[str, ...]
    is_local: bool
    made_of: Origins = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A template that is taken in at an offset; `name` is None where a variable decides which.

    `given` is what the names that are set there are made of; it reads them as if they were its own.
    """

    name: str | None
    at: int
    optional: bool
    given: Mapping[str, Origins]


class Reads:
    """What a walk over a tree has seen, by the `lineno` of its nodes.

    `problems` are what a run refuses, each with the name of its kind. `is_hard` says that Jinja
    knows all rules of the template only once it has made code of it.
    """

    def __init__(self) -> None:
        self.problems: list[tuple[str, TemplateError]] = []
        self.names: list[Read] = []
        self.pieces: list[tuple[PieceKind, str, int, int]] = []
        self.includes: list[Taken] = []
        self.optional: set[str] = set()
        self.is_hard = False

    @property
    def outer(self) -> frozenset[str]:
        """The names that are read from outside."""
        return frozenset(read.name for read in self.names if not read.is_local)


def reads_of(tree: nodes.Template, source: str = "") -> Reads:
    """Walks over a tree; with the source, offsets of attributes and tests are exact.

    Raises `RecursionError` where it is too deep.
    """
    found = Reads()
    _Walk(found, source).visit(tree, "other")
    return found


class _Walk:
    """Visits a tree in the order of the source; has a method for each kind of node it knows."""

    def __init__(self, found: Reads, source: str) -> None:
        self._found = found
        self._text = source
        self._frames: list[set[str]] = [{"self"}]
        # What is set in one branch only is no local name behind it, and yet it may be there.
        self._made: list[dict[str, dict[str, frozenset[str]]]] = [{}]
        self._written: list[dict[str, frozenset[str]]] = [{}]
        self._depth = 0
        self._outer: set[str] = set()
        self._left_to_give = _MOST_GIVEN

    def visit(self, node: nodes.Node, kind: UseKind, filters: tuple[str, ...] = ()) -> None:
        """Looks at a node whose value is used as `kind` says, after `filters`."""
        look: Callable[..., None] | None = _METHODS.get(type(node))
        if look is not None:
            look(self, node, kind, filters)
        else:
            self._children(node, kind)

    def _children(self, node: nodes.Node, kind: UseKind) -> None:
        for child in node.iter_child_nodes():
            self.visit(child, kind)

    def _all(self, parts: list[Any], kind: UseKind) -> None:
        for part in parts:
            self.visit(part, kind)

    # Names

    def _is_local(self, name: str) -> bool:
        return any(name in frame for frame in self._frames)

    def _bind(self, target: nodes.Node, made_of: Origins = _NOTHING) -> None:
        if isinstance(target, nodes.Name):
            self._frames[-1].add(target.name)
            self._made[-1][target.name] = dict(made_of)
            # What was read before it is set, Jinja alone can tell; so too for its own names.
            if target.name in self._outer or target.name in _OF_JINJA:
                self._found.is_hard = True
        elif isinstance(target, nodes.NSRef):
            self._read(target.name, target.lineno, "other")
            # In its place, for a read above it in a loop may come after it.
            _add(self._made_of(target.name), made_of)
        else:
            for child in target.iter_child_nodes():
                self._bind(child, made_of)

    def _set(self, target: nodes.Node, value: nodes.Node) -> None:
        """Binds a target to a value, part by part where both are written so."""
        if (
            isinstance(target, nodes.Tuple)
            and isinstance(value, nodes.Tuple | nodes.List)
            and len(target.items) == len(value.items)
        ):
            parts = [
                (part, self._origins(of))
                for part, of in zip(target.items, value.items, strict=True)
            ]
            for part, made_of in parts:
                self._bind(part, made_of)
        else:
            self._bind(target, self._origins(value))

    def _made_of(self, name: str) -> dict[str, frozenset[str]]:
        return next((frame[name] for frame in reversed(self._made) if name in frame), {})

    def _origins_of(self, name: str) -> Origins:
        """What a name stands for here: what it was set from, and itself unless it surely was."""
        made_of = self._made_of(name)
        if self._is_local(name) or name in GLOBALS:
            return made_of
        return {**made_of, name: frozenset()}

    def _given(self) -> Mapping[str, Origins]:
        """What all names that are set here are made of; nothing once there were too many."""
        names = {name for frame in self._made for name in frame}
        self._left_to_give -= len(names)
        if self._left_to_give < 0:
            return {}
        return {name: {**self._origins_of(name)} for name in names}

    def _origins(self, node: nodes.Node) -> Origins:
        """The outer names whose text may be in the value of an expression."""
        if isinstance(node, nodes.Name):
            return self._origins_of(node.name)
        if isinstance(node, nodes.Not | nodes.Compare | nodes.Test):
            return _NOTHING
        if isinstance(node, nodes.CondExpr):
            return _together(map(self._origins, filter(None, (node.expr1, node.expr2))))
        if isinstance(node, nodes.Getattr | nodes.Getitem):
            return self._origins(node.node)
        found = _together(map(self._origins, node.iter_child_nodes()))
        if isinstance(node, nodes.Filter):
            return _through(found, _KNOWN.intersection((node.name,)))
        return _through(found, _PUT_TOGETHER) if isinstance(node, _JOINING) else found

    @contextmanager
    def _writing(self) -> Iterator[dict[str, frozenset[str]]]:
        """Collects what of the outer names the outputs of a body write."""
        self._written.append({})
        yield self._written[-1]
        written = self._written.pop()
        _add(self._written[-1], written)

    def _read(self, name: str, at: int, kind: UseKind, filters: tuple[str, ...] = ()) -> None:
        is_local = self._is_local(name)
        if not is_local and name in GLOBALS:
            return
        if not is_local:
            self._outer.add(name)
        made_of = self._made_of(name)
        if kind == "output":
            written = made_of if is_local else {**made_of, name: frozenset()}
            passed = _KNOWN.intersection(filters) | _PUT_TOGETHER
            _add(self._written[-1], _through(written, passed))
        self._found.names.append(
            Read(
                name=name,
                at=at,
                kind=kind,
                filters=filters,
                is_local=is_local,
                made_of=made_of,
            )
        )

    @contextmanager
    def _frame(self, *names: str) -> Iterator[None]:
        self._depth += 1
        if self._depth > _DEEPEST:
            self._found.is_hard = True
        self._frames.append(set(names))
        self._made.append({name: {} for name in names})
        yield
        self._frames.pop()
        self._made.pop()
        self._depth -= 1

    # Expressions

    def name(self, node: nodes.Name, kind: UseKind, filters: tuple[str, ...]) -> None:
        if node.ctx == "load":
            self._read(node.name, node.lineno, kind, filters)
        else:
            self._bind(node)

    def output(self, node: nodes.Output, _kind: UseKind, _filters: tuple[str, ...]) -> None:
        self._all(node.nodes, "output")

    def filter(self, node: nodes.Filter, kind: UseKind, filters: tuple[str, ...]) -> None:
        self._piece("filter", node.name, node.lineno)
        self._check(node, "filter")
        if node.node is not None:
            if node.name in _DEFAULTS and isinstance(node.node, nodes.Name):
                self._found.optional.add(node.node.name)
            self.visit(node.node, kind, (node.name, *filters))
        self._arguments(node, kind)

    def test(self, node: nodes.Test, kind: UseKind, _filters: tuple[str, ...]) -> None:
        at = node.lineno
        if named := _TEST_NAME.match(self._text, at):
            at = named.start(1)
        self._piece("test", node.name, at)
        self._check(node, "test", at)
        if node.name in _ASKING and isinstance(node.node, nodes.Name):
            self._found.optional.add(node.node.name)
        self.visit(node.node, _asked(kind))
        self._arguments(node, _asked(kind))

    def call(self, node: nodes.Call, kind: UseKind, filters: tuple[str, ...]) -> None:
        called = node.node
        if isinstance(called, nodes.Name):
            self._piece("call", called.name, called.lineno)
            if called.name in REFUSED and not self._is_local(called.name):
                problem = unknown_name(called.name, "function", GLOBALS, called.lineno)
                self._found.problems.append(("unknown-filter", problem))
        if not isinstance(called, nodes.Name) or called.name not in REFUSED:
            self.visit(called, kind, filters)
        self._arguments(node, kind)

    def part(
        self, node: nodes.Getattr | nodes.Getitem, kind: UseKind, filters: tuple[str, ...]
    ) -> None:
        if isinstance(node, nodes.Getattr):
            self._attribute(node.attr, node.lineno)
            self.visit(node.node, kind, filters)
        elif isinstance(node.arg, nodes.Slice):
            self.visit(node.node, kind, ("[:]", *filters))
            self._children(node.arg, "other")
        else:
            if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
                self._attribute(node.arg.value, node.lineno)
            self.visit(node.node, kind, filters)
            self.visit(node.arg, "other")

    def choice(self, node: nodes.CondExpr, kind: UseKind, filters: tuple[str, ...]) -> None:
        self.visit(node.expr1, kind, filters)
        self.visit(node.test, "condition")
        if node.expr2 is not None:
            self.visit(node.expr2, kind, filters)

    def truth(self, node: nodes.Not | nodes.Compare, kind: UseKind, _: tuple[str, ...]) -> None:
        self._children(node, _asked(kind))

    def _arguments(self, node: nodes.Filter | nodes.Test | nodes.Call, kind: UseKind) -> None:
        self._all(node.args, kind)
        for keyword in node.kwargs or ():
            self.visit(keyword.value, kind)
        for rest in (node.dyn_args, node.dyn_kwargs):
            if rest is not None:
                self.visit(rest, kind)

    # Tags

    def condition(self, node: nodes.If, _kind: UseKind, _filters: tuple[str, ...]) -> None:
        self._tag("if", node)
        self.visit(node.test, "condition")
        branches = [self._branch(node.body)]
        for other in node.elif_:
            self.visit(other.test, "condition")
            branches.append(self._branch(other.body))
        branches.append(self._branch(node.else_))
        self._frames[-1] |= set.intersection(*(names for names, _ in branches))
        for name in {name for _, made in branches for name in made}:
            ways = [made.get(name, self._made_of(name)) for _, made in branches]
            self._made[-1][name] = {**_together(ways)}

    def _branch(
        self, body: list[nodes.Node]
    ) -> tuple[set[str], dict[str, dict[str, frozenset[str]]]]:
        with self._frame():
            self._all(body, "other")
            return self._frames[-1], self._made[-1]

    def loop(self, node: nodes.For, _kind: UseKind, _filters: tuple[str, ...]) -> None:
        self._tag("for", node)
        self.visit(node.iter, "loop")
        made_of = self._origins(node.iter)
        with self._frame("loop"):
            self._bind(node.target, made_of)
            if node.test is not None:
                self.visit(node.test, "condition")
            self._all(node.body, "other")
        with self._frame():
            self._all(node.else_, "other")

    def assign(self, node: nodes.Assign, _kind: UseKind, _filters: tuple[str, ...]) -> None:
        self._tag("set", node)
        self.visit(node.node, "other")
        self._set(node.target, node.node)

    def block_of_set(
        self, node: nodes.AssignBlock, _kind: UseKind, _filters: tuple[str, ...]
    ) -> None:
        self._tag("set", node)
        with self._writing() as written, self._frame():
            self._all(node.body, "other")
        self._bind(node.target, written)
        if node.filter is not None:
            self.visit(node.filter, "other")

    def scope(self, node: nodes.With, _kind: UseKind, _filters: tuple[str, ...]) -> None:
        self._tag("with", node)
        self._all(node.values, "other")
        with self._frame():
            for target, value in zip(node.targets, node.values, strict=True):
                self._set(target, value)
            self._all(node.body, "other")

    def macro(self, node: nodes.Macro, _kind: UseKind, _filters: tuple[str, ...]) -> None:
        self._tag("macro", node)
        self._found.is_hard = True
        self._frames[-1].add(node.name)
        with self._writing() as written:
            self._body_of_macro(node)
        self._made[-1][node.name] = written

    def call_block(self, node: nodes.CallBlock, _kind: UseKind, _filters: tuple[str, ...]) -> None:
        self._tag("call", node)
        self._found.is_hard = True
        self.visit(node.call, "output")
        self._body_of_macro(node)

    def _body_of_macro(self, node: nodes.Macro | nodes.CallBlock) -> None:
        self._all(node.defaults, "other")
        with self._frame(*_OF_MACROS):
            for argument in node.args:
                self._bind(argument)
            for argument, default in zip(
                reversed(node.args), reversed(node.defaults), strict=False
            ):
                self._set(argument, default)
            self._all(node.body, "other")

    def block(self, node: nodes.Block, _kind: UseKind, _filters: tuple[str, ...]) -> None:
        self._tag("block", node)
        self._found.is_hard = True
        # It sees what the whole template sets, and nothing of the scopes around it.
        around, self._frames = self._frames, self._frames[:1]
        made, self._made = self._made, self._made[:1]
        with self._frame("super"):
            self._all(node.body, "other")
        self._frames, self._made = around, made

    def filter_block(
        self, node: nodes.FilterBlock, _kind: UseKind, _filters: tuple[str, ...]
    ) -> None:
        self._tag("filter", node)
        self.visit(node.filter, "other")
        with self._frame():
            self._all(node.body, "other")

    def include(self, node: nodes.Include, _kind: UseKind, _filters: tuple[str, ...]) -> None:
        self._tag("include", node)
        self._take_in(node.template, node, optional=node.ignore_missing)

    def extends(self, node: nodes.Extends, _kind: UseKind, _filters: tuple[str, ...]) -> None:
        self._tag("extends", node)
        self._found.is_hard = True
        self._take_in(node.template, node)

    def load(
        self, node: nodes.Import | nodes.FromImport, _kind: UseKind, _filters: tuple[str, ...]
    ) -> None:
        self._tag("import", node)
        self._found.is_hard = True
        self._take_in(node.template, node)
        if isinstance(node, nodes.Import):
            self._frames[-1].add(node.target)
        else:
            pairs = ((name, name) if isinstance(name, str) else name for name in node.names)
            self._frames[-1].update(name for _, name in pairs)

    def _take_in(self, template: nodes.Expr, node: nodes.Node, *, optional: bool = False) -> None:
        parts = template.items if isinstance(template, nodes.List | nodes.Tuple) else [template]
        # Of several names one that is there will do.
        optional = optional or len(parts) > 1
        for part in parts:
            name = part.value if isinstance(part, nodes.Const) else None
            is_name = isinstance(name, str)
            self._found.includes.append(
                Taken(
                    name=name if is_name else None,
                    at=node.lineno,
                    optional=optional,
                    given=self._given(),
                )
            )
            if not is_name:
                self.visit(part, "other")
                problem = TemplateError(
                    "the name of an included or imported template has to be written out",
                    line=node.lineno,
                    fix="write the name in quotes; choose between names with {% if %}",
                )
                self._found.problems.append(("unsafe", problem))

    # What is noted

    def _piece(self, kind: PieceKind, name: str, at: int) -> None:
        self._found.pieces.append((kind, name, at, at + len(name)))

    def _tag(self, name: str, node: nodes.Node) -> None:
        self._piece("tag", name, node.lineno)

    def _attribute(self, name: str, at: int) -> None:
        found = _PART.match(self._text, at)
        if found and name in (found[1], found[2]):
            at = found.start(1 if found[1] else 2)
        self._piece("attribute", name, at)

    def _check(self, node: nodes.Filter | nodes.Test, what: str, at: int | None = None) -> None:
        known = FILTERS if what == "filter" else TESTS
        if node.name not in known:
            at = node.lineno if at is None else at
            problem = unknown_name(node.name, what, known, at)
            self._found.problems.append(("unknown-filter", problem))


def _together(ways: Iterable[Origins]) -> Origins:
    """What a value is made of that may have come in any of these ways."""
    found: dict[str, frozenset[str]] = {}
    for way in ways:
        _add(found, way)
    return found


def _add(found: dict[str, frozenset[str]], more: Origins) -> None:
    for name, filters in more.items():
        if name in found:
            found[name] &= filters
        elif len(found) < _MOST_ORIGINS:
            found[name] = filters


def _through(origins: Origins, filters: frozenset[str]) -> Origins:
    return {name: before | filters for name, before in origins.items()}


_JOINING: Final = (nodes.Concat, nodes.Add, nodes.Call)


def _asked(kind: UseKind) -> UseKind:
    """What of a value is used where only its truth is asked for."""
    return "condition" if kind == "output" else kind


_METHODS: Final[dict[type[nodes.Node], Callable[..., None]]] = {
    nodes.Name: _Walk.name,
    nodes.Output: _Walk.output,
    nodes.Filter: _Walk.filter,
    nodes.Test: _Walk.test,
    nodes.Call: _Walk.call,
    nodes.Getattr: _Walk.part,
    nodes.Getitem: _Walk.part,
    nodes.CondExpr: _Walk.choice,
    nodes.Not: _Walk.truth,
    nodes.Compare: _Walk.truth,
    nodes.If: _Walk.condition,
    nodes.For: _Walk.loop,
    nodes.Assign: _Walk.assign,
    nodes.AssignBlock: _Walk.block_of_set,
    nodes.With: _Walk.scope,
    nodes.Macro: _Walk.macro,
    nodes.CallBlock: _Walk.call_block,
    nodes.Block: _Walk.block,
    nodes.FilterBlock: _Walk.filter_block,
    nodes.Include: _Walk.include,
    nodes.Extends: _Walk.extends,
    nodes.Import: _Walk.load,
    nodes.FromImport: _Walk.load,
}

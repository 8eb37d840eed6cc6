"""YAML text to plain data, with the place of every value.

Plain scalars resolve as in the core schema of YAML 1.2, which editors also follow: only `true` and
`false` are booleans, `no` and `12:30` and `2026-01-02` stay text. Reading is safe on hostile input:
size, depth and the number of values after alias expansion are limited, and a mistake is a finding,
never a crash.
"""

import math
import operator
import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import yaml
from yaml import ScalarNode, SequenceNode

from agentops_cli.errors import InputError
from agentops_cli.model.finding import Finding
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.place import Location

Route: TypeAlias = tuple[str | int, ...]

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 50
MAX_VALUES = 500_000

# Of a whole number; those of a few more do not fit a float any longer.
_MOST_DIGITS = 300

_PREFIX = "tag:yaml.org,2002:"
_STR, _SEQ, _MAP, _MERGE = (f"{_PREFIX}{kind}" for kind in ("str", "seq", "map", "merge"))

_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), f"{_PREFIX}null"),
    **dict.fromkeys(("true", "True", "TRUE", "false", "False", "FALSE"), f"{_PREFIX}bool"),
    "<<": _MERGE,
}
_NUMBERS = (
    (f"{_PREFIX}int", re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")),
    (
        f"{_PREFIX}float",
        re.compile(
            r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
            r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
        ),
    ),
)
_BEGIN_NUMBERS = frozenset("-+.0123456789")
"""Tags of plain scalars that are no text (YAML 1.2, section 10.3.2)."""


_PARSER: Any = (
    yaml.cyaml.CParser  # type: ignore[attr-defined] # The stub only imports it.
    if yaml.__with_libyaml__
    else yaml.SafeLoader
)


class _Loader(_PARSER):  # type: ignore[misc] # chosen above
    """libyaml's parser where it is built in, with the core schema's plain scalars."""

    # PyYAML's own three also look after types that depend on a path, which take a third of the time
    # of a small document, and which nobody declares here. These two are told of every node and have
    # nothing to do, which functions written in C are quicker at.
    descend_resolver = staticmethod(operator.is_)
    ascend_resolver = staticmethod(tuple)

    def resolve(self, kind: type, value: str, implicit: tuple[bool, bool]) -> str:
        """The tag of a node that is written without one."""
        if kind is not ScalarNode:
            return _SEQ if kind is SequenceNode else _MAP
        if not implicit[0]:
            return _STR
        if value[:1] in _BEGIN_NUMBERS:
            for tag, pattern in _NUMBERS:
                if pattern.fullmatch(value):
                    return tag
        return _WORDS.get(value, _STR)


_Pair: TypeAlias = tuple[Any, Any]
"""A key node and its value node."""

_Parts: TypeAlias = Mapping[str, _Pair]
"""The pairs of a mapping by their keys, those that are merged into it too."""

_NO_PARTS: Final[_Parts] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A YAML document: its data, and where each part of it stands.

    A route is the keys and indices that lead to a value: `("cases", 3, "mustContain", 0)`.
    `all_finite` is False where a number may be infinite or no number at all.
    """

    path: str
    data: Json
    _root: Any
    _places: "_Places"
    _parts: Mapping[int, _Parts] = field(default_factory=dict, compare=False, repr=False)
    all_finite: bool = False

    def at(self, route: Route = ()) -> Location:
        """The place of a value; of its nearest parent that is in the text if it is not."""
        node = self._root
        for step in route:
            found = self._part(node, step)
            if found is None:
                break
            node = found[1]
        return self._location(node)

    def end_at(self, route: Route) -> Location | None:
        """Where the notation of a value ends; None where the text has no such value."""
        node = self._node(route)
        return None if node is None else self._places.of(node.end_mark)

    def key_at(self, route: Route) -> Location:
        """The place of the key that ends the route; falls back as `at` does."""
        parent = self._root
        for step in route[:-1]:
            found = self._part(parent, step)
            if found is None:
                return self._location(parent)
            parent = found[1]
        found = self._part(parent, route[-1]) if route else None
        return self._location(found[0] if found else parent)

    def text_at(self, route: Route) -> str | None:
        """The scalar exactly as written, before `1.10` became a number; None for other values."""
        node = self._node(route)
        return node.value if isinstance(node, ScalarNode) else None

    def is_plain(self, route: Route) -> bool:
        """Whether a value is a scalar without quotes, whose type readers of YAML have to guess."""
        node = self._node(route)
        return isinstance(node, ScalarNode) and not node.style

    def _node(self, route: Route) -> Any:
        node = self._root
        for step in route:
            found = self._part(node, step)
            if found is None:
                return None
            node = found[1]
        return node

    def _part(self, node: Any, step: str | int) -> _Pair | None:
        """The key node and the value node of one step; for a sequence both are the item."""
        if isinstance(step, str):
            return self._parts.get(id(node), _NO_PARTS).get(step)
        if isinstance(node, SequenceNode) and step < len(node.value):
            return node.value[step], node.value[step]
        return None

    def _location(self, node: Any) -> Location:
        return self._places.start if node is None else self._places.of(node.start_mark)


_ODD_BREAKS = "[\x85\u2028\u2029]"


class _Places:
    """Marks of the parser as places of the file.

    libyaml ends a line at three characters that no editor ends one at; where a text holds one, the
    lines are counted anew.
    """

    __slots__ = ("_first_line", "_path", "_starts")

    def __init__(self, text: str, path: str, first_line: int) -> None:
        self._path = path
        self._first_line = first_line
        self._starts: list[int] | None = None
        if not text.isascii() and re.search(_ODD_BREAKS, text):
            self._starts = [0, *(found.end() for found in re.finditer("\n", text))]

    @property
    def start(self) -> Location:
        """Where the text begins."""
        return Location(path=self._path, line=self._first_line, column=1)

    def of(self, mark: Any) -> Location:
        """The place of a mark."""
        line, column = mark.line, mark.column
        if self._starts is not None:
            line = bisect_right(self._starts, mark.index) - 1
            column = mark.index - self._starts[line]
        return Location(path=self._path, line=line + self._first_line, column=column + 1)


def parse_yaml(text: str, *, path: str, first_line: int = 1) -> Document:
    """Reads one YAML document; an empty one is None.

    `first_line` is the line of the file on which the text begins. Raises `InputError` with every
    mistake that can be told: bad syntax (the first one only), duplicate keys, keys that are not
    text, tags, limits exceeded.
    """
    document, findings = read_yaml(text, path=path, first_line=first_line)
    if findings:
        raise InputError(findings)
    return document


def read_yaml(text: str, *, path: str, first_line: int = 1) -> tuple[Document, tuple[Finding, ...]]:
    """The same for a reader that goes on: the document as far as it makes sense, and its mistakes.

    Of a key given twice the last value counts. Raises `InputError` for bad syntax only.
    """
    text = text.removeprefix("\ufeff")
    places = _Places(text, path, first_line)
    start = places.start
    if len(text) > MAX_BYTES:
        size = f"{len(text) / 1e6:.1f} million characters"
        raise InputError(
            [
                Finding(
                    rule="too-large",
                    message=f"the file has {size}; the limit for YAML is {MAX_BYTES // 2**20} MiB",
                    location=start,
                    fix="move the cases to a CSV or JSONL file and name it under 'datasets'",
                )
            ]
        )
    try:
        root = compose(text)
    except yaml.MarkedYAMLError as error:
        raise InputError([_syntax(error, places)]) from error
    except (yaml.YAMLError, ValueError) as error:
        message = f"not readable as YAML: {str(error).splitlines()[0]}"
        fix = "remove control characters and save the file as UTF-8"
        raise InputError(
            [Finding(rule="bad-yaml", message=message, location=start, fix=fix)]
        ) from error
    except RecursionError as error:
        raise InputError([_too_deep(start)]) from error
    return document_of(root, text, path=path, first_line=first_line, places=places)


def document_of(
    root: Any,
    text: str,
    *,
    path: str,
    first_line: int = 1,
    places: _Places | None = None,
) -> tuple[Document, tuple[Finding, ...]]:
    """The document of nodes that were composed from a text, and what is wrong with it."""
    places = places or _Places(text, path, first_line)
    builder = _Builder(places)
    data = None if root is None else builder.build(root)
    document = Document(
        path=path,
        data=data,
        all_finite=builder.all_finite,
        _root=root,
        _places=places,
        _parts=builder.parts,
    )
    return document, tuple(builder.findings)


def compose(text: str) -> Any:
    """The node of a YAML document, of PyYAML's kinds; raises its errors."""
    if _may_be_deep(text):
        _refuse_deep(text)
    loader = _Loader(text)
    try:
        return loader.get_single_node()
    finally:
        loader.dispose()


# libyaml's composer recurses in C and would take the process down before Python could object.
_SAFE_DEPTH = 400
_DEEP_LINE = rf"(?:[-?:][ \t]+){{{_SAFE_DEPTH}}}|^ {{{_SAFE_DEPTH}}}"


def _may_be_deep(text: str) -> bool:
    """False when the text surely nests less than the safe depth; cheap, and wary of quotes."""
    if len(text) < _SAFE_DEPTH:
        return False
    if text.count("[") + text.count("{") >= _SAFE_DEPTH and _deepest(text) >= _SAFE_DEPTH:
        return True
    # Hardly a line is that long; to search them all takes as long as to build the data.
    return _has_long_line(text) and any(re.search(_DEEP_LINE, line) for line in text.splitlines())


def _has_long_line(text: str) -> bool:
    """Whether a line is as long as what nests as deep in it."""
    at = 0
    while len(text) - at >= _SAFE_DEPTH:
        end = text.rfind("\n", at, at + _SAFE_DEPTH)
        if end < 0:
            return True
        at = end + 1
    return False


def _deepest(text: str) -> int:
    depth = deepest = 0
    for bracket in re.findall(r"[\[\]{}]", text):
        depth += 1 if bracket in "[{" else -1 if depth else 0
        deepest = max(deepest, depth)
    return deepest


def _refuse_deep(text: str) -> None:
    """Raises `RecursionError` when the document's events nest deeper than the safe depth."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _SAFE_DEPTH:
            raise RecursionError


class _Builder:
    """Turns nodes into data, collecting what is wrong.

    `parts` are those of each mapping, by its `id`: the document holds the nodes, so that their ids
    stay their own.
    """

    def __init__(self, places: _Places) -> None:
        self.findings: list[Finding] = []
        self.parts: dict[int, _Parts] = {}
        self.all_finite = True
        self._places = places
        self._values = 1
        self._open: set[int] = set()

    def build(self, node: Any) -> Json:
        """The data of a node; stops at the first limit that is exceeded."""
        try:
            return self._build(node, 0)
        except _LimitError as limit:
            self.findings.append(limit.finding)
            return None

    def _build(self, node: Any, depth: int) -> Json:
        if isinstance(node, ScalarNode):
            text: str = node.value
            return text if node.tag == _STR else self._scalar(node, text)
        if depth > MAX_DEPTH or id(node) in self._open:
            raise _LimitError(_too_deep(self._at(node)))
        self._count(node)
        self._open.add(id(node))
        try:
            if isinstance(node, SequenceNode):
                return [self._build(item, depth + 1) for item in node.value]
            return self._mapping(node, depth)
        finally:
            self._open.discard(id(node))

    def _count(self, node: Any) -> None:
        self._values += len(node.value)
        if self._values > MAX_VALUES:
            raise _LimitError(
                Finding(
                    rule="too-many-values",
                    message=f"the document expands to more than {MAX_VALUES:,} values",
                    location=self._at(node),
                    fix="remove nested aliases, or move cases to a dataset file",
                )
            )

    def _mapping(self, node: Any, depth: int) -> JsonObject:
        own: JsonObject = {}
        merged: JsonObject = {}
        parts: dict[str, _Pair] = {}
        for pair in node.value:
            key, value = pair
            if key.tag == _MERGE:
                for part in _as_list(self._build(value, depth + 1)):
                    merged = {**(part if isinstance(part, dict) else {}), **merged}
                continue
            if not isinstance(key, ScalarNode):
                self._add("bad-key", "a key must be text", key, "write the key as plain text")
                continue
            name: str = key.value
            if name in own:
                first = f"already given on line {self._at(parts[name][0]).line}"
                self._add("duplicate-key", f"key {name!r} {first}", key, "remove one of the two")
            parts[name] = pair
            # Most values are texts; the others take a call each.
            if value.tag == _STR and isinstance(value, ScalarNode):
                own[name] = value.value
            else:
                own[name] = self._build(value, depth + 1)
        self.parts[id(node)] = {**self._merged(node), **parts} if merged else parts
        return {**merged, **own} if merged else own

    def _merged(self, node: Any) -> _Parts:
        """What a mapping takes from others; of several the first wins."""
        found: _Parts = {}
        for key, value in node.value:
            if key.tag == _MERGE:
                for part in value.value if isinstance(value, SequenceNode) else [value]:
                    found = {**self.parts.get(id(part), _NO_PARTS), **found}
        return found

    def _scalar(self, node: Any, text: str) -> Json:
        """The value of a scalar that is no text."""
        kind = node.tag.removeprefix(_PREFIX)
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() == "true"
        if kind in {"int", "float"}:
            try:
                return self._number(text, kind)
            except ValueError:
                pass  # A tag such as `!!int` on other text; reported below like any tag.
        self._add("bad-tag", f"the tag {node.tag!r} is not allowed here", node, "remove the tag")
        return text

    def _number(self, text: str, kind: str) -> int | float:
        """The number; infinite when it has more digits than a float can hold."""
        if kind == "int" and len(text) <= _MOST_DIGITS:
            return _int(text)
        number = float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
        self.all_finite &= math.isfinite(number)
        return number

    def _add(self, rule: str, message: str, node: Any, fix: str) -> None:
        place = self._at(node)
        self.findings.append(Finding(rule=rule, message=message, location=place, fix=fix))

    def _at(self, node: Any) -> Location:
        return self._places.of(node.start_mark)


class _LimitError(Exception):
    """The document is larger than is read."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


def _int(text: str) -> int:
    digits = text.lower()
    base = 16 if "x" in digits else 8 if "o" in digits else 10
    return int(digits, base)


def _as_list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


def _too_deep(location: Location) -> Finding:
    return Finding(
        rule="too-deep",
        message=f"values are nested more than {MAX_DEPTH} deep, or an alias contains itself",
        location=location,
        fix="flatten the document",
    )


def _syntax(error: yaml.MarkedYAMLError, places: _Places) -> Finding:
    problem = error.problem or "it cannot be parsed"
    mark = error.problem_mark or error.context_mark
    location = places.of(mark) if mark else places.start
    if "mapping values are not allowed" in problem:
        fix = "put the value in quotes, it holds ': '"
    elif "cannot start any token" in problem:
        fix = "indent with spaces (not tabs), and quote a value that begins with @, ` or %"
    elif "undefined alias" in problem or "alias" in (error.context or ""):
        fix = "quote a value that begins with *"
    else:
        fix = "look at the line above too: a quote, bracket or dash may be missing"
    return Finding(
        rule="bad-yaml", message=f"not valid YAML: {problem}", location=location, fix=fix
    )

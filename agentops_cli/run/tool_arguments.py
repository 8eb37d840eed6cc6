"""Whether arguments that a case expects of a tool are ones that a right call could have.

A call whose arguments do not fit the tool's parameters is a mistake by itself. So an expectation
that no fitting arguments meet can only be lost, and one that is negated cannot fail.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from agentops_cli.assertions.json_value import meant_by
from agentops_cli.assertions.matching import MATCHER_KEYS, MATCHERS, is_matcher, miss_of
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.suite import AssertionSpec
from agentops_cli.model.tool import Tool
from agentops_cli.template.suggest import did_you_mean
from agentops_cli.user_schema import misfit
from agentops_cli.user_schema.values import kind_of
from agentops_cli.validate import TYPE_WORDS, shown

_KINDS = frozenset(TYPE_WORDS)
_NUMBERS = frozenset({"number", "integer"})
_WRITE_ANOTHER = "write what the tool takes, or mend its parameters"

# References that lead to references; more of them are taken to lead anywhere.
_LONGEST_CHAIN = 8

# What a part of a schema refers to is only known beside these, and only by these addresses.
_SHARED = ("$schema", "$defs", "definitions")
_ELSEWHERE = re.compile(
    r'"\$(?:id|anchor|dynamicRef|recursiveRef)"|"\$ref": "(?!#/(?:\$defs|definitions)/)'
)


@dataclass(frozen=True, slots=True)
class Impossible:
    """Why an expected argument can never come, and what to write in its place."""

    message: str
    fix: str
    is_unknown: bool = False


def impossible_arguments(spec: AssertionSpec, tool: Tool, args: JsonObject) -> Iterator[Impossible]:
    """What of the arguments that an assertion expects of a tool no right call can have.

    Whatever a schema says in ways that are not looked into here is taken to be possible.
    """
    return _Walk(spec, tool).value(tool.parameters, args, ())


class _Walk:
    """Goes through what is written beside the schema of it; `route` leads from the arguments."""

    def __init__(self, spec: AssertionSpec, tool: Tool) -> None:
        self._spec = spec
        self._tool = tool

    def value(self, schema: Json, written: Json, route: tuple[str, ...]) -> Iterator[Impossible]:
        schema = self._resolved(schema)
        if not isinstance(schema, dict):
            return
        kinds = self._kinds(schema)
        if isinstance(written, dict):
            yield from self._mapping(schema, kinds, written, route)
        elif isinstance(written, list) and "array" in kinds:
            items = schema.get("items") if "prefixItems" not in schema else None
            for index, part in enumerate(written):
                yield from self.value(items, part, (*route, f"[{index}]"))
        else:
            yield from self._literal(schema, written, route)

    def _mapping(
        self, schema: JsonObject, kinds: frozenset[str], written: JsonObject, route: tuple[str, ...]
    ) -> Iterator[Impossible]:
        """A mapping is an object in part, or says what the value must be; either will do."""
        in_part = list(self._members(schema, written, route)) if "object" in kinds else None
        if not is_matcher(written):
            yield from self._no_object(kinds, written, route) if in_part is None else in_part
            return
        unmet = list(self._demands(schema, kinds, written, route))
        unmet = unmet or list(self._unlisted(schema, written, route))
        if in_part != [] and unmet:
            yield from in_part if in_part and kinds == {"object"} else unmet

    def _members(
        self, schema: JsonObject, written: JsonObject, route: tuple[str, ...]
    ) -> Iterator[Impossible]:
        declared = schema.get("properties")
        known = declared if isinstance(declared, dict) else {}
        others = None if "patternProperties" in schema else schema.get("additionalProperties")
        for key, part in written.items():
            if key not in known and others is False:
                where = f" in {_path(route)}" if route else ""
                message = f"{self._tool.name} takes no argument {key!r}{where}"
                fix = did_you_mean(key, known) or "remove it, or add it to the tool"
                yield Impossible(message, fix, is_unknown=True)
            else:
                yield from self.value(known.get(key, others), part, (*route, key))

    def _no_object(
        self, kinds: frozenset[str], written: JsonObject, route: tuple[str, ...]
    ) -> Iterator[Impossible]:
        """A mapping where there can be none: mostly a matcher with a mistake in it."""
        wrong = next((key for key in written if key not in MATCHER_KEYS), None)
        what = f"no matcher is called {wrong!r}" if wrong else "this mapping is no matcher"
        near = did_you_mean(wrong, MATCHER_KEYS) if wrong else None
        problem = f"must be {_words(kinds)}, and {what}"
        yield self._never(route, problem, near or f"write {MATCHERS}")

    def _demands(
        self, schema: JsonObject, kinds: frozenset[str], written: JsonObject, route: tuple[str, ...]
    ) -> Iterator[Impossible]:
        """What of a matcher no value of the types of a schema meets."""
        for key, part in written.items():
            for choice in _choices(key, part):
                yield from self._literal(schema, choice, route)
            if not kinds & _holders(key, part):
                problem = f"must be {_words(kinds)}, which {{{key}: …}} never holds of"
                yield self._never(route, problem, _WRITE_ANOTHER)

    def _unlisted(
        self, schema: JsonObject, written: JsonObject, route: tuple[str, ...]
    ) -> Iterator[Impossible]:
        """A matcher that none of the listed values meets, where a schema lists them."""
        values, miss = schema.get("enum"), miss_of(self._spec, written)
        if isinstance(values, list) and all(miss(value, "") for value in values):
            told = ", ".join(map(shown, values))
            yield self._never(route, f"must be one of {told}: none matches", _WRITE_ANOTHER)

    def _literal(
        self, schema: JsonObject, written: Json, route: tuple[str, ...]
    ) -> Iterator[Impossible]:
        name = _path(route)
        reasons = [self._misfit(schema, value, name) for value in meant_by(written)]
        if None in reasons:
            return
        fix, text = _WRITE_ANOTHER, json.dumps(written)
        if not isinstance(written, str | list | dict) and not self._misfit(schema, text, name):
            fix = f'put it in quotes: "{text}"'
        yield Impossible(f"{self._tool.name}: {reasons[0]}", fix)

    def _misfit(self, schema: JsonObject, value: Json, name: str) -> str | None:
        """Why a value does not fit a part of the parameters; None also where that is not known."""
        if '"$' in json.dumps(schema):
            root = self._tool.parameters
            schema = {**{key: root[key] for key in _SHARED if key in root}, **schema}
            if _ELSEWHERE.search(json.dumps(schema)):
                return None
        return misfit(schema, value, name)

    def _never(self, route: tuple[str, ...], problem: str, fix: str) -> Impossible:
        return Impossible(f"{self._tool.name}: {_path(route)!r} {problem}", fix)

    def _kinds(self, schema: Json) -> frozenset[str]:
        """The types that a value may have at most."""
        schema = self._resolved(schema)
        if not isinstance(schema, dict):
            return frozenset() if schema is False else _KINDS
        kinds = _KINDS
        if given := schema.get("type"):
            named = {str(one) for one in given} if isinstance(given, list) else {str(given)}
            kinds = frozenset(named | _NUMBERS if "number" in named else named)
        if isinstance(values := schema.get("enum"), list):
            kinds &= {kind_of(value) for value in values}
        for key in ("anyOf", "oneOf"):
            if isinstance(branches := schema.get(key), list) and branches:
                kinds &= frozenset().union(*map(self._kinds, branches))
        return kinds

    def _resolved(self, schema: Json) -> Json:
        """A schema, or the shared one that it refers to; anything where that is elsewhere."""
        for _ in range(_LONGEST_CHAIN):
            reference = schema.get("$ref") if isinstance(schema, dict) else None
            if not isinstance(reference, str):
                return schema
            [_, shared, name] = [*reference.split("/"), "", ""][:3]
            holder = self._tool.parameters.get(shared)
            schema = holder.get(name) if isinstance(holder, Mapping) else None
        return None


def _holders(key: str, part: Json) -> frozenset[str]:
    """The types of which a matcher can hold."""
    if key == "contains":
        return frozenset({"array", "object", "string"} if isinstance(part, str) else {"array"})
    return {"regex": frozenset({"string"}), "min": _NUMBERS, "max": _NUMBERS}.get(key, _KINDS)


def _choices(key: str, part: Json) -> Iterator[Json]:
    """The values that a matcher writes out."""
    if key == "equals":
        yield part
    elif key == "oneOf" and isinstance(part, list):
        yield from part


def _words(kinds: frozenset[str]) -> str:
    wanted = [words for kind, words in TYPE_WORDS.items() if kind in kinds]
    if "number" in kinds:
        wanted.remove(TYPE_WORDS["integer"])
    return " or ".join(wanted)


def _path(route: tuple[str, ...]) -> str:
    return ".".join(route).replace(".[", "[") or "arguments"

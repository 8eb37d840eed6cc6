"""The sections `input` and `output` of frontmatter: what goes into a prompt and what comes out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from agentops_cli.locate import Document, Route
from agentops_cli.model.finding import Finding
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.prompt import PromptInput
from agentops_cli.prompt.picoschema import Expanded, expand, is_json_schema
from agentops_cli.prompt.roles import MARK_NAME
from agentops_cli.user_schema import SchemaProblem, misfit, problems_of

Report = Callable[[Finding], None]

_RESERVED: Final = frozenset(
    {
        *("and", "or", "not", "if", "else", "is", "in"),
        *("true", "false", "none", "True", "False", "None"),
        *("loop", "self", "super", "caller", "varargs", "kwargs", "range", "dict", "namespace"),
        MARK_NAME,
    }
)
"""Names that mean something else in a template."""

_MAX_COMPARED: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredInputs:
    """The variables of a template; `inputs` is None when the file has no input schema."""

    inputs: Mapping[str, PromptInput] | None = None
    defaults: Mapping[str, Json] = field(default_factory=dict)


def read_inputs(document: Document, section: JsonObject, report: Report) -> DeclaredInputs:
    """Reads `input`; `section` is the part of it that the schema of frontmatter accepts.

    A variable is untrusted unless the file says otherwise: by `trusted: true` in its JSON Schema,
    or by a list `untrusted` that leaves it out. Of a JSON Schema the top level's `properties` and
    `required` count.
    """
    defaults = _mapping(section.get("default"))
    if "schema" not in section:
        return DeclaredInputs(defaults=defaults)
    reader = _InputReader(document, section, report)
    inputs = reader.inputs()
    reader.check_names("untrusted", reader.untrusted or (), inputs)
    reader.check_names("default", tuple(defaults), inputs)
    for name, value in defaults.items():
        declared = inputs.get(name)
        if declared is None or problems_of(declared.schema):
            continue
        if reason := misfit(declared.schema, value, name):
            place = document.at(("input", "default", name))
            fix = "mend the default, or the type in input.schema"
            report(Finding(rule="bad-default", message=reason, location=place, fix=fix))
    return DeclaredInputs(inputs=inputs, defaults=defaults)


def read_output(document: Document, section: JsonObject, report: Report) -> JsonObject | None:
    """The JSON Schema of the answer; None when the file gives none."""
    source = section.get("schema")
    if source is None:
        return None
    route: Route = ("output", "schema")
    if section.get("format") == "text":
        report(
            Finding(
                rule="conflict",
                message="an answer of format 'text' has no schema",
                location=document.at(("output", "format")),
                fix="write format: json, or remove the schema",
            )
        )
    return read_schema(document, source, route, report).schema


class _InputReader:
    def __init__(self, document: Document, section: JsonObject, report: Report) -> None:
        self._document = document
        self._report = report
        self._source = _mapping(section["schema"])
        self._is_json = is_json_schema(self._source)
        untrusted = section.get("untrusted")
        self.untrusted = tuple(map(str, untrusted)) if isinstance(untrusted, list) else None

    def inputs(self) -> dict[str, PromptInput]:
        """The variables by name, in the order of the file."""
        route: Route = ("input", "schema")
        expanded = read_schema(self._document, self._source, route, self._report)
        schema = expanded.schema
        is_json = self._is_json
        if is_json and schema.get("type") != "object":
            fix = "write type: object, and the variables under properties"
            self._add("bad-schema", "the input of a prompt is a mapping of variables", route, fix)
        if "(*)" in self._source:
            fix = "name each variable"
            self._add("bad-schema", "variables without a name", (*route, "(*)"), fix)
        required = schema.get("required")
        found = {}
        for name, given in _mapping(schema.get("properties")).items():
            key = ("properties", name) if is_json else (expanded.keys.get(name, name),)
            self._check_name(name, (*route, *key))
            own = _mapping(given)
            found[name] = PromptInput(
                name=name,
                schema=self._standalone(own, schema, (*route, *key)),
                required=isinstance(required, list) and name in required,
                trusted=self._is_trusted(name, own),
                location=self._document.key_at((*route, *key)),
            )
        return found

    def check_names(self, key: str, names: tuple[str, ...], inputs: Mapping[str, object]) -> None:
        """Reports the names under `input.<key>` that the schema does not declare."""
        for index, name in enumerate(names):
            if name in inputs:
                continue
            import difflib  # Wanted by mistakes only.

            # A stranger's file may hold thousands of names; comparing them all would take minutes.
            few = len(names) * len(inputs) <= _MAX_COMPARED
            near = difflib.get_close_matches(name, list(inputs), n=1) if few else []
            step: str | int = name if key == "default" else index
            self._add(
                "undeclared-variable",
                f"input.schema declares no variable {name!r}",
                ("input", key, step),
                f"did you mean {near[0]!r}?" if near else "declare it, or remove it",
            )

    def _check_name(self, name: str, route: Route) -> None:
        if not is_name(name):
            fix = "use letters, digits and underscores; not a word of the template language"
            self._add("bad-name", f"a template cannot use a variable named {name!r}", route, fix)

    def _is_trusted(self, name: str, schema: JsonObject) -> bool:
        if self.untrusted is not None:
            return name not in self.untrusted
        return schema.get("trusted") is True

    def _standalone(self, part: JsonObject, whole: JsonObject, route: Route) -> JsonObject:
        """The schema of one variable, to be judged by itself: what it may refer to comes along."""
        schema = {key: value for key, value in part.items() if key != "trusted"}
        if not self._is_json or not _has_reference(schema):
            return schema
        schema |= {k: whole[k] for k in ("$schema", "$defs", "definitions") if k in whole}
        for problem in problems_of(schema):
            self._report(_finding(self._document, problem, route))
        return schema

    def _add(self, rule: str, message: str, route: Route, fix: str) -> None:
        place = self._document.key_at(route)
        self._report(Finding(rule=rule, message=message, location=place, fix=fix))


def read_schema(document: Document, source: Json, route: Route, report: Report) -> Expanded:
    """The JSON Schema of a part that is either that or Picoschema; mistakes are reported."""
    if is_json_schema(source):
        schema = _mapping(source)
        if "type" not in schema:
            schema = {"type": "object", **schema}
        expanded = Expanded(schema=schema, problems=problems_of(_without_trust(schema)), keys={})
    else:
        expanded = expand(source)
    for problem in expanded.problems:
        report(_finding(document, problem, route))
    return expanded


def is_name(name: str) -> bool:
    """Whether a variable of a template may be called so."""
    return name.isidentifier() and name not in _RESERVED


def _finding(document: Document, problem: SchemaProblem, base: Route) -> Finding:
    route = (*base, *problem.route)
    return Finding(
        rule="bad-schema",
        message=problem.message,
        location=document.key_at(route) if problem.on_key else document.at(route),
        fix=problem.fix,
    )


def _has_reference(value: Json) -> bool:
    if isinstance(value, dict):
        return "$ref" in value or any(map(_has_reference, value.values()))
    return isinstance(value, list) and any(map(_has_reference, value))


def _without_trust(schema: JsonObject) -> JsonObject:
    """The schema as JSON Schema knows it, without our own `trusted` on its properties."""
    properties = {
        name: {k: v for k, v in part.items() if k != "trusted"} if isinstance(part, dict) else part
        for name, part in _mapping(schema.get("properties")).items()
    }
    return {**schema, "properties": properties} if "properties" in schema else schema


def _mapping(value: Json) -> JsonObject:
    return value if isinstance(value, dict) else {}

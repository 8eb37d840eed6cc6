"""An answer that must fit a JSON Schema."""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from agentops_cli.assertions.arguments import arguments
from agentops_cli.assertions.excerpt import listed, shortened, shown
from agentops_cli.assertions.expression import BadExpression, Expression, compile_source
from agentops_cli.assertions.json_formats import UNCHECKED, format_checker
from agentops_cli.assertions.json_value import FENCE, NotJson, value_of
from agentops_cli.assertions.verdict import CannotTell, bad_argument, judged
from agentops_cli.model.call import Evidence, Verdict
from agentops_cli.model.json import Json
from agentops_cli.model.suite import AssertionSpec

if TYPE_CHECKING:  # 60 ms: paid by suites that use schemas.
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator
    from referencing import Resource
    from referencing._core import Resolver  # The package has no public name for it.

# More mistakes than anybody reads; finding all of those of a long answer takes time.
_MOST_ERRORS = 20


class JsonSchema:
    """The answer is JSON that fits a JSON Schema.

    *What it checks*

    The whole answer is JSON (as `json` checks it, with `fence`) and fits the schema in `value`:
    draft 2020-12 unless `$schema` names an older one. Formats are checked: date, date-time, time,
    duration, email, hostname, ipv4, ipv6, uri, uuid, regex. What could never be checked is refused
    when the suite is read: other formats of the standard, references that lead outside of the
    schema, expressions that do not compile.

    *Why it matters*

    The schema is the contract with the program behind the prompt.

    *Example*

    ```yaml
    assert:
      - kind: jsonSchema
        value:
          type: object
          required: [label]
          properties:
            label: {enum: [billing, bug, other]}
    ```

    *Fix*

    The reason lists up to three mistakes, each with the path of the value. Give the provider the
    same schema as the prompt's `output.schema`.
    """

    schema = arguments(
        "value",
        value={"type": "object", "minProperties": 1, "description": "the JSON Schema"},
        fence=FENCE,
    )

    def __init__(self, spec: AssertionSpec, /) -> None:
        self._spec = spec
        self._fence = bool(spec.args.get("fence"))
        try:
            self._validator = _compiled(json.dumps(spec.args["value"], sort_keys=True))
        except BadSchema as error:
            raise bad_argument(spec, str(error), fix=error.fix) from None

    def check(self, evidence: Evidence) -> Verdict:
        """Parses and validates the answer."""
        try:
            value = value_of(evidence.completion, fence=self._fence)
        except NotJson as problem:
            return judged(self._spec, passed=False, reason=str(problem))
        problems = [_line(error) for error in self._errors(value)]
        if not problems:
            return judged(self._spec, passed=True, reason=f"fits the schema: {shown(value)}")
        return judged(self._spec, passed=False, reason=listed(sorted(problems), sep="; "))

    def _errors(self, value: Json) -> list["ValidationError"]:
        try:
            return list(islice(self._validator.iter_errors(value), _MOST_ERRORS))
        except RecursionError:
            raise CannotTell("the answer is nested too deeply for the schema") from None


class BadSchema(ValueError):  # noqa: N818 - named for what the author wrote
    """A schema that is not valid, or that could not be checked in full."""

    def __init__(self, message: str, *, fix: str) -> None:
        super().__init__(message)
        self.fix = fix


def _line(error: "ValidationError") -> str:
    from jsonschema.exceptions import best_match  # Loaded long before the first error.

    # Of an anyOf that failed, the mistake in the branch that came closest says more.
    inner = best_match([error]) or error
    return f"{shortened(inner.json_path)}: {shortened(inner.message)}"


@lru_cache(maxsize=64)
def _compiled(text: str) -> "Validator":
    """The validator of a schema, once for all the cases that share it; raises `BadSchema`."""
    from jsonschema.exceptions import best_match
    from jsonschema.validators import Draft202012Validator, extend, validator_for
    from referencing import Registry, Resource
    from referencing.jsonschema import DRAFT202012

    schema = json.loads(text)
    chosen = validator_for(schema, default=Draft202012Validator)
    _check_draft(schema, chosen)
    error = best_match(chosen(chosen.META_SCHEMA).iter_errors(schema))
    if error is not None:
        problem = f"the schema is not valid at {error.json_path}: {shortened(error.message)}"
        raise BadSchema(problem, fix="mend the schema")
    resource = Resource.from_contents(schema, default_specification=DRAFT202012)
    # An empty registry fetches nothing; the default one would.
    registry = Registry().with_resource(resource.id() or "", resource)
    for part, resolver in _parts(resource, registry.resolver_with_root(resource)):
        _check_part(part, resolver)
    bounded = extend(chosen, {"pattern": _pattern})  # type: ignore[no-untyped-call] # stubs
    validator: Validator = bounded(schema, registry=registry, format_checker=format_checker())
    _check_ends(validator)
    return validator


def _check_draft(schema: dict[str, Any], chosen: "type[Validator]") -> None:
    """Refuses a `$schema` that is not known, for which the newest draft would be taken."""
    named, meta = schema.get("$schema"), chosen.META_SCHEMA
    known = str(meta.get("$id", meta.get("id")))  # Drafts 3 and 4 call it id.
    if named is not None and str(named).rstrip("#") != known.rstrip("#"):
        fix = "write https://json-schema.org/draft/2020-12/schema, or leave it out"
        raise BadSchema(f"unknown $schema {named!r}", fix=fix)


def _parts(
    resource: "Resource[Any]", resolver: "Resolver[Any]"
) -> Iterator[tuple[dict[str, Any], "Resolver[Any]"]]:
    """Every schema inside of a schema, itself first, each with what its references mean there."""
    if isinstance(resource.contents, dict):
        yield resource.contents, resolver
    for inner in resource.subresources():
        yield from _parts(inner, resolver.in_subresource(inner))


def _check_part(part: dict[str, Any], resolver: "Resolver[Any]") -> None:
    from referencing.exceptions import Unresolvable

    for keyword in ("$ref", "$dynamicRef"):
        if keyword in part:
            try:
                resolver.lookup(part[keyword])
            except Unresolvable:
                problem = f"{keyword} {part[keyword]!r} leads nowhere in the schema"
                raise BadSchema(problem, fix="put it under $defs: nothing is fetched") from None
    if part.get("format") in UNCHECKED:
        problem = f"format {part['format']!r} cannot be checked, so it would accept anything"
        raise BadSchema(problem, fix="write a pattern in its place")
    try:
        if "pattern" in part:
            compile_source(part["pattern"])
        for source in part.get("patternProperties", ()):
            re.compile(source)  # The validator searches names with Python's own.
    except (BadExpression, re.error) as error:
        raise BadSchema(f"a pattern is not valid: {error}", fix="mend it") from None


def _check_ends(validator: "Validator") -> None:
    """Refuses a schema that refers to itself before it has looked at anything."""
    try:
        validator.is_valid(None)
    except RecursionError:
        fix = "let the reference stand under properties or items"
        raise BadSchema("the schema refers to itself without end", fix=fix) from None


def _pattern(
    _validator: "Validator", source: str, instance: Json, _schema: Json
) -> Iterator["ValidationError"]:
    """The keyword `pattern`, with searches that end."""
    from jsonschema.exceptions import ValidationError  # Loaded long before the first search.

    if isinstance(instance, str) and not _expression(source).matches(instance):
        yield ValidationError(f"{instance!r} does not match {source!r}")


@lru_cache(maxsize=256)
def _expression(source: str) -> Expression:
    return compile_source(source)

"""What a JSON value has to be, as the arguments of an assertion say it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from agentops_cli.assertions.bounds import bounds_between, bounds_of_count
from agentops_cli.assertions.excerpt import shown
from agentops_cli.assertions.json_value import is_meant
from agentops_cli.assertions.needle import read_needle
from agentops_cli.assertions.verdict import expression_of
from agentops_cli.model.json import Json
from agentops_cli.model.suite import AssertionSpec
from agentops_cli.user_schema.values import is_of


@dataclass(frozen=True, slots=True)
class Demand:
    """What a value has to be, in words and as a question."""

    words: str
    is_met: Callable[[Json], bool]


_SIZED = (str, list, dict)


def demands_of(spec: AssertionSpec, args: Mapping[str, Json]) -> Iterator[Demand]:
    """The demands that some arguments of an assertion make, in the order in which they are told.

    The arguments are `type`, `equals`, `oneOf`, `contains`, `regex`, `min`, `max` and `length`;
    others make none. Raises `InputError` for what means nothing.
    """
    if "type" in args:
        given = args["type"]
        types: list[Json] = given if isinstance(given, list) else [given]
        words = " or ".join(article(str(kind)) for kind in types)
        yield Demand(words, lambda value: is_of(value, types))
    if "equals" in args:
        yield Demand(shown(args["equals"]), lambda value: is_meant(value, args["equals"]))
    if "oneOf" in args:
        choices = cast("list[Json]", args["oneOf"])
        words = f"one of {shown(choices)}"
        yield Demand(words, lambda value: any(is_meant(value, choice) for choice in choices))
    if "contains" in args:
        yield _contains(spec, args["contains"])
    if "regex" in args:
        expression = expression_of(spec, cast("str", args["regex"]))
        words = f"a text that matches {expression}"
        yield Demand(words, lambda value: isinstance(value, str) and expression.matches(value))
    if "min" in args or "max" in args:
        limits = bounds_between(spec, args.get("min"), args.get("max"))
        words = f"a number, {limits}"
        yield Demand(
            words, lambda value: is_of(value, ["number"]) and limits.hold(cast("float", value))
        )
    if "length" in args:
        sizes = bounds_of_count(spec, args["length"])
        words = f"a length of {sizes}"
        yield Demand(words, lambda value: isinstance(value, _SIZED) and sizes.hold(len(value)))


def _contains(spec: AssertionSpec, wanted: Json) -> Demand:
    needle = read_needle(spec, {"text": wanted}) if isinstance(wanted, str) else None

    def is_met(value: Json) -> bool:
        if isinstance(value, str):
            return needle is not None and needle.met(value)
        if isinstance(value, list):
            return any(is_meant(element, wanted) for element in value)
        return isinstance(value, dict) and wanted in value

    return Demand(f"something that contains {shown(wanted)}", is_met)


def article(kind: str) -> str:
    """A type of JSON with its article."""
    if kind == "null":
        return kind
    return f"an {kind}" if kind[0] in "aio" else f"a {kind}"

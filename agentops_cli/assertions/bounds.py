"""A number that must lie between two others."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from agentops_cli.assertions.arguments import arguments, count
from agentops_cli.assertions.verdict import bad_argument
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.suite import AssertionSpec

COUNT: JsonObject = {
    "description": "how often: n exactly, or {min, max}",
    "anyOf": [
        {"title": "a whole number", "type": "integer", "minimum": 0},
        {
            "title": "a mapping of min and max",
            "minProperties": 1,
            **arguments(min=count("the least"), max=count("the most")),
        },
    ],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The least and the most, both included; None is no limit."""

    least: float | None = None
    most: float | None = None

    def hold(self, number: float) -> bool:
        """True when the number lies within."""
        return (self.least is None or number >= self.least) and (
            self.most is None or number <= self.most
        )

    def __str__(self) -> str:
        if self.least == self.most:
            return f"exactly {self.least}"
        if self.least is None:
            return f"at most {self.most}"
        if self.most is None:
            return f"at least {self.least}"
        return f"from {self.least} to {self.most}"


def bounds_of_args(spec: AssertionSpec) -> Bounds:
    """The bounds of a kind whose own arguments are `value`, `min` and `max`: counts, from 0."""
    limits = {key: limit for key, limit in spec.args.items() if key in ("min", "max")}
    value = spec.args.get("value")
    if value is not None and limits:
        fix = "write value for exactly that many, or min and max for a range"
        raise bad_argument(spec, "value stands beside min or max", fix=fix)
    if value is None and not limits:
        raise bad_argument(spec, "it has no limit", fix="add value, min or max")
    return bounds_of_count(spec, limits if value is None else value)


def bounds_of_count(spec: AssertionSpec, count: Json, *, least: int | None = None) -> Bounds:
    """The bounds that an argument of the shape `COUNT` means; `least` is the default of min.

    Refused where nothing fits, or everything.
    """
    if not isinstance(count, Mapping):
        exact = cast("int", count)
        return Bounds(least=exact, most=exact)
    bounds = bounds_between(spec, count.get("min", least), count.get("max"))
    if bounds.most is None and not bounds.least:
        raise bad_argument(spec, "min 0 without max cannot fail", fix="raise min, or add max")
    return bounds


def bounds_between(spec: AssertionSpec, least: Json, most: Json) -> Bounds:
    """The bounds of any two numbers, refused where nothing fits."""
    bounds = Bounds(least=cast("float | None", least), most=cast("float | None", most))
    if bounds.least is not None and bounds.most is not None and bounds.least > bounds.most:
        problem = f"min {bounds.least} is more than max {bounds.most}"
        raise bad_argument(spec, problem, fix="swap them")
    return bounds

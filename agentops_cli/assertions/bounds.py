"""A number that must lie between two others."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from agentops_cli.assertions.arguments import arguments, count
from agentops_cli.assertions.verdict import bad_argument
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.suite import AssertionSpec

Number = int | float

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

    least: Number | None = None
    most: Number | None = None

    def hold(self, number: Number) -> bool:
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
    value, least, most = (spec.args.get(key) for key in ("value", "min", "max"))
    if value is not None and (least is not None or most is not None):
        fix = "write value for exactly that many, or min and max for a range"
        raise bad_argument(spec, "value stands beside min or max", fix=fix)
    if value is None and least is None and most is None:
        raise bad_argument(spec, "it has no limit", fix="add value, min or max")
    if value is not None:
        exact = cast("int", value)
        return Bounds(least=exact, most=exact)
    return checked_count(spec, cast("int | None", least), cast("int | None", most))


def bounds_of_count(spec: AssertionSpec, count: Json, *, least: int = 0) -> Bounds:
    """The bounds that an argument of the shape `COUNT` means; `least` is the default of min."""
    if isinstance(count, Mapping):
        lower = cast("int", count.get("min", least))
        return checked_count(spec, lower, cast("int | None", count.get("max")))
    exact = cast("int", count)
    return Bounds(least=exact, most=exact)


def checked_count(spec: AssertionSpec, least: int | None, most: int | None) -> Bounds:
    """Bounds of a number that is never below 0, refused where nothing or everything fits."""
    if most is None and not least:
        raise bad_argument(spec, "min 0 without max cannot fail", fix="raise min, or add max")
    return ordered(spec, Bounds(least=least, most=most))


def ordered(spec: AssertionSpec, bounds: Bounds) -> Bounds:
    """The same bounds, refused where nothing fits."""
    if bounds.least is not None and bounds.most is not None and bounds.least > bounds.most:
        problem = f"min {bounds.least} is more than max {bounds.most}"
        raise bad_argument(spec, problem, fix="swap them")
    return bounds

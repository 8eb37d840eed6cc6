"""JSON values as JSON Schema sees them: of which type they are, and which are the same."""

from agentops_cli.model.json import Json


def kind_of(value: Json) -> str:
    """What JSON Schema calls the type of a value; every whole number is an integer."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case str():
            return "string"
        case list():
            return "array"
        case dict():
            return "object"
        case int():
            return "integer"
        case _:
            return "integer" if value.is_integer() else "number"


def is_of(value: Json, kinds: list[Json]) -> bool:
    """True when a value has one of the types; an integer is a number too."""
    kind = kind_of(value)
    return kind in kinds or (kind == "integer" and "number" in kinds)


def are_same(left: Json, right: Json) -> bool:
    """True when two JSON values are equal: 1 is 1.0, and true is not 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(
            are_same(value, right[key]) for key, value in left.items()
        )
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(are_same, left, right))
    return left == right

"""JSON Schema as findings: nothing slips through, and each mistake says what, where and how."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from agentops_cli.locate import parse_yaml
from agentops_cli.model.finding import Finding
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.validate import (
    MOST_PROBLEMS,
    check,
    check_part,
    problems,
    schema,
    schema_names,
    schema_text,
    without,
)

PET: JsonObject = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "age"],
    "properties": {
        "name": {"type": "string", "minLength": 1, "description": "What it is called."},
        "age": {"type": "integer", "minimum": 0, "maximum": 30, "description": "In years."},
        "weightKg": {"type": "number", "exclusiveMinimum": 0},
        "kind": {"enum": ["cat", "dog"], "description": "What it is."},
        "chip": {"type": "string", "pattern": "^[0-9]{4}$", "description": "Four digits."},
        "owner": {"type": "string", "pattern": r"\S", "description": "Whose it is."},
        "toys": {"type": "array", "minItems": 1, "items": {"type": "string"}},
        "food": {
            "description": "What it eats.",
            "anyOf": [
                {"type": "string"},
                {
                    "title": "a recipe {of: …}",
                    "type": "object",
                    "required": ["of"],
                    "additionalProperties": False,
                    "properties": {"of": {"type": "string"}},
                },
            ],
        },
        "wings": {"x-notYet": "birds", "not": {}},
    },
}


def found(text: str, against: JsonObject = PET) -> tuple[Finding, ...]:
    document = parse_yaml(text, path="pet.yaml")
    return check_part(document, document.data, against, ())


VALID = "name: Tom\nage: 3\n"


@pytest.mark.parametrize(
    ("more", "place", "message", "fix"),
    [
        ("", None, None, None),
        ("nmae: Tim", "3:1", "unknown key 'nmae'", "did you mean 'name'?"),
        ("zzz: 1", "3:1", "unknown key 'zzz'", "known keys: age, chip, food, kind, name, owner, t"),
        ("kind: cow", "3:7", "'kind' must be one of cat, dog, not \"cow\"", "What it is."),
        ("kind: cats", "3:7", "'kind' must be one of cat, dog, not \"cats\"", "did you mean 'cat'"),
        ("chip: 123", "3:7", "'chip' must be text, not 123", 'put it in quotes: "123"'),
        ("chip: 0123", "3:7", "'chip' must be text, not 123", 'put it in quotes: "0123"'),
        ("chip: x", "3:7", "'chip' has not the right form: \"x\"", "Four digits."),
        ("weightKg: 0", "3:11", "'weightKg' must be more than 0, not 0", None),
        ("weightKg: [1]", "3:11", "'weightKg' must be a number, not a list", None),
        ("weightKg:", "3:10", "'weightKg' must be a number, not empty", None),
        ("owner: ' '", "3:8", "'owner' must not be blank", "give it a value, or remove it: Whose"),
        ("owner: ''", "3:8", "'owner' must not be blank", "give it a value, or remove it: Whose"),
        ("toys: []", "3:7", "'toys' must not be empty", None),
        (
            "toys: [ball, 7]",
            "3:14",
            "item 2 of 'toys' must be text, not 7",
            'put it in quotes: "7"',
        ),
        ("food: 7", "3:7", "'food' must be text or a recipe {of: …}, not 7", "What it eats."),
        ("food: {off: x, of: y}", "3:8", "unknown key 'off'", "did you mean 'of'?"),
        ("food: {of: 7}", "3:12", "'of' must be text, not 7", 'put it in quotes: "7"'),
        ("food: {}", "3:7", "missing key 'of'", "add 'of'"),
        ("wings: 2", "3:1", "'wings' is not supported yet: birds", "remove it until a version"),
    ],
)
def test_a_mistake_says_what_where_and_how_to_mend_it(
    more: str, place: str | None, message: str | None, fix: str | None
) -> None:
    findings = found(VALID + more)
    if place is None:
        assert findings == ()
        return
    [finding] = findings
    assert (str(finding.location), finding.message) == (f"pet.yaml:{place}", message)
    assert (finding.fix or "").startswith(fix or "")
    assert (finding.fix is None) is (fix is None)


@pytest.mark.parametrize(
    ("text", "message", "fix"),
    [
        ("name: Tom", "missing key 'age'", "add 'age': In years."),
        (
            "name: ''\nage: 1",
            "'name' must not be empty",
            "give it a value, or remove it: What it is called.",
        ),
        ("name: Tom\nage: 31", "'age' must be at most 30, not 31", "In years."),
        ("name: Tom\nage: -1", "'age' must be at least 0, not -1", "In years."),
        ("name: Tom\nage: true", "'age' must be a whole number, not true", "In years."),
        ("[]", "the document must be a mapping, not a list", None),
    ],
)
def test_what_is_required_and_bounded_is_told(text: str, message: str, fix: str | None) -> None:
    assert [(finding.message, finding.fix) for finding in found(text)] == [(message, fix)]


def test_every_missing_key_is_told() -> None:
    assert [finding.message for finding in found("{}")] == [
        "missing key 'name'",
        "missing key 'age'",
    ]


def test_a_key_that_is_known_for_later_is_never_suggested() -> None:
    [finding] = found(VALID + "wing: 2")
    assert finding.fix is not None
    assert "wings" not in finding.fix


def test_a_long_value_is_shortened() -> None:
    [finding] = found(VALID + f"chip: {'x' * 500}")
    assert len(finding.message) < 100


def test_a_part_is_placed_where_it_stands_in_its_document() -> None:
    document = parse_yaml("pets:\n  - name: Tom\n    agee: 3\n", path="p.yaml")
    assert isinstance(document.data, dict)
    part: Json = {"name": "Tom", "agee": 3}
    findings = check_part(document, part, PET, ("pets", 0))
    assert [str(finding.location) for finding in findings] == ["p.yaml:3:5", "p.yaml:2:5"]


def test_problems_tell_what_is_wrong_from_what_is_absent() -> None:
    document = parse_yaml("cases: [{input: x, tags: 7}]\n", path="s.yaml")
    told = {(problem.route, problem.absent) for problem in problems(document, "suite")}
    assert told == {(("cases", 0), True), (("cases", 0, "tags"), False)}


@pytest.mark.parametrize(
    ("route", "left"),
    [
        ((), None),
        (("a",), {"b": [1, {"c": 2}]}),
        (("b", 1, "c"), {"a": 1, "b": [1, {}]}),
        (("b", 0), {"a": 1, "b": [None, {"c": 2}]}),
        (("x",), {"a": 1, "b": [1, {"c": 2}]}),
        (("a", "x"), {"a": 1, "b": [1, {"c": 2}]}),
    ],
)
def test_a_value_can_be_taken_out_and_the_other_routes_stay(
    route: tuple[str | int, ...], left: Json
) -> None:
    data: Json = {"a": 1, "b": [1, {"c": 2}]}
    assert without(data, route) == left
    assert data == {"a": 1, "b": [1, {"c": 2}]}


def test_many_values_are_taken_out_in_one_pass() -> None:
    data: Json = {"a": 1, "b": [1, {"c": 2, "d": 3}], "e": {"f": 4}}
    assert without(data) == data
    assert without(data, ("a",), ("b", 0), ("b", 1, "d"), ("e", "f"), ("e", "f", "g")) == {
        "b": [None, {"c": 2}],
        "e": {},
    }
    assert without(data, ("a",), ()) is None


def test_taking_many_keys_out_of_one_mapping_looks_at_each_of_them_once() -> None:
    class Counting(dict[str, Json]):
        seen = 0

        def items(self) -> Any:
            for item in super().items():
                Counting.seen += 1
                yield item

    data = Counting({f"k{n}": n for n in range(1_000)})
    assert without(data, *((f"k{n}",) for n in range(999))) == {"k999": 999}
    assert Counting.seen == 1_000


def test_after_many_mistakes_the_rest_is_only_said_to_be_there() -> None:
    document = parse_yaml("".join(f"k{n}: 1\n" for n in range(1_000)), path="s.yaml")
    *told, last = problems(document, "suite")
    assert [problem.route for problem in told] == [(f"k{n}",) for n in range(MOST_PROBLEMS)]
    assert (last.route, last.absent, last.finding.rule) == ((), False, "too-many-mistakes")


def test_a_number_that_is_not_finite_is_told_once_beside_the_other_mistakes() -> None:
    text = "gate: {minPassRate: .inf, maxErrored: -1}\nbudget: {runUsd: .nan}\n"
    findings = check(parse_yaml(text, path="s.yaml"), "suite")
    assert [finding.message for finding in findings] == [
        "'minPassRate' must be a finite number, not inf",
        "'runUsd' must be a finite number, not nan",
        "'maxErrored' must be at least 0, not -1",
    ]


def test_as_many_mistakes_as_are_told_are_all_of_them() -> None:
    text = "".join(f"k{n}: 1\n" for n in range(MOST_PROBLEMS))
    document = parse_yaml(text, path="s.yaml")
    assert len(check(document, "suite")) == MOST_PROBLEMS


# The shipped schemas: those of files that users write; what we write ourselves is not explained.

WRITTEN = ("config", "judge", "prompt", "suite")


def parts(part: Any, route: str = "") -> Iterator[tuple[str, Any]]:
    """Every part of a schema that is a schema itself, with its path."""
    if isinstance(part, dict):
        yield route, part
        for key, value in part.items():
            yield from parts(value, f"{route}/{key}")
    elif isinstance(part, list):
        for index, value in enumerate(part):
            yield from parts(value, f"{route}/{index}")


def test_the_schemas_of_what_users_write_and_read_are_shipped() -> None:
    assert schema_names() == ("config", "diff", "judge", "lint", "prompt", "result", "suite")
    for name in schema_names():
        assert schema_text(name).startswith("{")


@pytest.mark.parametrize("name", WRITTEN)
def test_a_shipped_schema_is_draft_7(name: str) -> None:
    Draft7Validator.check_schema(schema(name))
    assert schema(name)["$schema"] == "http://json-schema.org/draft-07/schema#"


@pytest.mark.parametrize("name", WRITTEN)
def test_every_key_of_a_shipped_schema_is_described(name: str) -> None:
    whole = json.loads(schema_text(name))

    def described(part: Any) -> bool:
        if "$ref" in part and "description" not in part:
            target: Any = whole
            for step in part["$ref"].removeprefix("#/").split("/"):
                target = target[step]
            return described(target)
        return bool(part.get("description") or part.get("x-notYet") or "const" in part)

    bare = [
        f"{route}/properties/{key}"
        for route, part in parts(whole)
        if isinstance(part.get("properties"), dict)
        for key, value in part["properties"].items()
        if not described(value)
    ]
    assert bare == []


@pytest.mark.parametrize("name", WRITTEN)
def test_checking_leaves_the_shared_schema_as_it_was_shipped(name: str) -> None:
    check(parse_yaml("{}", path="x.yaml"), name)
    assert schema(name) == json.loads(schema_text(name))


@pytest.mark.parametrize("name", WRITTEN)
def test_nothing_is_refused_without_a_word(name: str) -> None:
    """`not` and `false` have no message of their own: only a key for later may use them."""
    for route, part in parts(schema(name)):
        assert "not" not in part or "x-notYet" in part, route
        refusals = [key for key, value in part.items() if value is False]
        assert set(refusals) <= {"additionalProperties", "default", "const"}, route


KEYS = sorted(
    {
        key
        for name in ("config", "suite")
        for _, part in parts(schema(name))
        for key in (part.get("properties") or {})
        if isinstance(part.get("properties"), dict)
    }
)
scalars = st.none() | st.booleans() | st.integers(-2, 3) | st.sampled_from(["", "a", "1/2", 0.5])
documents = st.dictionaries(
    st.sampled_from(KEYS),
    st.recursive(
        scalars,
        lambda inner: (
            st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=2)
        ),
        max_leaves=4,
    ),
    max_size=3,
)


@pytest.mark.parametrize("name", ["config", "suite"])
@given(data=documents)
@settings(max_examples=60)
def test_a_document_is_accepted_exactly_when_the_standard_accepts_it(
    name: str, data: JsonObject
) -> None:
    """Two validators decide and explain; where they disagree a mistake would pass in silence."""
    document = parse_yaml(yaml.safe_dump(data), path="x.yaml")
    valid = Draft7Validator(schema(name)).is_valid(document.data)
    assert (check(document, name) == ()) is valid

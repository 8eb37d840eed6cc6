import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops_cli.model.json import Json
from agentops_cli.user_schema.values import are_same, is_of, kind_of

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
values: st.SearchStrategy[Json] = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)


@given(values, values)
def test_sameness_has_no_direction(left: Json, right: Json) -> None:
    assert are_same(left, right) == are_same(right, left)


@pytest.mark.parametrize(
    ("left", "right"), [(1, True), (0, False), ("1", 1), (None, False), ([], {}), ("", None)]
)
def test_values_of_two_types_are_never_the_same(left: Json, right: Json) -> None:
    assert not are_same(left, right)
    assert not are_same([left], [right])


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, "null"),
        (True, "boolean"),
        ("", "string"),
        ([], "array"),
        ({}, "object"),
        (1, "integer"),
        (1.0, "integer"),
        (1.5, "number"),
        (1e400, "number"),
    ],
)
def test_a_value_has_the_type_of_json_schema(value: Json, kind: str) -> None:
    assert kind_of(value) == kind


@given(values)
def test_a_value_is_of_its_own_type_and_an_integer_is_a_number(value: Json) -> None:
    assert is_of(value, [kind_of(value)])
    assert is_of(value, ["number"]) is (kind_of(value) in ("integer", "number"))

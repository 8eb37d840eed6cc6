import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops_cli.assertions.json_value import NotJson, is_meant, value_of
from agentops_cli.model.call import AgentInput, Finish
from agentops_cli.model.json import Json
from agentops_cli.user_schema.values import are_same
from tests.assertions.conftest import Judge
from tests.builders import a_completion

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
values: st.SearchStrategy[Json] = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)


@given(values)
def test_a_value_is_itself_after_a_round_trip(value: Json) -> None:
    if "Infinity" not in json.dumps(value):
        assert are_same(value_of(a_completion(json.dumps(value)), fence=False), value)


@given(values, st.data())
def test_a_part_of_a_value_never_passes_for_another(value: Json, data: st.DataObject) -> None:
    text = json.dumps(value, indent=1)
    part = text[: data.draw(st.integers(0, len(text) - 1))]
    with pytest.raises(NotJson) as caught:
        value_of(a_completion(part, finish=Finish.LENGTH), fence=False, max_tokens=9)
    assert str(caught.value).startswith("the answer was cut off at max_tokens (9)")
    assert caught.value.is_unclear


@given(scalars)
def test_what_a_template_makes_of_a_value_means_that_value(value: Json) -> None:
    if value not in (float("inf"), float("-inf")):
        assert is_meant(value, str(value))


@pytest.mark.parametrize(
    ("kind", "args"),
    [
        ("json", {}),
        ("jsonPath", {"path": "$", "equals": {"a": 1}}),
        ("jsonPath", {"path": "$[0][0]", "contains": 1}),
        ("jsonSchema", {"value": {"items": {"$ref": "#"}, "type": ["array", "null"]}}),
        ("jsonSchema", {"value": {"const": 1}}),
    ],
)
@pytest.mark.parametrize("depth", [100, 400, 900, 960, 100_000])
def test_no_answer_is_nested_too_deeply_to_be_judged_or_given_up(
    judge: Judge, kind: str, args: dict[str, Json], depth: int
) -> None:
    assert judge(kind, "[" * depth + "]" * depth, args).reason


def test_an_agent_has_no_limit_of_ours_to_raise(judge: Judge) -> None:
    cut = a_completion('{"a": ', finish=Finish.LENGTH)
    asked = AgentInput(input="hello", conversation="c-1")
    verdict = judge("json", cut, {}, request={"agent": asked})
    assert verdict.reason.startswith("the answer was cut off, so its JSON is not complete: ")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("[" * 200_000, "it is nested too deeply"),
        ("9" * 10_000, "it has a number of 10,000 digits"),
        ("\ufeff{}", "unexpected utf-8 bom"),
        ("{'a': 1}", "expecting property name enclosed in double quotes at character 2"),
        ("-Infinity", "-Infinity is not a JSON number"),
    ],
)
def test_what_is_not_json_is_named(answer: str, reason: str) -> None:
    with pytest.raises(NotJson, match=reason):
        value_of(a_completion(answer), fence=False)


@pytest.mark.parametrize("text", ["9" * 5_000, '{"n": -' + "9" * 5_000 + "}"])
def test_a_number_that_is_too_long_to_be_read_is_no_proof_of_anything(
    judge: Judge, text: str
) -> None:
    place = f"at character {text.index('9') + 1}"
    told = f"the answer's JSON cannot be read: it has a number of 5,000 digits {place}"
    plain = judge("json", text, {})
    assert (plain.passed, plain.reason) == (False, told)
    negated = judge("json", text, {}, negated=True)
    assert (negated.passed, negated.reason) == (None, f"cannot tell: {told}")

import json
from json import JSONDecodeError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops_cli.assertions.strict_json import TwiceError, loads
from agentops_cli.model.json import Json

VALUES: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.text(max_size=3), parts),
    max_leaves=8,
)  # fmt: skip


@given(VALUES)
def test_what_every_program_reads_alike_is_read(value: Json) -> None:
    assert loads(json.dumps(value)) == value


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('{"n": "x", "n": 1}', '"n"'),
        ('{"a": [{"b": 1, "c": 2, "b": 1}]}', '"b"'),
        ('{"a": 1, "\\u0061": 2}', '"a"'),
    ],
)
def test_a_key_that_stands_twice_is_refused(text: str, key: str) -> None:
    with pytest.raises(TwiceError, match=f"^the key {key} stands twice$"):
        loads(text)


def test_keys_of_different_objects_may_be_the_same() -> None:
    assert loads('[{"a": {"a": 1}}, {"a": 2}]') == [{"a": {"a": 1}}, {"a": 2}]


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_of_json_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match=f"^{word} is not a JSON number$"):
        loads(word)


def test_what_is_no_json_is_told_with_its_place() -> None:
    with pytest.raises(JSONDecodeError) as caught:
        loads("[1,")
    assert caught.value.pos == 3

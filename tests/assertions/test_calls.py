import json

import pytest

from agentops_cli.assertions.calls import counted_calls, identity, results_of, told
from agentops_cli.model.prompt import Message
from agentops_cli.model.tool import ToolCall


def a_call(name: str, arguments: str = "{}", id_: str = "1") -> ToolCall:
    return ToolCall(id=id_, name=name, arguments=arguments)


def search(query: str) -> ToolCall:
    return a_call("search", f'{{"q": "{query}"}}')


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (a_call("get_order"), "get_order()"),
        (a_call("get_order", ""), "get_order()"),
        (a_call("f", '{"id": "812", "n": 1, "on": true}'), 'f(id: "812", n: 1, on: true)'),
        (a_call("f", "{nope"), 'f("{nope")'),
        (a_call("f", '{"n": NaN}'), 'f("{"n": NaN}")'),
        (a_call("f", '{"n": 1, "n": 2}'), 'f("{"n": 1, "n": 2}")'),
        (a_call("f", "[" * 100_000), f'f("{"[" * 80}…")'),
    ],
)
def test_a_call_is_told_on_one_line(call: ToolCall, words: str) -> None:
    assert told(call) == words


def test_a_long_call_is_cut_with_a_mark() -> None:
    words = told(a_call("f", json.dumps({"a": "x" * 200, "b": "y" * 200})))
    assert len(words) < 130
    assert words.endswith("…)")


@pytest.mark.parametrize(
    ("calls", "words"),
    [
        ([], ""),
        ([search("a")], "search once"),
        ([search("a"), search("b")], "search 2 times"),
        ([search("a")] * 8, 'search 8 times, always as search(q: "a")'),
        (
            [search("a"), a_call("get_order"), search("b"), search("b")],
            'search 3 times, 2 times as search(q: "b"), get_order once',
        ),
        ([a_call(name) for name in "abcde"], "a once, b once, c once and 2 more"),
    ],
)
def test_calls_are_counted_most_often_first(calls: list[ToolCall], words: str) -> None:
    assert counted_calls(calls) == words


def test_calls_are_the_same_whatever_the_order_and_space_of_their_arguments() -> None:
    one, other = a_call("f", '{"a": 1, "b": 2}'), a_call("f", '{"b":2,"a":1}')
    assert identity(one) == identity(other)
    assert identity(one) != identity(a_call("g", '{"a": 1, "b": 2}'))
    assert identity(one) != identity(a_call("f", '{"a": 1}'))


def test_calls_that_differ_only_where_they_are_cut_are_not_the_same() -> None:
    one, other = search("x" * 300 + "1"), search("x" * 300 + "2")
    assert counted_calls([one, other]) == "search 2 times"


def test_what_a_tool_gave_is_found_by_the_ids_of_its_calls() -> None:
    asked = Message(
        role="assistant", content="", tool_calls=(a_call("search"), a_call("other", id_="2"))
    )
    messages = [
        asked,
        Message(role="tool", content='[{"id": "a"}]', tool_call_id="1"),
        Message(role="tool", content="not this", tool_call_id="2"),
        Message(role="assistant", content="[1]"),
        Message(role="assistant", content="", tool_calls=(a_call("search", id_="3"),)),
        Message(role="tool", content="plain words", tool_call_id="3"),
    ]
    assert list(results_of("search", messages)) == [[{"id": "a"}], "plain words"]

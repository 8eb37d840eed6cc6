"""The JSON that a server is sent."""

import time

import pytest

from agentops_cli.gateways.agents.body import UnfilledError, compile_body, compile_text, texts_in
from agentops_cli.model.json import Json
from agentops_cli.template import TemplateError, Templates

TEMPLATES = Templates(clock=time.monotonic)

GIVEN: dict[str, Json] = {
    "input": 'Say "hi" <now> & {{ here }}',
    "messages": [{"role": "user", "content": "Hi"}],
    "vars": {"n": 3, "ok": True, "none": None, "plan": {"tier": "pro"}, "text": "7"},
    "conversation": "c1",
    "faults": [],
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{ input }}", GIVEN["input"]),
        ("{{input}}", GIVEN["input"]),
        (" {{- messages -}} ", GIVEN["messages"]),
        ("{{ messages[-1].content }}", "Hi"),
        ("{{ vars.n }}", 3),
        ("{{ vars.n + 1 }}", 4),
        ("{{ vars.ok }}", True),
        ("{{ vars.none }}", None),
        ("{{ vars.plan }}", {"tier": "pro"}),
        ("{{ vars.text }}", "7"),
        ("{{ vars.missing | default('none') }}", "none"),
        ("{{ {'a': {'b': vars.n}} }}", {"a": {"b": 3}}),
        ("{{ '}}' }}", "}}"),
        ("{{ vars.n if vars.ok else 0 }}", 3),
        ("{{ vars.n }}{{ vars.n }}", "33"),
        ("{{ vars.n }} {{ vars.n }}", "3 3"),
        ("n: {{ vars.n }}", "n: 3"),
        ("{{ vars.n }}.", "3."),
        ("{# why #}{{ vars.n }}", "3"),
        ("{% for m in messages %}{{ m.role }}{% endfor %}", "user"),
        ("plain", "plain"),
        ("", ""),
        ("{{ faults }}", []),
    ],
)
def test_a_lone_expression_is_its_value_and_anything_else_is_text(text: str, value: Json) -> None:
    filled = compile_text(text, TEMPLATES).fill(GIVEN)
    assert filled == value
    assert type(filled) is type(value)


@pytest.mark.parametrize("body", [None, 3, True, [], {}, "{{ vars.n }}", ["{{ vars.n }}"]])
def test_a_body_keeps_its_shape(body: Json) -> None:
    filled = compile_body({"a": body}, TEMPLATES)(GIVEN)
    by_hand: Json = 3 if body == "{{ vars.n }}" else [3] if body == ["{{ vars.n }}"] else body
    assert filled == {"a": by_hand}


def test_keys_are_no_templates() -> None:
    assert compile_body({"{{ input }}": 1}, TEMPLATES)(GIVEN) == {"{{ input }}": 1}


def test_every_text_has_its_route() -> None:
    body: Json = {"a": "x", "b": [{"c": "y"}, 3, "z"]}
    assert list(texts_in(body)) == [(("a",), "x"), (("b", 0, "c"), "y"), (("b", 2), "z")]


@pytest.mark.parametrize(
    "text", ["{{ input", "{{ (input }}", "{{ input | nonsense }}", "{{ a b }}"]
)
def test_a_mistake_is_told_of_what_is_written(text: str) -> None:
    with pytest.raises(TemplateError) as raised:
        compile_text(text, TEMPLATES)
    assert "tojson" not in raised.value.message


def test_what_cannot_be_filled_in_is_told_with_its_route() -> None:
    body: Json = {"a": "x", "b": [{"c": "y"}, "{{ vars.missing }}"]}
    with pytest.raises(UnfilledError, match="missing") as raised:
        compile_body(body, TEMPLATES)(GIVEN)
    assert raised.value.route == ("b", 1)


def test_a_missing_variable_is_an_error_and_no_empty_text() -> None:
    with pytest.raises(TemplateError, match="missing"):
        compile_text("{{ vars.missing }}", TEMPLATES).fill(GIVEN)

"""The tools of a prompt are read in every form that people write them in, or refused."""

import json

import pytest

from agentops_cli.errors import InputError
from agentops_cli.model.json import JsonObject
from agentops_cli.model.tool import Tool
from agentops_cli.prompt.read import read_prompt
from tests.prompt.test_read import read

ORDER: JsonObject = {
    "type": "object",
    "properties": {"id": {"type": "string", "description": "its number"}},
    "required": ["id"],
    "additionalProperties": False,
}
NONE: JsonObject = {"type": "object", "properties": {}, "additionalProperties": False}


@pytest.mark.parametrize(
    ("written", "parameters"),
    [
        ('{name: get_order, parameters: {id: "string, its number"}}', ORDER),
        (f"{{name: get_order, parameters: {json.dumps(ORDER)}}}", ORDER),
        (
            "{type: function, function: {name: get_order, parameters: {properties: {id: {}}}}}",
            {"type": "object", "properties": {"id": {}}},
        ),
        ("{type: function, name: get_order, parameters: {}}", NONE),
        ("{name: get_order}", NONE),
    ],
    ids=["picoschema", "json-schema", "openai", "openai-flat", "no-parameters"],
)
def test_a_tool_is_read_in_every_form(written: str, parameters: JsonObject) -> None:
    assert read(f"tools: [{written}]").tools == (Tool(name="get_order", parameters=parameters),)


def test_tools_keep_their_order_and_what_the_model_is_told_of_them() -> None:
    prompt = read(
        "tools:\n"
        "  - {name: search-help_2, description: Searches the help pages.}\n"
        "  - {type: function, function: {name: get_order, description: Looks an order up.}}"
    )
    assert [(tool.name, tool.description) for tool in prompt.tools] == [
        ("search-help_2", "Searches the help pages."),
        ("get_order", "Looks an order up."),
    ]
    assert "tools" not in prompt.meta.extra


def test_a_prompt_without_tools_has_none() -> None:
    assert read().tools == ()


@pytest.mark.parametrize("length", [64, 65])
def test_a_name_has_at_most_64_characters(length: int) -> None:
    text = f"---\nversion: 1.0.0\nmodel: m\ntools: [{{name: {'a' * length}}}]\n---\nHi\n"
    if length == 64:
        assert read_prompt(text, path="p.prompt.md").tools[0].name == "a" * 64
        return
    with pytest.raises(InputError, match="'name' has not the right form"):
        read_prompt(text, path="p.prompt.md")


def test_a_name_that_differs_in_case_is_another_tool_and_the_same_name_is_refused() -> None:
    assert len(read("tools: [{name: a}, {name: A}, {name: b}]").tools) == 3
    with pytest.raises(InputError, match="the tool 'a' is declared at "):
        read("tools: [{name: a}, {name: b}, {type: function, function: {name: a}}]")


@pytest.mark.parametrize("key", ["tools", "functions"])
def test_tools_below_config_are_shown_where_they_belong(key: str) -> None:
    with pytest.raises(InputError) as caught:
        read(f"config: {{{key}: [{{name: a}}]}}")
    [finding] = caught.value.findings
    assert finding.fix == "write 'tools' on the top level"

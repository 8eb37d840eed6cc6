"""The values of frontmatter that differ, by their paths."""

import pytest

from agentops_cli.diff.entries import entries
from agentops_cli.prompt.formats import read_file
from agentops_cli.prompt.source import PromptFile


def file(front: str) -> PromptFile:
    text = f"---\nmodel: m\n{front}---\nSay hello.\n"
    return read_file(text, path="prompts/a.prompt.md", is_declared=True)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "", []),
        ("temperature: 0\n", "temperature: 1\n", [("temperature", 0, 1)]),
        ("", "temperature: 1\n", [("temperature", None, 1)]),
        ("config: {seed: 1}\n", "config: {seed: 2}\n", [("seed", 1, 2)]),
        ("config: {seed: 1}\n", "seed: 1\n", []),
        ("tags: [a, b]\n", "tags: [b]\n", [("tags", ["a", "b"], ["b"])]),
        (
            "input: {schema: {a: string}}\n",
            "input: {schema: {a: integer, b: string}}\n",
            [("input.schema.a", "string", "integer"), ("input.schema.b", None, "string")],
        ),
        (
            "tools: [{name: a, description: x}]\n",
            "tools: [{name: b}, {name: a, description: y}]\n",
            [("tools.b.name", None, "b"), ("tools.a.description", "x", "y")],
        ),
        ("output: {format: json}\n", "output: text\n", [("output", {"format": "json"}, "text")]),
        ("requires_review: true\n", "requires_review: 1\n", [("requires_review", True, 1)]),
        ("author: ada\n", "authors: [ada]\n", [("author", "ada", ["ada"])]),
    ],
)
def test_each_value_that_differs_has_an_entry(
    old: str, new: str, expected: list[tuple[str, object, object]]
) -> None:
    found = entries(file(old), file(new))
    assert [(each.path, each.before, each.after) for each in found] == expected


def test_an_entry_is_placed_where_its_value_is_or_was() -> None:
    old, new = file("seed: 1\n"), file("tags: [a]\ntemperature: 1\n")
    places = {each.path: str(each.place) for each in entries(old, new)}
    assert places == {
        "tags": "prompts/a.prompt.md:3:1",
        "temperature": "prompts/a.prompt.md:4:1",
        "seed": "prompts/a.prompt.md:3:1",
    }

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from agentops_cli.errors import ExitCode
from agentops_cli.reporters.diff.page import Page
from agentops_cli.validate import schema
from tests.reporters.diff.made import (
    COMMIT,
    a_file,
    a_full_prompt,
    a_hostile_page,
    a_page,
    a_problem,
    a_prompt,
    written,
)


@pytest.mark.parametrize(
    "page",
    [
        a_page(),
        a_hostile_page(),
        a_page(a_prompt(after=a_file())),
        a_page(a_prompt(before=a_file()), problems=(a_problem(),), code=ExitCode.INPUT),
    ],
    ids=["nothing", "hostile", "added", "deleted"],
)
def test_it_is_what_its_schema_says(page: Page) -> None:
    text = written("json", page)
    assert text.isascii()
    Draft202012Validator(schema("diff")).validate(json.loads(text))


def test_the_schema_names_every_key_and_demands_it() -> None:
    found = json.loads(written("json", a_page(a_full_prompt())))
    whole: Any = schema("diff")
    of_prompts = whole["$defs"]["prompt"]
    for part, told in ((whole, found), (of_prompts, found["prompts"][0])):
        assert set(part["properties"]) == set(part["required"]) == set(told)


def test_all_of_a_prompt_is_told() -> None:
    found = json.loads(written("json", a_page(a_full_prompt("it"))))
    assert found["before"] == {"name": "origin/main", "commit": COMMIT}
    assert (found["lookedAt"], found["levels"]) == (40, {"breaking": 1})
    [prompt] = found["prompts"]
    assert prompt["name"] == "product-manager"
    assert (prompt["status"], prompt["was"]) == ("renamed", "prompts/old it.prompt.md")
    assert prompt["version"] == {
        "before": "1.2.0",
        "after": "1.3.0",
        "required": "major",
        "actual": "minor",
        "isEnough": False,
        "needed": "2.0.0",
    }
    assert [(each["id"], each["bump"]) for each in prompt["changes"]] == [
        ("input-removed", "major"),
        ("text", "minor"),
        ("meta", None),
    ]
    assert prompt["entries"][0]["before"] == 0.2
    assert prompt["size"]["after"]["total"] == 438
    assert prompt["price"]["after"]["usd"] == "1.74"
    assert ["added", "French"] in prompt["messages"][0]["lines"][9]["pieces"]
    assert prompt["rendered"]["case"] == "it"


def test_each_prompt_is_a_line_of_its_own() -> None:
    text = written("json", a_page(a_prompt(name="one"), a_prompt(name="two")))
    lines = [line for line in text.splitlines() if line.startswith('    {"name"')]
    assert len(lines) == 2

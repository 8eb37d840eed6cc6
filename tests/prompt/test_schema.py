"""The schema of frontmatter, which editors show too."""

from collections.abc import Iterator

import pytest
from jsonschema import Draft7Validator

from agentops_cli.locate import parse_yaml
from agentops_cli.model.json import Json
from agentops_cli.prompt.meta import SAMPLING_NAMES
from agentops_cli.validate import check, schema

SCHEMA = schema("prompt")


def keys(part: Json, path: str = "") -> Iterator[tuple[str, Json]]:
    """Every key that an author can write, with its schema."""
    if isinstance(part, dict):
        properties = part.get("properties")
        for name, inner in (properties if isinstance(properties, dict) else {}).items():
            yield f"{path}{name}", inner
            yield from keys(inner, f"{path}{name}.")
        yield from keys(part.get("items"), f"{path}[].")


def resolved(part: Json) -> Json:
    definitions = SCHEMA["definitions"]
    if isinstance(part, dict) and isinstance(definitions, dict) and "$ref" in part:
        return definitions[str(part["$ref"]).rpartition("/")[2]]
    return part


def test_the_schema_is_valid() -> None:
    Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(("path", "part"), list(keys(SCHEMA)))
def test_every_key_is_described(path: str, part: Json) -> None:
    part = resolved(part)
    assert isinstance(part, dict)
    assert part.get("description")


def test_a_setting_has_one_type_wherever_it_stands() -> None:
    top = SCHEMA["properties"]
    assert isinstance(top, dict)
    config = top["config"]
    assert isinstance(config, dict)
    inner = config["properties"]
    assert isinstance(inner, dict)
    assert set(inner) == {name for names in SAMPLING_NAMES.values() for name in names}
    for field, names in SAMPLING_NAMES.items():
        assert [inner[name] for name in names] == [top[field]] * len(names)


def test_an_editor_allows_the_keys_that_are_the_authors_own() -> None:
    text = "version: 1.0.0\nmodel: m\nx-team: a\ngenkit.cache: 1\n"
    assert check(parse_yaml(text, path="p.prompt.md"), "prompt") == ()

"""How a prompt and a version of it are named."""

import pytest

from agentops_cli.errors import UsageError
from agentops_cli.flows.registry.wanted import Wanted, read_wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("greet", Wanted(name="greet")),
        ("greet@1.2.0", Wanted(name="greet", range="1.2.0")),
        ("greet@^1.2 || 3", Wanted(name="greet", range="^1.2 || 3")),
        ("greet@{main}", Wanted(name="greet", ref="main")),
        ("greet@{HEAD@{1}}", Wanted(name="greet", ref="HEAD@{1}")),
        ("greet@{prompt/greet@1.0.0}", Wanted(name="greet", ref="prompt/greet@1.0.0")),
        ("shop/greet@~1", Wanted(name="shop/greet", range="~1")),
        ("prompts/greet.prompt.md", Wanted(name="prompts/greet.prompt.md")),
    ],
)
def test_a_name_a_range_or_a_ref(text: str, wanted: Wanted) -> None:
    assert read_wanted(text) == wanted
    assert str(wanted) == text


@pytest.mark.parametrize("text", ["", "@", "greet@", "greet@{}", "greet@{main"])
def test_what_names_nothing_is_a_mistake_of_whoever_types_it(text: str) -> None:
    with pytest.raises(UsageError):
        read_wanted(text)

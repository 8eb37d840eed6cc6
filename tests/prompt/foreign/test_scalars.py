"""Each character of a scalar is found where it is written."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from agentops_cli.prompt.foreign.scalars import passage_of


def passage(notation: str) -> tuple[str, str, int]:
    return passage_in(f"a:\n  b: {notation}\nc: 1\n")


def passage_in(text: str) -> tuple[str, str, int]:
    root: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    node = root.value[0][1].value[0][1]
    found = passage_of(
        text, node.start_mark.index, node.end_mark.index, value=node.value, role=None
    )
    assert found.text == node.value
    strays = [
        at
        for at, character in enumerate(found.text)
        if text[found.offset(at)] != character
        and not (character.isspace() and text[found.offset(at)].isspace())
    ]
    assert not (found.exact and strays)
    return text, found.text, -1 if not found.exact else found.offset(found.text.find("X"))


@pytest.mark.parametrize(
    "notation",
    [
        "one X",
        "one\n   X two",
        "'one X'",
        '"one X"',
        '"one\n    X"',
        "|\n    one\n\n      X\n    two",
        "|-\n    one X",
        "|+\n    one X\n\n",
        "|2\n       one\n     X",
        "| # a comment\n    one X",
        ">\n    one\n    X two\n\n    three",
        ">-\n    one\n      X\n    two",
    ],
)
def test_the_place_of_a_character_is_known(notation: str) -> None:
    text, value, at = passage(notation)
    assert "X" in value
    assert text[at] == "X"


@pytest.mark.parametrize("notation", ['"one\\nX"', "'it''s X'", "&a one X", "!!str one X"])
def test_where_it_is_hidden_only_the_beginning_is_known(notation: str) -> None:
    assert passage(notation)[2] == -1


@given(st.text("ab X\n:#-'", max_size=30), st.sampled_from(["'", '"', "|", ">", None]))
def test_any_text_in_any_notation_leads_back(text: str, style: str | None) -> None:
    passage_in(yaml.dump({"a": {"b": text}, "c": "1"}, default_style=style, width=20))

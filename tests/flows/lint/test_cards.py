"""What is remembered of a prompt file."""

from pathlib import Path

import pytest

from agentops_cli.flows.lint.cards import card_of
from agentops_cli.flows.lint.reading import Reader


@pytest.mark.parametrize(
    "tag", ["{% include 'b.md' %}", "{%- include 'b.md' %}", "{%+ include 'b.md' %}"]
)
def test_an_include_is_remembered_however_its_tag_is_trimmed(tag: str, tmp_path: Path) -> None:
    text = f"---\nversion: 1.0.0\n---\n{tag}\n"
    file = Reader(tmp_path, lambda _path: True).file("prompts/a.prompt.md", text.encode())
    assert card_of(file).includes == {"prompts/b.md": 4}

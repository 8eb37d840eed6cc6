"""How long a template may be whose tags are never closed."""

from datetime import date

import pytest

from agentops_cli.prompt.formats import read_bytes
from agentops_cli.rules.project import Project
from agentops_cli.rules.templates import unused_input

FRONT = "---\nmodel: openai/gpt-4o-mini\ninput:\n  schema: {name: string}\n---\n"


@pytest.mark.parametrize("body", ["{{" * 400_000, "{" * 800_000, "{{ x " * 160_000 + "this"])
def test_tags_that_are_never_closed_take_no_quadratic_time(body: str) -> None:
    """By the square of its length, the look at one such text would take hours."""
    file = read_bytes((FRONT + body).encode(), path="a.prompt")
    found = list(unused_input.check(file, Project(today=date(2026, 11, 24))))
    assert len(found) <= 1

"""Templates that are read without Jinja."""

import subprocess
import sys

from agentops_cli.prompt.jinja_view import PLAIN
from agentops_cli.template.functions import FILTERS


def test_the_filters_that_are_not_looked_up_are_filters_that_demand_their_value() -> None:
    assert FILTERS.keys() >= PLAIN
    assert PLAIN.isdisjoint({"default", "d"})


def test_a_template_of_plain_filters_does_not_load_jinja() -> None:
    code = """
import sys
from agentops_cli.prompt.formats import read_file
text = "---\\nversion: 1.0.0\\nmodel: m\\n---\\n{{ name | e }} and {{ other | trim | upper }}"
view = read_file(text, path="a.prompt.md").template
assert [use.name for use in view.uses] == ["name", "other"], view
assert [piece.name for piece in view.pieces] == ["e", "trim", "upper"], view
assert "jinja2" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)

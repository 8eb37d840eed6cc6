"""No rule takes more than linear time: four times the text takes less than eight times as long."""

import gc
import time
from collections.abc import Iterable, Iterator
from datetime import date

import pytest

from agentops_cli.catalog import Catalog
from agentops_cli.lint.run import Runner
from agentops_cli.prices import PriceTable
from agentops_cli.prompt.formats import read_file
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Rule
from agentops_cli.rules.table import BY_CODE

HEAD = """---
version: 1.0.0
model: gpt-4o
input:
  schema: {question: string, a: string}
output: {format: json}
tools: [{name: send}]
---
user:
"""
PROJECT = Project(today=date(2026, 11, 24), models=Catalog(PriceTable({}, load=dict)))
RULES = [rule for rule in BY_CODE.values() if rule.scope == "file" and rule.needs <= {"models"}]

UNITS = {
    "tags": "<a>",
    "tags that are closed": "<a>x</a>\n",
    "variables in words": "x {{ question }} and so on, for a while\n",
    "variables in tags": "<q>{{ question }}</q> and so on, for a while\n",
    "names that are set": "{% set q = question %}{{ q }} and so on, for a while\n",
    "tags of others after raw text": "{% raw %}a{% endraw %}{{#if a}}\n",
    "tags of others after code": "`a` {{#if a}}\n",
    "braces of JSON after a comment": '{# a #}{{"a": 1}}\n',
    "open braces": '{{"a": ',
    "dates": "2026-01-02 ",
    "claims of a date": "Today is 2026-03-01. `it is 2026`\n",
    "hyphens": "-----\n",
    "backticks": "`",
    "fences": "```\n",
    "quotation marks": '"a ',
    "apostrophes": "'",
    "parentheses": "(a ",
    "links": "[a](http://x.y/z?",
    "headings": "# a\n",
    "numbers": "12345 ",
    "emoji": "\U0001f468\u200d",
    "scripts": "p\u0430\u0431c \u03b1b ",
    "keys and values": "key: value\n",
    "lists": "- item one\n",
    "role lines": "user:\nGo.\n",
    "limits": "at most 5 words. at least 10 words.\n",
    "orders": "You must always do it. Never do it.\n",
    "orders among braces": "{ Always answer in French. } { Never answer in French. }\n",
    "examples": "Example:\nInput: a\nOutput: b\n\n",
    "paragraphs": "The same paragraph, here again and again.\n\n",
}


def _file(unit: str, size: int) -> PromptFile:
    return read_file(
        HEAD + unit * (size // len(unit)), path="prompts/a.prompt.md", is_declared=True
    )


def _times(unit: str, size: int, rules: Iterable[Rule]) -> dict[str, float]:
    """The processor time of each rule, in seconds; what several of them share is not counted."""
    file = _file(unit, size)
    _ = file.template, file.markup, file.location(0)
    times: dict[str, float] = {}
    for rule in rules:
        runner = Runner([rule], PROJECT)
        begun = time.process_time()
        runner.file(file)
        times[rule.code] = time.process_time() - begun
        assert not runner.crashes
    return times


def _slow(unit: str, rules: Iterable[Rule]) -> list[Rule]:
    """The rules that take more than eight times as long for four times the text."""
    small, large = (_times(unit, size, rules) for size in (20_000, 80_000))
    # Below a few milliseconds a busy machine says nothing.
    return [rule for rule in rules if large[rule.code] > 8 * max(small[rule.code], 0.004)]


@pytest.fixture(scope="module", autouse=True)
def _no_other_costs() -> Iterator[None]:
    """Pays for what rules import when they are first asked, and leaves the rubbish of others."""
    _times("x {{ question | upper }}{% if a %}1{% endif %} \U0001f468\n", 1_000, RULES)
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("unit", UNITS.values(), ids=UNITS.keys())
def test_four_times_the_text_takes_less_than_eight_times_as_long(unit: str) -> None:
    slow = RULES
    for _ in range(3):  # What only now and then takes so long, the machine did.
        slow = _slow(unit, slow)
    assert [rule.code for rule in slow] == []

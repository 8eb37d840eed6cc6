from typing import Any

import pytest

from agentops_cli.flows.cassettes import cassette_path
from agentops_cli.flows.options import EvalOptions
from agentops_cli.suite.select import Selection


@pytest.mark.parametrize(
    ("suite", "cassette"),
    [
        ("evals/a.yaml", "evals/cassettes/a.jsonl"),
        ("a.yml", "cassettes/a.jsonl"),
        ("../evals/a.b.yaml", "../evals/cassettes/a.b.jsonl"),
        ("/evals/a.yaml", "/evals/cassettes/a.jsonl"),
    ],
)
def test_a_cassette_is_beside_its_suite(suite: str, cassette: str) -> None:
    assert cassette_path(suite) == cassette


@pytest.mark.parametrize(
    ("typed", "asks_all"),
    [
        ({}, True),
        ({"suites": ("evals/a.yaml",), "use_cache": False}, True),
        ({"selection": Selection(text="a")}, False),
        ({"selection": Selection(models=("openai/*",))}, False),
        ({"wanted": lambda _: True}, False),
        ({"repeat": 3}, False),
        ({"repeat_auto": True}, False),
        ({"part": (1, 4)}, False),
    ],
)
def test_whatever_narrows_a_run_leaves_something_unasked(
    typed: dict[str, Any], asks_all: bool
) -> None:
    assert EvalOptions(**typed).asks_all is asks_all

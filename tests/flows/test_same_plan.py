from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from agentops_cli.flows.same_plan import changes

RECORD: dict[str, Any] = {
    "suites": [
        {
            "path": path,
            "prompt": "p0",
            "models": ["openai/gpt-4o-mini"],
            "metrics": "m0",
            "cases": 3,
            "digest": "d0",
        }
        for path in ("a.yaml", "b.yaml")
    ],
    "addresses": {"openai/gpt-4o-mini": "u0"},
    "models": {"openai/gpt-4o-mini": "s0"},
    "agents": {"bot": "s0"},
    "files": {"checks.py": "f0"},
}


def told(change: Callable[[dict[str, Any]], object]) -> list[str]:
    """What is said of a record that is changed so."""
    now = deepcopy(RECORD)
    change(now)
    return [
        f"{finding.location or '-'} {finding.message.removesuffix(' since the run was begun')}"
        for finding in changes(RECORD, now)
    ]


def test_a_plan_that_is_as_it_was_is_as_it_was() -> None:
    assert told(lambda _: None) == []


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("prompt", "p1", "the prompt changed"),
        ("prompt", None, "the prompt changed"),
        ("models", [], "the models changed"),
        ("metrics", "m1", "the metrics changed"),
        ("cases", 4, "which cases are run changed"),
        ("digest", "d1", "what its cases ask or demand changed"),
    ],
)
def test_each_part_of_a_suite_is_told_by_its_name(key: str, value: Any, words: str) -> None:
    assert told(lambda now: now["suites"][1].update({key: value})) == [f"b.yaml {words}"]


def test_an_edited_prompt_is_not_told_as_edited_cases_too() -> None:
    assert told(lambda now: now["suites"][0].update(prompt="p1", digest="d1")) == [
        "a.yaml the prompt changed"
    ]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda now: now["suites"].pop(), ["b.yaml which suites are run changed"]),
        (
            lambda now: now["suites"].append({**RECORD["suites"][0], "path": "c.yaml"}),
            ["c.yaml which suites are run changed"],
        ),
        (lambda now: now["suites"].reverse(), ["- what is run changed"]),
        (
            lambda now: now["models"].update({"openai/gpt-4o-mini": "s1"}),
            ["- the settings of model openai/gpt-4o-mini changed"],
        ),
        (
            lambda now: now["models"].clear(),
            ["- the settings of model openai/gpt-4o-mini changed"],
        ),
        (lambda now: now["agents"].update(bot="s1"), ["- agent bot changed"]),
        (
            lambda now: now["files"].update({"checks.py": "f1"}),
            ["checks.py the file checks.py changed"],
        ),
        (lambda now: now["files"].clear(), ["checks.py the file checks.py changed"]),
        (lambda now: now.update(later="x"), ["- what is run changed"]),
    ],
)
def test_whatever_else_changed_is_told_and_never_passed_over(
    change: Callable[[dict[str, Any]], object], words: list[str]
) -> None:
    assert told(change) == words


def test_an_address_is_in_the_cases_too_and_is_told_once() -> None:
    def move(now: dict[str, Any]) -> None:
        now["addresses"]["openai/gpt-4o-mini"] = "u1"
        for suite in now["suites"]:
            suite["digest"] = "d1"

    assert told(move) == ["- the address of openai/gpt-4o-mini changed"]

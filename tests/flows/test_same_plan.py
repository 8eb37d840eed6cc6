import fnmatch
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any, Literal

import pytest

from agentops_cli.errors import UnreadableError
from agentops_cli.flows.same_plan import changes, plan_record
from agentops_cli.model.settings import Config
from tests.run.test_plan import planned

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


class Folder:
    """A source of these files and of no others."""

    def __init__(self, **files: str) -> None:
        self._files = files

    def read(self, path: str) -> str:
        if path not in self._files:
            raise UnreadableError(f"{path} does not exist")
        return self._files[path]

    def lines(self, path: str, *, newline: Literal["", "\n"]) -> Iterator[str]:
        del newline
        yield from self.read(path).splitlines(keepends=True)

    def glob(self, pattern: str) -> tuple[str, ...]:
        return tuple(fnmatch.filter(self._files, pattern))


CASCADE = """
    models: [{try: replay/small.jsonl, escalate: replay/../large.jsonl}]
    cases: [{id: a, mustContain: x}]
    """


def test_every_file_that_answers_is_in_the_record() -> None:
    plan, config = planned(CASCADE, prompt=None), Config(root=Path())
    source = Folder(**{"evals/small.jsonl": "1", "large.jsonl": "2"})
    record = plan_record(plan, config, source, files=["none.jsonl"])
    files = record["files"]
    assert isinstance(files, dict)
    assert list(files) == ["evals/small.jsonl", "large.jsonl", "none.jsonl"]
    assert [digest is None for digest in files.values()] == [False, False, True]


def test_a_file_that_answers_and_is_not_there_is_in_no_record() -> None:
    plan, config = planned(CASCADE, prompt=None), Config(root=Path())
    with pytest.raises(UnreadableError, match=r"large\.jsonl does not exist"):
        plan_record(plan, config, Folder(**{"evals/small.jsonl": "1"}))

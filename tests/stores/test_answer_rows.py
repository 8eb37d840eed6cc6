"""One kept answer as its rows: read as it was written, or not at all."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from agentops_cli.model.call import Finish, Purpose
from agentops_cli.model.money import MOST_TOKENS, Cost, Usage
from agentops_cli.stores.answer_rows import Kept, _seal, asked_of, kept_of, rows_of
from tests.builders import a_completion, a_tool_call

USAGE = {"input_tokens": 9, "output_tokens": 7, "cached_input_tokens": 0, "reasoning_tokens": 0}
KEPT = Kept(
    key="ab" * 32,
    model="openai/m",
    purpose=Purpose.JUDGE,
    suite="evals/s.yaml",
    case_id=None,
    repeat=1,
    turn=2,
    step=3,
    prints={"model": "01234567"},
    made_at=1_800_000_000,
    completion=a_completion(
        "\ud800 said",
        usage=Usage(**USAGE),
        cost=Cost(),
        finish=Finish.TOOL,
        tool_calls=(a_tool_call(),),
    ),
)
COLUMNS = (
    *("number", "key", "model", "purpose", "suite", "case_id", "repeat", "turn", "step"),
    *("prints", "made_at", "bytes", "used_at"),
)


def row() -> list[Any]:
    """The row as SQLite gives it."""
    asked, (_, body, seal), _ = rows_of(KEPT)
    return [*asked, body, seal]


def sealed(row: list[Any]) -> list[Any]:
    """The row with a seal that fits it, as somebody makes it who knows how."""
    return [*row[:-1], _seal(row[1:-4], row[-2])]


def test_what_was_written_is_read() -> None:
    read = kept_of(row())
    assert read is not None
    assert read.size > 0
    assert replace(read, size=0, used_at=0) == KEPT
    assert read.used_at == KEPT.made_at
    asked = asked_of(row()[:-2])
    assert asked is not None
    assert replace(asked, completion=read.completion) == read


@pytest.mark.parametrize("value", ["zz", -1, 2**63 - 1, 0.5, b"\xff", None, "[" * 5000])
@pytest.mark.parametrize("column", [name for name in COLUMNS if name not in {"suite", "case_id"}])
def test_a_row_of_other_values_is_none(column: str, value: Any) -> None:
    damaged = row()
    damaged[COLUMNS.index(column)] = value
    if column == "model" and isinstance(value, str):
        assert kept_of(damaged) is None  # Only its seal tells.
    else:
        assert asked_of(damaged[:-2]) is None
        assert kept_of(damaged) is None


@pytest.mark.parametrize("column", ["suite", "case_id"])
@pytest.mark.parametrize("value", [7, b"x", 0.5])
def test_a_name_that_is_no_text_makes_no_row(column: str, value: Any) -> None:
    damaged = row()
    damaged[COLUMNS.index(column)] = value
    assert asked_of(damaged[:-2]) is None


@pytest.mark.parametrize("place", range(len(COLUMNS) - 2))
def test_a_row_with_another_letter_in_it_is_none(place: int) -> None:
    damaged = row()
    value = damaged[place]
    damaged[place] = value + 1 if isinstance(value, int) else f"{value or ''}x"
    assert kept_of(damaged) is None


def test_an_answer_with_another_letter_in_it_is_none() -> None:
    *asked, body, seal = row()
    assert kept_of([*asked, body.replace("said", "paid"), seal]) is None
    assert kept_of([*asked, None, None]) is None
    assert kept_of([*asked, body.encode(), seal]) is None


def changed(**change: Any) -> str:
    """A body of the right shape but for one thing."""
    return json.dumps({**json.loads(row()[-2]), **change})


COUNTS = {
    "beyond belief": MOST_TOKENS + 1,
    "beyond what JSON holds": 2**53,
    "negative": -1,
    "a float": 1.0,
    "true": True,
    "text": "1",
    "null": None,
}


@pytest.mark.parametrize("what", COUNTS)
def test_tokens_that_are_no_count_are_no_answer(what: str) -> None:
    *asked, _, seal = row()
    for name in USAGE:
        body = changed(usage={**USAGE, name: COUNTS[what]})
        assert kept_of(sealed([*asked, body, seal])) is None


BODIES: dict[str, Callable[[], str]] = {
    "nested deep": lambda: "[" * 5000,
    "nested deep in keys": lambda: '{"a":' * 5000,
    "empty": lambda: "",
    "a list": lambda: "[]",
    "a number": lambda: "7",
    "without a key": lambda: "{}",
    "a text that is none": lambda: changed(text=None),
    "a model that is none": lambda: changed(model=[]),
    "an unknown finish": lambda: changed(finish="never"),
    "a finish that is a list": lambda: changed(finish=[]),
    "usage that is a list": lambda: changed(usage=[1]),
    "no number of seconds": lambda: changed(latencyS=float("nan")),
    "seconds without end": lambda: changed(latencyS=1.5).replace("1.5", "1e999"),
    "seconds before": lambda: changed(latencyS=-1.5),
    "half a tool call": lambda: changed(toolCalls=[["id"]]),
    "a tool call of numbers": lambda: changed(toolCalls=[[1, 2, 3]]),
}


@pytest.mark.parametrize("what", BODIES)
def test_a_body_that_is_no_answer_is_none_also_with_a_seal_that_fits(what: str) -> None:
    *asked, _, seal = row()
    assert kept_of(sealed([*asked, row()[-2], seal])) is not None
    assert kept_of(sealed([*asked, BODIES[what](), seal])) is None

"""Every kind of assertion, by its table in `cases`: what it says, word for word.

A row has `args` and either what the verdict is (`passed`, `reason`, and `score` where it is not
the plain 1 or 0) or how the arguments are refused (`refused`, `fix`). The answer is `answer`; the
other keys say how it came: `finish`, `cached`, `usage`, `cost`, `unpriced`, `latency`, `tool` (the
arguments of a tool call), `calls` (tool calls, each a name and its arguments), `results` (what
tools gave, by name), `system` (the system message), `vars`, `row`, and `negated`.
"""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agentops_cli.assertions import BUILTIN
from agentops_cli.errors import InputError
from agentops_cli.locate import parse_yaml
from agentops_cli.model.call import Completion, Finish, Verdict
from agentops_cli.model.money import Cost, Usage
from agentops_cli.model.prompt import Message
from agentops_cli.model.tool import ToolCall
from tests.assertions.conftest import PLACE, judge_answer
from tests.builders import a_completion

FOLDER = Path(__file__).parent / "cases"

# See test_refusal.py and test_category.py, and the tests of the kinds that ask a model or a user's
# function.
ELSEWHERE = {"expectedCategory", "rubric", "script", "similar"}

CONDITIONS = {
    *("name", "args", "answer", "finish", "cached", "usage", "cost", "unpriced", "latency"),
    *("calls", "results"),
    *("tool", "system", "vars", "row", "negated", "passed", "reason", "score", "refused", "fix"),
}


def rows() -> list[Any]:
    found = []
    for path in sorted(FOLDER.glob("*.yml")):
        if path.stem in ELSEWHERE:
            continue
        table: Any = parse_yaml(path.read_text(encoding="utf-8"), path=path.name).data
        found += [pytest.param(path.stem, row, id=f"{path.stem}: {row['name']}") for row in table]
    return found


def completion_of(row: dict[str, Any]) -> Completion:
    usage = row.get("usage", {"input": 120, "output": 34})
    calls = [ToolCall(id="1", name="send_mail", arguments=row["tool"])] if "tool" in row else []
    calls += [a_call(name, arguments) for name, arguments in row.get("calls", [])]
    return a_completion(
        row["answer"],
        finish=Finish(row.get("finish", "stop")),
        cached=row.get("cached", False),
        usage=usage and Usage(input_tokens=usage["input"], output_tokens=usage["output"]),
        cost=Cost(usd=Decimal(row.get("cost", "0.001")), unpriced_calls=row.get("unpriced", 0)),
        latency_s=row.get("latency", 0.8),
        tool_calls=tuple(calls),
    )


def a_call(name: str, arguments: Any) -> ToolCall:
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return ToolCall(id=name, name=name, arguments=text)


def results_of(row: dict[str, Any]) -> Iterator[Message]:
    """The messages of a model that called each tool, and of the tools."""
    for name, result in row.get("results", {}).items():
        yield Message(role="assistant", content="", tool_calls=(a_call(name, {}),))
        content = result if isinstance(result, str) else json.dumps(result)
        yield Message(role="tool", content=content, tool_call_id=name)


def judged(kind: str, row: dict[str, Any]) -> Verdict:
    system = (Message(role="system", content=row["system"]),) if "system" in row else ()
    return judge_answer(
        kind,
        completion_of(row),
        row["args"],
        negated=row.get("negated", False),
        case={"vars": row.get("vars", {}), "row": row.get("row", {})},
        request={
            "messages": (*system, Message(role="user", content="Hello"), *results_of(row)),
        },
    )


@pytest.mark.parametrize(("kind", "row"), [row for row in rows() if "passed" in row.values[1]])
def test_a_verdict_is_as_the_table_says(kind: str, row: dict[str, Any]) -> None:
    assert set(row) <= CONDITIONS
    verdict = judged(kind, row)
    assert verdict.reason == row["reason"]
    assert verdict.passed is row["passed"]
    assert verdict.score == pytest.approx(row.get("score", float(bool(row["passed"]))), abs=0.005)
    assert (verdict.kind, verdict.location) == (kind, PLACE)
    assert len(verdict.reason) < 600
    assert verdict.reason.isprintable()


@pytest.mark.parametrize(("kind", "row"), [row for row in rows() if "refused" in row.values[1]])
def test_arguments_are_refused_as_the_table_says(kind: str, row: dict[str, Any]) -> None:
    assert set(row) <= CONDITIONS
    with pytest.raises(InputError) as error:
        judged(kind, {"answer": "", **row})
    [finding] = error.value.findings
    assert finding.message == row["refused"]
    # What the schema refuses gets its fix from the validator, which has its own tests.
    if finding.rule == "bad-argument" or "fix" in row:
        assert finding.fix == row["fix"]
    assert finding.location is not None


def test_a_row_says_one_thing() -> None:
    assert all(("passed" in row.values[1]) != ("refused" in row.values[1]) for row in rows())


@pytest.mark.parametrize("kind", sorted(set(BUILTIN) - ELSEWHERE))
def test_every_kind_has_a_table_in_which_it_passes_fails_and_refuses(kind: str) -> None:
    table = [row.values[1] for row in rows() if row.values[0] == kind]
    assert {True, False} <= {row.get("passed") for row in table}
    assert any("refused" in row for row in table)

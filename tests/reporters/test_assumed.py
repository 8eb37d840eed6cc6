"""Every report says which of its dollars are no more than the most that a call may have cost."""

import json
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest

from agentops_cli.model.call import FaultKind
from agentops_cli.model.money import Cost
from agentops_cli.model.result import Outcome
from agentops_cli.ports import Reporter
from agentops_cli.reporters.assumed import words_of_assumed
from agentops_cli.reporters.cost import CostJson, CostMarkdown
from agentops_cli.reporters.junit import JUnit
from agentops_cli.reporters.markdown import Markdown
from agentops_cli.reporters.run_json import RunJson
from tests.builders import (
    Evaluation,
    a_case_result,
    a_fault,
    a_suite_result,
    a_trial,
    an_errored_trial,
    an_evaluation,
)
from tests.reporters.written import written

LATE = a_fault(kind=FaultKind.TIMEOUT, billed=True, usd=Decimal("0.0123"), assumed=True)


def of(*lost: int) -> Evaluation:
    """A run with a case for each number, in which so many trials timed out."""
    trials = [[an_errored_trial(fault=LATE, repeat=n) for n in range(number)] for number in lost]
    cases = [
        a_case_result(each, outcome=Outcome.ERRORED, cost=sum((LATE.cost for _ in each), Cost()))
        for each in trials
    ]
    return an_evaluation(a_suite_result(*cases), trials=trials)


WORDS = "3 calls without an answer are counted at the most that they may have cost"


def test_the_words_count_subjects_and_judges() -> None:
    judge_cost = Cost(usd=Decimal("0.01"), assumed_calls=1)
    judged = a_case_result([a_trial(judge_cost=judge_cost)], outcome=Outcome.PASSED)
    run = an_evaluation(a_suite_result(judged), trials=[[]]).run
    assert words_of_assumed(run) == (
        "1 call without an answer is counted at the most that it may have cost"
    )
    assert words_of_assumed(of(1, 2).run) == WORDS
    assert words_of_assumed(of().run) is None


@pytest.mark.parametrize("reporter", [Markdown(), CostMarkdown()])
def test_people_are_told_beside_the_dollars(reporter: Reporter) -> None:
    page = written(reporter, of(1, 2))
    assert f"{WORDS}." in page
    assert "$0.0369 (3 calls assumed)" in page
    assert "assumed" not in written(reporter, of())


def test_programs_are_told_in_every_sum() -> None:
    result = json.loads(written(RunJson(), of(1, 2)))
    assert result["totals"]["assumed"] == 3
    first, second = result["suites"][0]["cases"]
    assert [case["assumed"] for case in (first, second)] == [1, 2]
    assert first["trials"][0]["fault"]["assumed"] is True
    assert first["trials"][0]["fault"]["costUsd"] == "0.0123"
    cost = json.loads(written(CostJson(), of(1, 2)))
    assert (cost["total"]["assumedCalls"], cost["total"]["usd"]) == (3, "0.0369")


def test_junit_carries_it_where_there_is_any() -> None:
    root = ET.fromstring(written(JUnit(), of(2)))  # noqa: S314 # Our own.
    told = {p.get("name"): p.get("value") for p in root.iter("property")}
    assert told["assumed_calls"] == "2"
    assert "assumed_calls" not in written(JUnit(), of())

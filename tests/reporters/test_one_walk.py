"""Each walk over the cases of a large run takes seconds: no report needs more than one."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import overload

import pytest

from agentops_cli.model.money import Cost
from agentops_cli.model.result import CaseResult, Outcome, TrialResult
from agentops_cli.ports import Reporter
from agentops_cli.reporters.cost import CostJson, CostMarkdown
from agentops_cli.reporters.junit import JUnit
from agentops_cli.reporters.markdown import Markdown
from agentops_cli.reporters.run_json import RunJson
from tests.builders import (
    a_case,
    a_case_result,
    a_completion,
    a_lost_trial,
    a_run,
    a_suite_result,
    a_trial,
)

REPORTERS = (JUnit, RunJson, Markdown, CostJson, CostMarkdown)


class NoTrials:
    """Trials of which nothing is left."""

    def of(self, case: CaseResult) -> tuple[TrialResult, ...]:
        return ()

    def texts(self, case: CaseResult) -> tuple[str, ...]:
        return ()


class Walked(Sequence[CaseResult]):
    """Cases that count how often somebody goes over them, and let nobody pick one."""

    def __init__(self, cases: Sequence[CaseResult]) -> None:
        self.cases = cases
        self.walks = 0

    def __len__(self) -> int:
        return len(self.cases)

    @overload
    def __getitem__(self, at: int) -> CaseResult: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[CaseResult]: ...
    def __getitem__(self, at: int | slice) -> CaseResult | Sequence[CaseResult]:
        raise AssertionError("a report goes over the cases in order")

    def __iter__(self) -> Iterator[CaseResult]:
        self.walks += 1
        return iter(self.cases)


def walks(reporter: type[Reporter], cases: Sequence[CaseResult]) -> int:
    suite = a_suite_result(*cases)
    walked = Walked(cases)
    out = io.StringIO()
    reporter().write(a_run(replace(suite, cases=walked)), NoTrials(), out)
    return walked.walks


@pytest.mark.parametrize("reporter", REPORTERS)
def test_a_report_goes_over_the_cases_once_at_most(reporter: type[Reporter]) -> None:
    cases = [
        a_case_result([a_lost_trial() if outcome is Outcome.FAILED else a_trial()], outcome=outcome)
        for outcome in Outcome
    ]
    assert walks(reporter, cases) == 1


@pytest.mark.parametrize("reporter", [Markdown, CostJson, CostMarkdown])
def test_where_all_passed_at_no_cost_there_is_nothing_to_look_for(
    reporter: type[Reporter],
) -> None:
    free = a_trial(completion=a_completion(cost=Cost()))
    assert walks(reporter, [a_case_result([free])] * 3) == 0


def test_of_many_failures_the_worst_are_shown_and_the_first_of_equals() -> None:
    def failed(number: int, passed: int) -> CaseResult:
        trials = [a_trial(repeat=n) for n in range(passed)]
        trials += [a_lost_trial(repeat=n) for n in range(passed, 4)]
        case = a_case(id=f"c{number}", repeat=4, repeat_pass=4)
        return a_case_result(trials, case=case, outcome=Outcome.FAILED)

    cases = [failed(number, number % 3) for number in range(90)]
    out = io.StringIO()
    Markdown().write(a_run(a_suite_result(*cases)), NoTrials(), out)
    shown = [line for line in out.getvalue().splitlines() if line.startswith("- **")]
    assert [line.split("`")[1] for line in shown] == [f"c{3 * n}" for n in range(20)]
    assert "- 70 more, see the JSON report" in out.getvalue()


@pytest.mark.parametrize("reporter", [CostJson, CostMarkdown])
def test_the_most_expensive_cases_come_the_dearest_first(reporter: type[Reporter]) -> None:
    costs = [3, 1, 5, 3, 0, 9, 2, 3]
    cases = [
        a_case_result(
            [a_trial(completion=a_completion(cost=Cost(usd=Decimal(usd))))],
            case=a_case(id=f"case-{number}-"),
        )
        for number, usd in enumerate(costs)
    ]
    out = io.StringIO()
    reporter().write(a_run(a_suite_result(*cases)), NoTrials(), out)
    text = out.getvalue()
    places = [text.find(f"case-{number}-") for number in (5, 2, 0, 3, 7)]
    assert places == sorted(places)
    assert places[0] > 0
    assert "case-6-" not in text

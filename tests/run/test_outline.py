from collections.abc import Iterator
from dataclasses import replace

import pytest

from agentops_cli import spool
from agentops_cli.model.judge import Judge
from agentops_cli.model.result import PlannedCase
from agentops_cli.model.suite import AssertionSpec
from agentops_cli.run.outline import PlannedCases, outline_of
from tests.builders import a_case, a_case_of_turns, a_place, a_planned_case

JUDGE = Judge(model="openai/gpt-4o", location=a_place())
SIMILAR = AssertionSpec(kind="similar", args={"value": "x"}, location=a_place())


def planned(*models: str, suite: str = "a.yaml") -> list[PlannedCase]:
    return [a_planned_case(model=model, suite=suite) for model in models]


def test_suites_are_counted_and_models_placed_in_the_order_of_the_plan() -> None:
    cases = [*planned("m", "m", "n"), *planned("n", "o", suite="b.yaml")]
    outline = outline_of(cases)
    assert [*outline.suites.items()] == [("a.yaml", 3), ("b.yaml", 2)]
    assert [*outline.labels.items()] == [("m", "a.yaml"), ("n", "a.yaml"), ("o", "b.yaml")]


def test_the_judge_of_a_suite_is_that_of_any_case_that_may_ask_it() -> None:
    silent, asking = planned("m", "m")
    assert outline_of([silent]).judges == {}
    assert outline_of([silent, replace(asking, judge=JUDGE)]).judges == {"a.yaml": JUDGE}


def test_skipped_cases_are_cases_without_trials() -> None:
    run = a_planned_case(case=a_case(repeat=3))
    skipped = a_planned_case(case=a_case(repeat=5, skip="later", assertions=(SIMILAR,)))
    outline = outline_of([run, skipped])
    assert ([*outline.suites.values()], outline.trials, outline.compares) == ([2], 3, False)


def test_it_compares_where_a_case_or_a_turn_does() -> None:
    talk = a_case_of_turns("Hi", "Bye")
    first = replace(talk.turns[0], assertions=(SIMILAR,))
    for case in (a_case(assertions=(SIMILAR,)), replace(talk, turns=(first, talk.turns[1]))):
        assert outline_of([a_planned_case(case=case)]).compares
    assert not outline_of([a_planned_case(case=talk)]).compares


@pytest.mark.parametrize("kept", [2, 100])
def test_cases_come_once_and_are_there_again_and_again(
    monkeypatch: pytest.MonkeyPatch, kept: int
) -> None:
    monkeypatch.setattr(spool, "KEPT", kept)
    given = [a_planned_case(index=index) for index in range(7)]
    drawn: list[int] = []

    def draw() -> Iterator[PlannedCase]:
        for case in given:
            drawn.append(case.index)
            yield case

    cases = PlannedCases(draw())
    assert [*cases] == [*cases] == given
    assert (len(cases), cases[5], [*cases[1:3]]) == (7, given[5], given[1:3])
    assert outline_of(cases) is cases.outline
    assert drawn == [*range(7)]

from decimal import Decimal

import pytest

from agentops_cli.model.money import Cost
from agentops_cli.model.settings import Accounting
from agentops_cli.reporters.accounting import word_of, words_of_agents
from tests.builders import BOT, MINI, a_case_result, a_completion, a_run, a_suite_result, a_trial


@pytest.mark.parametrize(
    ("how", "most", "word", "words"),
    [
        (Accounting.ENFORCED, None, "enforced", "cost enforced by the meter"),
        (
            Accounting.REPORTED,
            "0.02",
            "reported",
            "cost reported by the agent itself, not measured",
        ),
        (
            Accounting.DECLARED,
            "0.02",
            "declared",
            "cost declared: at most $0.02 a call, not measured",
        ),
        (Accounting.DECLARED, "0", "declared", "cost declared: at most $0 a call, not measured"),
        (None, None, "not known", "cost not known: no meter, no usage, no declared maximum"),
    ],
)
def test_each_way_of_knowing_has_its_words(
    how: Accounting | None, most: str | None, word: str, words: str
) -> None:
    suite = a_suite_result(
        a_case_result(model=BOT),
        accounting={BOT: how},
        max_usd_per_call={} if most is None else {BOT: Decimal(most)},
    )
    assert word_of(suite, BOT) == word
    assert words_of_agents(a_run(suite)) == {BOT: words}


def test_calls_of_unknown_price_are_told_whatever_was_promised() -> None:
    answer = a_completion(cost=Cost(unpriced_calls=1))
    trials = [a_trial(completion=answer), a_trial(repeat=1, completion=answer)]
    suite = a_suite_result(a_case_result(trials, model=BOT), accounting={BOT: Accounting.ENFORCED})
    assert words_of_agents(a_run(suite)) == {
        BOT: "cost enforced by the meter, but for 2 calls of unknown cost"
    }


def test_a_model_has_prices_and_no_accounting() -> None:
    suite = a_suite_result(a_case_result(model=MINI))
    assert word_of(suite, MINI) is None
    assert words_of_agents(a_run(suite)) == {}


def test_an_agent_in_two_suites_is_told_once_with_all_of_its_calls() -> None:
    unpriced = a_trial(completion=a_completion(cost=Cost(unpriced_calls=1)))
    suites = [
        a_suite_result(a_case_result([unpriced], model=BOT), accounting={BOT: None}, path=path)
        for path in ("evals/a.yaml", "evals/b.yaml")
    ]
    assert len(words_of_agents(a_run(*suites))) == 1

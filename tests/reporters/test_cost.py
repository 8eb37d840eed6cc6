import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from agentops_cli.model.money import Cost, Usage
from agentops_cli.reporters.accounting import CAVEAT
from agentops_cli.reporters.cost import CostJson, CostMarkdown, against_budget
from tests.builders import (
    BOT,
    JUDGE,
    LEGACY,
    MINI,
    SONNET,
    Evaluation,
    a_case,
    a_case_result,
    a_completion,
    a_conversation,
    a_suite_result,
    a_trial,
    an_evaluation,
    an_eventful_evaluation,
)
from tests.reporters.written import assert_golden, written

CENT = Cost(usd=Decimal("0.01"))
UNPRICED = Cost(unpriced_calls=1)


def report(evaluation: Evaluation) -> dict[str, Any]:
    parsed = json.loads(written(CostJson(), evaluation))
    assert isinstance(parsed, dict)
    return parsed


def page(evaluation: Evaluation) -> list[str]:
    return written(CostMarkdown(), evaluation).splitlines()


def test_the_reports_of_an_eventful_run_are_the_golden_ones() -> None:
    assert_golden("cost.json", written(CostJson(), an_eventful_evaluation()))
    assert_golden("cost.md", written(CostMarkdown(), an_eventful_evaluation()))


@pytest.mark.parametrize("parts", ["suites", "models", "prompts"])
def test_every_way_to_divide_adds_up_to_the_total(parts: str) -> None:
    whole = report(an_eventful_evaluation())
    for key in ("knownUsd", "unpricedCalls"):
        assert sum(Decimal(part[key]) for part in whole[parts]) == Decimal(whole["total"][key])
    for key in ("answers", "liveAnswers", "cachedAnswers", "inputTokens", "outputTokens"):
        total = whole["total"]["subject"][key]
        assert sum(part["subject"][key] for part in whole[parts]) == total


def test_parts_are_named_by_path_model_and_prompt_version() -> None:
    whole = report(an_eventful_evaluation())
    names = {key: [part["name"] for part in whole[key]] for key in ("suites", "models", "prompts")}
    assert names == {
        "suites": [
            "evals/product-manager.yaml",
            "evals/support/triage.yaml",
            "evals/support-bot.yaml",
        ],
        "models": [MINI, SONNET, BOT, LEGACY, JUDGE],
        "prompts": ["product-manager@1.2.0", "no prompt"],
    }


def test_two_versions_of_a_prompt_are_two_parts() -> None:
    suites = [
        a_suite_result(prompt_version="1.2.0"),
        a_suite_result(path="evals/b.yaml", prompt_version="2.0.0"),
        a_suite_result(path="evals/c.yaml", prompt_version=None),
        a_suite_result(path="evals/d.yaml", prompt_version="1.2.0"),
    ]
    prompts = report(an_evaluation(*suites))["prompts"]
    assert [(part["name"], part["subject"]["answers"]) for part in prompts] == [
        ("product-manager@1.2.0", 2),
        ("product-manager@2.0.0", 1),
        ("product-manager@no version", 1),
    ]


def test_subject_and_judges_are_apart() -> None:
    trial = a_trial(completion=a_completion(cost=CENT), judge_cost=Cost(usd=Decimal("0.30")))
    total = report(an_evaluation(a_suite_result(a_case_result([trial]))))["total"]
    assert (total["usd"], total["subject"]["usd"], total["judges"]["usd"]) == (
        "0.31",
        "0.01",
        "0.30",
    )


def test_a_model_has_what_it_cost_as_a_subject_and_what_it_cost_as_a_judge() -> None:
    judge_cost = Cost(usd=Decimal("0.30"))
    cases = [
        a_case_result([a_trial(completion=a_completion(cost=CENT), judge_cost=judge_cost)], **more)
        for more in (
            {"model": MINI, "judge_model": JUDGE},
            {"model": SONNET, "judge_model": JUDGE},
            {"model": JUDGE, "judge_model": MINI},
        )
    ]
    models = report(an_evaluation(a_suite_result(*cases)))["models"]
    assert [(part["name"], part["subject"]["usd"], part["judges"]["usd"]) for part in models] == [
        (MINI, "0.01", "0.30"),
        (SONNET, "0.01", "0"),
        (JUDGE, "0.01", "0.60"),
    ]


def test_a_model_that_only_judged_gave_no_answers() -> None:
    trial = a_trial(judge_cost=CENT)
    evaluation = an_evaluation(a_suite_result(a_case_result([trial], judge_model=JUDGE)))
    [row] = [line for line in page(evaluation) if line.startswith(f"| `{JUDGE}`")]
    assert row == f"| `{JUDGE}` | $0.01 | $0 | $0.01 | - | - | - | 0 | - | - |"


def test_a_judge_that_nobody_names_is_not_lost() -> None:
    evaluation = an_evaluation(a_suite_result(a_case_result([a_trial(judge_cost=CENT)])))
    assert [part["name"] for part in report(evaluation)["models"]] == [MINI, "unknown judge"]


def test_every_step_of_every_turn_is_an_answer() -> None:
    evaluation = an_evaluation(a_suite_result(a_case_result([a_conversation(), a_trial()])))
    assert report(evaluation)["total"]["subject"]["answers"] == 4


def test_agents_have_their_accounting_in_a_column_and_in_words() -> None:
    lines = page(an_eventful_evaluation())
    rows = {line.split("`")[1]: line for line in lines if line.startswith("| `") and "/" in line}
    assert rows[BOT].startswith(f"| `{BOT}` | enforced | $")
    assert rows[LEGACY].startswith(f"| `{LEGACY}` | declared | $0.02 |")
    assert rows[JUDGE].startswith(f"| `{JUDGE}` | - | $0.0021 |")
    assert f"- `{LEGACY}`: cost declared: at most $0.02 a call, not measured" in lines
    assert CAVEAT in lines


def test_the_accounting_of_an_agent_is_in_the_json_and_a_model_has_none() -> None:
    models = report(an_eventful_evaluation())["models"]
    assert {part["name"]: part["accounting"] for part in models} == {
        MINI: None, SONNET: None, BOT: "enforced", LEGACY: "declared", JUDGE: None,
    }  # fmt: skip


def test_without_agents_there_is_no_word_of_accounting() -> None:
    lines = page(an_evaluation(a_suite_result()))
    assert not [line for line in lines if "accounting" in line or line == CAVEAT]


def test_live_and_cached_calls_are_apart() -> None:
    cached = a_completion(cached=True, cost=Cost())
    executed = [a_trial(), a_trial(repeat=1, completion=cached)]
    subject = report(an_evaluation(a_suite_result(a_case_result(executed))))["total"]["subject"]
    assert (subject["answers"], subject["liveAnswers"], subject["cachedAnswers"]) == (2, 1, 1)


def test_tokens_that_were_cached_or_reasoned_are_told() -> None:
    usage = Usage(input_tokens=1000, output_tokens=50, cached_input_tokens=800, reasoning_tokens=30)
    trial = a_trial(completion=a_completion(usage=usage))
    evaluation = an_evaluation(a_suite_result(a_case_result([trial])))
    subject = report(evaluation)["total"]["subject"]
    assert (subject["cachedInputTokens"], subject["reasoningTokens"]) == (800, 30)
    assert any("| 1,000 (800 cached) | 50 (30 reasoning) |" in line for line in page(evaluation))


@pytest.mark.parametrize("judged", [False, True])
def test_what_has_no_price_is_unknown_and_never_zero(*, judged: bool) -> None:
    if judged:
        trial = a_trial(judge_cost=UNPRICED, completion=a_completion(cost=Cost()))
    else:
        trial = a_trial(completion=a_completion(cost=UNPRICED))
    evaluation = an_evaluation(a_suite_result(a_case_result([trial])))
    total = report(evaluation)["total"]
    assert (total["usd"], total["knownUsd"], total["unpricedCalls"]) == (None, "0", 1)
    first = page(evaluation)[0]
    assert first == "## Cost: 1 call of unknown cost, budget $0.50"


@pytest.mark.parametrize(
    ("cost", "budget", "written_as"),
    [
        (Cost(), None, "$0, no budget"),
        (CENT, Decimal("0.50"), "$0.01, 2.0% of $0.50"),
        (CENT, Decimal(0), "$0.01, budget $0"),
        (CENT + UNPRICED, Decimal("0.50"), "$0.01 + 1 call of unknown cost, budget $0.50"),
        (UNPRICED, None, "1 call of unknown cost, no budget"),
    ],
)
def test_the_total_stands_against_the_budget(
    cost: Cost, budget: Decimal | None, written_as: str
) -> None:
    assert against_budget(cost, budget) == written_as


def test_the_five_most_expensive_cases_are_listed_dearest_first() -> None:
    cases = [
        replace(
            a_case_result(case=a_case(id=f"case-{cents}")),
            cost=Cost(usd=Decimal(cents) / 100),
            judge_cost=Cost(usd=Decimal(cents % 2)),
        )
        for cents in range(8)
    ]
    evaluation = an_evaluation(a_suite_result(*cases))
    expected = ["case-7", "case-5", "case-3", "case-1", "case-6"]
    assert [case["id"] for case in report(evaluation)["mostExpensiveCases"]] == expected
    lines = [line for line in page(evaluation) if line.startswith("| `case-")]
    assert [line.split("`")[1] for line in lines] == expected


def test_a_case_that_cost_nothing_is_not_expensive() -> None:
    free = a_trial(completion=a_completion(cost=Cost()))
    evaluation = an_evaluation(a_suite_result(a_case_result([free])))
    assert report(evaluation)["mostExpensiveCases"] == []
    assert not any("most expensive" in line for line in page(evaluation))


def test_cases_of_unknown_price_are_said_to_may_have_cost_more() -> None:
    assert page(an_eventful_evaluation())[-1] == (
        "1 case with calls of unknown cost may have cost more than these."
    )

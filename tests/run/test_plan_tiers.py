"""What is planned for a cascade, and who may stand in for a model in which suite."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from agentops_cli.errors import InputError
from agentops_cli.model.call import Request, StandIn
from agentops_cli.model.finding import Finding, Severity
from agentops_cli.model.money import Price, Rates
from agentops_cli.model.place import Location
from agentops_cli.model.result import PlannedCase
from agentops_cli.model.settings import ModelSettings
from agentops_cli.run.identity import digest_of
from tests.builders import a_place
from tests.run.test_plan import an_agent, planned, refused

CASES = "cases: [{id: a, input: Hello, mustContain: x}, {id: b, input: Bye, mustContain: x}]\n"
CASCADE = f"models: [{{try: local/mini, escalate: openai/gpt-4o, when: lowConfidence}}]\n{CASES}"
LABEL = "local/mini>openai/gpt-4o"
DEAR = Price(rates=Rates(input_usd=Decimal(1), output_usd=Decimal(1)))
FALLBACKS = a_place(3, 20, path="agentops.yaml")


def backed(model: str, *names: str) -> dict[str, ModelSettings]:
    return {model: ModelSettings(fallbacks=names, fallbacks_at=FALLBACKS)}


def test_both_models_of_a_cascade_are_asked_the_same() -> None:
    plan = planned(CASCADE, price_of=lambda _: DEAR)
    assert [case.model for case in plan.cases] == [LABEL, LABEL]
    case = plan.cases[1]
    assert case.escalation is not None
    small, large = case.request, case.escalation.request
    assert (small.model, large.model) == ("local/mini", "openai/gpt-4o")
    assert (small.weights, large.weights) == ("b179", None)
    assert replace(large, model=small.model, weights=small.weights) == small
    assert small.tags is not None
    assert small.tags.model == LABEL  # What a case may spend is one sum for both.
    assert case.escalation.when == {"lowConfidence"}
    assert case.escalation.price == DEAR


def test_every_turn_of_a_conversation_may_be_escalated() -> None:
    suite = """
        models: [{try: a/b, escalate: a/c}]
        cases:
          - {id: t, turns: [{input: One, mustContain: x}, {input: Two, mustContain: x}]}
        """
    [case] = planned(suite).cases
    assert case.escalation is not None
    small, large = case.on_each_model
    assert [each.model for each in (small, large)] == ["a/b", "a/c"]
    assert [said(large.request), *map(said, large.later)] == ["One", "Two"]
    assert [request.model for request in large.later] == ["a/c"]
    assert (small.escalation, large.escalation) == (None, None)


def said(request: Request) -> str:
    return request.messages[-1].content


def test_a_case_on_one_model_is_itself() -> None:
    case = planned(f"models: [a/b]\n{CASES}").cases[0]
    assert case.escalation is None
    assert case.on_each_model == (case,)


def test_all_models_that_may_be_asked_are_told() -> None:
    plan = planned(CASCADE, model_settings=backed("openai/gpt-4o", "azure/gpt-4o"))
    assert plan.models == ("local/mini", "openai/gpt-4o", "azure/gpt-4o")


def test_a_cascade_is_selected_by_either_model() -> None:
    suite = f"models: [a/b, {{try: a/c, escalate: a/d}}]\n{CASES}"
    assert {case.model for case in planned(suite, models=("a/d",)).cases} == {"a/c>a/d"}


@pytest.mark.parametrize(("unknown", "column"), [("local/mini", 16), ("openai/gpt-4o", 38)])
def test_under_a_budget_both_models_need_a_price(unknown: str, column: int) -> None:
    [finding] = refused(
        f"{CASCADE}budget: {{runUsd: 1}}", price_of=lambda model: None if model == unknown else DEAR
    )
    assert finding.rule == "unknown-price"
    assert finding.message.startswith(f"{unknown} has no known price")
    assert str(finding.location) == f"evals/s.yaml:2:{column}"


def test_the_stand_ins_of_a_model_are_those_of_its_suite_with_their_addresses() -> None:
    plan = planned(
        f"models: [a/b, a/c]\n{CASES}",
        model_settings=backed("a/c", "local/x", "e/f"),
        base_url_of=lambda model: f"http://{model}",
    )
    assert plan.stand_ins == {
        ("evals/s.yaml", "a/c"): (
            StandIn(model="local/x", base_url="http://local/x", weights="b179"),
            StandIn(model="e/f", base_url="http://e/f"),
        )
    }


LISTED = "---\nversion: 1.0.0\nmodel: [openai/mini, azure/mini, groq/x]\n---\nSell lamps.\n"


def test_a_prompt_that_lists_its_models_means_an_order_of_fallback() -> None:
    nearer = backed("openai/mini", "e/f")
    plan = planned(CASES, prompt=LISTED, model_settings=nearer)
    assert {case.model for case in plan.cases} == {"openai/mini"}
    [[suite, model]] = plan.stand_ins
    assert (suite, model) == ("evals/s.yaml", "openai/mini")
    assert [one.model for one in plan.stand_ins[suite, model]] == ["azure/mini", "groq/x"]


@pytest.mark.parametrize("listed", ["openai/mini, agent/bot", "agent/bot, openai/mini"])
def test_a_mistake_in_the_models_of_a_prompt_is_told_with_its_line(listed: str) -> None:
    prompt = LISTED.replace("openai/mini, azure/mini, groq/x", listed)
    doubted = Finding(rule="doubted", message="it is none", location=None)
    findings = refused(
        CASES,
        prompt=prompt,
        agents={"bot": an_agent()},
        doubt_of_stand_in=lambda _, place: replace(doubted, location=place),
    )
    places = [str(one.location) for one in findings if one.rule in {"doubted", "bad-fallback"}]
    assert places == ["p.prompt.md:3:8"]


def test_a_suite_that_names_its_models_does_not_want_those_of_the_prompt() -> None:
    plan = planned(f"models: [openai/mini]\n{CASES}", prompt=LISTED)
    assert plan.stand_ins == {}


@pytest.mark.parametrize("first", ["agent/bot", "replay/x.jsonl"])
def test_nothing_stands_in_for_what_is_no_model(first: str) -> None:
    prompt = LISTED.replace("openai/mini", first)
    findings = refused(CASES, prompt=prompt, agents={"bot": an_agent()})
    assert "bad-fallback" in [finding.rule for finding in findings]


def test_under_a_budget_a_stand_in_needs_a_price_too() -> None:
    [finding] = refused(
        f"models: [a/b]\nbudget: {{runUsd: 1}}\n{CASES}",
        model_settings=backed("a/b", "c/d"),
        price_of=lambda model: None if model == "c/d" else DEAR,
    )
    assert (finding.rule, finding.location) == ("unknown-price", FALLBACKS)
    assert finding.message.startswith("c/d has no known price")


@pytest.mark.parametrize("severity", [Severity.ERROR, Severity.WARNING])
def test_a_stand_in_is_doubted_before_the_run(severity: Severity) -> None:
    def doubt(model: str, place: Location) -> Finding:
        return Finding(rule="x", message=model, location=place, severity=severity)

    suite, settings = (
        f"models: [a/b, a/c]\n{CASES}",
        {**backed("a/b", "c/d"), **backed("a/c", "c/d")},
    )
    if severity is Severity.ERROR:
        with pytest.raises(InputError) as caught:
            planned(suite, model_settings=settings, doubt_of_stand_in=doubt)
        told: Sequence[Finding] = caught.value.findings
    else:
        told = planned(suite, model_settings=settings, doubt_of_stand_in=doubt).notes
    doubts = [finding for finding in told if finding.rule == "x"]
    assert [(finding.message, finding.location) for finding in doubts] == [("c/d", FALLBACKS)]


def test_the_digest_of_a_case_changes_with_its_cascade() -> None:
    def digest(suite: str) -> str:
        case: PlannedCase = planned(suite).cases[0]
        return digest_of(case)

    other = CASCADE.replace("lowConfidence", "failed")
    larger = CASCADE.replace("openai/gpt-4o", "openai/o3")
    assert len({digest(CASCADE), digest(other), digest(larger)}) == 3


def test_a_part_of_a_plan_has_the_stand_ins_of_its_own_suites_only() -> None:
    plan = planned(f"models: [a/b]\n{CASES}", model_settings=backed("a/b", "e/f"))
    assert plan.only(lambda case: case.case.id == "a").models == ("a/b", "e/f")
    assert plan.only(lambda _: False).models == ()

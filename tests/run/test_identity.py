from collections.abc import Callable
from dataclasses import fields, replace
from datetime import date
from typing import Any

import pytest

from agentops_cli.model.call import Request, Tags
from agentops_cli.model.judge import Judge
from agentops_cli.model.prompt import Message
from agentops_cli.model.result import Escalation, PlannedCase
from agentops_cli.model.suite import (
    AssertionSpec,
    Case,
    InjectedFault,
    Quarantine,
    Turn,
    Window,
)
from agentops_cli.run.identity import PlanDigest, digest_of
from tests.builders import a_case, a_place, a_planned_case, a_request

SPEC = AssertionSpec(kind="mustContain", args={"value": "a"}, location=a_place())
JUDGE = Judge(model="openai/gpt-4o", location=a_place())
TURN = Turn(input="Hello", location=a_place())
WHOLE = a_planned_case(
    case=a_case(
        assertions=(SPEC,),
        vars={"name": "Ada"},
        row={"label": "bug"},
        turns=(TURN,),
        stubs={"get_order": {"total": 40}},
        references={"label": "bug"},
    ),
    request=a_request(tags=Tags(suite="s", case_id="wishlist", prompt="p", prompt_version="1.0.0")),
    judge=JUDGE,
)

# What may change in a case without another answer or another verdict.
OF_PLACE = {"location", "stub_locations"}
# What shows in the requests, which are digested whole; `assert_output` adds to the assertions.
OF_REQUEST = {"messages", "assert_output"}

CASE_CHANGES: dict[str, Any] = {
    "id": "other",
    "input": "other",
    "vars": {"name": "Bob"},
    "row": {"label": "billing"},
    "assertions": (replace(SPEC, args={"value": "b"}),),
    "tags": frozenset({"smoke"}),
    "repeat": 2,
    "repeat_pass": 2,
    "repeat_auto": True,
    "skip": "not now",
    "xfail": "known",
    "quarantine": Quarantine(reason="r", owner="o", until=date(2026, 12, 31)),
    "turns": (replace(TURN, assertions=(SPEC,)),),
    "window": Window(turns=2),
    "ttl_turns": 3,
    "stubs": None,
    "max_steps": 3,
    "faults": (InjectedFault(target="t", error="timeout", location=a_place()),),
    "references": {"label": "billing"},
}


@pytest.mark.parametrize("name", [field.name for field in fields(Case)])
def test_every_part_of_a_case_tells_but_where_it_stands(name: str) -> None:
    if name in OF_PLACE | OF_REQUEST:
        assert name not in CASE_CHANGES
        return
    changed = replace(WHOLE, case=replace(WHOLE.case, **{name: CASE_CHANGES[name]}))
    assert digest_of(changed) != digest_of(WHOLE)


JUDGE_CHANGES: list[dict[str, Any]] = [
    {"model": "m"},
    {"threshold": 0.5},
    {"votes": 3},
    {"temperature": None},
    {"max_tokens": 5},
    {"instructions": "be strict"},
    {"base_url": "http://elsewhere"},
    {"weights": "0a1b"},
]


def on_spec(**changes: Any) -> PlannedCase:
    return replace(WHOLE, case=replace(WHOLE.case, assertions=(replace(SPEC, **changes),)))


def on_request(**changes: Any) -> PlannedCase:
    return replace(WHOLE, request=replace(WHOLE.request, **changes))


@pytest.mark.parametrize(
    "other",
    [
        on_spec(kind="equals"),
        on_spec(negated=True),
        on_spec(advisory=True),
        on_request(messages=(Message(role="user", content="other"),)),
        on_request(max_tokens=1),
        on_request(base_url="http://elsewhere"),
        on_request(tags=replace(WHOLE.request.tags or Tags(suite="", case_id=""), prompt="q")),
        replace(WHOLE, later=(a_request(turn=1),)),
        replace(WHOLE, suite="other"),
        replace(WHOLE, model="openai/other"),
        replace(WHOLE, agent_tools=()),
        replace(WHOLE, escalation=Escalation(request=a_request(), when=frozenset({"failed"}))),
        replace(WHOLE, judge=None),
        *(replace(WHOLE, judge=replace(JUDGE, **change)) for change in JUDGE_CHANGES),
    ],
)
def test_whatever_decides_on_an_answer_or_a_verdict_tells(other: PlannedCase) -> None:
    assert digest_of(other) != digest_of(WHOLE)


@pytest.mark.parametrize(
    "change",
    [
        lambda case: replace(case, index=7),
        lambda case: replace(case, case=replace(case.case, location=a_place(99))),
        lambda case: replace(
            case,
            case=replace(case.case, assertions=(replace(SPEC, location=a_place(99)),)),
        ),
        lambda case: replace(case, judge=replace(JUDGE, path="judges/j.yaml")),
        lambda case: replace(case, request=replace(case.request, timeout_s=1.0)),
    ],
)
def test_places_limits_and_what_stands_beside_it_do_not_tell(
    change: Callable[[PlannedCase], PlannedCase],
) -> None:
    assert digest_of(change(WHOLE)) == digest_of(WHOLE)


def test_a_digest_is_the_same_in_every_process() -> None:
    request = Request(model="m", messages=(Message(role="user", content="hi"),), max_tokens=5)
    planned = PlannedCase(
        index=0, suite="s.yaml", case=a_case(tags=frozenset("abc")), model="m", request=request
    )
    assert digest_of(planned) == digest_of(replace(planned, case=a_case(tags=frozenset("cba"))))
    assert len(bytes.fromhex(digest_of(planned))) == 32


def together(*cases: PlannedCase) -> str:
    digest = PlanDigest()
    for planned in cases:
        digest.add(planned)
    return digest.value


def test_cases_together_are_those_in_their_order() -> None:
    one, two = a_planned_case(), a_planned_case(case=a_case(id="other"))
    plans: list[list[PlannedCase]] = [[], [one], [two], [one, two], [two, one]]
    assert len({together(*plan) for plan in plans}) == 5
    assert together(one, two) == together(one, replace(two, index=1))

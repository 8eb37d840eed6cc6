"""The fingerprint of a request: everything that may change the answer, and nothing else."""

import subprocess
import sys
from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

import pytest

from agentops_cli.model.call import (
    AgentInput,
    Ask,
    Completion,
    Fault,
    FaultKind,
    Finish,
    Purpose,
    Request,
    Tags,
    Verdict,
)
from agentops_cli.model.money import Cost
from agentops_cli.model.place import Location
from agentops_cli.model.prompt import Message, Sampling
from agentops_cli.model.suite import InjectedFault
from agentops_cli.model.tool import Tool, ToolCall

REQUEST = Request(
    model="openai/gpt-4o-mini",
    messages=(Message(role="system", content="Be brief."), Message(role="user", content="Hi")),
    max_tokens=100,
)

OTHER: dict[str, Any] = {
    "model": "openai/gpt-4o",
    "messages": (Message(role="user", content="Hi"),),
    "max_tokens": 101,
    "response_schema": {"type": "object"},
    "base_url": "https://gateway.example/v1",
    "weights": "b179c952",
    "repeat": 1,
    "turn": 1,
    "step": 1,
    "tools": (Tool(name="get_order", parameters={"type": "object"}),),
    "agent": AgentInput(input="Hi", conversation="c1"),
}

OTHER_AGENT: dict[str, Any] = {
    "input": "Ho",
    "conversation": "c2",
    "vars": {"order": "812"},
    "faults": (InjectedFault(target="search", error="timeout", location=Location(path="s")),),
    "max_steps": 3,
}

OTHER_SAMPLING: dict[str, Any] = {
    "temperature": 0.0,
    "top_p": 0.5,
    "top_k": 5,
    "seed": 7,
    "stop": ("END",),
    "reasoning_effort": "low",
    "presence_penalty": 0.1,
    "frequency_penalty": 0.1,
    "extra": {"logit_bias": {"50256": -100}},
}

# How a call is carried out, and who asks, say nothing about the answer.
LEFT_OUT: dict[str, Any] = {
    "timeout_s": 1.0,
    "tags": Tags(suite="s", case_id="c"),
    "purpose": Purpose.JUDGE,
    "live": True,
    "waits": False,
    "begins_by": 9.0,
}

# `Request.max_tokens` is what is sent; the prompt's own wish only fills it.
LEFT_OUT_SAMPLING: dict[str, Any] = {"max_tokens": 5}

OTHER_MESSAGE: dict[str, Any] = {
    "role": "assistant",
    "content": "Ho",
    "tool_calls": (ToolCall(id="1", name="get_order", arguments="{}"),),
    "tool_call_id": "1",
}

OTHER_TOOL_CALL: dict[str, Any] = {"id": "2", "name": "get_user", "arguments": '{"id": 1}'}

OTHER_TOOL: dict[str, Any] = {
    "name": "get_user",
    "description": "Looks up.",
    "parameters": {"type": "object", "required": ["id"]},
}

OTHER_FAULT: dict[str, Any] = {"target": None, "error": "500", "times": 2}

# Pairs that a careless encoding would take for one another.
LOOKALIKES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {"messages": (Message(role="user", content="a"), Message(role="user", content="b"))},
        {"messages": (Message(role="user", content="ab"),)},
    ),
    (
        {"messages": (Message(role="user", content="Hi"),)},
        {"messages": (Message(role="assistant", content="Hi"),)},
    ),
    (
        {"messages": (Message(role="user", content="é"),)},
        {"messages": (Message(role="user", content="e\u0301"),)},
    ),
    ({"sampling": Sampling(stop=("a", "b"))}, {"sampling": Sampling(stop=("a,b",))}),
    ({"sampling": Sampling(stop=("a", "b"))}, {"sampling": Sampling(stop=("b", "a"))}),
    ({"repeat": 1}, {"turn": 1}),
    ({"sampling": Sampling(extra={"seed": 7})}, {"sampling": Sampling(seed=7)}),
    ({"response_schema": {}}, {"response_schema": None}),
]


def changed(**changes: Any) -> str:
    return replace(REQUEST, **changes).fingerprint()


@pytest.mark.parametrize(
    ("kind", "known"),
    [
        (Request, {*OTHER, *LEFT_OUT, "sampling"}),
        (Sampling, {*OTHER_SAMPLING, *LEFT_OUT_SAMPLING}),
        (Message, {*OTHER_MESSAGE}),
        (ToolCall, {*OTHER_TOOL_CALL}),
        (Tool, {*OTHER_TOOL}),
        (AgentInput, {*OTHER_AGENT}),
        (InjectedFault, {*OTHER_FAULT, "location"}),
    ],
)
def test_every_field_is_either_in_the_fingerprint_or_left_out_on_purpose(
    kind: Any, known: set[str]
) -> None:
    """A field that is added later must be put in one of the tables above."""
    assert {field.name for field in fields(kind)} == known


@pytest.mark.parametrize("field", OTHER)
def test_another_value_is_another_fingerprint(field: str) -> None:
    assert changed(**{field: OTHER[field]}) != REQUEST.fingerprint()


@pytest.mark.parametrize("field", OTHER_AGENT)
def test_an_agent_that_is_told_something_else_is_another_fingerprint(field: str) -> None:
    usual = AgentInput(input="Hi", conversation="c1")
    assert changed(agent=replace(usual, **{field: OTHER_AGENT[field]})) != changed(agent=usual)


@pytest.mark.parametrize("field", OTHER_MESSAGE)
def test_another_message_is_another_fingerprint(field: str) -> None:
    usual = Message(role="user", content="Hi")
    other = replace(usual, **{field: OTHER_MESSAGE[field]})
    assert changed(messages=(other,)) != changed(messages=(usual,))


@pytest.mark.parametrize("field", OTHER_TOOL_CALL)
def test_another_call_in_the_history_is_another_fingerprint(field: str) -> None:
    usual = ToolCall(id="1", name="get_order", arguments="{}")
    calls = (usual, replace(usual, **{field: OTHER_TOOL_CALL[field]}))
    one, other = (
        changed(messages=(Message(role="assistant", content="", tool_calls=(call,)),))
        for call in calls
    )
    assert one != other


@pytest.mark.parametrize("field", OTHER_TOOL)
def test_another_tool_is_another_fingerprint(field: str) -> None:
    usual = Tool(name="get_order", parameters={"type": "object"})
    other = replace(usual, **{field: OTHER_TOOL[field]})
    assert changed(tools=(other,)) != changed(tools=(usual,))


@pytest.mark.parametrize("field", OTHER_FAULT)
def test_another_injected_failure_is_another_fingerprint(field: str) -> None:
    usual = InjectedFault(target="search", error="timeout", location=Location(path="s"))
    one, other = (
        changed(agent=AgentInput(input="Hi", conversation="c1", faults=(fault,)))
        for fault in (usual, replace(usual, **{field: OTHER_FAULT[field]}))
    )
    assert one != other


@pytest.mark.parametrize("field", OTHER_SAMPLING)
def test_another_way_of_sampling_is_another_fingerprint(field: str) -> None:
    assert changed(sampling=Sampling(**{field: OTHER_SAMPLING[field]})) != REQUEST.fingerprint()


@pytest.mark.parametrize("field", LEFT_OUT)
def test_how_a_call_is_carried_out_does_not_change_the_fingerprint(field: str) -> None:
    assert changed(**{field: LEFT_OUT[field]}) == REQUEST.fingerprint()


def test_the_prompts_own_max_tokens_counts_only_as_what_is_sent() -> None:
    assert changed(sampling=Sampling(max_tokens=5)) == REQUEST.fingerprint()


def test_no_two_changes_share_a_fingerprint() -> None:
    prints = [changed(**{field: value}) for field, value in OTHER.items()]
    prints += [changed(sampling=Sampling(**{f: value})) for f, value in OTHER_SAMPLING.items()]
    assert len(set(prints)) == len(prints)


@pytest.mark.parametrize(("one", "two"), LOOKALIKES)
def test_lookalikes_are_told_apart(one: dict[str, Any], two: dict[str, Any]) -> None:
    assert changed(**one) != changed(**two)


def test_the_order_of_mapping_keys_is_no_difference() -> None:
    assert changed(response_schema={"a": 1, "b": 2}) == changed(response_schema={"b": 2, "a": 1})


def test_a_lone_surrogate_has_a_fingerprint_too() -> None:
    assert len(changed(messages=(Message(role="user", content="\ud800"),))) == 64


def test_the_fingerprint_is_the_same_in_another_process() -> None:
    """Cassettes are committed: a hash seed or an object's address must not get in."""
    program = (
        "from tests.model.test_call import REQUEST\n"
        "from dataclasses import replace\n"
        "from agentops_cli.model.prompt import Sampling\n"
        "extra = {'b': 1, 'a': {'d': 1, 'c': 2}}\n"
        "print(replace(REQUEST, sampling=Sampling(extra=extra)).fingerprint())"
    )
    here = changed(sampling=Sampling(extra={"b": 1, "a": {"d": 1, "c": 2}}))
    for seed in ("1", "2"):
        there = subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert there.stdout.strip() == here


def test_an_ask_settles_to_a_verdict_and_compares_by_its_request() -> None:
    def settle(completion: Completion) -> Verdict:
        return Verdict(kind="rubric", passed=completion.text == "yes", reason="asked", score=1.0)

    ask = Ask(request=REQUEST, settle=settle)
    answer = Completion(text="yes", finish=Finish.STOP, model="judge", latency_s=0.1)
    verdict = ask.settle(answer)
    assert isinstance(verdict, Verdict)
    assert verdict.passed is True
    assert ask == Ask(request=REQUEST, settle=lambda _: settle(answer))


@pytest.mark.parametrize("assumed", [False, True])
def test_a_fault_that_is_paid_elsewhere_names_no_dollars(assumed: bool) -> None:
    earlier = Cost(usd=Decimal("0.25"))
    fault = Fault(
        kind=FaultKind.TIMEOUT,
        message="no answer within 2 s",
        billed=True,
        usd=Decimal("0.5"),
        assumed=assumed,
        earlier=earlier,
    )
    told = fault.paid_elsewhere()
    assert told == Fault(kind=FaultKind.TIMEOUT, message="no answer within 2 s")
    assert told.cost == Cost()

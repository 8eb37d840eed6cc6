"""What a function of the user's may return, what each means, and what it is told of an answer."""

from typing import Any

import pytest

from agentops_cli.assertions import BUILTIN
from agentops_cli.assertions.build import build
from agentops_cli.assertions.script import ScriptKind, context_of
from agentops_cli.errors import InputError
from agentops_cli.locate import parse_yaml
from agentops_cli.model.call import Evidence, Verdict
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.money import Cost
from agentops_cli.model.prompt import Message
from agentops_cli.model.suite import AssertionSpec
from agentops_cli.model.tool import ToolCall
from agentops_cli.ports import AssertionType
from agentops_cli.registry import Registry
from agentops_cli.validate import check_part
from tests.assertions.conftest import KINDS, PLACE
from tests.builders import a_case, a_completion, a_request

YES, NO, UNSURE = True, False, None


def evidence_of(answer: str = "42", **changes: Any) -> Evidence:
    return Evidence(case=a_case(), request=a_request(), completion=a_completion(answer, **changes))


def judged(said: Json, args: JsonObject | None = None, *, negated: bool = False) -> Verdict:
    """The verdict of a script whose function returns `said`."""
    ready: dict[str, AssertionType] = {"script": ScriptKind(lambda _: lambda _a, _c: said)}
    kinds = Registry("agentops.none", BUILTIN, noun="assertion", ready=ready)
    spec = AssertionSpec(
        kind="script",
        args={"value": "checks.py:f", **(args or {})},
        location=PLACE,
        negated=negated,
    )
    verdict = build(spec, kinds).check(evidence_of())
    assert isinstance(verdict, Verdict)
    return verdict


@pytest.mark.parametrize(
    ("said", "args", "passed", "score"),
    [
        (True, {}, YES, 1),
        (False, {}, NO, 0),
        (True, {"threshold": 0.9}, YES, 1),
        (0.8, {"threshold": 0.8}, YES, 0.8),
        (0.79, {"threshold": 0.8}, NO, 0.79),
        (1, {"threshold": 1}, YES, 1),
        (0, {"threshold": 0.1}, NO, 0),
        ({"passed": True}, {}, YES, 1),
        ({"passed": False, "reason": "no"}, {}, NO, 0),
        ({"passed": True, "score": 0.2}, {}, YES, 0.2),
        ({"passed": True, "score": 0.2}, {"threshold": 0.5}, NO, 0.2),
        ({"passed": False, "score": 1}, {"threshold": 0.5}, NO, 1),
        ({"score": 0.6}, {"threshold": 0.5}, YES, 0.6),
        ({"passed": True, "score": None, "reason": None}, {}, YES, 1),
    ],
)
def test_a_verdict_is_what_the_function_says(
    said: Json, args: JsonObject, passed: bool, score: float
) -> None:
    verdict = judged(said, args)
    assert (verdict.passed, verdict.score) == (passed, score)
    assert (verdict.kind, verdict.location) == ("script", PLACE)


@pytest.mark.parametrize(
    "said",
    [
        None, "yes", "", 0.8, 1, 0, [], [True], {}, {"passed": "yes"}, {"passed": 1},
        {"passed": None}, {"score": 0.8}, {"reason": "good"}, {"pased": True},
        {"passed": True, "why": "x"}, {"passed": True, "reason": 3}, {"passed": True, "score": 1.1},
        {"passed": True, "score": -0.1}, {"passed": True, "score": float("nan")},
        {"passed": True, "score": True}, {"passed": True, "score": "1"}, float("inf"),
    ],
    ids=repr,
)  # fmt: skip
@pytest.mark.parametrize("negated", [False, True])
def test_whatever_is_no_verdict_is_neither_yes_nor_no(said: Json, negated: bool) -> None:
    verdict = judged(said, negated=negated)
    assert verdict.passed is UNSURE
    assert verdict.reason.startswith("cannot tell: checks.py:f returned ")


@pytest.mark.parametrize("said", [1.5, -1, float("nan"), {"score": 2}, "1", None])
def test_a_threshold_makes_no_score_of_what_is_none(said: Json) -> None:
    assert judged(said, {"threshold": 0.5}).passed is UNSURE


def test_the_reason_is_the_functions_own_where_it_gives_one() -> None:
    assert judged({"passed": False, "reason": "the sum is 41"}).reason == "the sum is 41"
    scored = judged({"score": 0.4, "reason": "rude"}, {"threshold": 0.5})
    assert scored.reason == "rude (score 0.4, wanted at least 0.5)"


def test_without_a_reason_it_names_the_function_and_what_it_said() -> None:
    assert judged(False).reason == 'checks.py:f returned false of "42"'
    assert judged({"passed": False}).reason == 'checks.py:f returned {"passed": false}'
    assert judged(0.7).reason == (
        "cannot tell: checks.py:f returned 0.7, and no threshold says what is enough"
    )


def test_a_negated_script_is_turned_round() -> None:
    verdict = judged(True, negated=True)
    assert (verdict.passed, verdict.score) == (NO, 0)


@pytest.mark.parametrize(
    "args",
    [
        {"value": "checks.py"},
        {"value": "checks:f"},
        {"value": ".py:f"},
        {"value": "checks.py:f()"},
        {"value": "checks.py:1f"},
        {"value": "a:b.py:f"},
        {"value": ["checks.py:f"]},
        {"value": "checks.py:f", "threshold": 0},
        {"value": "checks.py:f", "threshold": 1.1},
        {"value": "checks.py:f", "args": [1]},
        {"value": "checks.py:f", "arg": {}},
        {},
    ],
)
def test_arguments_that_mean_nothing_are_refused(args: dict[str, Any]) -> None:
    assert check_part(parse_yaml("", path="x"), args, KINDS.get("script").schema, ())


@pytest.mark.parametrize("value", ["checks.py:f", "../shared/checks.py:is_polite", "a b/ç.py:_f1"])
def test_files_and_functions_are_named_as_python_has_them(value: str) -> None:
    assert not check_part(
        parse_yaml("", path="x"), {"value": value}, KINDS.get("script").schema, ()
    )


def test_a_script_is_refused_where_there_is_nothing_to_run_it() -> None:
    kinds: Registry[AssertionType] = Registry("agentops.none", BUILTIN, noun="assertion")
    spec = AssertionSpec(kind="script", args={"value": "checks.py:f"}, location=PLACE)
    with pytest.raises(InputError, match="there is nothing to run a script with"):
        build(spec, kinds)


def test_the_function_is_told_the_answer_its_args_and_the_context() -> None:
    told: list[Any] = []

    def function(answer: str, context: JsonObject) -> Json:
        told.extend((answer, context))
        return True

    spec = AssertionSpec(
        kind="script", args={"value": "checks.py:f", "args": {"least": 3}}, location=PLACE
    )
    ScriptKind(lambda _: function)(spec).check(evidence_of("42"))
    assert told[0] == "42"
    assert told[1] == {**context_of(evidence_of("42")), "args": {"least": 3}}


def test_the_context_has_all_that_is_known_of_an_answer() -> None:
    calls = (
        ToolCall(id="1", name="get_order", arguments='{"id": 812}'),
        ToolCall(id="2", name="search", arguments="not JSON"),
    )
    case = a_case(vars={"tone": "warm"}, row={"label": "bug"}, tags=frozenset({"b", "a"}))
    evidence = Evidence(
        case=case,
        request=a_request(repeat=2),
        completion=a_completion("yes", tool_calls=calls, trace={"steps": 3}),
    )
    assert context_of(evidence) == {
        "input": "Add a wishlist",
        "vars": {"tone": "warm"},
        "row": {"label": "bug"},
        "messages": [{"role": "user", "content": "Add a wishlist"}],
        "toolCalls": [
            {"id": "1", "name": "get_order", "arguments": {"id": 812}},
            {"id": "2", "name": "search", "arguments": "not JSON"},
        ],
        "usage": {"inputTokens": 120, "outputTokens": 34},
        "costUsd": "0.0000384",
        "latencyS": 0.812,
        "finish": "stop",
        "trace": {"steps": 3},
        "failure": None,
        "caseId": "wishlist",
        "tags": ["a", "b"],
        "model": "openai/gpt-4o-mini",
        "repeat": 2,
        "turn": 0,
    }


def test_what_is_unknown_is_null_and_not_nothing() -> None:
    context = context_of(evidence_of(usage=None, cost=Cost(unpriced_calls=1)))
    assert context["usage"] is None
    assert context["costUsd"] is None


def test_messages_tell_which_tools_were_called() -> None:
    call = ToolCall(id="1", name="f", arguments="{}")
    messages = (Message(role="assistant", content="", tool_calls=(call,)),)
    request = a_request(turn=1, messages=messages)
    context = context_of(Evidence(case=a_case(), request=request, completion=a_completion()))
    assert context["turn"] == 1
    calls = [{"id": "1", "name": "f", "arguments": {}}]
    assert context["messages"] == [{"role": "assistant", "content": "", "toolCalls": calls}]

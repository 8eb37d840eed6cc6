"""What is forbidden is forbidden in all that was said, not in the last words alone."""

from dataclasses import replace
from typing import Any

import pytest

from agentops_cli.assertions import BUILTIN
from agentops_cli.assertions.forbidding import forbids, forbids_text
from agentops_cli.model.call import Completion, Verdict
from agentops_cli.model.prompt import Message
from agentops_cli.model.suite import AssertionSpec
from agentops_cli.model.tool import ToolCall
from tests.assertions.conftest import PLACE, judge_answer
from tests.builders import a_completion

SYSTEM = "You sell lamps, and the code of the till is twelve hundred and five today."
CALL = ToolCall(id="1", name="search", arguments='{"q": "lamp"}')


def judged(kind: str, args: dict[str, Any], *said: str, answer: str, negated: bool) -> Verdict:
    messages = (Message(role="system", content=SYSTEM), Message(role="user", content="Hi"))
    completion = a_completion(answer, said=said, tool_calls=(CALL,))
    return judge_answer(kind, completion, args, negated=negated, request={"messages": messages})


@pytest.mark.parametrize(
    ("kind", "args", "said", "negated"),
    [
        ("mustNotContain", {"value": "Acme"}, "Acme sells it too.", False),
        ("noSecrets", {"value": True}, "The key is sk-proj-" + "aB3dE6gH9k" * 4, False),
        ("noPii", {"value": True}, "I write to ada.lovelace@gmail.com.", False),
        ("noPromptLeak", {"value": True}, SYSTEM, False),
        ("citations", {"value": ["1"], "max": 0}, "It is so [1].", False),
        ("contains", {"value": "Acme"}, "Acme sells it too.", True),
        ("mustContain", {"value": "Acme"}, "Acme sells it too.", True),
        ("regex", {"value": "Acm."}, "Acme sells it too.", True),
        ("startsWith", {"value": "Acme"}, "Acme sells it too.", True),
        ("endsWith", {"value": "Acme"}, "Buy it at Acme", True),
        ("equals", {"value": "Acme"}, "Acme", True),
        ("oneOf", {"value": ["Acme", "Bolt"]}, "Bolt", True),
        ("levenshtein", {"value": "Acme", "max": 1}, "Acme!", True),
        ("json", {"value": True}, '{"a": 1}', True),
        ("jsonPath", {"path": "$.a", "equals": 1}, '{"a": 1}', True),
        ("jsonSchema", {"value": {"type": "object"}}, '{"a": 1}', True),
    ],
)
def test_what_is_said_before_the_tools_are_called_counts(
    kind: str, args: dict[str, Any], said: str, negated: bool
) -> None:
    fine = judged(kind, args, "I look that up.", answer="It is 40 dollars.", negated=negated)
    assert fine.passed is True
    assert "before" not in fine.reason
    for texts in [(said,), ("I look that up.", said), (said, "I look that up.")]:
        verdict = judged(kind, args, *texts, answer="It is 40 dollars.", negated=negated)
        assert verdict.passed is False
        assert verdict.reason.startswith("before the tools were called: ")
    assert judged(kind, args, answer=said, negated=negated).passed is False


@pytest.mark.parametrize(
    ("kind", "args", "said", "negated"),
    [
        ("mustContain", {"value": "Acme"}, "Acme sells it.", False),
        ("mustNotContain", {"value": "Acme"}, "Acme sells it.", True),
        ("length", {"max": 10}, "short", True),
        ("wordCount", {"max": 1}, "short", True),
        ("language", {"value": "fr"}, "Je cherche cela pour vous, un instant.", True),
    ],
)
def test_what_is_wanted_is_wanted_of_the_answer(
    kind: str, args: dict[str, Any], said: str, negated: bool
) -> None:
    answer = "It is sold at forty dollars, in each of our shops."
    [with_it, without] = [
        judged(kind, args, *texts, answer=answer, negated=negated) for texts in [(said,), ()]
    ]
    assert with_it == without


def test_the_answer_itself_is_told_first() -> None:
    args = {"value": "Acme"}
    verdict = judged("mustNotContain", args, "Acme!", answer="No: Acme.", negated=False)
    assert verdict.reason.startswith('found "Acme" at character 5')


def test_a_text_that_cannot_be_judged_keeps_the_answer_from_passing() -> None:
    args = {"value": {"regex": "(a|aa)+$"}}
    endless = "a" * 70 + "!"
    verdict = judged("mustNotContain", args, endless, answer="fine", negated=False)
    assert verdict.passed is None
    lost = judged("mustNotContain", args, endless, "aa", answer="fine", negated=False)
    assert lost.passed is False


def test_arguments_of_calls_are_told_once() -> None:
    key = "sk-proj-" + "aB3dE6gH9k" * 4
    completion = a_completion(
        "Done", said=("I send it.",), tool_calls=(ToolCall(id="1", name="mail", arguments=key),)
    )
    verdict = judge_answer("noSecrets", completion, {"value": True})
    assert verdict.passed is False
    assert verdict.reason.startswith("found openai-key at character 1 of the arguments of mail")


ALWAYS = ["mustNotContain", "noPii", "noPromptLeak", "noSecrets"]


@pytest.mark.parametrize("kind", [*sorted(BUILTIN), "of-a-plugin"])
@pytest.mark.parametrize("negated", [False, True])
def test_what_must_never_be_is_a_ban_or_the_negation_of_a_wish(kind: str, negated: bool) -> None:
    spec = AssertionSpec(kind=kind, args={}, location=PLACE, negated=negated)
    summed = kind in {"cost", "latency", "tokens"}
    assert forbids(spec) is (not summed and (kind in ALWAYS) is not negated)
    assert forbids(spec) or not forbids_text(spec)


@pytest.mark.parametrize(
    ("kind", "args", "is_ban"),
    [
        ("citations", {"value": ["1"], "max": 0}, True),
        ("citations", {"value": ["1"], "max": 1}, False),
        ("toolCalls", {"value": []}, True),
        ("toolCalls", {"calls": []}, True),
        ("toolCalls", {"calls": ["search"]}, False),
    ],
)
def test_none_at_all_is_a_ban(kind: str, args: dict[str, Any], is_ban: bool) -> None:
    spec = AssertionSpec(kind=kind, args=args, location=PLACE)
    assert forbids(spec) is is_ban
    assert forbids(replace(spec, negated=True)) is not is_ban


HIDDEN = "Ask [redacted:email] today."


@pytest.mark.parametrize(
    ("kind", "args", "negated", "passed"),
    [
        ("mustNotContain", {"value": "jane@corp.net"}, False, None),
        ("mustNotContain", {"value": "corp"}, False, None),
        ("mustNotContain", {"value": ["as a model", {"text": "jane", "word": True}]}, False, None),
        ("mustNotContain", {"value": {"regex": "call \\d+ now"}}, False, None),
        ("contains", {"value": "room 4"}, True, None),
        ("mustNotContain", {"value": "as a language model"}, False, True),
        ("mustNotContain", {"value": "today"}, False, False),
        ("noPromptLeak", {"value": True}, False, True),
        ("noSecrets", {"value": True}, False, True),
        ("noPii", {"value": True}, False, False),
        ("mustContain", {"value": "today"}, False, True),
        ("mustContain", {"value": "jane"}, False, False),
    ],
)
def test_what_a_recording_hides_is_not_taken_for_absent(
    kind: str, args: dict[str, Any], negated: bool, passed: bool | None
) -> None:
    assert judged_of(a_completion(HIDDEN, cached=True), kind, args, negated) is passed
    # What a model says is what it says, marks and all.
    assert judged_of(a_completion(HIDDEN), kind, args, negated) is not None


def test_what_a_recording_hides_before_the_tools_were_called_counts() -> None:
    answer = a_completion("Done.", said=(HIDDEN,), tool_calls=(CALL,), cached=True)
    assert judged_of(answer, "mustNotContain", {"value": "jane"}, False) is None
    assert judged_of(answer, "mustNotContain", {"value": "today"}, False) is False


def judged_of(answer: Completion, kind: str, args: dict[str, Any], negated: bool) -> bool | None:
    messages = (Message(role="system", content=SYSTEM), Message(role="user", content="Hi"))
    request = {"messages": messages}
    return judge_answer(kind, answer, args, negated=negated, request=request).passed

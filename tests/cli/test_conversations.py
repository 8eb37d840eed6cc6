"""Conversations and tools from the suite to the verdict, with recorded answers."""

import json
from typing import Any

import pytest

from agentops_cli.errors import ExitCode
from tests.cli.running import Cli

PROMPT = """
    ---
    version: 1.0.0
    model: openai/ok
    temperature: 0
    author: "@platform"
    requires_review: false
    max_tokens: 50
    tools:
      - name: get_order
        parameters: {type: object, properties: {id: {type: string}}, required: [id]}
    ---
    You help.
    """

SUITE = """
    prompt: tools.prompt.md
    models: [replay/c.jsonl]
    cases:
      - id: talk
        stubs: {get_order: {total: 40}}
        maxSteps: 3
        turns:
          - input: "Where is my order 812?"
            mustContain: [shipped]
            assert:
              - {kind: toolCalls, calls: [{name: get_order, args: {id: "812"}}]}
          - input: "When will it arrive?"
            mustContain: [Friday]
    """


def call(number: str, **place: int) -> dict[str, Any]:
    calls = [{"name": "get_order", "arguments": {"id": number}}]
    return {"caseId": "talk", "text": "", "toolCalls": calls, "finish": "tool_calls", **place}


def text(said: str, **place: int) -> dict[str, Any]:
    return {"caseId": "talk", "text": said, **place}


GOOD = [call("812"), text("It is shipped.", step=1), text("On Friday.", turn=1)]


def evaluated(cli: Cli, *answers: dict[str, Any]) -> tuple[ExitCode, str, Any]:
    cli.write("tools.prompt.md", PROMPT)
    cli.write("s.yaml", SUITE)
    cli.write("c.jsonl", "".join(f"{json.dumps(answer)}\n" for answer in answers))
    ended = cli.run("eval", "s.yaml", "--json", "r.json")
    [case] = cli.json()["suites"][0]["cases"]
    return ended.code, ended.out + ended.err, case


def test_a_conversation_with_a_tool_passes_when_every_turn_does(cli: Cli) -> None:
    code, out, case = evaluated(cli, *GOOD)
    assert code is ExitCode.OK, out
    [trial] = case["trials"]
    assert trial["output"] == "On Friday."
    assert [verdict["kind"] for verdict in trial["verdicts"]] == [
        "mustContain", "toolCalls", "mustContain",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("answers", "kind", "words"),
    [
        ([call("821"), *GOOD[1:]], "toolCalls", 'get_order.id: expected "812", got "821"'),
        ([*GOOD[:2], text("No idea.", turn=1)], "mustContain", "Friday"),
        ([GOOD[0], text("No idea.", step=1), GOOD[2]], "mustContain", "shipped"),
        (
            [call("812", step=step) for step in range(3)] + GOOD[2:],
            "maxSteps",
            "stopped after 3 steps: called get_order 3 times, always as get_order",
        ),
    ],
)
def test_each_way_of_being_wrong_fails_with_its_own_reason(
    cli: Cli, answers: list[dict[str, Any]], kind: str, words: str
) -> None:
    code, out, case = evaluated(cli, *answers)
    assert code is ExitCode.REJECTED, out
    [trial] = case["trials"]
    lost = {v["kind"]: v["reason"] for v in trial["verdicts"] if v["passed"] is False}
    assert words in lost[kind]
    assert f"{kind}: " in out


def test_a_step_that_was_not_recorded_is_no_verdict(cli: Cli) -> None:
    code, out, case = evaluated(cli, GOOD[0])
    assert (code, case["outcome"]) == (ExitCode.UNREACHABLE, "errored"), out
    assert "turn 0, step 1" in out


SECRET = "sk-proj-" + "aB3dE6gH9k" * 4


@pytest.mark.parametrize(
    "never",
    [
        "mustNotContain: [Acme]",
        "assert: [{kind: contains, value: Acme, not: true}]",
        "assert: [{noSecrets: true}]",
    ],
)
def test_what_is_said_beside_a_tool_call_is_judged_and_shown(cli: Cli, never: str) -> None:
    cli.write("tools.prompt.md", PROMPT)
    cli.write("s.yaml", SUITE.replace("maxSteps: 3", f"{never}\n        maxSteps: 3"))
    said = f"Acme is slow. My key is {SECRET}."
    answers = [{**GOOD[0], "text": said}, *GOOD[1:]]
    cli.write("c.jsonl", "".join(f"{json.dumps(answer)}\n" for answer in answers))
    ended = cli.run("eval", "s.yaml", "--json", "r.json")
    assert ended.code is ExitCode.REJECTED
    assert "said first: Acme is slow. My key is [redacted:openai-key]." in ended.out
    [case] = cli.json()["suites"][0]["cases"]
    [trial] = case["trials"]
    lost = [verdict for verdict in trial["verdicts"] if not verdict["passed"]]
    assert [verdict["turn"] for verdict in lost] == [0]
    assert "before the tools were called: " in lost[0]["reason"]
    assert trial["turns"][0]["said"] == ["Acme is slow. My key is [redacted:openai-key]."]
    assert SECRET not in json.dumps(cli.json()) + ended.out + ended.err


def test_what_a_user_says_in_a_turn_is_redacted(cli: Cli) -> None:
    cli.write("tools.prompt.md", PROMPT)
    cli.write("s.yaml", SUITE.replace("Where is my order 812?", f"My key is {SECRET}"))
    cli.write("c.jsonl", "".join(f"{json.dumps(answer)}\n" for answer in GOOD))
    ended = cli.run("eval", "s.yaml", "--verbose", "--json", "r.json")
    assert ended.code is ExitCode.OK
    assert "My key is [redacted:openai-key]" in ended.out
    assert SECRET not in json.dumps(cli.json()) + ended.out + ended.err

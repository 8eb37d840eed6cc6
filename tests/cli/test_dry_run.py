"""`--dry-run` counts what conversations, tool steps and agents may take."""

import json
import re

import pytest

from agentops_cli.errors import ExitCode
from tests.cli.conftest import PROMPT
from tests.cli.running import Cli
from tests.servers.faulty_openai import FaultyOpenAI

PRICE = "models: {openai/ok: {price: {inputPer1M: 0, outputPer1M: 1000000}}}\n"
TALK = """
    prompt: tools.prompt.md
    cases:
      - id: talk
        stubs: {search: found}
        maxSteps: 3
        turns: [{input: Hi, mustContain: x}, {input: Bye, mustContain: x}]
      - {id: once, input: Hi, mustContain: x, assertOutput: false}
"""


def test_every_step_of_every_turn_is_counted(cli: Cli, server: FaultyOpenAI) -> None:
    cli.write("agentops.yaml", PRICE)
    cli.write("tools.prompt.md", PROMPT.replace("temperature: 0", "tools: [{name: search}]"))
    ended = cli.run("eval", cli.write("s.yaml", TALK), "--dry-run", "--repeat", "2")
    assert ended.code is ExitCode.OK, ended.err
    # 2 repeats of 2 turns of 3 steps, and of 1 call; 50 tokens of 1 dollar each.
    assert "14 calls, usually at most $700" in ended.out
    assert "≤ 700" in ended.out
    assert not server.requests


def test_a_model_that_calls_a_tool_again_and_again_is_bounded_too(cli: Cli) -> None:
    cli.write("agentops.yaml", "models: {openai/ok: {price: {inputPer1M: 1, outputPer1M: 0}}}\n")
    cli.write("tools.prompt.md", PROMPT.replace("temperature: 0", "tools: [{name: search}]"))
    ended = cli.run("eval", cli.write("s.yaml", TALK), "--dry-run")
    assert ended.code is ExitCode.OK, ended.err
    [most, worst, mostly] = re.findall(r"[Aa]t most \$([0-9]+\.[0-9]+)", ended.out)[-3:]
    assert ended.out.rstrip().endswith("where no answer calls a tool more than once.")
    # An answer of 50 tokens holds 25 calls at most.
    assert 2 * float(mostly) < float(most) < 25 * float(mostly)
    assert float(most) < float(worst)


@pytest.mark.parametrize(
    ("declared", "told"),
    [(", maxUsdPerCall: 0.05", "at most $0.45"), ("", "9 calls of unknown cost")],
)
def test_an_agent_takes_what_it_declares_for_each_turn(cli: Cli, declared: str, told: str) -> None:
    cli.write("agentops.yaml", f'agents: {{bot: {{python: "bot:answer"{declared}}}}}')
    cli.write("bot.py", "def answer(text, context):\n    return text\n")
    suite = """
        models: [agent/bot]
        defaults: {mustNotContain: x}
        cases:
          - {id: talk, turns: [{input: Hi}, {input: Bye}]}
          - {id: once, input: Hi}
    """
    ended = cli.run("eval", cli.write("s.yaml", suite), "--dry-run", "--repeat", "3")
    assert ended.code is ExitCode.OK, ended.err
    assert "9 calls" in ended.out
    assert told in ended.out
    assert "unknown" in ended.out
    assert "≤" not in ended.out


def test_it_is_told_as_json_for_machines(cli: Cli, server: FaultyOpenAI) -> None:
    cli.write("agentops.yaml", f"{PRICE}budget: {{runUsd: 1000}}\n")
    cli.write("tools.prompt.md", PROMPT.replace("temperature: 0", "tools: [{name: search}]"))
    name = cli.write("s.yaml", TALK)
    ended = cli.run("eval", name, "--dry-run", "--repeat", "2", "--format", "json")
    assert ended.code is ExitCode.OK, ended.err
    told = json.loads(ended.out)
    assert (told["schema"], told["dryRun"], told["budgetUsd"]) == (1, True, "1000")
    assert (told["calls"], float(told["costUsd"]), told["unpriced"]) == (14, 700, 0)
    [row] = told["models"]
    assert (row["suite"], row["model"], row["purpose"]) == ("s.yaml", "openai/ok", "subject")
    assert (row["cases"], row["calls"], row["outputTokens"]) == (2, 14, 700)
    assert row["inputTokens"] > 0
    assert not server.requests


WORST = """
    prompt: echo.prompt.md
    models: [{model}]
    cases: [{{id: a, input: Hi, mustContain: x}}, {{id: b, input: Ho, mustContain: x}}]
"""


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_what_it_says_of_the_worst_case_is_what_a_run_comes_to_that_always_fails(
    cli: Cli, server: FaultyOpenAI, retries: int
) -> None:
    retry = f"retry: {{attempts: {retries + 1}, baseWaitS: 0.001}}\n"
    breaker = "breaker: {consecutiveFailures: 1000, minCalls: 1000}\n"
    cli.write("agentops.yaml", PRICE.replace("/ok", "/types") + retry + breaker)
    name = cli.write("s.yaml", WORST.format(model="openai/types"))
    told = json.loads(cli.run("eval", name, "--dry-run", "--format", "json").out)
    assert not server.requests
    # 2 cases, each with all attempts, in two passes; 50 tokens of 1 dollar.
    assert (told["calls"], float(told["costUsd"])) == (2, 100)
    assert (told["worstCalls"], float(told["worstCostUsd"])) == (
        4 * (retries + 1),
        200 * (retries + 1),
    )
    ended = cli.run("eval", name, "--json", "r.json")
    assert ended.code is ExitCode.UNREACHABLE
    assert len(server.requests) == told["worstCalls"]
    totals = cli.json()["totals"]
    assert float(totals["costUsd"]) == float(told["worstCostUsd"])


@pytest.mark.parametrize(
    ("model", "most"),
    [("openai/ok", 2 * 4 * 2), ("agent/bot", 2 * 2), ("replay/a.jsonl", 0)],
)
def test_an_agent_that_was_reached_is_not_called_again_by_the_same_trial(
    cli: Cli, model: str, most: int
) -> None:
    cli.write("agentops.yaml", 'agents: {bot: {python: "bot:answer", maxUsdPerCall: 0.05}}')
    cli.write("bot.py", "def answer(text, context):\n    return text\n")
    cli.write("a.jsonl", "")
    name = cli.write("s.yaml", WORST.format(model=model))
    told = json.loads(cli.run("eval", name, "--dry-run", "--format", "json").out)
    assert told["worstCalls"] == most
    assert [row["worstCalls"] for row in told["models"]] == [most]


def test_both_figures_are_told_in_words(cli: Cli) -> None:
    cli.write("agentops.yaml", PRICE)
    ended = cli.run("eval", cli.write("s.yaml", WORST.format(model="openai/ok")), "--dry-run")
    assert "\n2 calls, usually at most $100.00. No call was made.\n" in ended.out
    assert "\nUp to 16 calls, at most $800.00, where calls fail and are made again.\n" in ended.out


def test_a_limit_that_only_failures_would_reach_is_no_reason_to_raise_it(cli: Cli) -> None:
    cli.write("agentops.yaml", f"{PRICE}budget: {{runUsd: 100, calls: 2}}\n")
    ended = cli.run("eval", cli.write("s.yaml", WORST.format(model="openai/ok")), "--dry-run")
    assert "at most $800" in ended.out
    assert "refused" not in ended.out


LIMITED = """
    prompt: echo.prompt.md
    budget: {budget}
    cases:
      - {{id: short, input: Hi, mustContain: x}}
      - {{id: talk, turns: [{{input: Hi, mustContain: x}}, {{input: Bye, mustContain: x}}]}}
"""


# 50 tokens of 1 dollar for each of three calls; what goes in costs nothing.
@pytest.mark.parametrize(
    ("budget", "told"),
    [
        ("{runUsd: 150}", None),
        ("{runUsd: 149}", "calls may be refused: up to $150 may be asked of the $149 of s.yaml"),
        ("{runUsd: 49}", "2 cases are refused: the first call alone may take more than the $49"),
        ("{calls: 3, tokens: 10000, usdPerHour: 150, caseUsd: 100}", None),
        ("{calls: 2}", "up to 3 calls may be asked of the 2 calls of s.yaml (budget.calls)"),
        ("{calls: 0}", "2 cases are refused"),
        ("{tokens: 1000}", "may be asked of the 1,000 tokens of s.yaml (budget.tokens)"),
        ("{tokens: 1}", "2 cases are refused"),
        ("{usdPerHour: 149}", "of s.yaml (budget.usdPerHour), if all of it comes within an hour"),
        ("{caseUsd: 99}", "1 case may be refused: up to $100 may be asked of the $99 of each case"),
        ("{caseUsd: 9}", "2 cases are refused"),
    ],
)
def test_it_tells_what_every_limit_would_refuse(
    cli: Cli, server: FaultyOpenAI, budget: str, told: str | None
) -> None:
    cli.write("agentops.yaml", PRICE)
    name = cli.write("s.yaml", LIMITED.format(budget=budget))
    ended = cli.run("eval", name, "--dry-run")
    assert ended.code is ExitCode.OK, ended.err
    assert ("refused" in ended.out) is (told is not None)
    if told is not None:
        assert told in ended.out
        assert "; raise budget." in ended.out
    assert not server.requests


def test_limits_of_the_run_and_how_far_they_reach_are_told_as_json(cli: Cli) -> None:
    cli.write("agentops.yaml", f"{PRICE}budget: {{runUsd: 149.5, caseUsd: 200}}\n")
    name = cli.write("s.yaml", LIMITED.format(budget="{calls: 3}"))
    ended = cli.run("eval", name, "--dry-run", "--format", "json", "--budget", "120")
    told = json.loads(ended.out)["limits"]
    assert [(each["limit"], each["owner"], each["source"]) for each in told] == [
        ("budget.runUsd", "the run", "--budget"),
        ("budget.calls", "s.yaml", "budget.calls in s.yaml"),
        ("budget.caseUsd", "each case", "budget.caseUsd in agentops.yaml:2"),
    ]
    assert [(each["allowed"], each["fallsShort"]) for each in told] == [
        ("120", True),
        (3, False),
        ("200", False),
    ]
    assert [float(each["most"]) for each in told] == [150, 3, 100]


def test_the_input_is_counted_twice_as_large_as_it_may_be(cli: Cli) -> None:
    cli.write(
        "agentops.yaml", "models: {openai/ok: {price: {inputPer1M: 1000000, outputPer1M: 0}}}"
    )
    suite = """
        prompt: echo.prompt.md
        cases: [{id: a, input: Hi, mustContain: x}]
    """
    ended = cli.run("eval", cli.write("s.yaml", suite), "--dry-run", "--format", "json")
    [row] = json.loads(ended.out)["models"]
    # 64 for the request, 16 for each of two messages, 29 and 2 bytes of text.
    assert row["inputTokens"] == 2 * (64 + 32 + 29 + 2)
    assert float(row["costUsd"]) == row["inputTokens"]

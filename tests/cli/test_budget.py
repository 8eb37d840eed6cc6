"""Every limit as a user meets it: exit 6, what finished is kept, the refusal says what to do."""

import json
from pathlib import Path
from typing import Any

import pytest

from agentops_cli.errors import ExitCode
from tests.cli.running import Cli
from tests.servers.faulty_openai import FaultyOpenAI

# 1 dollar an output token: an answer is 7 tokens, and may be 50.
PRICE = "models: {openai/ok: {price: {inputPer1M: 0, outputPer1M: 1000000}}}\n"


def faults(cli: Cli) -> list[dict[str, Any]]:
    cases = [case for suite in cli.json()["suites"] for case in suite["cases"]]
    return [trial["fault"] for case in cases for trial in case["trials"] if trial["fault"]]


def ledger(cli: Cli) -> list[dict[str, Any]]:
    [path] = Path(cli.folder).glob(".agentops/runs/*/ledger.jsonl")
    return [json.loads(line) for line in path.read_text("ascii").splitlines()[1:]]


@pytest.mark.parametrize(
    ("budget", "passed", "told", "fix"),
    [
        # Of the tokens a call may take 318: twice 134 and 50. It takes 27.
        ("{runUsd: 60}", 2, "of the $60 of the run", "budget.runUsd in agentops.yaml:2"),
        ("{caseUsd: 49}", 0, "of the $49 of case 'c0' on openai/ok", "budget.caseUsd in"),
        ("{calls: 3}", 3, "of the 3 calls of the run", "budget.calls in agentops.yaml:2"),
        ("{tokens: 400}", 4, "of the 400 tokens of the run", "budget.tokens in"),
        ("{usdPerHour: 60}", 2, "of the $60 an hour of the run", "look for a loop"),
    ],
)
def test_a_limit_stops_a_run_and_keeps_what_finished(
    cli: Cli, server: FaultyOpenAI, budget: str, passed: int, told: str, fix: str
) -> None:
    cli.write("agentops.yaml", f"{PRICE}budget: {budget}\n")
    name = cli.suite(number=6)
    ended = cli.run("eval", name, "--json", "r.json", "--concurrency", "1")
    assert ended.code is ExitCode.STOPPED
    assert cli.json()["totals"]["outcomes"]["passed"] == passed == len(server.requests)
    assert len(faults(cli)) == 6 - passed
    first = faults(cli)[0]
    assert first["kind"] == "budget"
    assert "The budget ended the run early" in ended.out
    assert not first["billed"]
    assert told in first["message"]
    assert fix in first["fix"]
    assert told in ended.out


def test_a_suite_limits_itself_and_no_other(cli: Cli, server: FaultyOpenAI) -> None:
    cli.write("agentops.yaml", PRICE)
    tight = cli.suite(number=3, head="budget: {calls: 1}")
    (cli.folder / "wide.yaml").write_text((cli.folder / tight).read_text().replace("calls: 1", ""))
    # What both ask is asked once: whoever has money left asks.
    ended = cli.run("eval", tight, "wide.yaml", "--json", "r.json")
    assert ended.code is ExitCode.STOPPED
    assert len(server.requests) == 3
    [_, wide] = cli.json()["suites"]
    assert wide["outcomes"]["passed"] == 3
    anew = cli.run("eval", tight, "wide.yaml", "--no-cache")
    assert anew.code is ExitCode.STOPPED
    assert len(server.requests) == 3 + 4
    assert "raise budget.calls in s.yaml" in ended.out


def test_that_the_money_went_too_fast_is_told_once_with_the_time(
    cli: Cli, server: FaultyOpenAI
) -> None:
    cli.write("agentops.yaml", f"{PRICE}budget: {{usdPerHour: 60}}\n")
    cli.run("eval", cli.suite(number=6), "--json", "r.json")
    [incident] = cli.json()["run"]["incidents"]
    assert incident["guard"] == "budget"
    assert incident["message"].endswith("are spent: no more calls are made")


def test_a_run_that_is_gone_on_with_has_what_is_left(cli: Cli, server: FaultyOpenAI) -> None:
    cli.write("agentops.yaml", f"{PRICE}budget: {{runUsd: 60}}\n")
    name = cli.suite(number=6)
    assert cli.run("eval", name, "--concurrency", "1").code is ExitCode.STOPPED
    assert [sorted(line) for line in ledger(cli)[:2]] == [
        ["at", "call", "case", "model", "most", "subject", "suite"],
        ["at", "call", "spent"],
    ]
    made = len(server.requests)
    ended = cli.run("eval", "--resume", "last", "--json", "r.json")
    assert ended.code is ExitCode.STOPPED
    assert len(server.requests) == made
    assert "$14 are spent" in faults(cli)[0]["message"]


def test_a_budget_that_a_run_gets_later_knows_what_it_has_spent_without_one(
    cli: Cli, server: FaultyOpenAI
) -> None:
    cli.write("agentops.yaml", PRICE.replace("}}}", "}}, openai/503: {price: {as: openai/ok}}}"))
    name = cli.suite("openai/ok, openai/503", number=2)
    first = cli.run("eval", name, "--retries", "0")
    assert first.code is ExitCode.UNREACHABLE
    made = len(server.requests)
    ended = cli.run("eval", "--resume", "last", "--budget", "60", "--json", "r.json")
    assert ended.code is ExitCode.STOPPED
    assert len(server.requests) == made
    assert "of the $60 of the run (budget.runUsd) $14 are spent" in faults(cli)[0]["message"]
    assert "raise --budget" in faults(cli)[0]["fix"]


def test_a_call_that_never_came_back_is_counted_at_its_most(cli: Cli, server: FaultyOpenAI) -> None:
    price = "{price: {inputPer1M: 0, outputPer1M: 1000000}}"
    cli.write("agentops.yaml", f"models: {{openai/hang: {price}}}\n")
    head = "gate: {maxCostUsd: 40, maxErrored: 9}"
    ended = cli.run(
        *("eval", cli.suite("openai/hang", head=head), "--timeout", "0.2", "--retries", "0"),
        *("--json", "r.json"),
    )
    totals = cli.json()["totals"]
    calls = len(server.requests)
    assert (float(totals["costUsd"]), totals["assumed"], totals["unpriced"]) == (
        50 * calls,
        calls,
        0,
    )
    assert faults(cli)[0]["assumed"] is True
    assert f"${50 * calls}.00 ({calls} call" in ended.out
    assert "counted at the most that" in ended.out
    # Whatever it cost, nobody knows that it was too dear: the provider was out.
    assert ended.code is ExitCode.UNREACHABLE

"""Cascades from the suite to the reports: who decided, what was paid, and what that saved."""

import json
from collections.abc import Iterator
from decimal import Decimal

import pytest

from agentops_cli.errors import ExitCode
from tests.cli.running import Cli
from tests.servers.tiered_model import TieredModel, running

# An answer of 100 tokens in and 40 out costs $0.00018 of the small model, $0.0018 of the large.
PRICES = """
    models:
      openai/small: {price: {inputPer1M: 1, outputPer1M: 2}}
      openai/large: {price: {inputPer1M: 10, outputPer1M: 20}}
      openai/perhaps: {price: {inputPer1M: 1, outputPer1M: 2}}
"""
SUITE = """
    prompt: echo.prompt.md
    models: [{try: openai/small, escalate: openai/large}]
    cases:
      - {id: one, input: easy one, mustContain: right}
      - {id: two, input: easy two, mustContain: right}
      - {id: hard, input: hard one, mustContain: right}
"""
LABEL = "openai/small>openai/large"
SAVED = "$0.00306 saved against asking openai/large for everything (an estimate)"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[TieredModel]:
    with running() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-none")
        yield server


@pytest.fixture
def cli(cli: Cli, server: TieredModel) -> Cli:
    cli.write("agentops.yaml", PRICES)
    return cli


def test_only_what_the_small_model_cannot_do_is_asked_of_the_large_one(
    cli: Cli, server: TieredModel
) -> None:
    ended = cli.run("eval", cli.write("s.yaml", SUITE), "--json", "r.json")
    assert ended.code is ExitCode.OK, ended.err
    assert server.asked == {"small": 3, "large": 1}
    assert f"{LABEL}: of 3 judged trials openai/small decided 2 and openai/large 1" in ended.out
    assert SAVED in ended.out
    [suite] = cli.json()["suites"]
    cascade = suite["cascades"][LABEL]
    assert (cascade["small"], cascade["large"], cascade["unestimated"]) == (2, 1, 0)
    # Two answers at a tenth of the price, less one that was asked for in vain.
    assert Decimal(cascade["savedUsd"]) == 2 * Decimal("0.00162") - Decimal("0.00018")
    cases = {case["id"]: case for case in suite["cases"]}
    assert {case["model"] for case in cases.values()} == {LABEL}
    hard = cases["hard"]
    assert (hard["calls"], hard["usage"]["inputTokens"]) == (2, 200)
    assert Decimal(hard["costUsd"]) == Decimal("0.00198")
    [trial] = hard["trials"]
    assert (trial["tier"], trial["output"], trial["outcome"]) == ("openai/large", "right", "passed")
    tried = trial["tried"]
    assert (tried["tier"], tried["output"], tried["outcome"]) == ("openai/small", "wrong", "failed")
    assert tried["verdicts"][0]["passed"] is False
    [trial] = cases["one"]["trials"]
    assert (trial["tier"], trial["tried"]) == ("openai/small", None)


def test_every_report_says_who_decided_and_what_it_saved(cli: Cli, server: TieredModel) -> None:
    name = cli.write("s.yaml", SUITE)
    paths = ("--junit", "j.xml", "--md", "r.md", "--cost", "c.md")
    assert cli.run("eval", name, *paths).code is ExitCode.OK
    assert cli.run("eval", name, "--cost", "c.json").code is ExitCode.OK  # From the cache.
    suite = cli.junit().find("testsuite")
    assert suite is not None
    assert suite.get("name") == f"s [{LABEL}]"
    properties = {p.get("name"): p.get("value") for p in suite.iter("property")}
    assert SAVED in str(properties["cascade"])
    said = {case.get("name"): case.findtext("system-out") or "" for case in suite.iter("testcase")}
    assert "[[PROPERTY|answered_by=openai/large]]" in said["hard"]
    assert "[[PROPERTY|escalated=1 of 1]]" in said["hard"]
    assert (
        "s.yaml:6:5: openai/large was asked after openai/small: it failed: mustContain: "
        '"right" not found in "wrong"'
    ) in said["hard"]
    assert "[[PROPERTY|answered_by=openai/small]]" in said["one"]
    for report in ("r.md", "c.md"):
        assert SAVED in (cli.folder / report).read_text(encoding="utf-8")
    [cascade] = cli.json("c.json")["cascades"]
    # What is kept saves nothing that was not saved before.
    assert cascade == {
        "name": LABEL,
        "small": 2,
        "large": 1,
        "savedUsd": "0",
        "unestimated": 0,
    }
    assert server.asked == {"small": 3, "large": 1}


def test_a_cascade_that_lost_says_so(cli: Cli, server: TieredModel) -> None:
    ended = cli.run("eval", cli.write("s.yaml", SUITE), "-k", "hard")
    assert ended.code is ExitCode.OK, ended.err
    assert "$0.00018 lost against asking openai/large for everything (an estimate)" in ended.out


def test_a_failure_of_both_models_fails(cli: Cli, server: TieredModel) -> None:
    ended = cli.run("eval", cli.write("s.yaml", SUITE.replace("openai/large", "openai/perhaps")))
    assert ended.code is ExitCode.REJECTED
    assert server.asked == {"small": 3, "perhaps": 1}


@pytest.mark.parametrize("status", ["401", "400"])
def test_an_outage_of_the_small_model_is_not_covered_by_the_large_one(
    cli: Cli, server: TieredModel, status: str
) -> None:
    suite = SUITE.replace("openai/small", f"openai/{status}")
    ended = cli.run("eval", cli.write("s.yaml", suite))
    assert ended.code is ExitCode.UNREACHABLE
    assert "large" not in server.asked


def test_an_unsure_opinion_asks_the_large_model_where_that_is_wanted(
    cli: Cli, server: TieredModel
) -> None:
    suite = """
        prompt: echo.prompt.md
        models: [{try: openai/perhaps, escalate: openai/large, when: lowConfidence}]
        cases: [{id: a, input: easy, expectedCategory: refusal}]
    """
    ended = cli.run("eval", cli.write("s.yaml", suite), "--json", "r.json")
    # The small model's answer would have passed; that of the large one is what counts.
    assert ended.code is ExitCode.REJECTED, ended.err
    assert server.asked == {"perhaps": 1, "large": 1}
    [trial] = cli.json()["suites"][0]["cases"][0]["trials"]
    [verdict] = trial["tried"]["verdicts"]
    assert (verdict["passed"], verdict["unsure"]) == (True, True)


def test_conversations_climb_whole(cli: Cli, server: TieredModel) -> None:
    suite = """
        prompt: echo.prompt.md
        models: [{try: openai/small, escalate: openai/large}]
        cases:
          - id: talk
            turns:
              - {input: easy, mustContain: right}
              - {input: hard, mustContain: right}
    """
    ended = cli.run("eval", cli.write("s.yaml", suite), "--json", "r.json")
    assert ended.code is ExitCode.OK, ended.err
    assert server.asked == {"small": 2, "large": 2}
    [case] = cli.json()["suites"][0]["cases"]
    assert case["calls"] == 4
    [trial] = case["trials"]
    assert [turn["output"] for turn in trial["turns"]] == ["right", "right"]
    assert [turn["output"] for turn in trial["tried"]["turns"]] == ["right", "wrong"]


def test_metrics_count_the_answer_that_decided_once(cli: Cli, server: TieredModel) -> None:
    suite = """
        prompt: echo.prompt.md
        models: [{try: openai/small, escalate: openai/large}]
        metrics:
          - {kind: classification, expected: "{{ input[:5] }}", labels: [right, wrong]}
        cases:
          - {id: a, input: right easy, mustContain: right}
          - {id: b, input: right hard, mustContain: right}
          - {id: c, input: wrong easy, mustContain: right}
    """
    cli.run("eval", cli.write("s.yaml", suite), "--json", "r.json")
    [metric] = cli.json()["suites"][0]["metrics"]
    assert (metric["model"], metric["n"], metric["unjudged"]) == (LABEL, 3, 0)
    right = metric["labels"].index("right")
    assert sum(metric["confusion"][right]) == 2
    assert metric["confusion"][right][metric["columns"].index("right")] == 2


def test_a_dry_run_counts_both_models_and_calls_neither(cli: Cli, server: TieredModel) -> None:
    name = cli.write("s.yaml", SUITE)
    ended = cli.run("eval", name, "--dry-run", "--format", "json")
    assert ended.code is ExitCode.OK, ended.err
    told = json.loads(ended.out)
    assert [(row["model"], row["after"], row["calls"]) for row in told["models"]] == [
        ("openai/small", None, 3),
        ("openai/large", "openai/small", 3),
    ]
    small, large = (Decimal(row["costUsd"]) for row in told["models"])
    assert (large, Decimal(told["costUsd"])) == (10 * small, 11 * small)
    assert "openai/large (after openai/small)" in cli.run("eval", name, "--dry-run").out
    assert not server.asked


def test_a_judge_may_be_asked_of_both_answers(cli: Cli) -> None:
    judged = SUITE.replace("mustContain: right", "assert: [{rubric: It is right.}]")
    ended = cli.run(
        "eval",
        cli.write("s.yaml", f"{judged}\n    judge: {{model: openai/large}}\n"),
        *("--dry-run", "--format", "json"),
    )
    assert ended.code is ExitCode.OK, ended.err
    [judge] = [row for row in json.loads(ended.out)["models"] if row["purpose"] == "judge"]
    assert judge["calls"] == 2 * 3 * 2  # Two answers of three cases, and each reply once more.


def test_the_budget_is_never_spent_on_the_large_model_unseen(cli: Cli, server: TieredModel) -> None:
    cli.write("agentops.yaml", f"{PRICES}\n    budget: {{runUsd: 0.002}}\n")
    ended = cli.run("eval", cli.write("s.yaml", SUITE), "--json", "r.json", "-k", "hard")
    assert ended.code is ExitCode.STOPPED
    assert server.asked == {"small": 1}
    [case] = cli.json()["suites"][0]["cases"]
    assert Decimal(case["costUsd"]) == Decimal("0.00018")
    [trial] = case["trials"]
    assert (trial["outcome"], trial["fault"]["kind"]) == ("errored", "budget")
    assert trial["tried"]["outcome"] == "failed"


@pytest.mark.parametrize(("pattern", "code"), [("*/large", 0), (LABEL, 0), ("openai/larg", 5)])
def test_a_cascade_is_selected_by_its_label_or_a_model(
    cli: Cli, server: TieredModel, pattern: str, code: int
) -> None:
    assert cli.run("eval", cli.write("s.yaml", SUITE), "--model", pattern).code == code


def test_a_recorded_answer_that_is_not_there_is_told_where_it_is_named(cli: Cli) -> None:
    suite = """
        prompt: echo.prompt.md
        models:
          - {try: replay/none.jsonl, escalate: openai/large}
        cases: [{id: a, input: x, mustContain: right}]
    """
    ended = cli.run("eval", cli.write("s.yaml", suite))
    assert ended.code is ExitCode.INPUT
    assert "s.yaml:3:11  error  none.jsonl does not exist  [missing-cassette]" in ended.err
    assert "fix: write it, or name another file, as seen from s.yaml" in ended.err


def test_recorded_answers_can_be_a_cascade(cli: Cli, server: TieredModel) -> None:
    cli.write("small.jsonl", '{"caseId": "a", "text": "right"}\n{"caseId": "b", "text": "no"}\n')
    cli.write("large.jsonl", '{"caseId": "b", "text": "right"}\n')
    suite = """
        models: [{try: replay/small.jsonl, escalate: replay/large.jsonl}]
        cases:
          - {id: a, input: x, mustContain: right}
          - {id: b, input: x, mustContain: right}
    """
    assert (
        "\n0 calls, $0. No call was made."
        in cli.run("eval", cli.write("s.yaml", suite), "--dry-run").out
    )
    ended = cli.run("eval", "s.yaml", "--json", "r.json")
    assert ended.code is ExitCode.OK, ended.err
    assert not server.asked
    cascade = cli.json()["suites"][0]["cascades"]["replay/small.jsonl>replay/large.jsonl"]
    assert (cascade["small"], cascade["large"], cascade["savedUsd"]) == (1, 1, "0")


def test_a_run_does_not_go_on_with_other_answers_of_the_large_model(cli: Cli) -> None:
    cli.write("evals/small.jsonl", '{"caseId": "a", "text": "no"}\n')
    cli.write("evals/large.jsonl", '{"caseId": "b", "text": "right"}\n')
    suite = """
        models: [{try: replay/small.jsonl, escalate: replay/large.jsonl}]
        cases: [{id: a, input: x, mustContain: right}]
    """
    begun = cli.run("eval", cli.write("evals/s.yaml", suite))
    assert begun.code is ExitCode.UNREACHABLE
    cli.write("evals/large.jsonl", '{"caseId": "a", "text": "right"}\n')
    ended = cli.run("eval", "--resume", "last")
    assert ended.code is ExitCode.INPUT
    assert "the file evals/large.jsonl changed since the run was begun" in ended.err


def test_parts_with_other_answers_of_the_large_model_are_not_one_run(cli: Cli) -> None:
    cases = "".join(f"  - {{id: c{n}, input: x, mustContain: right}}\n" for n in range(4))
    suite = f"models: [{{try: replay/small.jsonl, escalate: replay/large.jsonl}}]\ncases:\n{cases}"
    cli.write("small.jsonl", "".join(f'{{"caseId": "c{n}", "text": "no"}}\n' for n in range(4)))
    cli.write("s.yaml", suite)
    for number, text in enumerate(["right", "right!"], start=1):
        large = "".join(f'{{"caseId": "c{n}", "text": "{text}"}}\n' for n in range(4))
        cli.write("large.jsonl", large)
        ended = cli.run("eval", "s.yaml", "--shard", f"{number}/2", "--json", f"{number}.json")
        assert ended.code is ExitCode.OK, ended.err
    merged = cli.run("report", "merge", "1.json", "2.json")
    assert merged.code is ExitCode.INPUT
    assert "large.jsonl" in merged.err

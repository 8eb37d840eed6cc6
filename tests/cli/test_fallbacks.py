"""Stand-ins from the settings to the reports: who answers in an outage, and that all may know."""

import json
from collections.abc import Iterator
from decimal import Decimal

import pytest

from agentops_cli.errors import ExitCode
from tests.cli.conftest import PROMPT
from tests.cli.running import Cli, Ended
from tests.servers.tiered_model import TieredModel, running

SUITE = """
    prompt: echo.prompt.md
    models: [openai/401]
    cases:
      - {id: one, input: easy one, mustContain: right}
      - {id: two, input: easy two, mustContain: right}
"""
PRICE = "price: {inputPer1M: 1, outputPer1M: 2}"
STOOD_IN = "openai/large stood in for openai/401 in 2 of 2 judged trials"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[TieredModel]:
    """The provider that is up."""
    with running() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-none")
        yield server


@pytest.fixture
def down(cli: Cli, server: TieredModel) -> Iterator[TieredModel]:
    """The provider that is down, at another place; the settings name who stands in for it."""
    with running() as down:
        settings(cli, down, "openai/large")
        yield down


def settings(cli: Cli, down: TieredModel, *names: str, more: str = "") -> None:
    cli.write(
        "agentops.yaml",
        f"""
        models:
          openai/401: {{baseUrl: "{down.url}", {PRICE}, fallbacks: [{", ".join(names)}]}}
          openai/large: {{{PRICE}}}
          openai/small: {{{PRICE}}}
        {more}
        """,
    )


def evaluated(cli: Cli, *flags: str, suite: str = SUITE) -> Ended:
    return cli.run("eval", cli.write("s.yaml", suite), *flags)


def test_in_an_outage_the_stand_in_answers_and_every_report_says_so(
    cli: Cli, server: TieredModel, down: TieredModel
) -> None:
    ended = evaluated(
        cli, *("--json", "r.json", "--junit", "j.xml", "--md", "r.md", "--cost", "c.md")
    )
    assert ended.code is ExitCode.OK, ended.err
    assert server.asked == {"large": 2}
    assert STOOD_IN in ended.out
    result = cli.json()
    told = [{"asked": "openai/401", "answeredBy": "openai/large", "trials": 2}]
    assert result["totals"]["stoodIn"] == told == result["suites"][0]["stoodIn"]
    for case in result["suites"][0]["cases"]:
        assert case["model"] == "openai/401"
        [trial] = case["trials"]
        assert (trial["answeredBy"], trial["servedModel"]) == ("openai/large", "large")
        assert Decimal(trial["costUsd"]) == Decimal("0.00018")
    for report in ("r.md", "c.md"):
        assert STOOD_IN in (cli.folder / report).read_text(encoding="utf-8")
    for case_of_junit in cli.junit().iter("testcase"):
        said = case_of_junit.findtext("system-out") or ""
        assert "[[PROPERTY|answered_by=openai/large]]" in said
    properties = {p.get("name"): p.get("value") for p in cli.junit().iter("property")}
    assert properties["stood_in"] == "openai/large for openai/401 in 2"


def test_it_is_said_even_to_whoever_wants_to_hear_little(
    cli: Cli, server: TieredModel, down: TieredModel
) -> None:
    assert STOOD_IN in evaluated(cli, "--quiet").out


def test_the_run_tells_when_it_began(cli: Cli, server: TieredModel, down: TieredModel) -> None:
    evaluated(cli, "--json", "r.json")
    incidents = [each for each in cli.json()["run"]["incidents"] if each["guard"] == "fallback"]
    [incident] = incidents
    assert incident["message"].startswith("openai/large stands in for openai/401: ")


def test_an_answer_of_a_stand_in_is_kept_as_its_own(
    cli: Cli, server: TieredModel, down: TieredModel
) -> None:
    evaluated(cli)
    asked = server.asked["large"]
    ended = evaluated(cli, suite=SUITE.replace("openai/401", "openai/large"))
    assert ended.code is ExitCode.OK
    assert server.asked["large"] == asked
    assert "stood in" not in ended.out


def test_a_model_that_no_gateway_asks_is_told_where_it_is_named(
    cli: Cli, server: TieredModel, down: TieredModel
) -> None:
    settings(cli, down, "scripted/x")
    ended = cli.run("eval", cli.suite("openai/401"))
    assert ended.code is ExitCode.INPUT
    line = (cli.folder / "agentops.yaml").read_text().splitlines()[1]
    column = line.index("[scripted") + 1
    assert f"agentops.yaml:2:{column}  error  no gateway is called 'scripted'" in ended.err
    ended = cli.run("eval", cli.suite("scripted/x"))
    assert ended.code is ExitCode.INPUT
    assert "s.yaml:2:10  error  no gateway is called 'scripted'" in ended.err
    assert not server.asked


def test_a_bad_answer_is_no_outage(cli: Cli, server: TieredModel, down: TieredModel) -> None:
    settings(cli, down, "openai/large", more="")
    suite = SUITE.replace("openai/401", "openai/small").replace("easy", "hard")
    assert evaluated(cli, suite=suite).code is ExitCode.REJECTED
    assert "large" not in server.asked


def test_a_refused_request_is_not_made_to_another_model(
    cli: Cli, server: TieredModel, down: TieredModel
) -> None:
    cli.write("agentops.yaml", "models: {openai/400: {fallbacks: [openai/large]}}")
    ended = evaluated(cli, suite=SUITE.replace("openai/401", "openai/400"))
    assert ended.code is ExitCode.UNREACHABLE
    assert server.asked == {"400": 2}


def test_a_judge_that_is_down_stays_so(cli: Cli, server: TieredModel, down: TieredModel) -> None:
    suite = """
        prompt: echo.prompt.md
        models: [openai/small]
        judge: {model: openai/401}
        cases: [{id: a, input: easy, assert: [{rubric: It is right.}]}]
    """
    ended = evaluated(cli, "--json", "r.json", suite=suite)
    assert ended.code is ExitCode.UNREACHABLE
    assert "large" not in server.asked
    [trial] = cli.json()["suites"][0]["cases"][0]["trials"]
    assert (trial["outcome"], trial["fault"]["kind"]) == ("errored", "auth")


def test_a_prompt_that_lists_its_models_names_their_stand_ins(
    cli: Cli, server: TieredModel, down: TieredModel
) -> None:
    cli.write(
        "listed.prompt.md", PROMPT.replace("model: openai/ok", "model: [openai/401, openai/small]")
    )
    suite = SUITE.replace("echo.prompt.md", "listed.prompt.md").replace("models: [openai/401]", "")
    ended = evaluated(cli, suite=suite)
    assert ended.code is ExitCode.OK, ended.err
    assert server.asked == {"small": 2}


def test_stand_ins_and_cascades_go_together(
    cli: Cli, server: TieredModel, down: TieredModel
) -> None:
    settings(cli, down, "openai/small")
    suite = SUITE.replace("openai/401", "{try: openai/401, escalate: openai/large}")
    ended = evaluated(cli, "--json", "r.json", suite=suite.replace("easy two", "hard two"))
    assert ended.code is ExitCode.OK, ended.err
    assert server.asked == {"small": 2, "large": 1}
    assert "openai/small stood in for openai/401 in 2 of 2 judged trials" in ended.out
    cascade = cli.json()["suites"][0]["cascades"]["openai/401>openai/large"]
    assert (cascade["small"], cascade["large"]) == (1, 1)


def test_where_nobody_answers_there_is_no_verdict(cli: Cli, down: TieredModel) -> None:
    settings(cli, down, "openai/500", more="retry: {attempts: 1}")
    ended = evaluated(cli)
    assert ended.code is ExitCode.UNREACHABLE
    assert "openai/500, its stand-in: " in ended.out


def test_a_dry_run_counts_that_every_call_is_made_of_the_stand_in_too(
    cli: Cli, server: TieredModel, down: TieredModel
) -> None:
    told = json.loads(evaluated(cli, "--dry-run", "--format", "json").out)
    own, other = told["models"]
    assert (other["model"], other["inPlaceOf"]) == ("openai/large", "openai/401")
    assert (own["inPlaceOf"], own["calls"], other["calls"]) == (None, 2, 2)
    assert Decimal(told["costUsd"]) == Decimal(own["costUsd"]) + Decimal(other["costUsd"]) > 0
    assert "openai/large (in place of openai/401)" in evaluated(cli, "--dry-run").out


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("opnai/large", "unknown-model"),
        ("agent/bot", "bad-fallback"),
        ("openai/401", "bad-fallback"),
        ("openai/unpriced", "unknown-price"),
    ],
)
def test_a_stand_in_that_could_not_answer_is_a_mistake_of_the_settings(
    cli: Cli, server: TieredModel, down: TieredModel, name: str, rule: str
) -> None:
    settings(cli, down, name, more="budget: {runUsd: 1}")
    ended = evaluated(cli)
    assert ended.code is ExitCode.INPUT
    assert f"[{rule}]" in ended.err
    assert "agentops.yaml:2:" in ended.err
    assert not server.asked

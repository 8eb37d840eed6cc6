import json

import pytest
from jsonschema import Draft7Validator

from agentops_cli.assertions import BUILTIN
from agentops_cli.errors import ExitCode
from agentops_cli.locate import parse_yaml
from agentops_cli.metrics import BUILTIN as METRICS
from agentops_cli.model.json import JsonObject
from agentops_cli.rules.rule import Rule
from agentops_cli.rules.table import RULES
from tests.cli.running import Cli
from tests.suite.test_read import WISHLIST


@pytest.mark.parametrize("kind", [*BUILTIN, *METRICS])
def test_every_assertion_and_metric_explains_itself(cli: Cli, kind: str) -> None:
    ended = cli.run("explain", kind)
    assert ended.code is ExitCode.OK
    assert ended.out.startswith(kind)


def test_without_a_name_everything_that_can_be_explained_is_listed(cli: Cli) -> None:
    rules = [f"{rule.code} {rule.name}" for rule in RULES]
    assert set(cli.run("explain").out.splitlines()) == {"exit-codes", *BUILTIN, *METRICS, *rules}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_every_rule_explains_itself_by_its_code_and_its_name(cli: Cli, rule: Rule) -> None:
    ended = cli.run("explain", rule.code.lower())
    assert ended.code is ExitCode.OK
    head, _, text = ended.out.partition("\n\n")
    assert head == f"{rule.code} {rule.name}"
    assert (rule.module().__doc__ or "").strip() in text
    assert cli.run("explain", rule.name) == ended


def test_all_rules_explain_themselves_for_people_and_for_programs(cli: Cli) -> None:
    text = cli.run("explain", "--all").out
    assert all(f"{rule.code} {rule.name}\n" in text for rule in RULES)
    listed = json.loads(cli.run("explain", "--all", "--format", "json").out)
    assert [each["code"] for each in listed] == [rule.code for rule in RULES]
    one = json.loads(cli.run("explain", "PS007", "--format", "json").out)
    assert one in listed
    assert (one["severity"], one["profile"], one["fix"]) == ("error", "default", None)
    assert json.loads(cli.run("explain", "exit-codes", "--format", "json").out)["explanation"]


def test_a_name_and_all_exclude_one_another(cli: Cli) -> None:
    assert cli.run("explain", "PS007", "--all").code is ExitCode.USAGE


@pytest.mark.parametrize(("typed", "meant"), [("PS0077", "PS007"), ("secrets", "secret")])
def test_a_rule_that_there_is_not_gets_a_guess(cli: Cli, typed: str, meant: str) -> None:
    ended = cli.run("explain", typed)
    assert ended.code is ExitCode.USAGE
    assert f"did you mean {meant!r}?" in ended.err


def test_the_exit_codes_are_the_table(cli: Cli) -> None:
    lines = cli.run("explain", "exit-codes").out.splitlines()
    assert [int(line.split()[0]) for line in lines] == [0, 1, 2, 3, 4, 5, 6, 7, 130]


def test_a_name_that_there_is_not_gets_a_guess(cli: Cli) -> None:
    ended = cli.run("explain", "mustcontain")
    assert ended.code is ExitCode.USAGE
    assert "did you mean 'mustContain'?" in ended.err


@pytest.mark.parametrize("name", ["prompt", "suite", "judge", "config", "result", "lint"])
def test_every_schema_prints_as_json(cli: Cli, name: str) -> None:
    assert json.loads(cli.run("schema", name).out)["title"]


def test_a_schema_that_there_is_not_exits_2(cli: Cli) -> None:
    assert cli.run("schema", "suit").code is ExitCode.USAGE


def accepts(cli: Cli, text: str) -> bool:
    schema: JsonObject = json.loads(cli.run("schema", "suite").out)
    data = parse_yaml(text, path="s.yaml").data
    return bool(Draft7Validator(schema).is_valid(data))


def test_the_schema_of_suites_knows_the_arguments_of_assertions(cli: Cli) -> None:
    assert accepts(cli, WISHLIST)
    case = "prompt: p.md\ncases: [{id: a, assert: [%s]}]\n"
    assert accepts(cli, case % "{kind: length, max: 80}")
    assert accepts(cli, case % "{finishReason: stop}")
    assert not accepts(cli, case % "{kind: length, mx: 80}")
    assert not accepts(cli, case % "{kind: nothing}")


def test_the_schema_of_suites_knows_the_arguments_of_metrics(cli: Cli) -> None:
    suite = "prompt: p.md\ncases: [{id: a, mustContain: x}]\nmetrics: [%s]\n"
    known = "kind: classification, expected: x, labels: [a, b]"
    assert accepts(cli, suite % f"{{{known}, actual: {{jsonPath: $.a}}, by: lang, name: n}}")
    assert accepts(cli, suite % "{kind: extraction, expected: {a: x}, fields: [a]}")
    assert not accepts(cli, suite % f"{{{known}, label: a}}")
    assert not accepts(cli, suite % "{kind: extraction, expected: x, labels: [a, b]}")
    assert not accepts(cli, suite % "{kind: nothing}")


def test_config_show_tells_value_and_source(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.write("agentops.yaml", "suites: [evals/*.yaml]\n")
    monkeypatch.setenv("AGENTOPS_CONCURRENCY", "3")
    lines = cli.run("config", "show").out.splitlines()
    assert 'suites = ["evals/*.yaml"]  (agentops.yaml:1)' in lines
    assert "concurrency = 3  (AGENTOPS_CONCURRENCY)" in lines
    assert "timeoutS = 120.0  (default)" in lines
    shown = json.loads(cli.run("config", "show", "--format", "json").out)
    assert shown["settings"]["concurrency"] == 3

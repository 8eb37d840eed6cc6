"""Settings: found, layered, explained, and refused with every mistake at once."""

import json
import os
import subprocess
from dataclasses import replace
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from agentops_cli.config import KNOBS, RETRIES, in_force, load_config
from agentops_cli.config_lint import lint_shape
from agentops_cli.errors import InputError
from agentops_cli.locate import parse_yaml
from agentops_cli.model.finding import Finding
from agentops_cli.model.json import Json
from agentops_cli.model.settings import (
    Accounting,
    AgentCommand,
    Breaker,
    CommandAgent,
    Config,
    HttpAgent,
    LintSettings,
    Meter,
    PythonAgent,
    Retry,
    UsagePaths,
)
from agentops_cli.validate import check
from tests.builders import a_place

INVALID = Path(__file__).parent / "invalid" / "config"


def write(folder: Path, text: str, name: str = "agentops.yaml") -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def load(start: Path, env: dict[str, str] | None = None, **flags: Json) -> Config:
    keys = {"budget": "budget.runUsd", "concurrency": "concurrency", "timeout": "timeoutS"}
    overrides = {keys[name]: value for name, value in flags.items()}
    return load_config(start, environ=env or {}, overrides=overrides)


def refused(start: Path, env: dict[str, str] | None = None, **flags: Json) -> tuple[Finding, ...]:
    with pytest.raises(InputError) as caught:
        load(start, env, **flags)
    return caught.value.findings


def shown(findings: tuple[Finding, ...]) -> str:
    return "".join(f"{f.location} {f.rule}: {f.message}\n  fix: {f.fix}\n" for f in findings)


# Finding the file


def test_without_a_file_every_setting_has_its_default(git_repo: Path) -> None:
    config = load(git_repo)
    assert config.path is None
    assert config.root == git_repo
    assert config.sources == {}
    assert (config.budget.run_usd, config.concurrency, config.timeout_s) == (None, 8, 120.0)


def test_the_nearest_file_upward_is_read(git_repo: Path) -> None:
    write(git_repo, "concurrency: 2\n")
    write(git_repo / "a", "concurrency: 3\n")
    deep = git_repo / "a" / "b" / "c"
    deep.mkdir(parents=True)
    config = load(deep)
    assert config.concurrency == 3
    assert config.root == git_repo / "a"
    assert config.path == "../../agentops.yaml"
    assert config.sources == {"concurrency": "../../agentops.yaml:1"}


def test_an_empty_file_is_a_file_and_sets_the_root(git_repo: Path) -> None:
    write(git_repo / "a", "# nothing yet\n")
    assert load(git_repo / "a").root == git_repo / "a"
    assert load(git_repo / "a").path == "agentops.yaml"


def test_the_search_ends_at_the_git_root(git_repo: Path) -> None:
    inner = git_repo / "inner"
    inner.mkdir()
    subprocess.run(["git", "init", "--quiet"], cwd=inner, check=True)
    write(git_repo, "concurrency: 2\n")
    assert load(inner).path is None
    assert load(inner).root == inner


def test_a_worktree_whose_dot_git_is_a_file_is_a_root(git_repo: Path) -> None:
    write(git_repo, "concurrency: 2\n")
    write(git_repo / "tree", "gitdir: elsewhere\n", name=".git")
    assert load(git_repo / "tree").path is None


def test_outside_a_repository_the_search_goes_on_upward(tmp_path: Path) -> None:
    write(tmp_path, "concurrency: 2\n")
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert load(inner).concurrency == 2


def test_outside_a_repository_a_file_where_everybody_may_write_is_not_read(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    mine = shared / "mine"
    mine.mkdir(parents=True)
    write(shared, "concurrency: 2\n")
    shared.chmod(0o1777)
    assert load(mine).path is None
    assert load(shared).path == "agentops.yaml", "the working folder itself is always looked at"


def test_a_table_in_pyproject_is_read_with_its_lines(git_repo: Path) -> None:
    write(
        git_repo,
        '[project]\nname = "x"\n\n[tool.agentops]\nconcurrency = 4\n'
        'models."ollama/llama3".price = {inputPer1M = 0.10, outputPer1M = 2}\n\n'
        "[tool.agentops.budget]\nrunUsd = 0.50  # dollars\n",
        name="pyproject.toml",
    )
    config = load(git_repo)
    assert config.concurrency == 4
    assert config.budget.run_usd == Decimal("0.50")
    assert str(config.budget.run_usd) == "0.50", "digits are kept, not rounded through a float"
    price = config.models["ollama/llama3"].price
    assert price is not None
    assert (price.input_per_1m, price.output_per_1m) == (Decimal("0.10"), Decimal(2))
    assert config.sources["budget.runUsd"] == "pyproject.toml:9"
    assert config.sources["models.ollama/llama3.price.inputPer1M"] == "pyproject.toml:6"


def test_a_table_that_stands_inline_is_placed_in_its_file(git_repo: Path) -> None:
    write(git_repo, "tool = {agentops = {concurrency = 4}}\n", name="pyproject.toml")
    assert load(git_repo).sources == {"concurrency": "pyproject.toml"}


def test_a_pyproject_without_our_table_is_passed_over(git_repo: Path) -> None:
    write(git_repo, "concurrency: 2\n")
    write(git_repo / "a", '[project]\nname = "agentops-fan"\n', name="pyproject.toml")
    write(git_repo / "b", "this is [ no TOML", name="pyproject.toml")
    assert load(git_repo / "a").concurrency == 2
    assert load(git_repo / "b").concurrency == 2


def test_two_configurations_in_one_folder_are_refused_and_both_named(git_repo: Path) -> None:
    write(git_repo, "concurrency: 2\n")
    write(git_repo, "[tool.agentops]\nconcurrency = 3\n", name="pyproject.toml")
    [finding] = refused(git_repo)
    assert finding.rule == "two-configs"
    assert "agentops.yaml" in finding.message
    assert "pyproject.toml" in finding.message


def test_a_file_that_ends_in_yml_is_refused_rather_than_ignored(git_repo: Path) -> None:
    write(git_repo, "budget: {runUsd: 1}\n", name="agentops.yml")
    [finding] = refused(git_repo)
    assert str(finding.location) == "agentops.yml"
    assert finding.fix == "rename it to agentops.yaml"


def test_mistakes_in_toml_have_line_and_column(git_repo: Path) -> None:
    write(
        git_repo,
        "[tool.agentops]\nconcurency = 4\ntimeoutS = true\n[tool.agentops.budget]\nrunUsd = nan\n",
        name="pyproject.toml",
    )
    assert [str(finding.location) for finding in refused(git_repo)] == [
        "pyproject.toml:2:1",
        "pyproject.toml:3:1",
        "pyproject.toml:5:1",
    ]


def test_broken_toml_is_a_finding_with_its_place(git_repo: Path) -> None:
    write(git_repo, "[tool.agentops]\nconcurrency = = 4\n", name="pyproject.toml")
    [finding] = refused(git_repo)
    assert (finding.rule, str(finding.location)) == ("bad-toml", "pyproject.toml:2:15")
    assert finding.message == "not valid TOML: invalid value"


def test_a_file_that_is_not_utf8_is_a_finding(git_repo: Path) -> None:
    (git_repo / "agentops.yaml").write_bytes(b"prompts: [\xff]\n")
    [finding] = refused(git_repo)
    assert finding.rule == "unreadable"
    assert "UTF-8" in finding.message


def test_a_byte_order_mark_is_no_mistake(git_repo: Path) -> None:
    (git_repo / "agentops.yaml").write_bytes(b"\xef\xbb\xbfconcurrency: 2\n")
    assert load(git_repo).concurrency == 2


# Which value holds


@pytest.mark.parametrize(
    ("file", "env", "flag", "held", "source"),
    [
        ("concurrency: 2", {}, None, 2, "agentops.yaml:1"),
        ("concurrency: 2", {"AGENTOPS_CONCURRENCY": "3"}, None, 3, "AGENTOPS_CONCURRENCY"),
        ("concurrency: 2", {"AGENTOPS_CONCURRENCY": "3"}, 4, 4, "--concurrency"),
        ("", {"AGENTOPS_CONCURRENCY": "3"}, None, 3, "AGENTOPS_CONCURRENCY"),
        ("", {}, 4, 4, "--concurrency"),
    ],
)
def test_a_flag_beats_a_variable_beats_the_file(
    git_repo: Path, file: str, env: dict[str, str], flag: int | None, held: int, source: str
) -> None:
    write(git_repo, file)
    config = load(git_repo, env, concurrency=flag)
    assert config.concurrency == held
    assert config.sources == {"concurrency": source}


@pytest.mark.parametrize(
    ("file", "env", "flag", "held", "source"),
    [
        ("0.50", "5", "9", "0.50", "agentops.yaml:1"),
        ("5", "0.50", "9", "0.50", "AGENTOPS_BUDGET"),
        ("9", "5", "0.50", "0.50", "--budget"),
        ("1", "1", "1", "1", "--budget"),
        ("0", None, "1", "0", "agentops.yaml:1"),
    ],
)
def test_the_strictest_budget_holds_whoever_gives_it(
    git_repo: Path, file: str, env: str | None, flag: str, held: str, source: str
) -> None:
    write(git_repo, f"budget: {{runUsd: {file}}}\n")
    config = load(git_repo, {"AGENTOPS_BUDGET": env} if env else {}, budget=flag)
    assert str(config.budget.run_usd) == held
    assert config.sources == {"budget.runUsd": source}


@pytest.mark.parametrize(
    ("key", "variable", "read"),
    [
        ("caseUsd", "AGENTOPS_BUDGET_CASE_USD", "case_usd"),
        ("calls", "AGENTOPS_BUDGET_CALLS", "calls"),
        ("tokens", "AGENTOPS_BUDGET_TOKENS", "tokens"),
        ("usdPerHour", "AGENTOPS_BUDGET_USD_PER_HOUR", "usd_per_hour"),
    ],
)
@pytest.mark.parametrize(("file", "env"), [(5, 9), (9, 5)])
def test_the_strictest_of_every_limit_holds(
    git_repo: Path, key: str, variable: str, read: str, file: int, env: int
) -> None:
    write(git_repo, f"budget: {{{key}: {file}}}\n")
    config = load(git_repo, {variable: str(env)})
    assert getattr(config.budget, read) == 5
    shown = in_force(config)["budget"]
    assert shown in ({key: "5"}, {key: 5})
    assert config.sources[f"budget.{key}"] == (variable if env == 5 else "agentops.yaml:1")


@pytest.mark.parametrize("written", ["{calls: 1.5}", "{tokens: -1}", "{calls: many}"])
def test_calls_and_tokens_are_whole_numbers(git_repo: Path, written: str) -> None:
    write(git_repo, f"budget: {written}\n")
    with pytest.raises(InputError):
        load(git_repo)


@pytest.mark.parametrize(
    ("written", "dollars"),
    [("0.10", "0.10"), ("'0.10'", "0.10"), ("1e2", "1E+2"), (".5", "0.5"), ("0x10", "16")],
)
def test_dollars_are_exactly_what_was_written(git_repo: Path, written: str, dollars: str) -> None:
    write(git_repo, f"budget: {{runUsd: {written}}}\n")
    assert str(load(git_repo).budget.run_usd) == dollars


def test_every_setting_reaches_the_config(git_repo: Path) -> None:
    write(
        git_repo,
        """
prompts: ["p/*.md"]
suites: ["e/*.yaml", "/abs/*.yaml"]
models:
  openai/gpt-4o-mini:
    baseUrl: https://gateway.example/v1
    apiKeyEnv: AGENTOPS_GATEWAY_KEY
    headers: {x-team: evals}
    gateway: litellm
    price: {as: azure/gpt-4o}
  ollama/llama3: {price: {inputPer1M: 0, outputPer1M: "0.30"}}
budget: {runUsd: 5}
timeoutS: 1.5
concurrency: 3
allowScripts: true
report: {junit: r/j.xml, json: r/r.json, jsonl: r/t.jsonl, md: r/s.md, cost: r/c.md}
cache: {folder: kept/answers, maxMb: 0.5, maxAgeDays: 7}
retry: {attempts: 6, baseWaitS: 0.25, maxWaitS: 10, deadlineS: 60, runDeadlineS: 3600}
breaker: {consecutiveFailures: 9, failureRate: 0.9, minCalls: 5, windowS: 10, cooldownS: 3,
  probes: 2}
""",
    )
    config = load(git_repo, {"AGENTOPS_GATEWAY_KEY": "named by apiKeyEnv, so it is known"})
    shape = in_force(config)
    assert shape.pop("lint") == lint_shape(LintSettings())  # Those have tests of their own.
    assert shape.pop("diff") == {"levels": {}}  # As above.
    assert shape == {
        "prompts": ["p/*.md"],
        "suites": ["e/*.yaml", "/abs/*.yaml"],
        "models": {
            "openai/gpt-4o-mini": {
                "baseUrl": "https://gateway.example/v1",
                "apiKeyEnv": "AGENTOPS_GATEWAY_KEY",
                "headers": {"x-team": "evals"},
                "gateway": "litellm",
                "price": {"as": "azure/gpt-4o"},
            },
            "ollama/llama3": {"price": {"inputPer1M": "0", "outputPer1M": "0.3"}},
        },
        "agents": {},
        "budget": {"runUsd": "5"},
        "report": {
            "junit": "r/j.xml",
            "json": "r/r.json",
            "jsonl": "r/t.jsonl",
            "md": "r/s.md",
            "cost": "r/c.md",
        },
        "judges": ["judges/*.yaml"],
        "cache": {"folder": "kept/answers", "maxMb": 0.5, "maxAgeDays": 7.0},
        "retry": {
            "attempts": 6,
            "baseWaitS": 0.25,
            "maxWaitS": 10.0,
            "deadlineS": 60.0,
            "runDeadlineS": 3600.0,
        },
        "breaker": {
            "consecutiveFailures": 9,
            "failureRate": 0.9,
            "minCalls": 5,
            "windowS": 10.0,
            "cooldownS": 3.0,
            "probes": 2,
        },
        "allowScripts": True,
        "concurrency": 3,
        "timeoutS": 1.5,
    }
    price = config.models["ollama/llama3"].price
    assert price is not None
    assert str(price.location) == "agentops.yaml:11:19"


def test_what_is_in_force_is_itself_a_valid_file(git_repo: Path) -> None:
    write(
        git_repo, "models: {a/b: {price: {inputPer1M: 0.1, outputPer1M: 1}}}\nbudget: {runUsd: 1}"
    )
    again = yaml.safe_dump(in_force(load(git_repo)))
    assert check(parse_yaml(again, path="x"), "config") == ()


def test_how_calls_are_made_has_its_defaults(git_repo: Path) -> None:
    config = load(git_repo)
    assert (config.retry, config.breaker) == (Retry(), Breaker())
    assert (config.retry.attempts, config.retry.run_deadline_s) == (4, None)
    assert in_force(config)["retry"] == {
        "attempts": 4,
        "baseWaitS": 0.5,
        "maxWaitS": 30.0,
        "deadlineS": 300.0,
    }


def test_each_key_of_how_calls_are_made_comes_from_the_nearest_file(git_repo: Path) -> None:
    write(git_repo, "retry: {attempts: 2, deadlineS: 9}\nbreaker: {probes: 7}\n")
    write(git_repo / "pkg", "extends: ../agentops.yaml\nretry: {attempts: 3}\n")
    config = load(git_repo / "pkg")
    assert config.retry == Retry(attempts=3, deadline_s=9.0)
    assert config.breaker == Breaker(probes=7)
    assert config.sources["retry.attempts"] == "agentops.yaml:2"


def test_limits_a_minute_belong_to_a_model(git_repo: Path) -> None:
    write(git_repo, "models: {a/b: {rpm: 500}, agent/bot: {tpm: 200000}}\n")
    config = load(git_repo)
    assert (config.models["a/b"].rpm, config.models["a/b"].tpm) == (500, None)
    assert config.models["agent/bot"].tpm == 200_000
    assert in_force(config)["models"] == {"a/b": {"rpm": 500}, "agent/bot": {"tpm": 200_000}}


@pytest.mark.parametrize(("retries", "attempts"), [("0", 1), ("2", 3), ("19", 20)])
def test_whoever_says_retries_means_the_attempts_after_the_first(
    git_repo: Path, retries: str, attempts: int
) -> None:
    write(git_repo, "retry: {attempts: 7}\n")
    config = load(git_repo, {"AGENTOPS_RETRIES": retries})
    assert config.retry.attempts == attempts
    assert config.sources["retry.attempts"] == "AGENTOPS_RETRIES"
    flag = load_config(git_repo, environ={}, overrides={"retry.attempts": int(retries)})
    assert flag.retry.attempts == attempts
    assert flag.sources["retry.attempts"] == "--retries"


@pytest.mark.parametrize("retries", ["-1", "20", "1.5", "2.0", "1e1", "many", ""])
def test_retries_that_cannot_be_are_refused_in_the_words_of_whoever_wrote_them(
    git_repo: Path, retries: str
) -> None:
    [finding] = refused(git_repo, {"AGENTOPS_RETRIES": retries})
    assert finding.message == f"AGENTOPS_RETRIES must be from 0 to 19, not {retries!r}"


def test_there_may_be_one_retry_less_than_the_schema_has_attempts() -> None:
    schema = json.loads((files("agentops_cli.schemas") / "config.schema.json").read_text("utf-8"))
    attempts = schema["properties"]["retry"]["properties"]["attempts"]
    assert range(attempts["minimum"] - 1, attempts["maximum"]) == RETRIES


def test_stand_ins_reach_the_config_with_their_place(git_repo: Path) -> None:
    write(git_repo, "models:\n  a/b: {fallbacks: [c/d, e/f]}\n  c/d: {fallbacks: [a/b]}\n")
    config = load(git_repo)
    assert config.models["a/b"].fallbacks == ("c/d", "e/f")
    assert str(config.models["a/b"].fallbacks_at) == "agentops.yaml:2:20"
    assert in_force(config)["models"] == {
        "a/b": {"fallbacks": ["c/d", "e/f"]},
        "c/d": {"fallbacks": ["a/b"]},
    }
    assert config.digest != load(git_repo.parent).digest


def test_the_nearest_list_of_stand_ins_holds_whole(git_repo: Path) -> None:
    write(git_repo, "models: {a/b: {fallbacks: [c/d, e/f], baseUrl: 'http://x/v1'}}\n")
    write(git_repo / "pkg", "extends: ../agentops.yaml\nmodels: {a/b: {fallbacks: [g/h]}}\n")
    model = load(git_repo / "pkg").models["a/b"]
    assert (model.fallbacks, model.base_url) == (("g/h",), "http://x/v1")
    assert str(model.fallbacks_at) == "agentops.yaml:2:27"


@pytest.mark.parametrize(
    "folder", ["/var/cache", "..", "../elsewhere", "a/../../b", ".", "a/..", "~/cache"]
)
def test_a_file_names_no_cache_folder_but_one_below_it(git_repo: Path, folder: str) -> None:
    write(git_repo, f"cache: {{folder: {folder}}}\n")
    [finding] = refused(git_repo)
    assert (finding.rule, str(finding.location)) == ("bad-folder", "agentops.yaml:1:17")
    assert finding.fix is not None
    assert "AGENTOPS_CACHE_FOLDER" in finding.fix


@pytest.mark.parametrize(
    "glob", ["../**", "..", "prompts/../../x/*.md", "**/../../x", "/srv/prompts/*.md"]
)
def test_a_file_names_no_prompts_but_those_below_it(git_repo: Path, glob: str) -> None:
    write(git_repo, f"prompts: [..prompts/*.md, '{glob}']\n")
    [finding] = refused(git_repo)
    assert (finding.rule, str(finding.location)) == ("bad-glob", "agentops.yaml:1:27")
    assert glob in finding.message


def test_packages_share_the_cache_of_the_file_that_they_extend(git_repo: Path) -> None:
    write(git_repo, "cache: {folder: kept}\n")
    write(git_repo / "pkg", "extends: ../agentops.yaml\ncache: {maxMb: 1}\n")
    cache = load(git_repo / "pkg").cache
    assert (cache.folder, cache.most_bytes, cache.most_days) == ("../kept", 1024 * 1024, 30.0)


@pytest.mark.parametrize(
    ("named", "folder"), [("/var/kept", "/var/kept"), ("7", "sub/7"), ("../kept", "sub/../kept")]
)
def test_a_variable_names_any_cache_folder(git_repo: Path, named: str, folder: str) -> None:
    write(git_repo, "cache: {folder: mine}\n")
    (git_repo / "sub").mkdir()
    config = load(git_repo / "sub", {"AGENTOPS_CACHE_FOLDER": named})
    assert config.cache.folder == folder
    assert config.sources["cache.folder"] == "AGENTOPS_CACHE_FOLDER"


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("{maxMb: 0}", "'maxMb' must be more than 0, not 0"),
        ("{maxAgeDays: -1}", "'maxAgeDays' must be more than 0, not -1"),
        ("{folder: ''}", "'folder' must not be empty"),
        ("{folders: x}", "unknown key 'folders'"),
        ("false", "'cache' must be a mapping, not false"),
    ],
)
def test_a_cache_that_cannot_be_is_refused(git_repo: Path, written: str, problem: str) -> None:
    write(git_repo, f"cache: {written}\n")
    assert [finding.message for finding in refused(git_repo)] == [problem]


AGENTS = """
agents:                           # what is under test may be the whole agent
  support-bot:
    http: {url: "http://localhost:8080/chat", body: {message: "{{ input }}", thread: "{{ conversation }}"}, answer: "$.reply", toolCalls: "$.calls", trace: "$.trace"}
    maxUsdPerCall: 0.02            # reserved before the call
    usage: {input: "$.usage.in", output: "$.usage.out", usd: "$.cost"}     # settles it; or meter: true
  triage: {python: "app.triage:answer", maxUsdPerCall: 0.01}   # fn(input: str, context: dict), sync or async; returns str or {text, toolCalls, usage, costUsd}
  legacy: {command: ["./bin/bot"], maxUsdPerCall: 0}           # no shell; {input, messages, vars, conversation} as JSON on stdin, the answer on stdout
"""  # noqa: E501 # As people read it in the description of the product.


def test_agents_of_every_kind_reach_the_config(git_repo: Path) -> None:
    write(git_repo, AGENTS)
    agents = load(git_repo).agents
    assert list(agents) == ["support-bot", "triage", "legacy"]
    bot, triage, legacy = agents.values()
    assert bot.how == HttpAgent(
        url="http://localhost:8080/chat",
        body={"message": "{{ input }}", "thread": "{{ conversation }}"},
        answer="$.reply",
        tool_calls="$.calls",
        trace="$.trace",
    )
    assert str(bot.max_usd_per_call) == "0.02"
    assert bot.usage == UsagePaths(input="$.usage.in", output="$.usage.out", usd="$.cost")
    assert (bot.model, bot.accounting, bot.meter) == (
        "agent/support-bot",
        Accounting.REPORTED,
        None,
    )
    assert triage.how == PythonAgent(target="app.triage:answer")
    assert triage.accounting is Accounting.DECLARED
    assert legacy.how == CommandAgent(command=("./bin/bot",))
    assert (str(legacy.max_usd_per_call), legacy.folder) == ("0", ".")


def test_everything_that_can_be_said_of_an_agent_reaches_the_config(git_repo: Path) -> None:
    write(
        git_repo,
        """
agents:
  a:
    http:
      url: http://localhost/
      method: PUT
      headers: {x-team: evals}
      headersEnv: {authorization: AGENTOPS_BOT_AUTH}
      body: ["{{ input }}", 1, null]
    meter: {port: 4010}
    setup: {command: [./up, --now]}
    teardown: {command: [./down], per: trial}
    tools: [search, get_order]
  b:
    command: {run: [./bot], answer: $.a, toolCalls: $.c, trace: $.t}
    meter: true
  c: {python: "bot:answer", meter: false, tools: []}
""",
    )
    a, b, c = load(git_repo, {"AGENTOPS_BOT_AUTH": "named by headersEnv"}).agents.values()
    assert a.how == HttpAgent(
        url="http://localhost/",
        method="PUT",
        headers={"x-team": "evals"},
        headers_env={"authorization": "AGENTOPS_BOT_AUTH"},
        body=["{{ input }}", 1, None],
    )
    assert (a.meter, a.accounting) == (Meter(port=4010), Accounting.ENFORCED)
    assert a.setup == AgentCommand(command=("./up", "--now"), per="suite")
    assert a.teardown == AgentCommand(command=("./down",), per="trial")
    assert a.tools == ("search", "get_order")
    assert b.how == CommandAgent(command=("./bot",), answer="$.a", tool_calls="$.c", trace="$.t")
    assert (b.meter, b.setup, b.tools) == (Meter(), None, None)
    assert (c.meter, c.accounting, c.tools) == (None, None, ())


def test_every_key_of_an_agent_has_its_place(git_repo: Path) -> None:
    write(git_repo, AGENTS)
    bot = load(git_repo).agents["support-bot"]
    assert str(bot.location) == "agentops.yaml:3:3"
    assert str(bot.place("http", "body", "thread")) == "agentops.yaml:4:78"
    assert str(bot.place("usage", "usd")) == "agentops.yaml:6:57"
    assert bot.place("http", "headers", "x") == bot.place("http")
    assert bot.place("setup", "command") == bot.location


@pytest.mark.parametrize("name", ["agentops.yaml", "pyproject.toml"])
def test_agents_in_force_read_back_as_they_are(git_repo: Path, name: str) -> None:
    """What `config show` prints is complete: the same agents come out of it."""
    table = "[tool.agentops.agents.a]\n"
    toml = table + 'http = {url = "http://localhost/", body = {a = ["{{ input }}", 1.5, true]}}\n'
    write(git_repo, AGENTS if name == "agentops.yaml" else toml, name=name)
    agents = load(git_repo).agents
    shown = json.dumps(in_force(load(git_repo)))  # Which is YAML, too.
    assert check(parse_yaml(shown, path="x"), "config") == ()
    (git_repo / name).unlink()
    write(git_repo, shown)
    again = load(git_repo).agents
    assert [replace(agent, location=a_place()) for agent in again.values()] == [
        replace(agent, location=a_place()) for agent in agents.values()
    ]


def test_the_digest_follows_every_part_of_an_agent(git_repo: Path) -> None:
    digests = set()
    for changed in ("1.0", "{{ input }} ", "{{ input }}"):
        write(git_repo, f"agents: {{a: {{http: {{url: 'http://h/', body: {{x: '{changed}'}}}}}}}}")
        digests.add(load(git_repo).digest)
    assert len(digests) == 3


def test_the_digest_follows_the_values_and_not_how_they_are_written(git_repo: Path) -> None:
    def digest(text: str, env: dict[str, str] | None = None) -> str:
        write(git_repo, text)
        return load(git_repo, env).digest

    plain = digest("concurrency: 4\nbudget: {runUsd: 0.5}\n")
    assert digest("# same\nbudget: {runUsd: '0.50'}\nconcurrency: 4\n") == plain
    assert digest("budget: {runUsd: 0.5}\n", {"AGENTOPS_CONCURRENCY": "4"}) == plain
    assert digest("budget: {runUsd: 0.5}\n") != plain
    assert digest("concurrency: 4\nbudget: {runUsd: 0.51}\n") != plain


# Files that extend one another


def test_the_nearer_file_wins_and_mappings_are_merged(git_repo: Path) -> None:
    write(
        git_repo,
        "concurrency: 2\ntimeoutS: 9\n"
        "models:\n  a/b: {apiKeyEnv: FAR, headers: {x: '1', y: '1'}}\n",
    )
    write(
        git_repo / "pkg",
        "extends: ../agentops.yaml\nconcurrency: 3\nmodels:\n  a/b: {headers: {y: '2'}}\n",
    )
    config = load(git_repo / "pkg")
    assert (config.concurrency, config.timeout_s) == (3, 9.0)
    assert config.models["a/b"].api_key_env == "FAR"
    assert config.models["a/b"].headers == {"x": "1", "y": "2"}
    assert config.sources == {
        "concurrency": "agentops.yaml:2",
        "timeoutS": "../agentops.yaml:2",
        "models.a/b.apiKeyEnv": "../agentops.yaml:4",
        "models.a/b.headers.x": "../agentops.yaml:4",
        "models.a/b.headers.y": "agentops.yaml:4",
    }


def test_an_extending_file_can_tighten_a_budget_and_never_widen_it(git_repo: Path) -> None:
    write(git_repo, "budget: {runUsd: 1}\n")
    write(git_repo / "wide", "extends: ../agentops.yaml\nbudget: {runUsd: 100}\n")
    write(git_repo / "tight", "extends: ../agentops.yaml\nbudget: {runUsd: 0.1}\n")
    assert load(git_repo / "wide").budget.run_usd == 1
    assert load(git_repo / "wide").sources["budget.runUsd"] == "../agentops.yaml:1"
    assert load(git_repo / "tight").budget.run_usd == Decimal("0.1")


def test_a_price_is_never_put_together_from_two_files(git_repo: Path) -> None:
    write(git_repo, "models: {a/b: {price: {inputPer1M: 1, outputPer1M: 2}}}\n")
    write(git_repo / "pkg", "extends: ../agentops.yaml\nmodels: {a/b: {price: {as: c/d}}}\n")
    price = load(git_repo / "pkg").models["a/b"].price
    assert price is not None
    assert (price.same_as, price.input_per_1m, price.output_per_1m) == ("c/d", None, None)


def test_an_agent_is_never_put_together_from_two_files(git_repo: Path) -> None:
    write(
        git_repo,
        "agents:\n"
        "  a: {http: {url: 'http://far/', body: {x: '{{ input }}', far: 1}}, maxUsdPerCall: 1}\n"
        "  b: {command: [./bot]}\n",
    )
    write(
        git_repo / "pkg",
        "extends: ../agentops.yaml\n"
        "agents: {a: {http: {url: 'http://near/', body: {x: '{{ input }}'}}}}\n",
    )
    agents = load(git_repo / "pkg").agents
    a, b = agents["a"], agents["b"]
    assert a.how == HttpAgent(url="http://near/", body={"x": "{{ input }}"})
    assert (a.max_usd_per_call, a.folder, str(a.location)) == (None, ".", "agentops.yaml:2:10")
    # The other one runs where the file that names it is.
    assert (b.folder, str(b.location)) == ("..", "../agentops.yaml:3:3")
    sources = load(git_repo / "pkg").sources
    assert sources["agents.a.http.url"] == "agentops.yaml:2"
    assert "agents.a.maxUsdPerCall" not in sources
    assert sources["agents.b.command"] == "../agentops.yaml:3"


def test_paths_stay_relative_to_the_file_that_names_them(git_repo: Path) -> None:
    write(git_repo, "prompts: ['p/*.md']\nsuites: ['e/*.yaml']\nreport: {junit: r/j.xml}\n")
    write(git_repo / "pkg", "extends: ../agentops.yaml\nsuites: ['mine/*.yaml']\n")
    config = load(git_repo / "pkg")
    assert config.root == git_repo / "pkg"
    assert config.prompts == ("../p/*.md",)
    assert config.suites == ("mine/*.yaml",)
    assert config.report.junit == "../r/j.xml"


def test_a_pyproject_can_be_extended(git_repo: Path) -> None:
    write(git_repo, "[tool.agentops]\nconcurrency = 2\n", name="pyproject.toml")
    write(git_repo / "pkg", "extends: ../pyproject.toml\n")
    assert load(git_repo / "pkg").concurrency == 2


@pytest.mark.parametrize(
    ("extends", "problem"),
    [
        ("../nowhere.yaml", "nowhere.yaml does not exist"),
        ("../../outside.yaml", "'../../outside.yaml' leads out of the git repository"),
        ("../pyproject.toml", "../pyproject.toml has no [tool.agentops]"),
        ("agentops.yaml", "in a circle: agentops.yaml → agentops.yaml"),
        ("../link.yaml", "leads out of the git repository"),
        ("..", "is a folder"),
    ],
)
def test_an_extends_that_leads_nowhere_good_is_refused_where_it_stands(
    git_repo: Path, extends: str, problem: str
) -> None:
    write(git_repo, "[project]\nname = 'x'\n", name="pyproject.toml")
    write(git_repo.parent, "concurrency: 1\n", name="outside.yaml")
    (git_repo / "link.yaml").symlink_to("../outside.yaml")
    write(git_repo / "pkg", f"concurrency: 2\nextends: {extends}\n")
    [finding] = refused(git_repo / "pkg")
    assert str(finding.location) == "agentops.yaml:2:10"
    assert problem in finding.message


def test_a_circle_of_files_is_told_in_full(git_repo: Path) -> None:
    write(git_repo, "extends: a.yaml\n")
    write(git_repo, "extends: b.yaml\n", name="a.yaml")
    write(git_repo, "extends: a.yaml\n", name="b.yaml")
    [finding] = refused(git_repo)
    assert str(finding.location) == "b.yaml:1:10"
    assert finding.message.endswith("agentops.yaml → a.yaml → b.yaml → a.yaml")


# What is refused


@pytest.mark.parametrize("file", sorted(INVALID.glob("*.yaml")), ids=lambda file: file.stem)
def test_every_mistake_is_reported_at_once_with_place_and_fix(git_repo: Path, file: Path) -> None:
    write(git_repo, file.read_text(encoding="utf-8"))
    assert shown(refused(git_repo)) == file.with_suffix(".txt").read_text(encoding="utf-8")


def test_every_invalid_file_has_its_findings_and_the_other_way_round() -> None:
    names = {suffix: {f.stem for f in INVALID.glob(f"*{suffix}")} for suffix in (".yaml", ".txt")}
    assert names[".yaml"] == names[".txt"] != set()


def test_no_message_shows_a_secret_that_stands_in_a_file(git_repo: Path) -> None:
    write(git_repo, (INVALID / "secrets.yaml").read_text(encoding="utf-8"))
    text = shown(refused(git_repo))
    for secret in ("a1B2c3", "dXNlcj", "hunter2"):
        assert secret not in text


def test_no_message_shows_a_secret_of_an_agent(git_repo: Path) -> None:
    write(git_repo, (INVALID / "agents.yaml").read_text(encoding="utf-8"))
    text = shown(refused(git_repo))
    for secret in ("a1B2c3", "hunter2"):
        assert secret not in text


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("AGENTOPS_CONCURRENCY", "many", "'concurrency' must be a whole number, not \"many\""),
        ("AGENTOPS_CONCURRENCY", "", "'concurrency' must be a whole number, not \"\""),
        ("AGENTOPS_CONCURRENCY", "0", "'concurrency' must be at least 1, not 0"),
        ("AGENTOPS_TIMEOUT", "-3", "'timeoutS' must be more than 0, not -3"),
        ("AGENTOPS_BUDGET", "5$", "'runUsd' has not the right form: \"5$\""),
        ("AGENTOPS_BUDGET", "", "'runUsd' has not the right form: \"\""),
        ("AGENTOPS_BUDGET", "inf", "'runUsd' must be a finite number, not inf"),
    ],
)
def test_a_variable_that_makes_no_sense_is_refused_by_name(
    git_repo: Path, variable: str, value: str, message: str
) -> None:
    [finding] = refused(git_repo, {variable: value})
    assert finding.message == f"{variable}: {message}"
    assert finding.location is None


def test_a_flag_that_makes_no_sense_is_refused_by_name(git_repo: Path) -> None:
    [finding] = refused(git_repo, budget="-1")
    assert finding.message == "--budget: 'runUsd' must be at least 0, not -1"


@pytest.mark.parametrize(
    ("variable", "fix"),
    [
        ("AGENTOPS_BUGDET", "did you mean AGENTOPS_BUDGET?"),
        ("AGENTOPS_COLOUR", "unset it; known: "),
    ],
)
def test_a_variable_that_nothing_reads_is_refused(git_repo: Path, variable: str, fix: str) -> None:
    [finding] = refused(git_repo, {variable: "1"})
    assert finding.message == f"unknown environment variable {variable}"
    assert finding.fix is not None
    assert finding.fix.startswith(fix)


keys = st.sampled_from(
    [
        *("prompts", "suites", "models", "budget", "report", "extends", "concurrency", "timeoutS"),
        *("runUsd", "junit", "a/b", "price", "as", "inputPer1M", "headers", "apiKey", "baseUrl"),
    ]
)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 3) | st.floats() | st.sampled_from(["", ".", "x"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=6,
)


@given(values)
def test_any_data_is_settings_or_findings(
    tmp_path_factory: pytest.TempPathFactory, data: Json
) -> None:
    folder = tmp_path_factory.getbasetemp() / "any-data"
    write(folder, "", name=".git")
    write(folder, yaml.safe_dump(data))
    try:
        config = load(folder)
    except InputError as error:
        places = [finding.location for finding in error.findings]
    else:
        places = [None] if len(config.digest) == 64 else []
    assert places


def test_mistakes_of_all_places_come_together(git_repo: Path) -> None:
    write(git_repo, "concurrencyy: 2\n")
    write(git_repo / "pkg", "extends: ../agentops.yaml\ntimeoutS: soon\n")
    findings = refused(git_repo / "pkg", {"AGENTOPS_BUGDET": "1", "AGENTOPS_TIMEOUT": "x"})
    assert [str(finding.location) for finding in findings] == [
        "../agentops.yaml:1:1",
        "agentops.yaml:2:11",
        "None",
        "None",
    ]


def test_the_real_environment_is_not_looked_at(
    git_repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "AGENTOPS_CONCURRENCY", "3")
    assert load(git_repo).concurrency == 8


def test_every_knob_can_be_turned(git_repo: Path) -> None:
    for knob in KNOBS:
        by_variable = load_config(git_repo, environ={knob.variable: "7"})
        assert by_variable.digest != load(git_repo).digest
        assert by_variable.sources == {knob.key: knob.variable}
        if knob.flag is None:
            continue
        by_flag = load_config(git_repo, environ={}, overrides={knob.key: "7"})
        assert by_flag.digest == by_variable.digest
        assert by_flag.sources == {knob.key: knob.flag}


@pytest.mark.parametrize("name", ["a\\0b", "x" * 256, "y/" * 2048], ids=["NUL", "name", "path"])
@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("cache: {{folder: {}}}", "1:17"),
        ("report: {{junit: {}}}", "1:17"),
        ("report: {{cost: {}}}", "1:16"),
        ("extends: {}", "1:10"),
        ("prompts: [a.md, {}]", "1:17"),
        ("suites: [{}]", "1:10"),
        ("judges: [{}]", "1:10"),
        ("judge: {}", "1:8"),
    ],
)
def test_what_can_be_no_path_is_a_mistake_where_it_stands(
    git_repo: Path, text: str, place: str, name: str
) -> None:
    write(git_repo, text.format(f'"{name}"') + "\n")
    [finding] = refused(git_repo)
    assert (finding.rule, str(finding.location)) == ("bad-path", f"agentops.yaml:{place}")


def test_an_argument_with_a_nul_is_a_mistake_too(git_repo: Path) -> None:
    write(git_repo, 'agents: {a: {command: [cat, "a\\0b"]}}\n')
    [finding] = refused(git_repo)
    assert (finding.rule, str(finding.location)) == ("bad-path", "agentops.yaml:1:29")

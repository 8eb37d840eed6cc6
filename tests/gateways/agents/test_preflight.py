"""What is told of agents before anything is asked of them, from the file that configures them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agentops_cli.config import load_config
from agentops_cli.gateways.agents.preflight import preflight, unfilled
from agentops_cli.model.call import Request, Tags
from agentops_cli.model.finding import Finding
from agentops_cli.template import Templates
from tests.gateways.agents.acting import a_call

HTTP = "agents:\n  bot:\n    http:\n      url: http://127.0.0.1:9/chat\n"


def checked(folder: Path, config: str, **environ: str) -> list[Finding]:
    """The findings of a configuration file with these agents."""
    (folder / "agentops.yaml").write_text(config, encoding="utf-8")
    agents = load_config(folder, environ={}).agents
    found = {"PATH": "/usr/bin:/bin", **environ}
    return preflight(agents, root=folder, environ=found, secrets=["KEY_OF_OURS"])


def told(findings: list[Finding]) -> list[tuple[str, str, str]]:
    return [(str(f.location), f.rule, f.message) for f in findings]


def test_agents_that_can_work_are_not_complained_about(tmp_path: Path) -> None:
    (tmp_path / "bot.py").write_text("def answer(input, context): ...\n")
    (tmp_path / "run").write_text("#!/bin/sh\n")
    (tmp_path / "run").chmod(0o755)
    config = """
agents:
  server:
    http:
      url: http://localhost:8080/chat
      headersEnv: {authorization: BOT_AUTH}
      body: {message: "{{ input }}", thread: "{{ conversation }}", all: "{{ messages }}"}
      answer: $.reply
      toolCalls: $.calls
      trace: $.trace
    usage: {input: $.usage.in, output: $.usage.out, usd: $.cost}
  function: {python: "bot:answer", meter: true}
  program: {command: [./run], setup: {command: [sh, -c, "true"]}, teardown: {command: [./run]}}
  at-port: {http: {url: "http://localhost/", body: "{{ input }}"}, meter: {port: 4010}}
  started:
    http: {url: "http://localhost/", body: "{{ input }}"}
    meter: true
    setup: {command: [./run]}
  other: {command: {run: [./run, --json], answer: $.a}, usage: {usd: $.usd}}
"""
    assert checked(tmp_path, config, BOT_AUTH="Bearer abc") == []


# Paths


@pytest.mark.parametrize(
    ("keys", "place", "problem"),
    [
        ("      answer: $.a..b\n", "6:7", 'the path "$.a..b" has no form that is known'),
        ("      answer: $.a\n      trace: $[x]\n", "7:7", 'the path "$[x]" has no form that is'),
        ("      answer: $.a\n    usage: {usd: $.}\n", "7:13", 'the path "$." has no form that is'),
        (
            "      toolCalls: $.calls\n",
            "6:7",
            "http.toolCalls looks into the reply, which is taken",
        ),
        ("    usage: {usd: $.cost}\n", "6:13", "usage.usd looks into the reply, which is taken"),
    ],
)
def test_a_path_that_can_find_nothing_is_told_where_it_stands(
    tmp_path: Path, keys: str, place: str, problem: str
) -> None:
    [finding] = checked(tmp_path, f"{HTTP}      body: '{{{{ input }}}}'\n{keys}")
    assert str(finding.location) == f"agentops.yaml:{place}"
    assert finding.message.startswith(f"agent 'bot': {problem}")
    assert finding.fix


def test_usage_paths_of_a_function_would_never_be_read(tmp_path: Path) -> None:
    (tmp_path / "bot.py").write_text("def answer(input, context): ...\n")
    config = 'agents:\n  bot: {python: "bot:answer", usage: {usd: $.usd}}\n'
    assert told(checked(tmp_path, config)) == [
        (
            "agentops.yaml:2:31",
            "bad-agent",
            "agent 'bot': a python agent returns what it used, and has no reply to look into",
        )
    ]


def test_tokens_of_one_kind_would_never_be_a_cost(tmp_path: Path) -> None:
    config = f"{HTTP}      body: '{{{{ input }}}}'\n      answer: $.a\n    usage: {{input: $.in}}\n"
    assert told(checked(tmp_path, config)) == [
        ("agentops.yaml:7:5", "bad-agent", "agent 'bot': tokens of one kind alone tell no cost")
    ]


# Meters


@pytest.mark.parametrize(
    ("meter", "place", "problem", "fix"),
    [
        (
            'http: {url: "http://x/", body: "{{ input }}"}, meter: true',
            "1:63",
            "nothing tells the server where its meter is",
            "add meter: {port: 4010}, or a setup that starts the server",
        ),
        (
            "command: [sh], meter: {port: 4010}",
            "1:39",
            "the meter of a process needs no port, and would not listen there",
            "write meter: true; the address is in its environment, as OPENAI_BASE_URL",
        ),
    ],
)
def test_a_meter_that_nobody_would_find_is_told(
    tmp_path: Path, meter: str, place: str, problem: str, fix: str
) -> None:
    [finding] = checked(tmp_path, f"agents: {{bot: {{{meter}}}}}\n")
    assert str(finding.location) == f"agentops.yaml:{place}"
    assert (finding.message, finding.fix) == (f"agent 'bot': {problem}", fix)


# Bodies and headers


@pytest.mark.parametrize(
    ("body", "place", "rule", "problem"),
    [
        ('{a: "{{ inptu }}", b: "{{ input }}"}', "5:14", "unknown-variable", "no variable 'inptu'"),
        ('[{a: ["{{ x }}"]}, "{{ input }}"]', "5:19", "unknown-variable", "no variable 'x'"),
        ('{a: "{{ input", b: "{{ input }}"}', "5:14", "bad-template", "is never closed"),
        ('{a: "{{ input | upperr }}"}', "5:14", "bad-template", "upperr"),
        ("{a: hello, b: [3]}", "5:7", "bad-agent", "its body has none of input, messages, vars"),
        ('{a: "{{ conversation }}"}', "5:7", "bad-agent", "no case can reach agent/bot"),
        ("null", "5:7", "bad-agent", "no case can reach agent/bot"),
    ],
)
def test_a_body_that_cannot_carry_the_case_is_told_where_it_stands(
    tmp_path: Path, body: str, place: str, rule: str, problem: str
) -> None:
    [finding] = checked(tmp_path, f"{HTTP}      body: {body}\n")
    assert (str(finding.location), finding.rule) == (f"agentops.yaml:{place}", rule)
    assert problem in finding.message


@pytest.mark.parametrize("name", ["input", "messages", "vars.question", "messages[-1].content"])
def test_a_case_reaches_an_agent_by_any_of_its_parts(tmp_path: Path, name: str) -> None:
    assert checked(tmp_path, f'{HTTP}      body: {{a: "x {{{{ {name} }}}}"}}\n') == []


def a_request_of(case: str, *, turn: int = 0, **changes: Any) -> Request:
    tags = Tags(suite="evals/bot.yaml", case_id=case)
    return replace(a_call(tags=tags, **changes), turn=turn)


@pytest.mark.parametrize(
    ("body", "requests", "problem"),
    [
        (
            "Dear {{ vars.customer }}: {{ input }}",
            [a_request_of("named", vars={"customer": "Ada"}), a_request_of("nameless")],
            "for case 'nameless' of evals/bot.yaml: ",
        ),
        (
            "{{ vars.customer }}",
            [a_request_of("one"), a_request_of("two"), a_request_of("two", turn=1)],
            "for case 'one' of evals/bot.yaml (and for 1 more case): ",
        ),
        (
            "{{ vars.customer }}",
            [a_request_of("one", vars={"customer": "Ada"}), a_request_of("one", turn=1)],
            "for case 'one' of evals/bot.yaml: ",
        ),
        ("{{ messages[1].content }}", [a_request_of("one")], "for case 'one' of evals/bot.yaml: "),
        ("{{ faults[0].tool }}", [a_request_of("one")], "for case 'one' of evals/bot.yaml: "),
        # What an earlier turn will have brought is not known yet.
        ("{{ messages[1].content }}", [a_request_of("one", turn=1)], None),
        ("{{ faults[0].tool }}", [a_request_of("one", turn=1)], None),
        ("{{ conversation.split('-')[4] }} {{ input }}", [a_request_of("one")], None),
        ("{{ vars.customer | default('you') }}", [a_request_of("one")], None),
    ],
)
def test_a_case_that_cannot_fill_in_a_body_is_named(
    tmp_path: Path, body: str, requests: list[Request], problem: str | None
) -> None:
    config = f'{HTTP}      body: {{a: [x, "{body}"], b: "{{{{ input }}}}"}}\n'
    (tmp_path / "agentops.yaml").write_text(config, encoding="utf-8")
    agents = load_config(tmp_path, environ={}).agents
    findings = unfilled(agents, lambda _: requests, Templates(clock=lambda: 0.0))
    if problem is None:
        assert findings == []
        return
    [finding] = findings
    assert (str(finding.location), finding.rule) == ("agentops.yaml:5:21", "bad-template")
    assert finding.message.startswith(f"agent 'bot': its body cannot be filled in {problem}")
    assert finding.fix


def test_a_body_for_get_is_a_mapping(tmp_path: Path) -> None:
    [finding] = checked(tmp_path, f"{HTTP}      method: GET\n      body: '{{{{ input }}}}'\n")
    assert str(finding.location) == "agentops.yaml:6:7"
    assert "must be a mapping" in finding.message


def test_headers_are_checked_by_name_and_by_variable(tmp_path: Path) -> None:
    config = (
        f"{HTTP}      body: '{{{{ input }}}}'\n"
        "      headers: {x-a: '1', 'bad name': '2', X-Twice: '3'}\n"
        "      headersEnv: {x-twice: A, x-b: UNSET, x-c: EMPTY, x-d: BROKEN}\n"
    )
    findings = checked(tmp_path, config, A="1", EMPTY=" ", BROKEN="a\nb")
    assert told(findings) == [
        (
            "agentops.yaml:6:27",
            "bad-agent",
            "agent 'bot': 'bad name' cannot be the name of a header",
        ),
        (
            "agentops.yaml:7:20",
            "bad-agent",
            "agent 'bot': the header 'x-twice' is given twice, as headers.X-Twice too",
        ),
        (
            "agentops.yaml:7:32",
            "missing-variable",
            "agent 'bot': the header 'x-b' is to come from UNSET, which is not set",
        ),
        (
            "agentops.yaml:7:44",
            "missing-variable",
            "agent 'bot': the header 'x-c' is to come from EMPTY, which is not set",
        ),
        (
            "agentops.yaml:7:56",
            "bad-agent",
            "agent 'bot': BROKEN has a line break or a character in it that no header may have",
        ),
    ]


# Programs


@pytest.mark.parametrize(
    ("command", "problem", "fix"),
    [
        ("[./nowhere]", "there is no file ./nowhere", "name a program that is there"),
        ("[no-such-program]", "there is no program 'no-such-program' in PATH", "install it"),
        ("[./text]", "./text is not executable", "chmod +x ./text"),
        ("[./folder]", "./folder is a folder", "name a program that is there"),
        ("{run: [./nowhere], answer: $.a}", "there is no file ./nowhere", "name a program"),
    ],
)
def test_a_program_that_cannot_be_started_is_told(
    tmp_path: Path, command: str, problem: str, fix: str
) -> None:
    (tmp_path / "text").write_text("hello")
    (tmp_path / "folder").mkdir()
    [finding] = checked(tmp_path, f"agents:\n  bot:\n    command: {command}\n")
    column = 15 if command.startswith("[") else 21
    assert str(finding.location) == f"agentops.yaml:3:{column}"
    assert (finding.rule, finding.message) == ("missing-program", f"agent 'bot': {problem}")
    assert finding.fix is not None
    assert finding.fix.startswith(fix)


def test_set_up_and_tear_down_are_programs_too(tmp_path: Path) -> None:
    config = """agents:
  bot:
    command: [sh]
    setup: {command: [./up]}
    teardown: {command: [./down]}
"""
    assert [str(f.location) for f in checked(tmp_path, config)] == [
        "agentops.yaml:4:23",
        "agentops.yaml:5:26",
    ]


# Functions


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (
            "import nowhere_x",
            "importing bot raised ModuleNotFoundError: No module named 'nowhere_x'",
        ),
        ("\n\nraise ValueError('no\\nkey')", "importing bot raised ValueError: no key (bot.py:3)"),
        ("x = {}['key']", "importing bot raised KeyError: 'key' (bot.py:1)"),
        (
            "def answer(:\n",
            "importing bot raised SyntaxError: invalid syntax (bot.py:1)",
        ),
        ("import sys; sys.exit('no key')", "importing bot raised SystemExit: no key (bot.py:1)"),
        ("import os; os._exit(3)", "the process that imports bot ended with exit code 3"),
        ("def anser(input, context): ...", "bot has no 'answer', but 'anser'"),
        ("answer = 42", "bot:answer is a value of type int and no function"),
        (
            "def answer(input): ...",
            "answer(input) cannot be called as answer(input, context): too many positional",
        ),
        (
            "def answer(*, input, context): ...",
            "answer(*, input, context) cannot be called as answer(input, context): too many",
        ),
        (
            "def answer(input, context, key): ...",
            "answer(input, context, key) cannot be called as answer(input, context): missing a",
        ),
    ],
)
def test_a_function_that_cannot_be_called_is_told_with_the_line_of_its_file(
    tmp_path: Path, source: str, problem: str
) -> None:
    (tmp_path / "bot.py").write_text(source, encoding="utf-8")
    [finding] = checked(tmp_path, 'agents:\n  bot:\n    python: "bot:answer"\n')
    assert (str(finding.location), finding.rule) == ("agentops.yaml:3:5", "bad-import")
    assert finding.message.startswith(f"agent 'bot': {problem}")
    assert finding.fix


def test_a_module_that_is_not_there_is_told(tmp_path: Path) -> None:
    [finding] = checked(tmp_path, 'agents: {bot: {python: "app.nowhere_y:answer"}}\n')
    assert "ModuleNotFoundError: No module named 'app" in finding.message


@pytest.mark.parametrize(
    "source",
    [
        "def answer(input, context): ...",
        "def answer(*args): ...",
        "def answer(text, about, extra=None): ...",
        "async def answer(input, context): ...",
        "import functools\nanswer = functools.partial(lambda k, i, c: '', 1)",
        "class C:\n  def __call__(self, i, c): ...\nanswer = C()",
        "print('hello')\ndef answer(input, context): ...",
        """
import threading
threading.Thread(target=threading.Event().wait).start()
def answer(input, context): ...
""",
    ],
)
def test_everything_that_can_be_called_as_an_agent_is_one(tmp_path: Path, source: str) -> None:
    (tmp_path / "bot.py").write_text(source, encoding="utf-8")
    assert checked(tmp_path, 'agents: {bot: {python: "bot:answer"}}\n') == []


def test_a_client_that_is_made_at_the_import_of_a_metered_agent_finds_a_key(tmp_path: Path) -> None:
    source = "import os\nos.environ['OPENAI_API_KEY']\ndef answer(input, context): ...\n"
    (tmp_path / "bot.py").write_text(source)
    assert checked(tmp_path, 'agents: {bot: {python: "bot:answer", meter: true}}\n') == []
    [finding] = checked(tmp_path, 'agents: {bot: {python: "bot:answer"}}\n')
    assert "KeyError: 'OPENAI_API_KEY' (bot.py:2)" in finding.message


def test_a_metered_agent_finds_no_key_of_ours_at_its_import(tmp_path: Path) -> None:
    source = "import os\nos.environ['KEY_OF_OURS']\ndef answer(input, context): ...\n"
    (tmp_path / "bot.py").write_text(source)
    key = {"KEY_OF_OURS": "sk-real"}
    assert checked(tmp_path, 'agents: {bot: {python: "bot:answer"}}\n', **key) == []
    [finding] = checked(tmp_path, 'agents: {bot: {python: "bot:answer", meter: true}}\n', **key)
    assert "KeyError: 'KEY_OF_OURS' (bot.py:2)" in finding.message


def test_every_mistake_of_every_agent_is_told_at_once(tmp_path: Path) -> None:
    config = """agents:
  a: {command: [./nowhere]}
  b: {http: {url: "http://localhost/", body: {}, answer: $..}, setup: {command: [./up]}}
"""
    assert len(checked(tmp_path, config)) == 4

"""Recording and replaying from the command line to the reports, against a server that counts."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from agentops_cli.errors import ExitCode
from tests.cli.running import Cli, Ended
from tests.servers.chat import Body, completion, serving

PROMPT = """
    ---
    version: 1.0.0
    model: openai/m
    temperature: 0
    author: "@platform"
    requires_review: false
    max_tokens: 50
    tools:
      - name: get_order
        parameters: {type: object, properties: {id: {type: string}}, required: [id]}
    ---
    You help the customers of a shoe shop.
    """

SUITE = """
    prompt: ../desk.prompt.md
    judge: {model: openai/j, threshold: 0.7}
    cases:
      - id: parcel
        stubs: {get_order: {total: 40}}
        turns:
          - input: "Where is my order 812?"
            mustContain: [shipped]
            assert:
              - {kind: toolCalls, calls: [{name: get_order, args: {id: "812"}}]}
          - input: "When will it arrive?"
            mustContain: [Friday]
      - id: returns
        repeat: 2
        input: "Can I return them?"
        mustContain: [30 days]
        assert:
          - rubric: Names the time limit.
      - id: address
        input: "Who can help me?"
        assert: [{kind: noPii}]
        xfail: the model names an agent
      - id: wrong
        input: "What colour?"
        mustContain: [blue]
        xfail: the model is colour-blind
    """

_CALLS = 8
CASSETTE = "evals/cassettes/desk.jsonl"


@dataclass(kw_only=True)
class Desk:
    """A model and a judge behind one address, which answer by a table, and count."""

    url: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    asked: list[Body] = field(default_factory=list)
    tool_calls: int = 0
    gone_on: threading.Event = field(default_factory=threading.Event)

    def reply(self, body: Body) -> tuple[int, Body]:
        self.asked.append(body)
        said = body["messages"][-1]
        if body["model"] == "j":
            opinion = json.dumps({"score": 1.0, "reason": "it does", "evidence": "30 days"})
            return completion({"content": opinion}, model="j-2026", tokens=(100, 20))
        question = str(said["content"])
        if said["role"] == "user" and "812" in question:
            self.tool_calls += 1
            call = {"name": "get_order", "arguments": '{"id": "812"}'}
            calls = [{"id": f"call_{self.tool_calls}", "type": "function", "function": call}]
            message: Body = {"content": None, "tool_calls": calls}
            return completion(message, model="m-2026", tokens=(20, 7), finish="tool_calls")
        text = next((text for key, text in self.answers.items() if key in question), "It has.")
        if text == "wait":
            self.gone_on.wait(60)
        if text.startswith("HTTP "):
            return int(text[5:]), {"error": {"message": "broken", "type": "server_error"}}
        return completion({"content": text}, model="m-2026", tokens=(20, 7))


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    desk = Desk(
        answers={
            "total": "It is shipped.",
            "arrive": "On Friday.",
            "return": "Within 30 days, unworn.",
            "help me": "Ask jane.doe@corp.net.",
            "colour": "They are red.",
        }
    )
    with serving(desk.reply) as desk.url:
        monkeypatch.setenv("OPENAI_BASE_URL", desk.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-none")
        yield desk


@pytest.fixture
def suite(cli: Cli) -> str:
    cli.write("desk.prompt.md", PROMPT)
    return cli.write("evals/desk.yaml", SUITE)


def recorded(cli: Cli, suite: str, *flags: str) -> Ended:
    ended = cli.run("eval", suite, "--record", *flags)
    assert ended.code is ExitCode.OK, ended.out + ended.err
    return ended


def entries(cli: Cli, name: str = CASSETTE) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (cli.folder / name).read_text().splitlines()]


def case(cli: Cli, case_id: str) -> Any:
    cases = cli.json()["suites"][0]["cases"]
    return next(found for found in cases if found["id"] == case_id)


def test_a_recording_has_an_entry_for_each_call_of_subjects_and_judges(
    cli: Cli, desk: Desk, suite: str
) -> None:
    recorded(cli, suite)
    found = [
        (one["caseId"], one["model"], one["repeat"], one["turn"], one["step"])
        for one in entries(cli)
    ]
    assert found == [
        ("address", "openai/m", 0, 0, 0),
        ("parcel", "openai/m", 0, 0, 0),
        ("parcel", "openai/m", 0, 0, 1),
        ("parcel", "openai/m", 0, 1, 0),
        ("returns", "openai/m", 0, 0, 0),
        ("returns", "openai/m", 1, 0, 0),
        ("returns", "openai/j", 0, 0, 0),
        ("wrong", "openai/m", 0, 0, 0),
    ]
    assert len(desk.asked) == len(found)
    [opinion] = [one for one in entries(cli) if one.get("purpose") == "judge"]
    assert (opinion["servedModel"], "promptSha" in opinion) == ("j-2026", False)
    assert {one["suite"] for one in entries(cli)} == {"evals/desk.yaml"}


def test_recording_the_same_again_gives_the_same_bytes(cli: Cli, desk: Desk, suite: str) -> None:
    recorded(cli, suite)
    before = (cli.folder / CASSETTE).read_bytes()
    recorded(cli, suite)
    assert len(desk.asked) == 2 * _CALLS
    assert (cli.folder / CASSETTE).read_bytes() == before


def test_git_shows_one_line_for_one_changed_answer(cli: Cli, desk: Desk, suite: str) -> None:
    recorded(cli, suite)
    before = (cli.folder / CASSETTE).read_text().splitlines()
    desk.answers["colour"] = "They are green."
    recorded(cli, suite)
    after = (cli.folder / CASSETTE).read_text().splitlines()
    changed = [new for old, new in zip(before, after, strict=True) if old != new]
    assert [json.loads(line)["text"] for line in changed] == ["They are green."]


def test_a_replay_makes_no_call_and_comes_to_the_same_verdicts(
    cli: Cli, desk: Desk, suite: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Where nothing is redacted, that is: marks are shorter or longer than what they stand for.
    desk.answers["help me"] = "Ask jane.doe@example.com."
    cli.write("evals/desk.yaml", SUITE.replace("        xfail: the model names an agent\n", ""))
    reports = ("--json", "r.json", "--junit", "j.xml", "--jsonl", "t.jsonl")
    recorded(cli, suite, *reports)
    live, live_junit = cli.json(), (cli.folder / "j.xml").read_text()
    calls = len(desk.asked)
    monkeypatch.delenv("OPENAI_API_KEY")
    ended = cli.run("eval", suite, "--replay", *reports)
    assert ended.code is ExitCode.OK, ended.out + ended.err
    assert len(desk.asked) == calls
    assert _same(cli.json()) == _same(live)
    assert _timeless((cli.folder / "j.xml").read_text()) == _timeless(live_junit)
    for each in cli.json()["suites"][0]["cases"]:
        assert each["costUsd"] == "0"
        assert each["cachedCalls"] == each["calls"]


_OF_THE_RUN = {
    *("run", "id", "started", "finished", "incidents", "runId"),
    *("latencyS", "p50LatencyS", "p95LatencyS", "cached", "cachedCalls", "limits"),
}


def _same(value: Any) -> Any:
    """A result without what is another in every run, and what calls take."""
    if isinstance(value, dict):
        return {
            key: _same(part)
            for key, part in value.items()
            if key not in _OF_THE_RUN and not re.search("(?i)cost|usd|unpriced|assumed", key)
        }
    if isinstance(value, str):
        return value.removeprefix("cached: ")
    return [_same(part) for part in value] if isinstance(value, list) else value


def _timeless(junit: str) -> str:
    lines = re.sub(r' (?:time|timestamp)="[^"]*"', "", junit).splitlines()
    return "\n".join(
        line for line in lines if not re.search("cost_usd|cached|run_id|unpriced|cassette: ", line)
    )


def test_a_replay_imports_no_client(cli: Cli, desk: Desk, suite: str) -> None:
    recorded(cli, suite)
    told = "print(sorted({'litellm', 'openai', 'aiohttp', 'httpx'} & {*sys.modules}))"
    code = (
        "import sys\nfrom agentops_cli.cli.app import COMMAND\nfrom agentops_cli.cli.exits import "
        f"run\ncode = run(COMMAND, ['eval', {suite!r}, '--replay'])\n{told}\nsys.exit(code)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=cli.folder, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout.splitlines()[-1]) == (0, "[]"), ended.stderr


def test_an_edited_prompt_leaves_no_verdict_and_says_so(cli: Cli, desk: Desk, suite: str) -> None:
    recorded(cli, suite)
    cli.write("desk.prompt.md", PROMPT.replace("shoe", "hat"))
    ended = cli.run("eval", suite, "--replay", "--json", "r.json")
    assert ended.code is ExitCode.UNREACHABLE
    assert cli.json()["totals"]["outcomes"].get("passed", 0) == 0
    [trial] = case(cli, "wrong")["trials"]
    assert trial["fault"]["kind"] == "cassette_miss"
    assert f"({CASSETTE}:8) was asked with another version of the prompt" in ended.out
    assert f"agentops eval {suite} --record missing" in ended.out


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"What colour?"', '"Which colour?"', f"({CASSETTE}:8) was asked otherwise"),
        ("repeat: 2", "repeat: 3", "case 'returns', repeat 2; it has repeat 0, 1"),
        ("- id: wrong", "- id: wronger", None),
        ("Names the time limit.", "Is polite.", "the answer, the rubric, the judge"),
        ("threshold: 0.7", "threshold: 0.8", None),
        ("mustContain: [blue]", "mustContain: [red]", None),
    ],
)
def test_what_the_judge_or_the_subject_is_not_asked_any_more_is_a_miss(
    cli: Cli, desk: Desk, suite: str, old: str, new: str, words: str | None
) -> None:
    recorded(cli, suite)
    cli.write("evals/desk.yaml", SUITE.replace(old, new))
    ended = cli.run("eval", suite, "--replay", "--verbose", "--json", "r.json")
    errored = cli.json()["totals"]["outcomes"].get("errored", 0)
    assert errored == (words is not None)
    assert (words or "") in ended.out


def test_only_what_is_missing_is_asked(cli: Cli, desk: Desk, suite: str) -> None:
    recorded(cli, suite)
    before = entries(cli)
    desk.asked.clear()
    cli.write("evals/desk.yaml", SUITE.replace("What colour?", "Which colour?"))
    ended = cli.run("eval", "--record", "missing", suite)
    assert ended.code is ExitCode.OK, ended.out
    assert [body["messages"][-1]["content"] for body in desk.asked] == ["Which colour?"]
    after = entries(cli)
    assert [one for one in after if one not in before] == [after[-2]] or [after[-1]]
    assert len(after) == len(before) + 1
    assert f"1 recorded answer of {CASSETTE} that no call asked for" in ended.out
    assert cli.run("eval", suite, "--replay").code is ExitCode.OK


def test_a_part_of_a_run_replaces_only_what_it_asked(cli: Cli, desk: Desk, suite: str) -> None:
    recorded(cli, suite)
    before = entries(cli)
    desk.answers |= {"colour": "They are green.", "help me": "Nobody."}
    cli.run("eval", suite, "--record", "--case", "wrong")
    changed = [new for old, new in zip(before, entries(cli), strict=True) if old != new]
    assert [one["caseId"] for one in changed] == ["wrong"]


def test_a_whole_run_drops_what_it_did_not_ask_and_a_part_of_one_does_not(
    cli: Cli, desk: Desk, suite: str
) -> None:
    recorded(cli, suite)
    without = SUITE[: SUITE.index("      - id: wrong")]
    cli.write("evals/desk.yaml", without)
    recorded(cli, suite, "-k", "returns")
    assert "wrong" in {one["caseId"] for one in entries(cli)}
    recorded(cli, suite)
    assert "wrong" not in {one["caseId"] for one in entries(cli)}


def test_what_a_skipped_case_was_answered_is_kept(cli: Cli, desk: Desk, suite: str) -> None:
    recorded(cli, suite)
    cli.write("evals/desk.yaml", SUITE.replace("xfail: the model is colour", "skip: colour"))
    recorded(cli, suite)
    assert "wrong" in {one["caseId"] for one in entries(cli)}
    assert "no call asked for" not in cli.run("eval", suite, "--replay").out


def test_an_errored_call_is_not_recorded_and_drops_nothing(
    cli: Cli, desk: Desk, suite: str
) -> None:
    recorded(cli, suite)
    before = (cli.folder / CASSETTE).read_bytes()
    desk.answers["colour"] = "HTTP 400"
    cli.write("evals/desk.yaml", SUITE.replace("- id: address", "- id: renamed"))
    assert cli.run("eval", suite, "--record").code is ExitCode.UNREACHABLE
    assert {one["caseId"] for one in entries(cli)} >= {"address", "renamed", "wrong"}
    assert all(line in (cli.folder / CASSETTE).read_bytes() for line in before.splitlines())


def test_a_judge_that_was_not_asked_of_a_lost_answer_keeps_its_opinion(
    cli: Cli, desk: Desk, suite: str
) -> None:
    recorded(cli, suite)
    cli.write("evals/desk.yaml", SUITE.replace("[30 days]", "[60 days]"))
    assert cli.run("eval", suite, "--record").code is ExitCode.REJECTED
    assert [one["caseId"] for one in entries(cli) if one.get("purpose")] == ["returns"]
    assert "no call asked for" not in cli.run("eval", suite, "--replay").out


def test_unused_answers_are_told_and_decide_nothing(cli: Cli, desk: Desk, suite: str) -> None:
    recorded(cli, suite)
    cli.write("evals/desk.yaml", SUITE[: SUITE.index("      - id: wrong")])
    ended = cli.run("eval", suite, "--replay")
    assert ended.code is ExitCode.OK
    assert f"that no call asked for: {CASSETTE}:8 (case 'wrong')" in ended.out
    assert "no call asked for" not in cli.run("eval", suite, "--replay", "-k", "returns").out


def test_a_suite_without_a_cassette_is_told_before_and_in_every_case(
    cli: Cli, desk: Desk, suite: str
) -> None:
    ended = cli.run("eval", suite, "--replay", "--json", "r.json")
    assert ended.code is ExitCode.UNREACHABLE
    assert f"{suite} has no cassette" in ended.err
    assert cli.json()["totals"]["outcomes"]["errored"] == 4
    assert desk.asked == []


def test_personal_data_is_marked_and_still_found(cli: Cli, desk: Desk, suite: str) -> None:
    ended = recorded(cli, suite)
    assert "corp.net" not in (cli.folder / CASSETTE).read_text()
    assert "marks of redaction in the answers of case 'address'" in ended.out
    assert cli.run("eval", suite, "--replay", "--json", "r.json").code is ExitCode.OK
    assert case(cli, "address")["outcome"] == "xfailed"


@pytest.mark.parametrize(
    ("needle", "outcome"),
    [("jane.doe@corp.net", "errored"), ("jane", "errored"), ("as a language model", "passed")],
)
def test_what_redaction_took_out_is_not_taken_for_absent(
    cli: Cli, desk: Desk, suite: str, needle: str, outcome: str
) -> None:
    recorded(cli, suite)
    text = SUITE.replace("assert: [{kind: noPii}]", f"mustNotContain: ['{needle}']")
    cli.write("evals/desk.yaml", text.replace("        xfail: the model names an agent\n", ""))
    cli.run("eval", suite, "--replay", "--json", "r.json")
    assert case(cli, "address")["outcome"] == outcome


def test_what_is_said_after_a_redacted_answer_is_replayed_too(
    cli: Cli, desk: Desk, suite: str
) -> None:
    desk.answers["arrive"] = "On Friday, says jane.doe@corp.net."
    talk = SUITE.replace("mustContain: [Friday]", "mustContain: [Friday]\n          - input: Sure?")
    talk = talk.replace("input: Sure?", "input: Sure?\n            mustContain: [has]")
    cli.write("evals/desk.yaml", talk)
    recorded(cli, suite)
    assert cli.run("eval", suite, "--replay").code is ExitCode.OK


def test_the_file_that_was_recorded_is_a_model_too(cli: Cli, desk: Desk, suite: str) -> None:
    recorded(cli, suite)
    models = "models: [replay/cassettes/desk.jsonl]\n    judge"
    cli.write("evals/again.yaml", SUITE.replace("judge", models, 1))
    assert cli.run("eval", "evals/again.yaml").code is ExitCode.OK


def test_answers_of_several_models_are_no_model(cli: Cli, desk: Desk, suite: str) -> None:
    cli.write(
        "evals/desk.yaml", SUITE.replace("judge", "models: [openai/m, openai/n]\n    judge", 1)
    )
    recorded(cli, suite)
    assert cli.run("eval", suite, "--replay").code is ExitCode.OK
    models = "models: [replay/cassettes/desk.jsonl]\n    judge"
    cli.write("evals/again.yaml", SUITE.replace("judge", models, 1))
    ended = cli.run("eval", "evals/again.yaml")
    assert ended.code is ExitCode.INPUT
    assert "is recorded a second time (openai/m and openai/n)" in ended.err
    assert "--replay" in ended.err


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"caseId": 7}', "'text' is missing"),
        ('{"caseId": "a", "text": "1", "usage": {"inputTokens": -1}}', "'usage' cannot have"),
        ('{"caseId": "a", "text": "1", "key": "\x1b[31m"}', "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('{"caseId": "a", "text": "1", "text": "2"}', "stands there twice"),
    ],
)
@pytest.mark.parametrize("flags", [("--replay",), ("--record", "missing"), ("--record",)])
def test_a_hostile_cassette_is_an_input_error_before_any_call(
    cli: Cli, desk: Desk, suite: str, line: str, words: str, flags: tuple[str, ...]
) -> None:
    cli.write(CASSETTE, f"\n{line}\n".lstrip())
    ended = cli.run("eval", suite, *flags)
    assert ended.code is ExitCode.INPUT
    assert f"{CASSETTE}:1" in ended.err
    assert words in ended.err
    assert "\x1b" not in ended.err
    assert desk.asked == []


def test_a_cassette_that_cannot_be_written_is_told_before_any_call(
    cli: Cli, desk: Desk, suite: str
) -> None:
    (cli.folder / "evals/cassettes").symlink_to(cli.folder)
    ended = cli.run("eval", suite, "--record")
    assert ended.code is ExitCode.UNREACHABLE
    assert "is a link" in ended.out
    assert desk.asked == []


def test_two_suites_that_would_share_a_cassette_are_refused(
    cli: Cli, desk: Desk, suite: str
) -> None:
    cli.write("evals/desk.yml", SUITE)
    ended = cli.run("eval", suite, "--record")
    assert ended.code is ExitCode.INPUT
    assert "would share evals/cassettes/desk.jsonl" in ended.err


def test_a_replay_costs_nothing_in_a_dry_run(cli: Cli, desk: Desk, suite: str) -> None:
    recorded(cli, suite)
    ended = cli.run("eval", suite, "--replay", "--dry-run", "--format", "json")
    assert json.loads(ended.out)["calls"] == 0


def test_recording_and_replaying_at_once_is_a_mistake(cli: Cli, desk: Desk, suite: str) -> None:
    ended = cli.run("eval", suite, "--record", "--replay")
    assert ended.code is ExitCode.USAGE
    assert "--record missing" in ended.err


def test_the_cache_is_neither_read_nor_needed(cli: Cli, desk: Desk, suite: str) -> None:
    cli.run("eval", suite)
    asked = len(desk.asked)
    recorded(cli, suite)
    assert len(desk.asked) == asked + _CALLS
    recorded(cli, suite, "--no-cache")
    assert cli.run("eval", suite, "--replay", "--no-cache").code is ExitCode.OK


@pytest.mark.parametrize("flag", ["--record", "--replay"])
def test_a_run_goes_on_with_cassettes_as_it_began(
    cli: Cli, desk: Desk, suite: str, flag: str
) -> None:
    recorded(cli, suite)
    ended = cli.run("eval", "--resume", "last", flag)
    assert ended.code is ExitCode.USAGE
    assert "--record or --replay cannot be given" in ended.err


def _ended_trials(cli: Cli) -> int:
    logs = cli.folder.glob(".agentops/runs/*/trials.jsonl")
    return sum(log.read_bytes().count(b"caseId") for log in logs)


def test_what_was_answered_before_an_interruption_is_recorded_and_the_rest_when_it_goes_on(
    cli: Cli, desk: Desk, suite: str
) -> None:
    desk.answers["colour"] = "wait"
    command = [sys.executable, "-m", "agentops_cli", "eval", suite, "--record"]
    with subprocess.Popen(command, cwd=cli.folder, stdout=subprocess.PIPE) as process:
        try:
            deadline = time.monotonic() + 60
            while _ended_trials(cli) < 4:
                assert process.poll() is None, process.communicate()
                assert time.monotonic() < deadline
                os.sched_yield()
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == ExitCode.INTERRUPTED
    assert len(entries(cli)) == 7
    desk.gone_on.set()
    desk.answers["colour"] = "They are red."
    assert cli.run("eval", "--resume", "last").code is ExitCode.OK
    assert len(entries(cli)) == 8
    assert cli.run("eval", suite, "--replay").code is ExitCode.OK


AGENT = """
calls = []

def answer(input, context):
    calls.append(context["conversation"])
    if input == "break":
        raise RuntimeError("no stock")
    return {"text": f"{input}, the {len(calls)}. call", "trace": {"input": input}, "costUsd": 0.01}
"""

AGENT_SUITE = """
    models: [agent/bot]
    cases:
      - id: talk
        turns:
          - {input: one, mustContain: [one]}
          - {input: two, mustContain: [two]}
      - id: breaks
        input: break
        expectedCategory: error
      - id: fails
        input: break
        mustContain: [nothing]
        xfail: it breaks
    """


def test_an_agent_is_replayed_without_the_agent(cli: Cli) -> None:
    cli.write("bot.py", AGENT)
    cli.write("agentops.yaml", "agents: {bot: {python: 'bot:answer'}}")
    cli.write("evals/bot.yaml", AGENT_SUITE)
    assert cli.run("eval", "evals/bot.yaml", "--record", "--json", "r.json").code is ExitCode.OK
    live = cli.json()
    (cli.folder / "bot.py").unlink()
    ended = cli.run("eval", "evals/bot.yaml", "--replay", "--json", "r.json")
    assert ended.code is ExitCode.OK, ended.out + ended.err
    assert _same(cli.json()) == _same(live)
    assert "no stock" in json.dumps(cli.json())
    cli.write("evals/bot.yaml", AGENT_SUITE.replace("input: two", "input: three"))
    ended = cli.run("eval", "evals/bot.yaml", "--replay")
    assert ended.code is ExitCode.UNREACHABLE
    assert "case 'talk' as it is asked now" in ended.out


TWO_CASES = """
    models: [agent/bot]
    cases:
      - {id: one, input: one, mustContain: [one]}
      - {id: two, input: two, mustContain: [two]}
    """


@pytest.mark.parametrize(
    ("per", "set_up"),
    [
        ("suite", "test ! -e broken"),
        ("trial", "test ! -e broken"),
        ("trial", "test ! -e broken -o $AGENTOPS_CASE = one"),
    ],
)
def test_where_an_agent_cannot_be_set_up_its_recorded_answers_stay(
    cli: Cli, per: str, set_up: str
) -> None:
    cli.write("bot.py", AGENT)
    how = f"{{command: [sh, -c, '{set_up}'], per: {per}}}"
    cli.write("agentops.yaml", f"agents: {{bot: {{python: 'bot:answer', setup: {how}}}}}")
    cli.write("evals/bot.yaml", TWO_CASES)
    recorded(cli, "evals/bot.yaml")
    cli.write("broken", "")
    ended = cli.run("eval", "evals/bot.yaml", "--record")
    assert ended.code is ExitCode.UNREACHABLE, ended.out + ended.err
    assert "dropped" not in ended.out
    cases = [one["caseId"] for one in entries(cli, "evals/cassettes/bot.jsonl")]
    assert cases == ["one", "two"]


def test_a_trace_that_is_no_json_is_recorded_and_replayed(cli: Cli) -> None:
    agent = "def answer(input, context): return {'text': input, 'trace': [float('inf'), 1.5]}"
    cli.write("bot.py", agent)
    cli.write("agentops.yaml", "agents: {bot: {python: 'bot:answer'}}")
    cli.write("evals/bot.yaml", TWO_CASES)
    recorded(cli, "evals/bot.yaml", "--json", "r.json")
    assert [one["trace"] for one in entries(cli, "evals/cassettes/bot.jsonl")] == [["inf", 1.5]] * 2
    recorded(cli, "evals/bot.yaml")
    assert cli.run("eval", "evals/bot.yaml", "--replay").code is ExitCode.OK


def test_an_agent_is_asked_no_second_half_of_a_conversation(cli: Cli) -> None:
    cli.write("bot.py", AGENT)
    cli.write("agentops.yaml", "agents: {bot: {python: 'bot:answer'}}")
    cli.write("evals/bot.yaml", AGENT_SUITE)
    cli.run("eval", "evals/bot.yaml", "--record")
    cli.write("evals/bot.yaml", AGENT_SUITE.replace("input: two", "input: three"))
    ended = cli.run("eval", "evals/bot.yaml", "--record", "missing")
    assert ended.code is ExitCode.UNREACHABLE
    assert "fix: record the whole conversation: agentops eval evals/bot.yaml --record" in ended.out
    ended = cli.run("eval", "evals/bot.yaml", "--record", "--case", "talk")
    assert cli.run("eval", "evals/bot.yaml", "--replay").code is ExitCode.REJECTED


def test_a_run_says_what_it_recorded_replayed_and_dropped(cli: Cli, desk: Desk, suite: str) -> None:
    ended = recorded(cli, suite)
    assert f"{CASSETTE}: 8 answers recorded (8 new, 0 changed, 0 as before)" in ended.out
    desk.answers["colour"] = "They are green."
    cli.write("evals/desk.yaml", SUITE.replace("- id: address", "- id: who"))
    ended = recorded(cli, suite)
    assert f"{CASSETTE}: 8 answers recorded (1 new, 1 changed, 6 as before)" in ended.out
    assert "1 recorded answer dropped that no call asks for any more: case 'address'" in ended.out
    ended = cli.run("eval", suite, "--replay")
    assert f"8 recorded answers of {CASSETTE} replayed; no call was made" in ended.out


def test_both_models_of_a_cascade_are_recorded_and_replayed(
    cli: Cli, desk: Desk, suite: str
) -> None:
    models = "models: [{try: openai/m, escalate: openai/n, when: failed}]\n    judge"
    cli.write("evals/desk.yaml", SUITE.replace("judge", models, 1))
    recorded(cli, suite, "--json", "r.json")
    live = _outcomes(cli)
    of_case = [one["model"] for one in entries(cli) if one["caseId"] == "wrong"]
    assert of_case == ["openai/m", "openai/n"]
    asked = len(desk.asked)
    assert cli.run("eval", suite, "--replay", "--json", "r.json").code is ExitCode.OK
    assert _outcomes(cli) == live
    assert len(desk.asked) == asked


def _outcomes(cli: Cli) -> list[tuple[str, str, list[str]]]:
    """Each case with its outcome, and the models whose answers decided."""
    return [
        (case["id"], case["outcome"], [trial["servedModel"] for trial in case["trials"]])
        for case in cli.json()["suites"][0]["cases"]
    ]


def test_what_only_a_call_can_show_has_no_verdict_in_a_replay(
    cli: Cli, desk: Desk, suite: str
) -> None:
    text = "prompt: desk.prompt.md\ncases: [{id: a, input: hi, assert: [{latency: {max: 60}}]}]\n"
    cli.write("fast.yaml", text)
    recorded(cli, "fast.yaml")
    for flags in (["--replay"], ["--record", "missing"]):
        ended = cli.run("eval", "fast.yaml", *flags)
        assert ended.code is ExitCode.UNREACHABLE
        assert "no call was timed; ask anew: with --record in place of a cassette" in ended.out


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (("--record",), None),
        (("--replay",), "every answer was recorded, so maxCostUsd was not measured"),
        (
            ("--record", "missing"),
            "7 answers were recorded, so maxCostUsd was held against the cost of the others only",
        ),
    ],
)
def test_a_limit_of_cost_says_what_it_was_not_held_against(
    cli: Cli, desk: Desk, suite: str, flags: tuple[str, ...], told: str | None
) -> None:
    price = "{price: {inputPer1M: 1, outputPer1M: 4}}"
    cli.write("agentops.yaml", f"models: {{openai/m: {price}, openai/j: {price}}}")
    cli.write("evals/desk.yaml", SUITE.replace("judge", "gate: {maxCostUsd: 1}\n    judge", 1))
    recorded(cli, suite)
    if "missing" in flags:
        lines = (cli.folder / CASSETTE).read_text().splitlines(keepends=True)
        (cli.folder / CASSETTE).write_text("".join(lines[:-1]))
    ended = cli.run("eval", suite, *flags, "--json", "r.json", "--junit", "j.xml", "--md", "r.md")
    assert ended.code is ExitCode.OK, ended.out + ended.err
    files = [(cli.folder / name).read_text() for name in ("r.json", "j.xml", "r.md")]
    for report in (ended.out, *files):
        assert "maxCostUsd was" not in report if told is None else told in report


def test_a_run_that_could_not_write_its_cassette_says_so_when_it_goes_on(cli: Cli) -> None:
    in_the_way = cli.folder / "evals" / "cassettes"
    agent = f"""
        from pathlib import Path

        def answer(input, context):
            folder = Path({str(in_the_way)!r})
            if folder.is_dir():
                folder.rmdir()
                folder.write_text("")
            return input
        """
    cli.write("bot.py", agent)
    cli.write("agentops.yaml", "agents: {bot: {python: 'bot:answer'}}")
    cli.write("evals/bot.yaml", TWO_CASES)
    ended = cli.run("eval", "evals/bot.yaml", "--record")
    assert ended.code is ExitCode.UNREACHABLE, ended.out + ended.err
    in_the_way.unlink()
    ended = cli.run("eval", "--resume", "last")
    assert ended.code is ExitCode.OK, ended.out + ended.err
    assert "is in no cassette: it was killed, or could not write it  [not-recorded]" in ended.out


def test_a_cassette_that_is_a_link_is_not_read(cli: Cli, desk: Desk, suite: str) -> None:
    (cli.folder / "evals/cassettes").mkdir()
    (cli.folder / CASSETTE).symlink_to("/etc/passwd")
    for flags in (["--replay"], ["--record", "missing"], ["--record"], ["--replay", "--dry-run"]):
        ended = cli.run("eval", suite, *flags)
        assert ended.code is ExitCode.INPUT
        assert f"{CASSETTE} is a link" in ended.err
        assert "root" not in ended.err
    assert desk.asked == []


def test_a_talk_whose_redacted_answers_are_quoted_for_a_judge_is_replayed(
    cli: Cli, desk: Desk, suite: str
) -> None:
    desk.answers |= {"first": '"Yes"\nmail jane.doe@corp.net', "second": "30 days"}
    talk = """
        prompt: ../desk.prompt.md
        judge: {model: openai/j, threshold: 0.7}
        cases:
          - id: talk
            turns:
              - {input: first, mustContain: ["Yes"]}
              - {input: second, mustContain: ["30 days"]}
            assert: [{rubric: Names the time limit.}]
        """
    cli.write("evals/desk.yaml", talk)
    recorded(cli, suite)
    ended = cli.run("eval", suite, "--replay")
    assert ended.code is ExitCode.OK, ended.out


def test_a_recording_can_be_the_model_of_a_prompt(cli: Cli) -> None:
    prompt = (cli.folder / "echo.prompt.md").read_text("utf-8")
    cli.write("echo.prompt.md", prompt.replace("model: openai/ok", "model: replay/rec.jsonl"))
    cli.write("evals/rec.jsonl", '{"caseId": "a", "text": "yes"}\n')
    name = cli.write(
        "evals/s.yaml",
        "prompt: ../echo.prompt.md\ncases: [{id: a, input: x, mustContain: 'yes'}]\n",
    )
    ended = cli.run("eval", name)
    assert ended.code is ExitCode.OK, ended.err
    cli.write("evals/rec.jsonl", '{"caseId": "a", "text": "yes!"}\n')
    assert "evals/rec.jsonl changed" in cli.run("eval", "--resume", "last").err
    (cli.folder / "evals/rec.jsonl").unlink()
    ended = cli.run("eval", name)
    assert ended.code is ExitCode.INPUT
    assert "echo.prompt.md:3:8  error  evals/rec.jsonl does not exist" in ended.err

"""What is paid for once: runs that take answers of earlier ones, and `agentops cache`."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agentops_cli.cli import cache as cache_command
from agentops_cli.errors import ExitCode
from agentops_cli.model.cassette_lines import read_cassette
from agentops_cli.stores.answers import NAME, Answers
from tests.cli.conftest import PROMPT
from tests.cli.running import Cli
from tests.servers.faulty_openai import FaultyOpenAI

FOLDER = Path(".agentops") / "cache"
PRICES = "models: {openai/ok: {price: {inputPer1M: 100, outputPer1M: 100}}}\n"
TOOLS = PROMPT.replace(
    "max_tokens: 50\n",
    """max_tokens: 50
tools:
  - name: get_order
    parameters: {type: object, properties: {id: {type: string}}}
""",
)


def asked(server: FaultyOpenAI) -> Counter[str]:
    """How often each question came to the server."""
    return Counter(json.dumps(seen.body, sort_keys=True) for seen in server.requests)


def aged(cli: Cli, *, days: int, model: str = "openai/ok") -> None:
    """Makes the answers of a model older than they are."""
    with closing(Answers(cli.folder / FOLDER, wait_s=1)) as answers:
        found = [kept for kept in answers.said() if kept.model == model]
        answers.keep(replace(kept, made_at=kept.made_at - days * 86400) for kept in found)


def test_the_second_run_asks_nothing_costs_nothing_and_says_so(
    cli: Cli, server: FaultyOpenAI
) -> None:
    cli.write("agentops.yaml", PRICES)
    name = cli.suite(number=3, head="repeat: 2")
    first = cli.run("eval", name, "--json", "r.json")
    assert "came from the cache" not in first.out
    assert float(cli.json()["totals"]["costUsd"]) > 0
    second = cli.run("eval", name, "--json", "r.json", "--junit", "j.xml", "--md", "m.md")
    assert (first.code, second.code, len(server.requests)) == (ExitCode.OK, ExitCode.OK, 6)
    assert "6 of 6 answers came from the cache or a cassette, at no cost" in second.out
    assert "6 of 6 answers came from the cache" in (cli.folder / "m.md").read_text()
    result = cli.json()
    assert float(result["totals"]["costUsd"]) == 0
    [suite] = result["suites"]
    assert suite["p95LatencyS"] is None
    assert [case["cachedCalls"] for case in suite["cases"]] == [2, 2, 2]
    assert all(trial["cached"] for case in suite["cases"] for trial in case["trials"])
    told = [text for case in cli.junit().iter("testcase") if (text := case.findtext("system-out"))]
    assert len(told) == 3
    assert all("[[PROPERTY|cost_usd=0]]\n" in text for text in told)
    assert all("[[PROPERTY|cached_answers=2]]\n" in text for text in told)


def test_without_the_cache_everything_is_asked_and_nothing_kept(
    cli: Cli, server: FaultyOpenAI
) -> None:
    name = cli.suite(number=2)
    for _ in range(2):
        assert cli.run("eval", name, "--no-cache").code is ExitCode.OK
    assert len(server.requests) == 4
    assert not (cli.folder / FOLDER).exists()
    cli.run("eval", name)
    cli.run("eval", name, "--no-cache")
    assert len(server.requests) == 8


def test_only_what_is_new_is_asked(cli: Cli, server: FaultyOpenAI) -> None:
    cli.run("eval", cli.suite(number=2))
    ended = cli.run("eval", cli.suite(number=3, head="repeat: 2"))
    assert "2 of 6 answers came from the cache" in ended.out
    cli.write("echo.prompt.md", PROMPT + "Word for word.\n")
    assert "came from the cache" not in cli.run("eval", cli.suite(number=3)).out
    assert len(server.requests) == 2 + 4 + 3
    assert max(asked(server).values()) == 2  # Two repeats of one question.


def test_a_conversation_with_tools_is_taken_whole(cli: Cli, server: FaultyOpenAI) -> None:
    cli.write("tools.prompt.md", TOOLS)
    name = cli.write(
        "s.yaml",
        """
        prompt: tools.prompt.md
        models: [openai/tools]
        defaults: {stubs: {get_order: shipped}, maxSteps: 2}
        cases:
          - id: a
            turns:
              - {input: where is it, assert: [{toolCalls: [get_order, get_order]}]}
              - {input: and now, assert: [{toolCalls: [get_order, get_order]}]}
        """,
    )
    outs = [cli.run("eval", name, "--json", "r.json") for _ in range(2)]
    assert len(server.requests) == 4
    assert outs[0].code is outs[1].code
    assert "4 of 4 answers came from the cache" in outs[1].out
    [case] = cli.json()["suites"][0]["cases"]
    assert len(case["trials"][0]["turns"]) == 2
    ended = cli.run("cache", "explain", name, "-v")
    assert [line.split("  ")[-1] for line in ended.out.splitlines()] == [
        "openai/tools",
        "openai/tools (step 1)",
        "openai/tools (turn 1)",
        "openai/tools (turn 1, step 1)",
        "4 of 4 calls would be answered from the cache, 0 made",
    ]


@pytest.mark.parametrize("model", ["openai/filtered", "openai/filter", "openai/400", "openai/cut"])
def test_what_was_no_answer_is_asked_again(cli: Cli, server: FaultyOpenAI, model: str) -> None:
    cli.write("agentops.yaml", "retry: {attempts: 1}\n")
    name = cli.suite(model)
    cli.run("eval", name)
    before = len(server.requests)
    cli.run("eval", name)
    assert len(server.requests) == 2 * before
    assert cli.run("cache", "info").out.startswith("0 answers")


MEASURED = {
    "a latency": ("", "assert: [{latency: 0.000001}]"),
    "a cost": ("", "assert: [{cost: 0.000001}]"),
    "a default": ("defaults: {assert: [{latency: 0.000001}]}", ""),
    "a turn": ("", "turns: [{input: x, mustContain: x}, {input: y, assert: [{cost: 0.000001}]}]"),
    "the p95 of a gate": ("gate: {maxP95LatencyS: 0.000001}", ""),
    "the cost of a gate": ("gate: {maxCostUsd: 0.000001}", ""),
}


@pytest.mark.parametrize("how", MEASURED)
def test_what_was_too_dear_or_too_slow_is_so_the_next_time_too(
    cli: Cli, server: FaultyOpenAI, how: str
) -> None:
    cli.write("agentops.yaml", PRICES)
    head, case = MEASURED[how]
    said = "" if "turns" in case else "input: x, mustContain: x, "
    cli.write(
        "s.yaml",
        f"prompt: echo.prompt.md\nmodels: [openai/ok]\n{head}\ncases: [{{id: a, {said}{case}}}]\n",
    )
    for _ in range(2):
        assert cli.run("eval", "s.yaml").code is ExitCode.REJECTED
    assert set(asked(server).values()) == {2}
    assert (
        "live   s.yaml  a  openai/ok: it is to be measured"
        in cli.run("cache", "explain", "s.yaml").out
    )


def test_what_is_only_shown_need_not_be_measured(cli: Cli, server: FaultyOpenAI) -> None:
    cli.write(
        "s.yaml",
        "prompt: echo.prompt.md\nmodels: [openai/ok]\n"
        "cases: [{id: a, input: x, mustContain: x, assert: [{latency: 1, advisory: true}]}]\n",
    )  # fmt: skip
    for _ in range(2):
        assert cli.run("eval", "s.yaml").code is ExitCode.OK
    assert len(server.requests) == 1


def test_recorded_answers_are_kept_once_only(cli: Cli) -> None:
    cli.write("a.jsonl", '{"caseId": "a", "text": "yes"}\n')
    cli.write("s.yaml", "models: [replay/a.jsonl]\ncases: [{id: a, mustContain: 'yes'}]\n")
    ended = cli.run("eval", "s.yaml")
    assert ended.code is ExitCode.OK
    assert "came from the cache" not in ended.out
    assert not (cli.folder / FOLDER).exists()
    explained = cli.run("cache", "explain", "s.yaml")
    assert "never  s.yaml  a  replay/a.jsonl: answers of this kind are not kept" in explained.out


def test_an_answer_is_asked_for_once_under_two_names(cli: Cli, server: FaultyOpenAI) -> None:
    cli.write(
        "s.yaml",
        "prompt: echo.prompt.md\nmodels: [openai/ok]\n"
        "cases: [{id: a, input: x, mustContain: x}, {id: b, input: x, mustContain: x}]\n",
    )
    assert "1 of 2 answers came from the cache" in cli.run("eval", "s.yaml").out
    assert len(server.requests) == 1


def _a_link(cli: Cli) -> None:
    (cli.folder / "victim").mkdir()
    (cli.folder / ".agentops").mkdir()
    (cli.folder / FOLDER).symlink_to(cli.folder / "victim")


def _a_committed_file(cli: Cli) -> None:
    cli.run("eval", cli.suite())
    for command in (["add", "-f", str(FOLDER / NAME)], ["commit", "-qm", "poisoned"]):
        subprocess.run(["git", *command], cwd=cli.folder, check=True)


def _a_committed_log(cli: Cli) -> None:
    """What SQLite would replay over an honest file."""
    (cli.folder / FOLDER).mkdir(parents=True)
    (cli.folder / FOLDER / f"{NAME}-wal").write_bytes(b"poison")
    for command in (["add", "-f", str(FOLDER)], ["commit", "-qm", "poisoned"]):
        subprocess.run(["git", *command], cwd=cli.folder, check=True)


def _a_link_in_place_of_the_file(cli: Cli) -> None:
    (cli.folder / FOLDER).mkdir(parents=True)
    (cli.folder / "victim").mkdir()
    (cli.folder / FOLDER / NAME).symlink_to(cli.folder / "victim" / NAME)


def _in_the_way(cli: Cli) -> None:
    (cli.folder / FOLDER / NAME).mkdir(parents=True)


@pytest.mark.parametrize(
    ("prepare", "said"),
    [
        (_a_link, "is a link"),
        (_a_committed_file, "is part of the repository, so anybody wrote it"),
        (_a_committed_log, "is part of the repository, so anybody wrote it"),
        (_a_link_in_place_of_the_file, "is no ordinary file"),
        (_in_the_way, "is no ordinary file"),
    ],
)
def test_a_cache_that_cannot_be_trusted_is_not_used_and_the_run_says_so(
    cli: Cli, server: FaultyOpenAI, prepare: Callable[[Cli], None], said: str
) -> None:
    prepare(cli)
    server.reset()
    for _ in range(2):
        ended = cli.run("eval", cli.suite())
        assert ended.code is ExitCode.OK
        assert "no answer is kept or taken from earlier: " in ended.out
        assert said in ended.out
    assert len(server.requests) == 2
    assert not (cli.folder / "victim").exists() or not list((cli.folder / "victim").iterdir())


def test_a_variable_puts_the_cache_elsewhere(
    cli: Cli, server: FaultyOpenAI, tmp_path_factory: pytest.TempPathFactory, monkeypatch: Any
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    monkeypatch.setenv("AGENTOPS_CACHE_FOLDER", str(elsewhere / "kept"))
    cli.run("eval", cli.suite())
    assert "1 of 1 answer came from the cache" in cli.run("eval", cli.suite()).out
    assert (elsewhere / "kept" / NAME).exists()
    assert not (cli.folder / FOLDER).exists()
    assert str(elsewhere / "kept") in cli.run("cache", "info").out


def test_git_sees_nothing_of_a_cache_and_of_what_is_beside_it(
    cli: Cli, server: FaultyOpenAI
) -> None:
    cli.write("agentops.yaml", "cache: {folder: kept/answers}\n")
    cli.write("other/mine.txt", "mine")
    cli.run("eval", cli.suite())
    status = ["git", "status", "--porcelain", "--untracked-files=all"]
    seen = subprocess.run(status, cwd=cli.folder, capture_output=True, text=True, check=True).stdout
    assert "kept" not in seen
    assert "other/mine.txt" in seen
    cli.write("agentops.yaml", "cache: {folder: other}\n")
    cli.run("eval", cli.suite())
    assert not (cli.folder / "other" / ".gitignore").exists()


def test_info_tells_what_there_is(cli: Cli, server: FaultyOpenAI) -> None:
    assert cli.run("cache", "info").out.splitlines() == [
        f"0 answers, 0.0 kB, in {cli.folder / FOLDER}",
        "limits: 500 MB, 30 days",
    ]
    assert not (cli.folder / FOLDER).exists()
    cli.run("eval", cli.suite("openai/ok, openai/slow-1", number=2))
    lines = cli.run("cache", "info").out.splitlines()
    assert lines[0].startswith("4 answers, ")
    assert lines[1].startswith("given from 20")
    assert [line.rpartition(",")[0] for line in lines[2:4]] == [
        "  openai/ok: 2 answers",
        "  openai/slow-1: 2 answers",
    ]
    told = json.loads(cli.run("cache", "info", "--format", "json").out)
    assert {key: told[key] for key in ("schema", "answers", "maxMb", "maxAgeDays")} == {
        "schema": 1,
        "answers": 4,
        "maxMb": 500.0,
        "maxAgeDays": 30.0,
    }
    assert told["folder"] == str(cli.folder / FOLDER)
    assert told["bytes"] > sum(each["bytes"] for each in told["models"]) > 0
    assert [each["model"] for each in told["models"]] == ["openai/ok", "openai/slow-1"]
    assert told["oldest"] <= told["newest"]


def test_explain_names_what_is_new_and_what_is_not_there(cli: Cli, server: FaultyOpenAI) -> None:
    cli.write("agentops.yaml", "")
    cli.run("eval", cli.suite(number=2))
    before = len(server.requests)
    cli.write("echo.prompt.md", PROMPT.replace("temperature: 0", "temperature: 0.5"))
    cli.write(
        "s.yaml",
        """
        prompt: echo.prompt.md
        models: [openai/ok]
        repeat: 2
        cases:
          - {id: c0, input: something else, mustContain: else}
          - {id: c1, input: say 1-end, mustContain: 1-end}
          - {id: c2, input: new, mustContain: new}
        """,
    )
    ended = cli.run("cache", "explain", "s.yaml", "--case", "c0", "--case", "c2")
    assert ended.code is ExitCode.OK
    differs = "it differs from what is kept in"
    assert ended.out.splitlines() == [
        f"miss   s.yaml  c0  openai/ok: {differs} messages and temperature",
        f"miss   s.yaml  c0  openai/ok (repeat 1): {differs} messages, repeat and temperature",
        "miss   s.yaml  c2  openai/ok: nothing is kept for this case",
        "miss   s.yaml  c2  openai/ok (repeat 1): nothing is kept for this case",
        "0 of 4 calls would be answered from the cache, 4 made",
    ]
    told = json.loads(cli.run("cache", "explain", "s.yaml", "--case", "c1", "--format", "json").out)
    assert (told["schema"], told["hits"]) == (1, 0)
    assert [(call["repeat"], call["status"], call["fields"]) for call in told["calls"]] == [
        (0, "miss", ["temperature"]),
        (1, "miss", ["repeat", "temperature"]),
    ]
    assert len(server.requests) == before


def test_explain_compares_with_the_nearest_of_what_is_kept(cli: Cli, server: FaultyOpenAI) -> None:
    name = cli.suite()
    for temperature in ("0.1", "0.2", "0.3"):
        words = "Word for word.\n" if temperature == "0.2" else ""
        prompt = PROMPT.replace("temperature: 0", f"temperature: {temperature}")
        cli.write("echo.prompt.md", prompt + words)
        cli.run("eval", name)
    cli.write("echo.prompt.md", PROMPT + "Word for word.\n")
    ended = cli.run("cache", "explain", name)
    assert "openai/ok: it differs from what is kept in temperature\n" in ended.out


def test_explain_agrees_with_the_run_that_follows(cli: Cli, server: FaultyOpenAI) -> None:
    cli.run("eval", cli.suite(number=3))
    name = cli.suite(number=5)
    told = json.loads(cli.run("cache", "explain", name, "--format", "json").out)
    server.reset()
    cli.run("eval", name)
    assert (told["hits"], len(told["calls"]) - told["hits"]) == (3, len(server.requests))


def test_explain_finds_a_case_from_any_folder(
    cli: Cli, server: FaultyOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli.run("eval", cli.suite(number=2))
    (cli.folder / "sub").mkdir()
    monkeypatch.chdir(cli.folder / "sub")
    ended = cli.run("cache", "explain", "../s.yaml")
    assert ended.out == "2 of 2 calls would be answered from the cache, 0 made\n"


def test_explain_tells_of_an_answer_that_is_too_old(cli: Cli, server: FaultyOpenAI) -> None:
    cli.run("eval", cli.suite())
    aged(cli, days=31)
    assert "openai/ok: kept for more than 30 days" in cli.run("cache", "explain", "s.yaml").out
    cli.run("eval", cli.suite())
    assert len(server.requests) == 2


def test_explain_says_nothing_of_what_is_no_call(
    cli: Cli, server: FaultyOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentops_cli.gateways.embeddings.is_installed", lambda: True)
    cli.run("eval", cli.suite())
    text = (cli.folder / "s.yaml").read_text()
    cli.write("s.yaml", text.replace("mustContain:", "assert: [similar: So.], mustContain:"))
    ended = cli.run("cache", "explain", "s.yaml", "-v")
    assert ended.out.splitlines() == [
        "hit    s.yaml  c0  openai/ok",
        "1 of 1 call would be answered from the cache, 0 made",
    ]


def test_explain_shows_no_wall_of_calls(cli: Cli, server: FaultyOpenAI) -> None:
    name = cli.suite(number=60)
    lines = cli.run("cache", "explain", name).out.splitlines()
    assert len(lines) == 52
    assert lines[-2] == "… and 10 more calls: see --verbose"
    assert len(cli.run("cache", "explain", name, "-v").out.splitlines()) == 61


def test_explain_of_nothing_is_empty_and_of_a_mistake_is_one(cli: Cli) -> None:
    cli.suite()
    assert cli.run("cache", "explain", "s.yaml", "--case", "nope").code is ExitCode.EMPTY
    cli.write("s.yaml", "cases: []\n")
    assert cli.run("cache", "explain", "s.yaml").code is ExitCode.INPUT


def test_an_export_is_a_cassette_that_replays(cli: Cli, server: FaultyOpenAI) -> None:
    name = cli.suite(number=3)
    cli.run("eval", name)
    ended = cli.run("cache", "export", "kept.jsonl")
    assert ended.err == "3 answers written to kept.jsonl\n"
    text = (cli.folder / "kept.jsonl").read_text()
    cassette = read_cassette(text, path="kept.jsonl")
    assert [recording.case_id for recording in cassette.recordings] == ["c0", "c1", "c2"]
    cli.run("cache", "export", "again.jsonl")
    assert (cli.folder / "again.jsonl").read_text() == text
    server.reset()
    cli.write("s.yaml", (cli.folder / name).read_text().replace("openai/ok", "replay/kept.jsonl"))
    assert cli.run("eval", "s.yaml").code is ExitCode.OK
    assert not server.requests


def test_what_has_become_a_secret_is_exported_as_a_mark(
    cli: Cli, server: FaultyOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli.run("eval", cli.suite())
    monkeypatch.setenv("MY_TOKEN", "You said: say")
    cli.run("cache", "export", "kept.jsonl")
    assert '"text": "[redacted:secret] 0-end"' in (cli.folder / "kept.jsonl").read_text()


def test_nothing_to_export_is_an_empty_file(cli: Cli) -> None:
    assert cli.run("cache", "export", "kept.jsonl").code is ExitCode.OK
    assert (cli.folder / "kept.jsonl").read_text() == ""
    assert cli.run("cache", "export", "kept.jsonl/x").code is ExitCode.UNREACHABLE


@pytest.mark.parametrize(
    ("flags", "removed", "left"),
    [
        ((), 4, []),
        (("--model", "openai/ok"), 2, ["openai/slow-1"]),
        (("--model", "openai/*"), 4, []),
        (("--model", "nobody/*"), 0, ["openai/ok", "openai/slow-1"]),
        (("--older-than", "7d"), 2, ["openai/ok"]),
        (("--older-than", "2w"), 0, ["openai/ok", "openai/slow-1"]),
        (("--older-than", "7d", "--model", "openai/ok"), 0, ["openai/ok", "openai/slow-1"]),
    ],
)
def test_what_is_cleared_is_gone_and_counted(
    cli: Cli, server: FaultyOpenAI, flags: tuple[str, ...], removed: int, left: list[str]
) -> None:
    cli.run("eval", cli.suite("openai/ok, openai/slow-1", number=2))
    aged(cli, days=8, model="openai/slow-1")
    ended = cli.run("cache", "clear", *flags)
    assert (ended.code, ended.err) == (ExitCode.OK, f"{removed} answers removed\n")
    told = json.loads(cli.run("cache", "info", "--format", "json").out)
    assert [each["model"] for each in told["models"]] == left


def test_clearing_gives_the_space_back(cli: Cli, server: FaultyOpenAI) -> None:
    name = cli.suite(number=1)
    big = "x" * 1_000_000
    cli.write("s.yaml", (cli.folder / name).read_text().replace("say 0-end", f"{big} 0-end"))
    cli.run("eval", "s.yaml")
    assert (cli.folder / FOLDER / NAME).stat().st_size > 1_000_000
    cli.run("cache", "clear")
    assert (cli.folder / FOLDER / NAME).stat().st_size < 100_000


@pytest.mark.parametrize("age", ["7", "d", "7 days", "-1d", "1y", "1.5d"])
def test_an_age_that_is_none_is_a_usage_error(cli: Cli, age: str) -> None:
    ended = cli.run("cache", "clear", f"--older-than={age}")
    assert ended.code is ExitCode.USAGE
    assert f"--older-than must be an age such as 12h or 7d, not {age!r}" in ended.err


@pytest.mark.parametrize(("answer", "left"), [(True, 0), (False, 1)])
def test_on_a_terminal_one_is_asked_before_all_is_removed(
    cli: Cli, server: FaultyOpenAI, monkeypatch: pytest.MonkeyPatch, answer: bool, left: int
) -> None:
    cli.run("eval", cli.suite())
    monkeypatch.setattr(cache_command, "_is_asked", lambda: True)
    questions: list[str] = []

    def confirm(question: str, **_: object) -> bool:
        questions.append(question)
        return answer

    monkeypatch.setattr("typer.confirm", confirm)
    assert cli.run("cache", "clear").code is ExitCode.OK
    assert questions == ["Remove 1 answer?"]
    assert json.loads(cli.run("cache", "info", "--format", "json").out)["answers"] == left
    cli.run("cache", "clear", "--yes")
    assert len(questions) == 1


def test_a_file_that_is_broken_is_told_and_can_be_cleared(cli: Cli, server: FaultyOpenAI) -> None:
    (cli.folder / FOLDER).mkdir(parents=True)
    (cli.folder / FOLDER / NAME).write_bytes(b"no database at all" * 100)
    for command in (["info"], ["export", "x.jsonl"], ["clear", "--model", "x"]):
        ended = cli.run("cache", *command)
        assert ended.code is ExitCode.UNREACHABLE
        assert f"{FOLDER / NAME} cannot be read: file is not a database" in ended.err
        assert "agentops cache clear" in ended.err
    assert cli.run("cache", "clear").code is ExitCode.OK
    assert cli.run("cache", "info").out.startswith("0 answers")


def test_a_broken_file_that_cannot_be_removed_is_not_said_to_be_gone(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    (cli.folder / FOLDER).mkdir(parents=True)
    (cli.folder / FOLDER / NAME).write_bytes(b"no database at all" * 100)

    def refuse(_: Path, **_others: bool) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:  # Root may remove anything.
        patched.setattr(Path, "unlink", refuse)
        ended = cli.run("cache", "clear")
    assert ended.code is ExitCode.UNREACHABLE
    assert "Permission denied" in ended.err
    assert "removed" not in ended.out


AGENTOPS = [sys.executable, "-m", "agentops_cli"]
CASES, CONCURRENCY = 40, 6


def started(cli: Cli, name: str, out: str) -> subprocess.Popen[str]:
    """An `agentops eval` in a process of its own."""
    flags = ["--concurrency", str(CONCURRENCY), "--no-progress", "--json", out]
    return subprocess.Popen(
        [*AGENTOPS, "eval", name, *flags],
        cwd=cli.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ,
    )


def test_two_runs_at_once_on_one_cache_ask_each_question_once(
    cli: Cli, server: FaultyOpenAI
) -> None:
    name = cli.suite("openai/slow-30", number=CASES, head="repeat: 2")
    runs = [started(cli, name, f"r{n}.json") for n in range(2)]
    outs = [run.communicate(timeout=120)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], outs
    repeats = set(asked(server).values())
    assert (len(asked(server)), repeats) == (CASES, {2})  # The two repeats of each.
    trials = [
        trial
        for n in range(2)
        for case in cli.json(f"r{n}.json")["suites"][0]["cases"]
        for trial in case["trials"]
    ]
    assert len(trials) == 2 * 2 * CASES
    assert sum(not trial["cached"] for trial in trials) == len(server.requests)
    assert sorted(p.name for p in (cli.folder / FOLDER).iterdir()) == [
        ".gitignore",
        NAME,
        "asking.lock",
    ]


def test_a_run_beside_one_that_is_killed_asks_no_more_than_was_in_flight(
    cli: Cli, server: FaultyOpenAI
) -> None:
    name = cli.suite("openai/slow-30", number=CASES)
    killed, other = (started(cli, name, f"r{n}.json") for n in range(2))
    deadline = time.monotonic() + 60
    while len(server.requests) < CASES // 2:
        assert time.monotonic() < deadline, "the runs did not get half way"
        os.sched_yield()
    killed.kill()
    killed.communicate()
    out, _ = other.communicate(timeout=120)
    assert other.returncode == 0, out
    assert len(asked(server)) == CASES
    assert len(server.requests) <= CASES + CONCURRENCY


@pytest.mark.parametrize("command", ["info", "clear", "export"])
def test_no_command_follows_a_link_to_somebody_elses_answers(cli: Cli, command: str) -> None:
    _a_link_in_place_of_the_file(cli)
    file = ["kept.jsonl"] if command == "export" else []
    ended = cli.run("cache", command, *file)
    assert ended.code is ExitCode.UNREACHABLE
    assert "is no ordinary file" in ended.err
    assert not (cli.folder / "victim" / NAME).exists()


def damage(cli: Cli, statement: str) -> None:
    """Does something to the database that no run does."""
    with closing(sqlite3.connect(cli.folder / FOLDER / NAME)) as database, database:
        database.execute(statement)


DAMAGE = {
    "a time": "UPDATE answers SET made_at = 'zz' WHERE case_id = 'c0'",
    "a model": "UPDATE answers SET model = X'ff' WHERE case_id = 'c0'",
    "a body": "UPDATE bodies SET body = replace(hex(zeroblob(5000)), '0', '[')"
    " WHERE number = (SELECT number FROM answers WHERE case_id = 'c0')",
}


@pytest.mark.parametrize("what", DAMAGE)
def test_a_damaged_answer_is_asked_for_anew_and_told(
    cli: Cli, server: FaultyOpenAI, what: str
) -> None:
    name = cli.suite(number=3)
    cli.run("eval", name)
    damage(cli, DAMAGE[what])
    explained = cli.run("cache", "explain", name)
    assert "2 of 3 calls would be answered from the cache, 1 made" in explained.out
    exported = cli.run("cache", "export", "kept.jsonl")
    assert exported.err == "2 answers written to kept.jsonl\n1 damaged answer left out\n"
    if what != "a body":
        assert "1 damaged answer, to be asked for anew" in cli.run("cache", "info").out
    for told in (True, False):
        ended = cli.run("eval", name)
        assert ended.code is ExitCode.OK
        assert ("holds answers that are damaged: they are asked for anew" in ended.out) is told
    assert len(server.requests) == 4


def test_clearing_some_answers_clears_the_damaged_too(cli: Cli, server: FaultyOpenAI) -> None:
    cli.run("eval", cli.suite(number=3))
    damage(cli, DAMAGE["a time"])
    assert cli.run("cache", "clear", "--older-than", "7d").err == "1 answer removed\n"
    assert cli.run("cache", "info").out.startswith("2 answers")


def test_explain_names_a_damaged_body(cli: Cli, server: FaultyOpenAI) -> None:
    cli.run("eval", cli.suite())
    damage(cli, DAMAGE["a body"])
    assert "openai/ok: what is kept is damaged" in cli.run("cache", "explain", "s.yaml").out


@pytest.mark.parametrize(
    "statement", ["DROP TABLE answers", "DROP TABLE bodies", "CREATE VIEW more AS SELECT 1"]
)
def test_a_file_with_other_tables_is_told_and_mended(
    cli: Cli, server: FaultyOpenAI, statement: str
) -> None:
    name = cli.suite()
    cli.run("eval", name)
    damage(cli, statement)
    for command in (["info"], ["export", "x.jsonl"], ["explain", name], ["clear", "--model", "x"]):
        ended = cli.run("cache", *command)
        assert ended.code is ExitCode.UNREACHABLE
        assert "it is damaged, or another program's or version's" in ended.err
    if statement.startswith("DROP"):
        assert cli.run("cache", "clear").code is ExitCode.OK
        assert cli.run("cache", "info").out.startswith("0 answers")
    else:
        assert "is made anew: it is damaged" in cli.run("eval", name).out
    cli.run("eval", name)
    assert "1 of 1 answer came from the cache" in cli.run("eval", name).out


def test_explain_finds_pages_that_are_damaged(cli: Cli, server: FaultyOpenAI) -> None:
    name = cli.suite(number=40)
    cli.run("eval", name)
    with closing(sqlite3.connect(cli.folder / FOLDER / NAME)) as database:
        [page] = database.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'bodies'"
        ).fetchone()
    with (cli.folder / FOLDER / NAME).open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(bytes(4096))
    ended = cli.run("cache", "explain", name)
    assert ended.code is ExitCode.UNREACHABLE
    assert "cannot be read: database disk image is malformed" in ended.err
    assert cli.run("eval", name).code is ExitCode.OK


def test_explain_tells_of_a_run_with_repeats(cli: Cli, server: FaultyOpenAI) -> None:
    name = cli.suite(number=2)
    cli.run("eval", name)
    assert "2 of 4 calls would be answered" in cli.run("cache", "explain", name, "--repeat=2").out
    cli.run("eval", name, "--repeat", "2")
    assert "4 of 4 calls would be answered" in cli.run("cache", "explain", name, "--repeat=2").out
    assert cli.run("cache", "explain", name, "--repeat=0").code is ExitCode.USAGE


def test_a_folder_that_can_be_none_is_a_mistake_in_its_file(cli: Cli) -> None:
    cli.write("agentops.yaml", 'cache: {folder: "a\\0b"}\n')
    for command in (["eval", cli.suite()], ["cache", "info"], ["cache", "clear"]):
        ended = cli.run(*command)
        assert ended.code is ExitCode.INPUT
        assert "agentops.yaml:1:17  error  'a\\x00b' holds a NUL character" in ended.out + ended.err

"""Runs that are gone on with: what is kept, what is run again, and what is refused."""

import json
import os
import shutil
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agentops_cli.errors import ExitCode
from agentops_cli.stores.runs import RunFolder, held_run
from tests.cli.running import Cli, Ended
from tests.limits import files_limited_to
from tests.servers.faulty_openai import FaultyOpenAI

PRICED = """
models:
  openai/ok: {price: {inputPer1M: 1, outputPer1M: 2}}
  openai/slow-1: {price: {inputPer1M: 1, outputPer1M: 2}}
budget: {runUsd: 5}
"""


# Times, what a process that was killed took along, and what was done to the run.
APART = {
    *("id", "started", "finished", "latencyS", "p50LatencyS", "p95LatencyS"),
    *("lostUsd", "lostCalls", "incidents"),
}


def only_run(cli: Cli) -> RunFolder:
    [path] = (cli.folder / ".agentops" / "runs").iterdir()
    return RunFolder(path=path)


def cut_short(cli: Cli, *args: str, kept: int, torn: str = "") -> RunFolder:
    """A run that looks as if it had been killed when so many trials had ended."""
    begun = cli.run("eval", *args)
    assert begun.code not in {ExitCode.USAGE, ExitCode.INPUT}, begun.err
    run = only_run(cli)
    lines = run.log.read_text().splitlines(keepends=True)
    run.log.write_text("".join(lines[:kept]) + torn)
    return run


def asked(server: FaultyOpenAI) -> Counter[str]:
    """How often each case was asked for, by its last message."""
    return Counter(str(seen.body["messages"][-1]["content"]) for seen in server.requests)


def result_of(cli: Cli, name: str = "r.json") -> Any:
    """A result without what differs from run to run."""
    return without(cli.json(name), APART)


def without(value: Any, keys: set[str]) -> Any:
    if isinstance(value, dict):
        return {key: without(part, keys) for key, part in value.items() if key not in keys}
    return [without(part, keys) for part in value] if isinstance(value, list) else value


@pytest.mark.parametrize("torn", ["", '{"schema":1,"run":"20'])
@pytest.mark.parametrize("kept", [0, 1, 5, 8])
def test_only_what_is_missing_is_run_and_the_result_is_that_of_one_run(
    cli: Cli, server: FaultyOpenAI, kept: int, torn: str
) -> None:
    suite = cli.suite(number=8)
    run = cut_short(cli, suite, "--no-cache", "--json", "r.json", kept=kept, torn=torn)
    undisturbed = result_of(cli)
    finished = [json.loads(line)["caseId"] for line in run.log.read_text().splitlines()[:kept]]
    server.reset()
    ended = cli.run("eval", "--resume", "last", "--json", "again.json")
    assert ended.code is ExitCode.OK
    assert len(server.requests) == 8 - kept
    assert not set(asked(server)) & {f"say {case[1:]}-end" for case in finished}
    assert result_of(cli, "again.json") == undisturbed
    assert cli.json("again.json")["run"]["id"] == run.run_id
    assert len(run.log.read_text().splitlines()) == 8


def test_a_run_that_ended_is_the_same_result_again_to_the_byte(
    cli: Cli, server: FaultyOpenAI
) -> None:
    cli.run("eval", cli.suite(number=3), "--json", "r.json", "--junit", "j.xml")
    first = {name: (cli.folder / name).read_bytes() for name in ("r.json", "j.xml")}
    for name in first:
        (cli.folder / name).unlink()
    server.reset()
    ended = cli.run("eval", "--resume", only_run(cli).run_id[:12])
    assert (ended.code, server.requests) == (ExitCode.OK, [])
    assert {name: (cli.folder / name).read_bytes() for name in first} == first
    assert "nothing is left to run" in ended.err


def test_errored_trials_are_run_again_and_both_attempts_are_paid(
    cli: Cli, server: FaultyOpenAI
) -> None:
    cli.write("agentops.yaml", "retry: {attempts: 1}\n")
    assert cli.run("eval", cli.suite("openai/ok, openai/500")).code is ExitCode.UNREACHABLE
    first = Counter(seen.behaviour for seen in server.requests)
    assert first == {"ok": 1, "500": 2}  # The second pass has asked again.
    server.reset()
    ended = cli.run("eval", "--resume", "last", "--json", "r.json")
    assert ended.code is ExitCode.UNREACHABLE
    assert Counter(seen.behaviour for seen in server.requests) == {"500": 2}
    assert cli.json()["totals"]["outcomes"]["passed"] == 1
    assert cli.json()["totals"]["trials"]["errored"] == 1


def test_a_lost_trial_is_a_verdict_and_is_not_run_again(cli: Cli, server: FaultyOpenAI) -> None:
    name = cli.write(
        "s.yaml",
        """
        prompt: echo.prompt.md
        cases:
          - {id: lost, input: "no", mustContain: "yes"}
          - {id: won, input: "yes", mustContain: "yes"}
        """,
    )
    cli.run("eval", name)
    server.reset()
    assert cli.run("eval", "--resume", "last").code is ExitCode.REJECTED
    assert server.requests == []


def test_what_was_typed_comes_from_the_run(cli: Cli, server: FaultyOpenAI) -> None:
    suite = cli.suite("openai/ok, openai/slow-1", number=4)
    typed = ("-k", "c1", "--model", "*/ok", "--repeat", "3", "--junit", "j.xml", "--no-cache")
    cut_short(cli, suite, *typed, "--concurrency", "1", kept=1)
    (cli.folder / "j.xml").unlink()
    server.reset()
    assert cli.run("eval", "--resume", "last").code is ExitCode.OK
    assert [seen.behaviour for seen in server.requests] == ["ok"] * 2
    assert cli.junit().attrib["tests"] == "1"
    assert server.most_open == 1


@pytest.mark.parametrize(("first", "then"), [("--no-cache", ""), ("", "--no-cache")])
def test_a_run_that_was_to_ask_anew_asks_anew_to_its_end(
    cli: Cli, server: FaultyOpenAI, first: str, then: str
) -> None:
    suite = cli.suite(number=3)
    cli.run("eval", suite)  # Now all is in the cache.
    shutil.rmtree(only_run(cli).path)
    cut_short(cli, suite, *filter(None, [first]), kept=1)
    server.reset()
    assert cli.run("eval", "--resume", "last", *filter(None, [then])).code is ExitCode.OK
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        (("s.yaml",), "suites"),
        (("-k", "c"), "-k, --tag, --model or --case"),
        (("--case", "c1"), "-k, --tag, --model or --case"),
        (("--repeat", "2"), "--repeat"),
        (("--allow-empty",), "--allow-empty"),
    ],
)
def test_another_selection_would_make_another_run(
    cli: Cli, server: FaultyOpenAI, typed: tuple[str, ...], named: str
) -> None:
    cut_short(cli, cli.suite(number=2), kept=1)
    ended = cli.run("eval", "--resume", "last", *typed)
    assert ended.code is ExitCode.USAGE
    assert f"{named} cannot be given" in ended.err


def test_a_dry_run_is_not_about_the_rest_of_a_run(cli: Cli, server: FaultyOpenAI) -> None:
    assert cli.run("eval", "--resume", "last", "--dry-run").code is ExitCode.USAGE


def test_limits_and_reports_may_be_given_anew(cli: Cli, server: FaultyOpenAI) -> None:
    suite = cli.suite(number=4)
    cut_short(cli, suite, "--no-cache", "--json", "old.json", "--concurrency", "1", kept=2)
    (cli.folder / "old.json").unlink()
    flags = ("--json", "new.json", "--md", "r.md", "--concurrency", "2", "--timeout", "9")
    assert cli.run("eval", "--resume", "last", *flags).code is ExitCode.OK
    assert (cli.folder / "new.json").exists()
    assert (cli.folder / "r.md").exists()
    assert not (cli.folder / "old.json").exists()


def changed_case(cli: Cli) -> None:
    cli.suite(number=4, head="defaults: {mustNotContain: ['never']}")


def another_case(cli: Cli) -> None:
    cli.suite(number=5)


def changed_prompt(cli: Cli) -> None:
    path = cli.folder / "echo.prompt.md"
    path.write_text(path.read_text().replace("You repeat", "You kindly repeat"))


def bumped_prompt(cli: Cli) -> None:
    path = cli.folder / "echo.prompt.md"
    path.write_text(path.read_text().replace("1.0.0", "1.0.1"))


def another_model(cli: Cli) -> None:
    cli.suite("openai/slow-1", number=4)


def another_price(cli: Cli) -> None:
    cli.write("agentops.yaml", PRICED.replace("inputPer1M: 1", "inputPer1M: 3"))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (changed_case, "s.yaml  error  what its cases ask or demand changed"),
        (another_case, "s.yaml  error  which cases are run changed"),
        (changed_prompt, "s.yaml  error  the prompt changed"),
        (bumped_prompt, "s.yaml  error  the prompt changed"),
        (another_model, "s.yaml  error  the models changed"),
        (another_price, "error  the settings of model openai/ok changed"),
    ],
)
def test_a_run_that_would_be_another_one_is_refused_before_any_call(
    cli: Cli, server: FaultyOpenAI, change: Any, told: str
) -> None:
    cli.write("agentops.yaml", PRICED)
    run = cut_short(cli, cli.suite(number=4), kept=2)
    before = run.log.read_bytes()
    change(cli)
    server.reset()
    ended = cli.run("eval", "--resume", "last")
    assert ended.code is ExitCode.INPUT
    assert told in ended.err
    assert "what is in the cache is not paid again" in ended.err
    assert (server.requests, run.log.read_bytes()) == ([], before)


def test_a_model_that_is_asked_elsewhere_is_another_one(
    cli: Cli, server: FaultyOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = cut_short(cli, cli.suite(number=2), kept=1)
    monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/elsewhere")
    ended = cli.run("eval", "--resume", "last")
    assert ended.code is ExitCode.INPUT
    assert "the address of openai/ok changed" in ended.err
    assert server.url not in run.manifest.read_text()


def test_what_decides_on_no_answer_may_change_meanwhile(cli: Cli, server: FaultyOpenAI) -> None:
    cli.write("agentops.yaml", PRICED)
    cut_short(cli, cli.suite(number=4), kept=2)
    cli.suite(number=4, head="gate: {minPassRate: 0.5}\nbudget: {runUsd: 3}")
    cli.write("agentops.yaml", PRICED + "concurrency: 2\ntimeoutS: 9\nreport: {md: r.md}\n")
    assert cli.run("eval", "--resume", "last").code is ExitCode.OK
    assert (cli.folder / "r.md").exists()


def test_a_script_that_changed_would_judge_otherwise(cli: Cli, server: FaultyOpenAI) -> None:
    cli.write("agentops.yaml", "allowScripts: true\n")
    cli.write("checks.py", "def polite(answer, context):\n    return True\n")
    suite = cli.write(
        "s.yaml",
        """
        prompt: echo.prompt.md
        repeat: 2
        cases: [{id: a, input: x, assert: [{script: "checks.py:polite"}]}]
        """,
    )
    cut_short(cli, suite, kept=1)
    cli.write("checks.py", "def polite(answer, context):\n    return False\n")
    ended = cli.run("eval", "--resume", "last")
    assert ended.code is ExitCode.INPUT
    assert "the file checks.py changed" in ended.err


def test_the_version_that_began_a_run_ends_it(cli: Cli, server: FaultyOpenAI) -> None:
    run = cut_short(cli, cli.suite(number=2), kept=1)
    data = json.loads(run.manifest.read_text())
    run.manifest.write_text(json.dumps({**data, "toolVersion": "0.0.1"}))
    ended = cli.run("eval", "--resume", "last")
    assert ended.code is ExitCode.INPUT
    assert "begun by agentops 0.0.1" in ended.err


def test_an_unknown_run_is_answered_with_those_that_there_are(
    cli: Cli, server: FaultyOpenAI
) -> None:
    ended = cli.run("eval", "--resume", "last")
    assert (ended.code, "no run to go on with" in ended.err) == (ExitCode.USAGE, True)
    cli.run("eval", cli.suite())
    cli.run("eval", "s.yaml")
    ended = cli.run("eval", "--resume", "19990101")
    assert ended.code is ExitCode.USAGE
    ids = sorted(path.name for path in (cli.folder / ".agentops" / "runs").iterdir())
    assert f"name one of {ids[1]}, {ids[0]}" in ended.err
    ended = cli.run("eval", "--resume", "20")
    assert (ended.code, "'20' means 2 runs" in ended.err) == (ExitCode.USAGE, True)


def test_the_last_run_is_the_one_that_was_begun_last_also_within_a_second(
    cli: Cli, server: FaultyOpenAI
) -> None:
    suite = cli.suite(number=2)
    for number in range(4):
        cli.run("eval", suite, "-k", f"c{number % 2}", "--json", f"{number}.json")
        assert cli.run("eval", "--resume", "last", "--json", "again.json").code is ExitCode.OK
        assert cli.json("again.json")["run"]["id"] == cli.json(f"{number}.json")["run"]["id"]


def test_a_run_of_pytest_is_not_the_last_one(cli: Cli, server: FaultyOpenAI) -> None:
    run = cut_short(cli, cli.suite(number=2), kept=1)
    data = json.loads(run.manifest.read_text())
    part = run.path.with_name("20991231T000000-abcdef")
    part.mkdir()
    text = json.dumps({**data, "id": part.name, "typed": None})
    (part / "run.json").write_text(text)
    assert cli.run("eval", "--resume", "last").code is ExitCode.OK
    ended = cli.run("eval", "--resume", part.name)
    assert (ended.code, "was part of something else" in ended.err) == (ExitCode.USAGE, True)


def damaged_manifest(run: RunFolder) -> None:
    run.manifest.write_text("{")


def damaged_memory(run: RunFolder) -> None:
    data = json.loads(run.manifest.read_text())
    run.manifest.write_text(json.dumps({**data, "typed": {"suites": 7}}))


def damaged_plan(run: RunFolder) -> None:
    data = json.loads(run.manifest.read_text())
    run.manifest.write_text(json.dumps({**data, "plan": {"suites": [7]}}))


def damaged_log(run: RunFolder) -> None:
    run.log.write_text("what is this?\n" + run.log.read_text())


def missing_log(run: RunFolder) -> None:
    run.log.unlink()


def log_of_another_run(run: RunFolder) -> None:
    run.log.write_text(run.log.read_text().replace(run.run_id, "20200101T000000-abcdef"))


def log_of_another_plan(run: RunFolder) -> None:
    run.log.write_text(run.log.read_text().replace('"index":0', '"index":70'))


def missing_ledger(run: RunFolder) -> None:
    run.ledger.unlink()


def empty_ledger(run: RunFolder) -> None:
    run.ledger.write_text("")


def beheaded_ledger(run: RunFolder) -> None:
    run.ledger.write_text("".join(run.ledger.read_text().splitlines(keepends=True)[1:]))


def doubled_log(run: RunFolder) -> None:
    run.log.write_text(2 * run.log.read_text())


def verdict_without_an_answer(run: RunFolder) -> None:
    [line] = run.log.read_text().splitlines()
    edited = {**json.loads(line), "output": None}
    run.log.write_text(json.dumps(edited) + "\n")


def repeat_of_another_plan(run: RunFolder) -> None:
    run.log.write_text(run.log.read_text().replace('"repeat":0', '"repeat":70000'))


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (damaged_manifest, "run.json' is damaged"),
        (damaged_memory, "is damaged"),
        (damaged_plan, "is damaged"),
        (damaged_log, "is damaged: there is no trial at byte 0"),
        (missing_log, "the trials of run"),
        (log_of_another_run, "has the trials of run 20200101T000000-abcdef"),
        (log_of_another_plan, "a case that is not planned"),
        (missing_ledger, "is gone: nobody knows what the run has spent"),
        (empty_ledger, "is not the ledger of run"),
        (beheaded_ledger, "is not the ledger of run"),
        (doubled_log, "is a copy"),
        (verdict_without_an_answer, "the trial at byte 0 is passed, and by its verdicts errored"),
        (repeat_of_another_plan, "has a repeat of 'c0' that is not planned"),
    ],
)
def test_a_damaged_run_is_an_error_and_nothing_is_spent(
    cli: Cli, server: FaultyOpenAI, damage: Any, told: str
) -> None:
    cli.write("agentops.yaml", PRICED)
    damage(cut_short(cli, cli.suite(number=2), "--concurrency", "1", kept=1))
    server.reset()
    ended = cli.run("eval", "--resume", "last")
    assert ended.code is ExitCode.UNREACHABLE
    assert told in ended.err
    assert "go on with it" not in ended.err
    assert "nothing is left to run" not in ended.err
    assert "Traceback" not in ended.err
    assert server.requests == []


@pytest.mark.parametrize(
    "line",
    [
        "what is this?",
        '{"call":CALL,"at":1.0,"most":{"usd":"NaN","calls":1,"tokens":1},"model":null}',
        '{"call":0,"at":1.0,"spent":{"usd":"-1","calls":1,"tokens":1}}',
    ],
)
def test_a_ledger_that_cannot_be_believed_is_an_error_at_its_line_and_nothing_is_spent(
    cli: Cli, server: FaultyOpenAI, line: str
) -> None:
    cli.write("agentops.yaml", PRICED)
    run = cut_short(cli, cli.suite(number=2), "--concurrency", "1", kept=1)
    size, lines = run.ledger.stat().st_size, len(run.ledger.read_text().splitlines())
    with run.ledger.open("a") as file:
        file.write(line.replace("CALL", str(size)) + "\n")
    server.reset()
    ended = cli.run("eval", "--resume", "last")
    assert (ended.code, server.requests) == (ExitCode.INPUT, [])
    assert f"ledger.jsonl:{lines + 1}  error  this is no entry of a ledger: nobody" in ended.err


@pytest.mark.parametrize("name", ["ledger.jsonl", "trials.jsonl", "run.json", "lock"])
@pytest.mark.parametrize("kind", ["pipe", "folder", "link to a device"])
def test_a_run_is_made_of_ordinary_files_only(
    cli: Cli, server: FaultyOpenAI, name: str, kind: str
) -> None:
    run = cut_short(cli, cli.suite(number=2), kept=1)
    file = run.path / name
    file.unlink()
    if kind == "pipe":
        os.mkfifo(file)
    elif kind == "folder":
        file.mkdir()
    else:
        file.symlink_to("/dev/zero")
    server.reset()
    ended = cli.run("eval", "--resume", "last")
    assert (ended.code, server.requests) == (ExitCode.UNREACHABLE, [])
    assert "Traceback" not in ended.err


def test_events_that_are_no_file_are_passed_over(cli: Cli, server: FaultyOpenAI) -> None:
    run = cut_short(cli, cli.suite(number=2), "--no-cache", kept=1)
    run.events.unlink(missing_ok=True)
    os.mkfifo(run.events)
    assert cli.run("eval", "--resume", "last").code is ExitCode.OK


def test_a_line_that_was_copied_is_not_taken_for_another_attempt(
    cli: Cli, server: FaultyOpenAI
) -> None:
    cli.write("agentops.yaml", "retry: {attempts: 1}\n" + PRICED.replace("slow-1", "500"))
    run = cut_short(cli, cli.suite("openai/500"), "--json", "r.json", kept=2)
    first, second = run.log.read_text().splitlines(keepends=True)
    assert without(json.loads(first), {"start"}) == without(json.loads(second), {"start"})
    run.log.write_text(first + first)
    server.reset()
    ended = cli.run("eval", "--resume", "last")
    assert (ended.code, server.requests) == (ExitCode.UNREACHABLE, [])
    assert f"the trial at byte {len(first):,} is a copy" in ended.err


def test_a_run_that_another_process_works_on_is_refused_by_its_name(
    cli: Cli, server: FaultyOpenAI
) -> None:
    run = cut_short(cli, cli.suite(number=2), kept=1)
    with held_run(run):
        ended = cli.run("eval", "--resume", "last")
    assert ended.code is ExitCode.UNREACHABLE
    assert f"run {run.run_id} is under way in another process" in ended.err
    assert cli.run("eval", "--resume", "last").code is ExitCode.OK


def test_trials_that_were_written_elsewhere_are_gone_on_with_there(
    cli: Cli, server: FaultyOpenAI
) -> None:
    cli.run("eval", cli.suite(number=3), "--no-cache", "--jsonl", "out/t.jsonl")
    log = cli.folder / "out" / "t.jsonl"
    log.write_text("".join(log.read_text().splitlines(keepends=True)[:1]))
    server.reset()
    moved = cli.run("eval", "--resume", "last", "--jsonl", "other.jsonl")
    assert (moved.code, "--jsonl cannot move them" in moved.err) == (ExitCode.USAGE, True)
    assert cli.run("eval", "--resume", "last", "--jsonl", "out/t.jsonl").code is ExitCode.OK
    assert len(server.requests) == 2
    assert len(log.read_text().splitlines()) == 3
    assert not only_run(cli).log.exists()


def test_a_log_that_a_later_run_took_is_not_taken_for_the_earlier_ones(
    cli: Cli, server: FaultyOpenAI
) -> None:
    cli.run("eval", cli.suite(number=2), "--jsonl", "t.jsonl")
    first = only_run(cli)
    cli.run("eval", "s.yaml", "--jsonl", "t.jsonl")
    [second] = {path.name for path in first.path.parent.iterdir()} - {first.run_id}
    ended = cli.run("eval", "--resume", first.run_id)
    assert ended.code is ExitCode.UNREACHABLE
    assert f"has the trials of run {second}" in ended.err


def test_a_run_is_gone_on_with_from_anywhere_in_the_project(
    cli: Cli, server: FaultyOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_short(cli, cli.suite(number=3), "--no-cache", "--json", "out/r.json", kept=1)
    (cli.folder / "out" / "r.json").unlink()
    (cli.folder / "deep" / "down").mkdir(parents=True)
    monkeypatch.chdir(cli.folder / "deep" / "down")
    server.reset()
    assert cli.run("eval", "--resume", "last", "--junit", "j.xml").code is ExitCode.OK
    assert len(server.requests) == 2
    assert (cli.folder / "out" / "r.json").exists()
    assert (cli.folder / "deep" / "down" / "j.xml").exists()


def test_a_project_that_was_moved_is_gone_on_with(
    cli: Cli, server: FaultyOpenAI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli.run("eval", cli.suite(number=3), "--no-cache", "--jsonl", "t.jsonl")
    (cli.folder / "t.jsonl").write_bytes(b"")
    moved = tmp_path.with_name(f"{tmp_path.name}-moved")
    cli.folder.rename(moved)
    monkeypatch.chdir(moved)
    assert cli.run("eval", "--resume", "last").code is ExitCode.OK
    assert len((moved / "t.jsonl").read_text().splitlines()) == 3


def test_what_was_spent_counts_against_the_budget_that_is_left(
    cli: Cli, server: FaultyOpenAI
) -> None:
    cli.write("agentops.yaml", PRICED)
    # 20 calls of $0.000034 make $0.00068; about $0.0004 is reserved for each.
    cut_short(cli, cli.suite(number=20), "--no-cache", kept=2)
    server.reset()
    ended = cli.run("eval", "--resume", "last", "--budget", "0.0006", "--json", "r.json")
    assert (ended.code, server.requests) == (ExitCode.STOPPED, [])
    assert "$0.00068 are spent" in ended.out
    assert Decimal(cli.json()["run"]["lostUsd"]) == 18 * Decimal("0.000034")
    assert "lost with a process that ended early: $0.000612" in ended.out
    assert cli.run("eval", "--resume", "last", "--budget", "0.01").code is ExitCode.OK
    assert len(server.requests) == 18


def test_a_budget_that_was_typed_still_holds_unless_another_is(
    cli: Cli, server: FaultyOpenAI
) -> None:
    cli.write("agentops.yaml", PRICED)
    ended = cli.run("eval", cli.suite(number=6), "--no-cache", "--budget", "0.0000001")
    assert ended.code is ExitCode.STOPPED
    assert f"agentops eval --resume {only_run(cli).run_id} --budget USD" in ended.err
    assert cli.run("eval", "--resume", "last").code is ExitCode.STOPPED
    assert server.requests == []
    assert cli.run("eval", "--resume", "last", "--budget", "1").code is ExitCode.OK
    assert len(server.requests) == 6


def test_a_budget_of_the_environment_still_holds_unless_another_is_there(
    cli: Cli, server: FaultyOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli.write("agentops.yaml", PRICED)
    monkeypatch.setenv("AGENTOPS_BUDGET", "0.0000001")
    assert cli.run("eval", cli.suite(number=2)).code is ExitCode.STOPPED
    monkeypatch.delenv("AGENTOPS_BUDGET")
    assert cli.run("eval", "--resume", "last").code is ExitCode.STOPPED
    monkeypatch.setenv("AGENTOPS_BUDGET", "1")
    assert cli.run("eval", "--resume", "last").code is ExitCode.OK


def told_way_on(ended: Ended) -> bool:
    return "to go on with it: agentops eval --resume 20" in ended.err


def test_a_run_that_misses_something_tells_how_to_go_on_with_it(
    cli: Cli, server: FaultyOpenAI
) -> None:
    cli.write("agentops.yaml", "retry: {attempts: 1}\n")
    assert told_way_on(cli.run("eval", cli.suite("openai/500")))
    assert not told_way_on(cli.run("eval", cli.suite("openai/ok")))
    case = "{id: a, input: x, mustContain: zebra}"
    lost = cli.run("eval", cli.write("l.yaml", f"prompt: echo.prompt.md\ncases: [{case}]\n"))
    assert (lost.code, told_way_on(lost)) == (ExitCode.REJECTED, False)


def test_metrics_count_what_was_answered_also_where_it_was_redacted(
    cli: Cli, server: FaultyOpenAI
) -> None:
    rows = "".join(f"r{n},person{n}@firma.de,person{n}@firma.de\n" for n in range(4))
    cli.write("rows.csv", "id,input,email\n" + rows)
    suite = cli.write(
        "s.yaml",
        r"""
        prompt: echo.prompt.md
        datasets:
          - file: rows.csv
            input: input
            assert: [{contains: "said"}]
        metrics:
          - kind: classification
            name: who
            expected: "{{ row.email }}"
            actual: {regex: '(\S+@\S+)'}
            labels: [person0@firma.de, person1@firma.de, person2@firma.de,
                     person3@firma.de]
        """,
    )
    run = cut_short(cli, suite, "--json", "r.json", "--no-cache", kept=3)
    undisturbed = result_of(cli)
    assert "@firma.de" not in json.loads(run.log.read_text().splitlines()[0])["output"]
    assert cli.run("eval", "--resume", "last", "--json", "again.json").code is ExitCode.OK
    assert result_of(cli, "again.json") == undisturbed
    [metric] = undisturbed["suites"][0]["metrics"]
    assert metric["figures"][0] == {**metric["figures"][0], "name": "accuracy", "value": 1.0}


def test_a_part_of_a_run_is_gone_on_with_as_that_part(cli: Cli, server: FaultyOpenAI) -> None:
    cli.write("agentops.yaml", PRICED)
    suite = cli.suite(number=12)
    flags = ("--shard", "2/3", "--no-cache", "--json", "r.json")
    whole = cli.run("eval", suite, *flags)
    undisturbed = result_of(cli)
    planned = undisturbed["totals"]["cases"]
    assert 1 < planned < 12
    run = only_run(cli)
    run.log.write_text("".join(run.log.read_text().splitlines(keepends=True)[:1]))
    server.reset()
    ended = cli.run("eval", "--resume", "last", "--json", "again.json")
    assert ended.code is whole.code is ExitCode.OK
    assert len(server.requests) == planned - 1
    assert result_of(cli, "again.json") == undisturbed
    assert undisturbed["run"]["shard"]["number"] == 2
    assert cli.run("eval", "--resume", "last", "--shard", "1/3").code is ExitCode.USAGE


def test_repeats_that_were_not_needed_are_not_run_by_a_run_that_goes_on(
    cli: Cli, server: FaultyOpenAI
) -> None:
    suite = cli.suite(number=2, head="repeat: 5\nrepeatPass: 3/5")
    run = cut_short(cli, suite, "--repeat", "auto", "--no-cache", "--json", "r.json", kept=4)
    undisturbed = result_of(cli)
    assert len(server.requests) == 6
    server.reset()
    assert cli.run("eval", "--resume", run.run_id).code is ExitCode.OK
    assert len(server.requests) == 2
    assert result_of(cli) == undisturbed


def test_a_cassette_that_changed_would_answer_otherwise(cli: Cli, server: FaultyOpenAI) -> None:
    suite = cli.suite(number=2)
    assert cli.run("eval", suite, "--record").code is ExitCode.OK
    assert cli.run("eval", suite, "--replay").code is ExitCode.OK
    cassette = next((cli.folder / "cassettes").glob("*.jsonl"))
    cassette.write_text(cassette.read_text().replace("You said", "They said"))
    ended = cli.run("eval", "--resume", "last")
    assert ended.code is ExitCode.INPUT
    assert "the file cassettes/s.jsonl changed" in ended.err


def test_what_a_killed_process_recorded_is_missed_aloud(cli: Cli, server: FaultyOpenAI) -> None:
    run = cut_short(cli, cli.suite(number=3), "--record", kept=2)
    assert "is in no cassette" not in cli.run("eval", "--resume", "last").out
    run.log.write_text("".join(run.log.read_text().splitlines(keepends=True)[:2]))
    data = json.loads(run.manifest.read_text())
    run.manifest.write_text(json.dumps({**data, "finished": None}))
    ended = cli.run("eval", "--resume", "last")
    assert ended.code is ExitCode.OK
    assert "what a process of this run recorded before is in no cassette" in ended.out
    assert "--record missing" in ended.out


def test_an_agent_never_meets_the_state_of_a_trial_that_was_cut_off(cli: Cli) -> None:
    cli.write(
        "bot.py",
        r"""
        def answer(input, context):
            with open("conversations", "a") as file:
                file.write(context["conversation"] + "\n")
            return input
        """,
    )
    cli.write("agentops.yaml", "agents: {bot: {python: 'bot:answer', maxUsdPerCall: 0}}\n")
    suite = cli.write(
        "s.yaml", "models: [agent/bot]\ncases:\n  - {id: a, input: x, mustContain: x}\n"
    )
    cut_short(cli, suite, kept=0)
    for _ in range(2):
        assert cli.run("eval", "--resume", "last").code is ExitCode.OK
        only_run(cli).log.write_text("")
    met = (cli.folder / "conversations").read_text().split()
    assert len(met) == len(set(met)) == 3


@pytest.mark.parametrize(
    ("config", "head", "flags", "told"),
    [
        (
            "calls: 1",
            "",
            (),
            "raise budget.calls in agentops.yaml:4, then: agentops eval --resume {}",
        ),
        ("caseUsd: 0.000001", "", (), "raise budget.caseUsd in agentops.yaml:4, then: "),
        ("runUsd: 0.000001", "", (), "raise budget.runUsd in agentops.yaml:4, then: "),
        (
            "runUsd: 0.000001",
            "",
            ("--budget", "1"),
            "raise budget.runUsd in agentops.yaml:4, then: ",
        ),
        ("runUsd: 1", "budget: {tokens: 9}", (), "raise budget.tokens in s.yaml, then: "),
        ("runUsd: 1", "", ("--budget", "0.000001"), "agentops eval --resume {} --budget USD"),
    ],
)
def test_what_is_advised_after_a_limit_is_what_lets_the_run_end(
    cli: Cli, server: FaultyOpenAI, config: str, head: str, flags: tuple[str, ...], told: str
) -> None:
    prices = PRICED.rpartition("budget:")[0]
    cli.write("agentops.yaml", f"{prices}budget: {{{config}}}\n")
    ended = cli.run("eval", cli.suite(number=3, head=head), *flags)
    assert ended.code is ExitCode.STOPPED
    way_on = f"to go on with it: {told.format(only_run(cli).run_id)}"
    assert way_on in ended.err
    assert ("--budget USD" in ended.err) is ("--budget USD" in told)
    cli.write("agentops.yaml", f"{prices}budget: {{runUsd: 1}}\n")
    cli.suite(number=3)
    again = ("--budget", "1") if flags else ()
    assert cli.run("eval", "--resume", "last", *again).code is ExitCode.OK


def test_a_suite_that_is_gone_is_a_plan_that_changed(cli: Cli, server: FaultyOpenAI) -> None:
    cut_short(cli, cli.suite(number=2), kept=1)
    (cli.folder / "s.yaml").rename(cli.folder / "t.yaml")
    ended = cli.run("eval", "--resume", "last")
    assert ended.code is ExitCode.INPUT
    assert "nothing matches suite 's.yaml' any more  [plan-changed]" in ended.err
    assert "--allow-empty" not in ended.err


def test_what_a_replay_misses_is_recorded_not_gone_on_with(cli: Cli, server: FaultyOpenAI) -> None:
    cli.run("eval", cli.suite(number=1), "--record")
    ended = cli.run("eval", cli.suite(number=2), "--replay")
    assert ended.code is ExitCode.UNREACHABLE
    assert "--resume" not in ended.err
    assert "run the suites with --record missing" in ended.err


def test_what_a_full_disk_loses_is_in_the_report_of_that_run(
    cli: Cli, server: FaultyOpenAI
) -> None:
    cli.write("agentops.yaml", PRICED)
    suite = cli.suite(number=20)
    with files_limited_to(6000):
        ended = cli.run("eval", suite, "--no-cache", "--concurrency", "4")
    assert ended.code is ExitCode.UNREACHABLE
    [run] = (cli.folder / ".agentops" / "runs").iterdir()
    kept = len((run / "trials.jsonl").read_text().splitlines())
    assert 0 < kept < len(server.requests) < 20
    assert f"{kept} of {kept} judged cases passed" in ended.out
    assert "lost with a process that ended early: " in ended.out
    lost = Decimal(ended.out.partition("ended early: ")[2].partition("$")[2].split()[0])
    assert lost >= (len(server.requests) - kept) * Decimal("0.000034")
    with files_limited_to((run / "trials.jsonl").stat().st_size):
        again = cli.run("eval", "--resume", "last")
    assert again.code is ExitCode.UNREACHABLE
    assert "nothing is left to run" not in again.err
    assert "to go on with it: agentops eval --resume" in again.err
    assert cli.run("eval", "--resume", "last").code is ExitCode.OK

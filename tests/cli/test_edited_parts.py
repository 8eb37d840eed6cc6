"""Parts that were changed after they were written, or that say what cannot be."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from agentops_cli.errors import ExitCode
from tests.cli.running import Cli
from tests.cli.test_shards import part, parts, refused, write
from tests.servers.faulty_openai import FaultyOpenAI

Edit = Callable[[Any], object]


def first(data: Any) -> Any:
    """The first case of a result."""
    return data["suites"][0]["cases"][0]


def shard(data: Any) -> Any:
    return data["run"]["shard"]


def copied(data: Any) -> None:
    """The first case takes the place of the last one."""
    cases = data["suites"][0]["cases"]
    cases[-1] = {**cases[0], "index": cases[-1]["index"]}


EDITS: dict[str, tuple[Edit, str]] = {
    "an outcome": (lambda d: first(d).update(outcome="failed"), "it is failed, which does not"),
    "a tally": (lambda d: first(d)["tally"].update(passed=2), "its tally is not that"),
    "no trials": (lambda d: first(d).update(trials=[]), "its tally is not that"),
    "a trial": (lambda d: first(d)["trials"][0].update(outcome="failed"), "by its verdicts passed"),
    "a trial twice": (lambda d: first(d)["trials"].append(first(d)["trials"][0]), "its repeats"),
    "a copy": (copied, "1 of its cases are there already"),
    "a gate": (lambda d: d["suites"][0]["gate"].update(minPassRate=0.1), "the gate of s.yaml is"),
    "the suite": (lambda d: d["suites"][0].update(name="x"), "its suite s.yaml is not as it is"),
    "dollars that are none": (lambda d: first(d).update(costUsd="NaN"), "no amount of dollars"),
    "negative dollars": (lambda d: first(d).update(costUsd="-5"), "no amount of dollars"),
    "infinite dollars": (lambda d: first(d).update(judgeCostUsd="Infinity"), "no amount"),
    "an exponent": (lambda d: first(d).update(costUsd="1E+999999999"), "no amount of dollars"),
    "dollars in a trial": (lambda d: first(d)["trials"][0].update(costUsd="-1"), "no amount"),
    "a number": (lambda d: first(d)["trials"][0].update(latencyS="x"), "latency_s cannot be 'x'"),
    "infinite seconds": (lambda d: first(d).update(latencyS=float("inf")), "no number of JSON"),
    "negative seconds": (lambda d: first(d)["trials"][0].update(latencyS=-1), "latency_s cannot"),
    "a text": (lambda d: first(d)["trials"][0].update(output=5), "text cannot be 5"),
    "a reason": (lambda d: first(d)["trials"][0]["verdicts"][0].update(reason=[]), "reason cannot"),
    "a negative count": (lambda d: first(d)["usage"].update(inputTokens=-1), "input_tokens cannot"),
    "no zone": (lambda d: d["run"].update(started="2026-01-01T00:00:00"), "started cannot be"),
    "no plan": (lambda d: shard(d).update(plan=None), "plan cannot be None"),
    "an empty plan": (lambda d: shard(d).update(plan={}), "its plan is damaged"),
    "very many parts": (lambda d: shard(d).update(count=10**9), "at most 256 parts"),
    "part 0": (lambda d: shard(d).update(number=0), "there is no part 0 of 2"),
    "very many cases": (
        lambda d: shard(d)["plan"]["suites"][0].update(cases=10**12),
        "its plan is damaged",
    ),
    "the plan": (
        lambda d: shard(d)["plan"]["suites"][0].update(digest="0"),
        "what it was made of was changed since",
    ),
    "the commit": (
        lambda d: d["run"].update(git={"commit": "0" * 40, "branch": None, "dirty": False}),
        "what it was made of was changed since",
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_a_part_that_was_edited_is_refused_by_its_name(
    cli: Cli, server: FaultyOpenAI, name: str
) -> None:
    edit, words = EDITS[name]
    write(cli)
    parts(cli, 2)
    data = cli.json("2.json")
    edit(data)
    cli.write("2.json", json.dumps(data))
    began = time.monotonic()
    err = refused(cli, "1.json", "2.json")
    assert time.monotonic() - began < 5
    assert "2.json  error  " in err
    assert words in err


def test_what_is_wrong_with_several_parts_is_told_together(cli: Cli, server: FaultyOpenAI) -> None:
    write(cli)
    parts(cli, 2)
    for name in ("1.json", "2.json"):
        data = cli.json(name)
        first(data)["outcome"] = "failed"
        data["suites"][0]["gate"]["minPassRate"] = 0
        cli.write(name, json.dumps(data))
    err = refused(cli, "1.json", "2.json")
    assert err.count("it is failed, which does not follow from its trials") == 2
    assert err.count("the gate of s.yaml is not that of its plan") == 2


def test_a_replayed_part_is_not_merged_with_one_that_asked(cli: Cli, server: FaultyOpenAI) -> None:
    write(cli)
    assert cli.run("eval", "s.yaml", "--record").code is ExitCode.OK
    part(cli, 1, 2, "--replay")
    part(cli, 2, 2)
    err = refused(cli, "1.json", "2.json")
    assert "where their answers are from (cassettes alone and calls)" in err
    part(cli, 2, 2, "--replay")
    assert cli.run("report", "merge", "1.json", "2.json").code is ExitCode.OK


def test_parts_may_differ_in_what_decides_no_answer(cli: Cli, server: FaultyOpenAI) -> None:
    write(cli)
    part(cli, 1, 2, "--no-cache")
    cli.write(
        "agentops.yaml",
        "cache: {folder: elsewhere, maxMb: 7}\nconcurrency: 3\ntimeoutS: 50\n"
        "retry: {attempts: 2}\nreport: {md: r.md}\nmodels: {openai/ok: {rpm: 900}}\n",
    )
    part(cli, 2, 2)
    assert cli.run("report", "merge", "1.json", "2.json").code is ExitCode.OK


def test_a_part_that_was_gone_on_with_under_a_larger_budget_is_merged(
    cli: Cli, server: FaultyOpenAI
) -> None:
    cli.write("agentops.yaml", "models: {openai/ok: {price: {inputPer1M: 9, outputPer1M: 9}}}\n")
    write(cli)
    budget = ("--no-cache", "--budget", "0.0005")
    assert part(cli, 1, 2, *budget).code is ExitCode.STOPPED
    assert cli.run("eval", "--resume", "last", "--budget", "0.5").code is ExitCode.OK
    part(cli, 2, 2, "--no-cache", "--budget", "0.5")
    assert cli.run("report", "merge", "1.json", "2.json").code is ExitCode.OK
    part(cli, 2, 2, "--no-cache", "--budget", "0.4")
    merged = cli.run("report", "merge", "1.json", "2.json", "--json", "m.json")
    assert merged.code is ExitCode.OK
    assert "parts had different budgets for the whole run ($0.50, $0.40), together $0.4" in (
        merged.out
    )


def test_what_a_part_says_gives_a_ci_server_no_orders(cli: Cli, server: FaultyOpenAI) -> None:
    write(cli, failing=(1, 2))
    for number in (1, 2):
        part(cli, number, 2)
    order = "a\n::error::pwn ##[error]x"
    for name in ("1.json", "2.json"):
        data = cli.json(name)
        data["run"]["incidents"] = [
            {"guard": order, "message": order, "at": "2026-01-01T00:00:00+00:00"}
        ]
        for case in data["suites"][0]["cases"]:
            case["id"] += order
            for verdict in case["trials"][0]["verdicts"]:
                verdict["reason"] = order
                verdict["kind"] = order
        notes = [{"rule": order, "message": order, "fix": order, "severity": "error"}]
        data["gate"]["reasons"] += [{**note, "location": None} for note in notes]
        cli.write(name, json.dumps(data))
    merged = cli.run("report", "merge", "1.json", "2.json", "--verbose", "--junit", "j.xml")
    assert merged.code is ExitCode.REJECTED
    assert "pwn" in merged.out
    junit = (cli.folder / "j.xml").read_text("utf-8")
    for text in (merged.out, merged.err, junit):
        assert not [line for line in text.splitlines() if line.lstrip().startswith("::")]
    assert "##[" not in merged.out


def test_a_data_set_gives_a_ci_server_no_orders(cli: Cli, server: FaultyOpenAI) -> None:
    cli.write("d.csv", 'id,input\n"a\n::error::pwn",say it\n')
    cli.write(
        "s.yaml",
        "prompt: echo.prompt.md\ndatasets:\n"
        "  - {file: d.csv, id: id, input: input, assert: [{mustContain: zebra}]}\n",
    )
    ended = cli.run("eval", "s.yaml", "--junit", "j.xml")
    assert "pwn" in ended.out + ended.err
    for text in (ended.out, ended.err, (cli.folder / "j.xml").read_text("utf-8")):
        assert not [line for line in text.splitlines() if line.lstrip().startswith("::")]

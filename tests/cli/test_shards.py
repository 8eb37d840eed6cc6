import json
from decimal import Decimal
from typing import Any

import pytest

from agentops_cli.errors import ExitCode
from tests.cli.running import Cli, Ended
from tests.servers.faulty_openai import FaultyOpenAI

PRICED = "models: {openai/ok: {price: {inputPer1M: 1, outputPer1M: 1}}}\n"


def part(cli: Cli, number: int, count: int, *args: str, name: str = "") -> Ended:
    """Runs one part, whose result is `1.json` or as it is named."""
    result = name or f"{number}.json"
    return cli.run("eval", "s.yaml", "--shard", f"{number}/{count}", "--json", result, *args)


def parts(cli: Cli, count: int, *args: str) -> list[str]:
    """Runs all parts and gives their results."""
    for number in range(1, count + 1):
        assert part(cli, number, count, *args).code is ExitCode.OK
    return [f"{number}.json" for number in range(1, count + 1)]


def write(cli: Cli, **heads: Any) -> None:
    """A suite of eight cases; `failing` are those that fail, `gate` and the like its other keys."""
    failing = heads.pop("failing", ())
    head = "".join(f"{key}: {json.dumps(value)}\n" for key, value in heads.items())
    cases = "".join(
        f"  - {{id: c{n}, input: 'say {n}', mustContain: '{'zebra' if n in failing else n}'}}\n"
        for n in range(8)
    )
    cli.write("s.yaml", f"prompt: echo.prompt.md\n{head}cases:\n{cases}")


def test_a_part_says_that_it_has_no_verdict_and_the_whole_has_one(
    cli: Cli, server: FaultyOpenAI
) -> None:
    write(cli)
    ended = part(cli, 2, 4, "--md", "r.md", "--junit", "j.xml")
    assert ended.code is ExitCode.OK
    assert "PASS" not in ended.out
    assert "PART 2 OF 4  " in ended.out
    assert "(exit 0: A part has no verdict by itself.)" in ended.out
    assert "merge it with the others: agentops report merge RESULT…" in ended.out
    assert "Part 2 of 4, no verdict by itself" in (cli.folder / "r.md").read_text("utf-8")
    assert cli.json("2.json")["gate"]["passed"] is False
    assert (shard := cli.json("2.json")["run"]["shard"])["number"] == 2
    assert (shard["count"], shard["planned"]) == (4, 8)
    # No testcase stands for a verdict that there is not, and the gate is not said to have one.
    [group] = cli.junit().iter("testsuite")
    values = {each.attrib["name"]: each.attrib["value"] for each in group.iter("property")}
    assert (values["shard"], values["gate"]) == ("2/4", "not judged: part 2 of 4")
    assert {case.attrib["name"] for case in cli.junit().iter("testcase")} <= {
        f"c{n}" for n in range(8)
    }
    merged = cli.run("report", "merge", *parts(cli, 4), "--json", "m.json")
    assert merged.code is ExitCode.OK
    assert "PASS  8 of 8 judged cases passed" in merged.out
    assert cli.json("m.json")["gate"]["passed"] is True


def test_a_part_of_failures_is_no_verdict_while_the_others_could_make_up_for_it(
    cli: Cli, server: FaultyOpenAI
) -> None:
    write(cli, failing=range(4), gate={"minPassRate": 0.5})
    results = parts(cli, 3)
    assert cli.run("report", "merge", *results).code is ExitCode.OK
    write(cli, failing=range(5), gate={"minPassRate": 0.5})
    # No part has five failures, so that none can tell; together they are too many.
    assert cli.run("report", "merge", *parts(cli, 8)).code is ExitCode.REJECTED


def test_a_part_rejects_what_no_other_part_can_mend(cli: Cli, server: FaultyOpenAI) -> None:
    write(cli, failing=(0,))
    codes = [part(cli, number, 3).code for number in (1, 2, 3)]
    assert sorted(codes) == [ExitCode.OK, ExitCode.OK, ExitCode.REJECTED]
    lost = codes.index(ExitCode.REJECTED) + 1
    ended = part(cli, lost, 3)
    assert f"part {lost} of 3: whatever the others find, the whole run is rejected" in ended.out
    assert "of at most 8 cases failed" in ended.out
    assert part(cli, lost, 3, "--exit-zero").code is ExitCode.OK
    merged = cli.run("report", "merge", "1.json", "2.json", "3.json")
    assert merged.code is ExitCode.REJECTED
    assert "1 of 8 judged cases failed: pass rate 87.5%" in merged.out


def test_a_part_that_could_not_be_judged_is_unreachable_and_so_is_the_whole(
    cli: Cli, server: FaultyOpenAI
) -> None:
    write(cli, models=["openai/500"])
    cli.write("agentops.yaml", "retry: {attempts: 1}\nbreaker: {cooldownS: 0}\n")
    codes = {part(cli, number, 2).code for number in (1, 2)}
    assert codes == {ExitCode.UNREACHABLE}
    assert cli.run("report", "merge", "1.json", "2.json").code is ExitCode.UNREACHABLE


def test_an_empty_part_is_no_mistake_says_so_and_is_merged(cli: Cli, server: FaultyOpenAI) -> None:
    cli.suite(number=1)
    ended = [part(cli, number, 3) for number in (1, 2, 3)]
    assert [one.code for one in ended] == [ExitCode.OK] * 3
    assert sum("has no cases: no verdict by itself" in one.out for one in ended) == 2
    assert len(server.requests) == 1
    assert cli.run("report", "merge", "1.json", "2.json", "3.json").code is ExitCode.OK


def test_a_selection_that_matches_nothing_is_a_typo_in_a_part_too(
    cli: Cli, server: FaultyOpenAI
) -> None:
    cli.suite(number=1)
    assert part(cli, 1, 2, "-k", "nothing").code is ExitCode.EMPTY


def test_all_models_of_a_case_are_in_one_part(cli: Cli, server: FaultyOpenAI) -> None:
    write(cli, models=["openai/ok", "openai/other"])
    for name in parts(cli, 3):
        [suite] = cli.json(name)["suites"]
        of = {
            model: [case["id"] for case in suite["cases"] if case["model"] == model]
            for model in ("openai/ok", "openai/other")
        }
        assert of["openai/ok"] == of["openai/other"]


def test_the_budget_is_one_budget(cli: Cli, server: FaultyOpenAI) -> None:
    cli.write("agentops.yaml", f"{PRICED}budget: {{runUsd: 0.01, calls: 9}}\n")
    write(cli, budget={"runUsd": 0.5})
    names = parts(cli, 3, "--no-cache")
    own = [Decimal(cli.json(name)["run"]["budgetUsd"]) for name in names]
    assert sum(own) == Decimal("0.01")
    assert all(usd > 0 for usd in own)
    assert {cli.json(name)["run"]["shard"]["budgetUsd"] for name in names} == {"0.01"}
    assert cli.run("report", "merge", *names, "--json", "m.json").code is ExitCode.OK
    assert cli.json("m.json")["run"]["budgetUsd"] == "0.01"


def test_a_part_that_has_spent_its_share_is_stopped(cli: Cli, server: FaultyOpenAI) -> None:
    cli.write("agentops.yaml", "budget: {calls: 4}\n")
    write(cli)
    codes = [part(cli, number, 2, "--no-cache").code for number in (1, 2)]
    assert ExitCode.STOPPED in codes
    assert len(server.requests) <= 4
    assert cli.run("report", "merge", "1.json", "2.json").code is ExitCode.STOPPED


@pytest.mark.parametrize("shard", ["0/4", "5/4", "1", "1/0", "a/b", "1/1000", "-1/4", "1/4/4"])
def test_a_shard_that_cannot_be_is_refused(cli: Cli, server: FaultyOpenAI, shard: str) -> None:
    cli.suite()
    ended = cli.run("eval", "s.yaml", "--json", "r.json", f"--shard={shard}")
    assert ended.code is ExitCode.USAGE
    assert "--shard must be a part of how many" in ended.err


def test_a_part_whose_result_nobody_would_have_is_refused(cli: Cli, server: FaultyOpenAI) -> None:
    cli.suite()
    ended = cli.run("eval", "s.yaml", "--shard", "1/2")
    assert ended.code is ExitCode.USAGE
    assert "add --json FILE" in ended.err
    assert not server.requests
    assert cli.run("eval", "s.yaml", "--shard", "1/2", "--dry-run").code is ExitCode.OK
    assert cli.run("eval", "s.yaml", "--shard", "1/2", "--format", "json").code is ExitCode.OK


def test_durations_without_a_part_or_a_file_are_refused(cli: Cli, server: FaultyOpenAI) -> None:
    cli.suite()
    assert cli.run("eval", "s.yaml", "--durations", "r.json").code is ExitCode.USAGE
    ended = part(cli, 1, 2, "--durations", "none.json")
    assert ended.code is ExitCode.INPUT
    assert "none.json  error  there is no such file" in ended.err
    cli.write("bad.json", "{}")
    ended = part(cli, 1, 2, "--durations", "bad.json")
    assert ended.code is ExitCode.INPUT
    assert "name a result that `agentops eval --json FILE` wrote" in ended.err
    assert not server.requests


# Merging


def refused(cli: Cli, *names: str) -> str:
    ended = cli.run("report", "merge", *names, "--json", "m.json")
    assert ended.code is ExitCode.INPUT, ended.out
    assert not (cli.folder / "m.json").exists()
    return ended.err


def test_a_missing_part_fails_the_merge(cli: Cli, server: FaultyOpenAI) -> None:
    write(cli)
    parts(cli, 4)
    assert "part 3 of 4 is missing" in refused(cli, "1.json", "2.json", "4.json")
    assert "parts 1, 3 of 4 are missing" in refused(cli, "4.json", "2.json")


def test_every_mistake_is_told_at_once(cli: Cli, server: FaultyOpenAI) -> None:
    write(cli)
    parts(cli, 3)
    cli.run("eval", "s.yaml", "--json", "whole.json")
    cli.write("bad.json", "{")
    cli.write("other.json", '{"a": 1}')
    newer = (cli.folder / "2.json").read_text().replace('"schema":1', '"schema":2')
    cli.write("newer.json", newer)
    names = ["1.json", "3.json", "3.json", "whole.json", "bad.json", "other.json", "newer.json"]
    err = refused(cli, *names, "none.json")
    for message in (
        "3.json  error  part 3 of 3 is in 3.json as well",
        "whole.json  error  this is the result of a whole run, not of a part",
        "bad.json  error  is no result of agentops: ",
        "other.json  error  is no result of agentops: no 'schema' is in it",
        "newer.json  error  result schema 2 is not one that this version reads",
        "none.json  error  cannot be read: No such file or directory",
        "part 2 of 3 is missing",
        "7 mistakes found",
    ):
        assert message in err


def test_parts_of_different_runs_are_told_apart_by_what_differs(
    cli: Cli, server: FaultyOpenAI
) -> None:
    write(cli)
    parts(cli, 2)
    prompt = (cli.folder / "echo.prompt.md").read_text()

    def told() -> str:
        part(cli, 2, 2, name="x.json")
        return refused(cli, "1.json", "x.json")

    cli.write("echo.prompt.md", prompt.replace("repeat", "echo"))
    assert "they differ in: the prompt (s.yaml)" in told()
    cli.write("echo.prompt.md", prompt)
    cli.write("agentops.yaml", "models: {openai/ok: {gateway: litellm}}\n")
    assert "they differ in: the settings of model openai/ok" in told()
    cli.write("agentops.yaml", "")
    write(cli, gate={"minPassRate": 0.5})
    assert "they differ in: the gate (s.yaml)" in told()
    write(cli, failing=(3,))
    assert "they differ in: what its cases ask or demand (s.yaml)" in told()
    write(cli)
    part(cli, 2, 2, "--durations", "1.json", name="x.json")
    assert "the durations by which they are balanced" in refused(cli, "1.json", "x.json")
    part(cli, 2, 3, name="x.json")
    assert "the number of parts (2 and 3)" in refused(cli, "1.json", "x.json")
    part(cli, 2, 2, "--case", "c1", name="x.json")
    assert "which cases are run (s.yaml)" in refused(cli, "1.json", "x.json")


def test_a_commit_between_two_parts_is_told(cli: Cli, server: FaultyOpenAI) -> None:
    import subprocess

    write(cli)

    def commit(text: str) -> None:
        for command in (["add", "."], ["commit", "--quiet", "-m", text]):
            subprocess.run(["git", *command], cwd=cli.folder, check=True)

    commit("one")
    part(cli, 1, 2)
    cli.write("notes.md", "x")
    commit("two")
    part(cli, 2, 2)
    assert "they differ in: the commit (" in refused(cli, "1.json", "2.json")


def test_a_case_that_is_in_two_parts_or_in_none_fails_the_merge(
    cli: Cli, server: FaultyOpenAI
) -> None:
    write(cli)
    parts(cli, 2)
    data = cli.json("1.json")
    cases = data["suites"][0]["cases"]
    taken = cli.json("2.json")["suites"][0]["cases"][0]
    cases[-1]["index"] = taken["index"]
    cli.write("x.json", json.dumps(data))
    err = refused(cli, "x.json", "2.json")
    assert "1 cases are in several parts: 1 of s.yaml" in err
    assert "1 cases are in no part: 1 of s.yaml" in err
    cases[-1]["index"] = 99
    cli.write("x.json", json.dumps(data))
    assert "1 of its cases are not where the plan has them" in refused(cli, "x.json", "2.json")


def test_an_interrupted_part_leaves_the_whole_without_a_verdict(
    cli: Cli, server: FaultyOpenAI
) -> None:
    write(cli)
    parts(cli, 2)
    data = cli.json("2.json")
    data["gate"] = {"passed": False, "exitCode": 130, "exit": "interrupted", "reasons": []}
    [suite] = data["suites"]
    suite["cases"][0] |= {
        "outcome": "skipped",
        "trials": [],
        "note": "not run: interrupted before it began",
        "tally": dict.fromkeys(suite["cases"][0]["tally"], 0) | {"skipped": 1},
    }
    cli.write("2.json", json.dumps(data))
    assert cli.run("report", "merge", "1.json", "2.json").code is ExitCode.INTERRUPTED
    # Where no part says why, a case that nobody ran is not taken for one that did not matter.
    data["gate"] |= {"exitCode": 0, "exit": "ok"}
    cli.write("2.json", json.dumps(data))
    merged = cli.run("report", "merge", "1.json", "2.json")
    assert merged.code is ExitCode.UNREACHABLE
    assert "1 of 8 cases were never begun" in merged.out


def test_a_part_that_could_not_write_its_trials_leaves_the_whole_without_a_verdict(
    cli: Cli, server: FaultyOpenAI
) -> None:
    write(cli)
    parts(cli, 2)
    data = cli.json("2.json")
    full = {
        "rule": "store",
        "severity": "error",
        "message": "the disk is full",
        "location": None,
        "fix": None,
    }
    data["gate"] = {"passed": False, "exitCode": 7, "exit": "unreachable", "reasons": [full]}
    cli.write("2.json", json.dumps(data))
    merged = cli.run("report", "merge", "1.json", "2.json")
    assert merged.code is ExitCode.UNREACHABLE
    assert "the disk is full" in merged.out


def test_a_result_that_was_formatted_by_something_else_is_as_good(
    cli: Cli, server: FaultyOpenAI
) -> None:
    write(cli)
    names = parts(cli, 2)
    cli.run("report", "merge", *names, "--json", "m.json", "--junit", "m.xml")
    for name in names:
        text = json.dumps(cli.json(name), indent=2, sort_keys=True, ensure_ascii=False)
        cli.write(name, text)
    assert cli.run("report", "merge", *names, "--json", "n.json", "--junit", "n.xml").code == 0
    for one, other in (("m.json", "n.json"), ("m.xml", "n.xml")):
        assert (cli.folder / one).read_bytes() == (cli.folder / other).read_bytes()


def test_no_report_is_written_over_a_part(cli: Cli, server: FaultyOpenAI) -> None:
    write(cli)
    names = parts(cli, 2)
    before = (cli.folder / "1.json").read_bytes()
    cli.write("agentops.yaml", "report: {json: 1.json}\n")
    ended = cli.run("report", "merge", *names)
    assert ended.code is ExitCode.USAGE
    assert "a report would be written over the part" in ended.err
    assert (cli.folder / "1.json").read_bytes() == before


def test_the_merged_result_goes_to_stdout_as_json(cli: Cli, server: FaultyOpenAI) -> None:
    write(cli, failing=(1,))
    for number in (1, 2):
        part(cli, number, 2)
    ended = cli.run("report", "merge", "2.json", "1.json", "--format", "json")
    assert ended.code is ExitCode.REJECTED
    data = json.loads(ended.out)
    assert data["totals"]["outcomes"]["failed"] == 1
    assert [case["index"] for case in data["suites"][0]["cases"]] == list(range(8))
    assert "merged 2 parts: " in ended.err
    again = cli.run("report", "merge", "1.json", "2.json", "--format", "json", "--exit-zero")
    assert again.code is ExitCode.OK
    assert again.out == ended.out


def test_a_part_is_gone_on_with_as_a_part(cli: Cli, server: FaultyOpenAI) -> None:
    cli.write("agentops.yaml", "budget: {calls: 1}\n")
    write(cli)
    assert part(cli, 1, 1, "--no-cache").code is ExitCode.STOPPED
    cli.write("agentops.yaml", "")
    ended = cli.run("eval", "--resume", "last")
    assert ended.code is ExitCode.OK, ended.err
    assert cli.json("1.json")["run"]["shard"]["number"] == 1
    assert cli.run("report", "merge", "1.json").code is ExitCode.OK
    ended = cli.run("eval", "--resume", "last", "--shard", "1/2")
    assert ended.code is ExitCode.USAGE
    assert "--shard cannot be given" in ended.err

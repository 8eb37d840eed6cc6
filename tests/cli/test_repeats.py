import json
from typing import Any

import pytest

from agentops_cli.errors import ExitCode
from tests.cli.running import Cli
from tests.servers.faulty_openai import FaultyOpenAI


def write(cli: Cli, answers: dict[str, str], head: str = "") -> None:
    """A suite over recorded answers: `y` is good, `n` is not, `-` is none; one a repeat."""
    lines = [
        {"caseId": case, "repeat": repeat, "text": "yes" if letter == "y" else "no"}
        for case, letters in answers.items()
        for repeat, letter in enumerate(letters)
        if letter != "-"
    ]
    cli.write("c.jsonl", "".join(f"{json.dumps(line)}\n" for line in lines))
    cases = "".join(f"  - {{id: {case}, mustContain: 'yes'}}\n" for case in answers)
    cli.write("s.yaml", f"models: [replay/c.jsonl]\n{head}\ncases:\n{cases}")


def cases(cli: Cli) -> dict[str, Any]:
    return {case["id"]: case for case in cli.json()["suites"][0]["cases"]}


def test_auto_stops_at_a_verdict_that_nothing_can_change(cli: Cli) -> None:
    write(cli, {"good": "yyyyy", "bad": "nnnnn", "odd": "ynyny", "even": "nynyn"})
    ended = cli.run("eval", "s.yaml", "--repeat", "auto", "--json", "r.json", "--junit", "j.xml")
    assert ended.code is ExitCode.REJECTED
    found = cases(cli)
    assert {name: case["outcome"] for name, case in found.items()} == {
        "good": "passed",
        "bad": "failed",
        "odd": "flaky",
        "even": "failed",
    }
    assert {name: len(case["trials"]) for name, case in found.items()} == {
        "good": 3,
        "bad": 3,
        "odd": 5,
        "even": 5,
    }
    good = found["good"]
    assert (good["repeat"], good["repeatPass"], good["repeatAuto"]) == (5, 3, True)
    assert (good["tally"]["spared"], good["tally"]["skipped"]) == (2, 0)
    # What was not needed is no error, is not skipped, and keeps nothing from being a verdict.
    assert cli.json()["totals"]["trials"] == {
        "passed": 8,
        "failed": 8,
        "errored": 0,
        "skipped": 0,
        "answered": 16,
        "cached": 16,
        "stopped": 0,
        "unreached": 0,
        "spared": 4,
    }
    assert "4 repeats were not needed (--repeat auto)" in ended.out
    assert "1 flaky" in ended.out
    [case] = [case for case in cli.junit().iter("testcase") if case.attrib["name"] == "good"]
    assert "[[PROPERTY|repeats_spared=2]]" in str(case.findtext("system-out"))


def test_auto_and_all_repeats_come_to_the_same_verdicts(cli: Cli) -> None:
    answers = {f"c{n}": f"{n:05b}".replace("0", "n").replace("1", "y") for n in range(32)}
    write(cli, answers, "repeat: 5\nrepeatPass: 4/5")

    def verdicts(*flags: str) -> dict[str, bool]:
        cli.run("eval", "s.yaml", "--json", "r.json", *flags)
        return {name: case["outcome"] in {"passed", "flaky"} for name, case in cases(cli).items()}

    assert verdicts("--repeat", "auto") == verdicts()


def test_a_case_that_must_always_pass_ends_at_its_first_failure(cli: Cli) -> None:
    write(cli, {"a": "ynyy", "b": "yyyy"}, "repeat: 4")
    cli.run("eval", "s.yaml", "--repeat", "auto", "--json", "r.json", "--md", "r.md")
    found = cases(cli)
    assert {name: len(case["trials"]) for name, case in found.items()} == {"a": 2, "b": 4}
    text = (cli.folder / "r.md").read_text(encoding="utf-8")
    assert "2 of 4 repeats were enough, 1 of them passed, 4 must" in text


def test_an_error_decides_nothing_and_costs_another_repeat(cli: Cli) -> None:
    write(cli, {"a": "y-yy-", "b": "y-n-y"})
    ended = cli.run("eval", "s.yaml", "--repeat", "auto", "--json", "r.json")
    assert ended.code is ExitCode.UNREACHABLE
    found = cases(cli)
    assert found["a"]["outcome"] == "passed"
    assert [trial["repeat"] for trial in found["a"]["trials"]] == [0, 1, 2, 3]
    assert (found["a"]["tally"]["errored"], found["a"]["tally"]["spared"]) == (1, 1)
    assert found["b"]["outcome"] == "errored"
    assert found["b"]["tally"]["spared"] == 0


def test_a_call_that_is_not_needed_is_not_made(cli: Cli, server: FaultyOpenAI) -> None:
    cli.suite(number=4)
    assert cli.run("eval", "s.yaml", "--repeat", "auto").code is ExitCode.OK
    assert len(server.requests) == 12


def test_a_run_that_is_gone_on_with_ends_where_an_undisturbed_one_does(
    cli: Cli, server: FaultyOpenAI
) -> None:
    cli.suite(number=4)
    flags = ("--repeat", "auto", "--no-cache", "--json", "r.json")
    cli.write("agentops.yaml", "budget: {calls: 7}\n")
    assert cli.run("eval", "s.yaml", *flags).code is ExitCode.STOPPED
    cli.write("agentops.yaml", "")
    assert cli.run("eval", "--resume", "last").code is ExitCode.OK
    assert len(server.requests) == 12
    assert {name: len(case["trials"]) for name, case in cases(cli).items()} == {
        f"c{n}": 3 for n in range(4)
    }
    assert cli.json()["totals"]["trials"]["spared"] == 8


def test_figures_of_a_metric_come_from_the_repeats_that_were_run_in_any_case(cli: Cli) -> None:
    # Half of the rows are always right. Of all trials that were run, 10 of 12 would be.
    write(cli, dict.fromkeys("abcd", "yyyyy"))
    cli.write("rows.csv", "id,label\na,yes\nb,no\nc,yes\nd,no\n")
    cli.write(
        "s.yaml",
        """
        models: [replay/c.jsonl]
        repeat: 5
        datasets: [{file: rows.csv, id: id, assert: [{equals: "{{ row.label }}"}]}]
        metrics:
          - kind: classification
            name: m
            expected: "{{ row.label }}"
            labels: ['yes', 'no']
        gate: {minPassRate: 0, metrics: {accuracy: 0.6}}
        """,
    )
    ended = cli.run("eval", "s.yaml", "--repeat", "auto", "--json", "r.json")
    assert ended.code is ExitCode.REJECTED, ended.err
    assert cli.json()["totals"]["trials"]["spared"] == 8
    [found] = cli.json()["suites"][0]["metrics"]
    [accuracy] = [figure for figure in found["figures"] if figure["name"] == "accuracy"]
    assert (accuracy["value"], accuracy["n"], found["unjudged"]) == (0.5, 4, 0)


def test_repeats_are_told_as_pass_at_k_and_pass_hat_k(cli: Cli) -> None:
    write(cli, {"a": "yyyy", "b": "ynnn"}, "repeat: 4\nrepeatPass: 1/4")
    ended = cli.run("eval", "s.yaml", "--json", "r.json", "--md", "r.md", "--junit", "j.xml")
    figures = cli.json()["suites"][0]["repeats"]["replay/c.jsonl"]
    assert [figure["k"] for figure in figures] == [1, 2, 3, 4]
    assert [figure["passAtK"] for figure in figures] == [0.625, 0.75, 0.875, 1.0]
    assert [figure["passHatK"] for figure in figures] == [0.625, 0.5, 0.5, 0.5]
    line = (
        "s.yaml on replay/c.jsonl: pass@1 62.5%, pass@4 100.0% (one of 4 tries passes), "
        "pass^4 50.0% (all 4 do); 2 cases"
    )
    assert line in ended.out
    assert "pass^4" in (cli.folder / "r.md").read_text(encoding="utf-8")
    [group] = cli.junit().iter("testsuite")
    values = {each.attrib["name"]: each.attrib["value"] for each in group.iter("property")}
    assert (values["pass@4"], values["pass^4"]) == ("1.000000", "0.500000")
    assert values["flaky_cases"] == "1"


def test_auto_tells_no_estimate_that_would_lean_to_one_side(cli: Cli) -> None:
    write(cli, {"a": "yyyyy", "b": "ynyny"})
    ended = cli.run("eval", "s.yaml", "--repeat", "auto", "--json", "r.json")
    assert cli.json()["suites"][0]["repeats"] == {}
    assert "pass@k and pass^k are not told" in ended.out


def test_a_pass_rate_has_its_interval_of_cases(cli: Cli) -> None:
    write(cli, {"a": "yy", "b": "yn", "c": "nn"}, "repeat: 2\nrepeatPass: 1/2")
    ended = cli.run("eval", "s.yaml", "--json", "r.json")
    [suite] = cli.json()["suites"]
    assert suite["passRate"] == pytest.approx(2 / 3)
    # Two of three; the six trials would make it look surer than it is.
    assert suite["passRateLow"] == pytest.approx(0.2077, abs=1e-4)
    assert suite["passRateHigh"] == pytest.approx(0.9385, abs=1e-4)
    assert "66.7% (21% to 94%)" in ended.out
    assert "2 of 3 judged cases passed (1 flaky), 0 errored" in ended.out


@pytest.mark.parametrize("repeat", ["0", "1001", "-1", "x", "1.5", "Auto"])
def test_a_repeat_that_cannot_be_is_refused(cli: Cli, repeat: str) -> None:
    write(cli, {"a": "y"})
    ended = cli.run("eval", "s.yaml", f"--repeat={repeat}")
    assert ended.code is ExitCode.USAGE
    assert "--repeat must be a number from 1 to 1000 or 'auto'" in ended.err

import json
from decimal import Decimal

import pytest

from agentops_cli.errors import ExitCode
from tests.cli.running import Cli
from tests.servers.faulty_openai import FaultyOpenAI


def test_a_suite_that_passes_exits_0_and_writes_every_report(
    cli: Cli, server: FaultyOpenAI
) -> None:
    flags = ["--junit", "out/j.xml", "--json", "r.json", "--md", "r.md", "--cost", "c.json"]
    ended = cli.run("eval", cli.suite(number=3), *flags, "--jsonl", "t.jsonl")
    assert ended.code is ExitCode.OK
    assert "PASS  3 of 3 judged cases passed" in ended.out
    assert len(server.requests) == 3
    assert cli.junit("out/j.xml").attrib["tests"] == "3"
    assert cli.json()["gate"] == {"passed": True, "exitCode": 0, "exit": "ok", "reasons": []}
    lines = (cli.folder / "t.jsonl").read_text().splitlines()
    assert sorted(json.loads(line)["caseId"] for line in lines) == ["c0", "c1", "c2"]
    assert (cli.folder / "r.md").read_text().startswith("## ")
    assert "total" in cli.json("c.json")


def test_a_failed_case_is_shown_with_what_was_expected_what_came_and_where(
    cli: Cli, server: FaultyOpenAI
) -> None:
    cli.write(
        "s.yaml",
        """
        prompt: echo.prompt.md
        cases:
          - id: wishlist
            input: "As a user I want a list"
            mustContain: ["acceptance criteria"]
        """,
    )
    ended = cli.run("eval", "s.yaml", "--junit", "j.xml")
    assert ended.code is ExitCode.REJECTED
    assert "FAILED  wishlist" in ended.out
    assert 's.yaml:5:19: mustContain: "acceptance criteria" not found' in ended.out
    assert "answer: You said: As a user I want a list" in ended.out
    [failure] = cli.junit().iter("failure")
    assert failure.attrib["type"] == "mustContain"
    assert "s.yaml:5:19" in str(failure.text)


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("401", "auth"),
        ("403", "auth"),
        ("404", "not_found"),
        ("429", "rate_limit"),
        ("500", "provider"),
        ("503", "provider"),
        ("html", "malformed"),
        ("empty", "malformed"),
        ("truncated", "malformed"),
        ("types", "malformed"),
        ("cut", "connection"),
        ("drop", "connection"),
        ("hang", "timeout"),
    ],
)
def test_a_provider_that_gives_no_answer_is_errored_and_never_a_verdict(
    cli: Cli, server: FaultyOpenAI, model: str, kind: str
) -> None:
    cli.write("agentops.yaml", "retry: {baseWaitS: 0, deadlineS: 1}\nbreaker: {cooldownS: 0}\n")
    ended = cli.run(
        "eval", cli.suite(f"openai/{model}"), "--timeout", "0.5", "--junit", "j.xml",
        "--json", "r.json",
    )  # fmt: skip
    assert ended.code is ExitCode.UNREACHABLE
    assert "NO VERDICT" in ended.out
    [error] = cli.junit().iter("error")
    assert error.attrib["type"] == kind
    assert not list(cli.junit().iter("failure"))
    [case] = cli.json()["suites"][0]["cases"]
    assert (case["outcome"], case["passRate"]) == ("errored", None)


@pytest.mark.parametrize(("retries", "calls"), [((), 4), (("--retries", "0"), 1)])
def test_a_call_is_made_so_often_in_each_of_two_passes(
    cli: Cli, server: FaultyOpenAI, retries: tuple[str, ...], calls: int
) -> None:
    cli.write("agentops.yaml", "retry: {baseWaitS: 0}\nbreaker: {consecutiveFailures: 99}\n")
    ended = cli.run("eval", cli.suite("openai/503"), *retries, "--json", "r.json")
    assert ended.code is ExitCode.UNREACHABLE
    assert len(server.requests) == 2 * calls
    [case] = cli.json()["suites"][0]["cases"]
    assert case["trials"][0]["fault"]["retries"] == calls - 1


def test_a_provider_that_is_down_from_the_start_is_unreachable_and_not_waited_for_long(
    cli: Cli, server: FaultyOpenAI
) -> None:
    cli.write("agentops.yaml", "retry: {baseWaitS: 0}\nbreaker: {cooldownS: 0}\n")
    ended = cli.run("eval", cli.suite("openai/503", number=60), "--json", "r.json")
    assert ended.code is ExitCode.UNREACHABLE
    assert len(server.requests) < 20, "five failures, what was under way, and one probe"
    guards = [incident["guard"] for incident in cli.json()["run"]["incidents"]]
    assert guards.count("breaker") == 2
    assert "given up: 1 call to see whether it is back failed" in ended.out


def test_a_wrong_key_is_unreachable_and_tried_a_few_times_at_most(
    cli: Cli, server: FaultyOpenAI
) -> None:
    ended = cli.run("eval", cli.suite("openai/401", number=60), "--json", "r.json")
    assert ended.code is ExitCode.UNREACHABLE
    assert len(server.requests) < 20
    faults = {case["trials"][0]["fault"]["kind"] for case in cli.json()["suites"][0]["cases"]}
    assert faults == {"auth"}


def test_a_provider_that_goes_down_half_way_stops_the_run(cli: Cli, server: FaultyOpenAI) -> None:
    server.decide = lambda _: "ok" if len(server.requests) < 30 else "503"
    cli.write("agentops.yaml", "retry: {baseWaitS: 0}\nbreaker: {cooldownS: 0}\n")
    ended = cli.run("eval", cli.suite(number=60), "--json", "r.json")
    assert ended.code is ExitCode.STOPPED
    outcomes = cli.json()["totals"]["outcomes"]
    assert (outcomes["passed"], outcomes["errored"]) == (30, 30)
    assert len(server.requests) < 60


def test_one_of_forty_that_could_not_be_judged_leaves_no_verdict(
    cli: Cli, server: FaultyOpenAI
) -> None:
    cases = "\n".join(f"  - {{id: c{n}, input: 'n{n}', mustContain: n{n}}}" for n in range(39))
    cli.write("agentops.yaml", "retry: {baseWaitS: 0}\nbreaker: {cooldownS: 0}\n")
    cli.write("a.yaml", f"prompt: echo.prompt.md\ncases:\n{cases}\n")
    cli.suite("openai/500")
    ended = cli.run("eval", "a.yaml", "s.yaml", "--json", "r.json")
    assert ended.code is ExitCode.UNREACHABLE
    assert cli.json()["totals"]["outcomes"]["passed"] == 39
    assert cli.json()["totals"]["outcomes"]["errored"] == 1


def test_an_error_that_the_gate_allows_leaves_a_verdict(cli: Cli, server: FaultyOpenAI) -> None:
    cli.write("agentops.yaml", "retry: {baseWaitS: 0}\nbreaker: {cooldownS: 0}\n")
    name = cli.suite("openai/ok, openai/500", head="gate: {maxErrored: 1}")
    assert cli.run("eval", name).code is ExitCode.OK


def test_a_content_filter_counts_as_a_refusal(cli: Cli, server: FaultyOpenAI) -> None:
    cli.write(
        "s.yaml",
        """
        prompt: echo.prompt.md
        models: [openai/filter, openai/filtered]
        cases: [{id: a, input: x, expectedCategory: refusal}]
        """,
    )
    assert cli.run("eval", "s.yaml").code is ExitCode.OK


@pytest.mark.parametrize(
    "flags",
    [
        ("-k", "nothing"),
        ("--tag", "nothing"),
        ("--model", "anthropic/*"),
        ("--case", "nothing"),
    ],
)
def test_a_selection_that_matches_nothing_exits_5_and_calls_nothing(
    cli: Cli, server: FaultyOpenAI, flags: tuple[str, ...]
) -> None:
    name = cli.suite()
    assert cli.run("eval", name, *flags).code is ExitCode.EMPTY
    assert cli.run("eval", name, *flags, "--allow-empty").code is ExitCode.OK
    assert not server.requests


@pytest.mark.parametrize("path", ["no.yaml", "no/", "no*.yaml"])
def test_a_suite_that_is_not_there_exits_5(cli: Cli, server: FaultyOpenAI, path: str) -> None:
    name = cli.suite(head="defaults: {mustContain: never}")
    for typed in ([path], [name, path]):
        ended = cli.run("eval", *typed)
        assert ended.code is ExitCode.EMPTY
        assert f"nothing matches suite {path!r}" in ended.err
    assert not server.requests
    # What is there still runs, and still says no.
    ended = cli.run("eval", name, path, "--allow-empty")
    assert ended.code is ExitCode.REJECTED
    assert f"warning  nothing matches suite {path!r}" in ended.err


@pytest.mark.parametrize(
    ("flags", "what"),
    [
        (("--case", "c0", "--case", "c9"), "case 'c9'"),
        (("--model", "*/ok", "--model", "openai/okk"), "model 'openai/okk'"),
    ],
)
def test_a_typo_beside_a_match_is_still_a_typo(
    cli: Cli, server: FaultyOpenAI, flags: tuple[str, ...], what: str
) -> None:
    ended = cli.run("eval", cli.suite(), *flags)
    assert ended.code is ExitCode.EMPTY
    assert f"nothing matches {what}" in ended.err


def test_each_configured_pattern_must_match(cli: Cli, server: FaultyOpenAI) -> None:
    cli.suite()
    cli.write("agentops.yaml", 'suites: ["s.yaml", "evlas/*.yaml"]\n')
    ended = cli.run("eval")
    assert ended.code is ExitCode.EMPTY
    assert "nothing matches suite 'evlas/*.yaml'" in ended.err


def test_a_pattern_means_the_files_and_the_folders_that_it_matches(
    cli: Cli, server: FaultyOpenAI
) -> None:
    text = (cli.folder / cli.suite()).read_text()
    for name in ("evals/a.yaml", "evals/sub/b.yaml", "evals [1]/c.yaml"):
        up = "../" * name.count("/")
        cli.write(name, text.replace("echo", f"{up}echo"))

    def ran(*typed: str) -> list[str]:
        assert cli.run("eval", *typed, "--json", "r.json").code is ExitCode.OK
        return [suite["path"] for suite in cli.json()["suites"]]

    assert ran("evals/*") == ["evals/a.yaml", "evals/sub/b.yaml"]
    assert ran("evals") == ["evals/a.yaml", "evals/sub/b.yaml"]
    assert ran("evals [1]") == ["evals [1]/c.yaml"]
    assert ran("evals [1]/c.yaml") == ["evals [1]/c.yaml"]


def test_without_arguments_the_configured_suites_run(cli: Cli, server: FaultyOpenAI) -> None:
    assert cli.run("eval").code is ExitCode.EMPTY
    cli.write("agentops.yaml", 'suites: ["*.yaml", "!agentops.yaml"]\n')
    cli.write("agentops.yaml", 'suites: ["suites/*.yaml"]\nreport: {junit: out/j.xml}\n')
    cli.suite()
    (cli.folder / "suites").mkdir()
    text = (cli.folder / "s.yaml").read_text().replace("echo", "../echo")
    cli.write("suites/s.yaml", text)
    assert cli.run("eval").code is ExitCode.OK
    assert cli.junit("out/j.xml").attrib["tests"] == "1"


def test_flags_select_by_text_tag_model_and_case(cli: Cli, server: FaultyOpenAI) -> None:
    cli.write(
        "s.yaml",
        """
        prompt: echo.prompt.md
        models: [openai/ok, openai/other]
        cases:
          - {id: wishlist-a, input: x, mustContain: x, tags: [smoke]}
          - {id: wishlist-b, input: x, mustContain: x}
          - {id: cart, input: x, mustContain: x, tags: [smoke]}
        """,
    )

    def ran(*flags: str) -> list[str]:
        assert cli.run("eval", "s.yaml", "--json", "r.json", *flags).code is ExitCode.OK
        cases = cli.json()["suites"][0]["cases"]
        return sorted(f"{case['id']} {case['model'].removeprefix('openai/')}" for case in cases)

    assert ran("--model", "*/ok") == ["cart ok", "wishlist-a ok", "wishlist-b ok"]
    assert ran("--tag", "smoke", "--model", "openai/ok") == ["cart ok", "wishlist-a ok"]
    assert ran("-k", "WISH", "--tag", "smoke") == ["wishlist-a ok", "wishlist-a other"]
    assert ran("--case", "cart") == ["cart ok", "cart other"]


def test_a_dry_run_prices_the_worst_case_and_calls_nothing(cli: Cli, server: FaultyOpenAI) -> None:
    cli.write("agentops.yaml", "models: {openai/ok: {price: {inputPer1M: 1, outputPer1M: 2}}}\n")
    ended = cli.run("eval", cli.suite(number=2), "--dry-run", "--repeat", "3")
    assert ended.code is ExitCode.OK
    assert "6 calls, usually at most $" in ended.out
    assert "≤ 300" in ended.out  # 6 calls of 50 output tokens.
    assert not server.requests


def test_a_run_never_spends_more_than_its_budget(cli: Cli, server: FaultyOpenAI) -> None:
    # 1 dollar an output token, 50 at most a call: one call may cost 50 dollars.
    price = "models: {openai/ok: {price: {inputPer1M: 0, outputPer1M: 1000000}}}\n"
    cli.write("agentops.yaml", price)
    ended = cli.run("eval", cli.suite(number=40), "--budget", "120", "--json", "r.json")
    assert ended.code is ExitCode.STOPPED
    totals = cli.json()["totals"]
    assert Decimal(totals["costUsd"]) <= 120
    assert totals["outcomes"]["errored"] > 0
    assert totals["outcomes"]["passed"] == len(server.requests)
    assert cli.json()["run"]["budgetUsd"] == "120"


def test_a_failure_that_is_certain_wins_over_a_spent_budget(cli: Cli, server: FaultyOpenAI) -> None:
    cli.write(
        "agentops.yaml", "models: {openai/ok: {price: {inputPer1M: 0, outputPer1M: 1000000}}}"
    )
    name = cli.suite(number=9, head="defaults: {mustContain: never}")
    assert cli.run("eval", name, "--budget", "60").code is ExitCode.REJECTED


def test_a_model_without_a_price_is_refused_under_a_budget(cli: Cli, server: FaultyOpenAI) -> None:
    ended = cli.run("eval", cli.suite("openai/unheard-of"), "--budget", "1")
    assert ended.code is ExitCode.INPUT
    assert "s.yaml:2:10  error  openai/unheard-of has no known price" in ended.err
    assert "models: {openai/unheard-of: {price: {inputPer1M: …, outputPer1M: …}}}" in ended.err
    assert not server.requests


def test_repeats_are_one_case_and_a_flaky_one_passes(cli: Cli, server: FaultyOpenAI) -> None:
    name = cli.suite(head="repeat: 4\nrepeatPass: 3/4")
    ended = cli.run("eval", name, "--json", "r.json")
    assert ended.code is ExitCode.OK
    [case] = cli.json()["suites"][0]["cases"]
    assert [trial["repeat"] for trial in case["trials"]] == [0, 1, 2, 3]
    assert len(server.requests) == 4


@pytest.mark.parametrize(
    ("flag", "value"),
    [
        *(("--repeat", value) for value in ("0", "Auto", "x")),
        *(("--budget", value) for value in ("nan", "-1", "1e9", "")),
        *(("--timeout", value) for value in ("0", "nan", "inf")),
        ("--concurrency", "0"),
        ("--junk", "1"),
    ],
)
def test_a_wrong_flag_exits_2(cli: Cli, flag: str, value: str) -> None:
    assert cli.run("eval", cli.suite(), flag, value).code is ExitCode.USAGE


def test_exit_zero_turns_a_no_into_0_and_touches_no_other_code(
    cli: Cli, server: FaultyOpenAI
) -> None:
    failing = cli.suite(head="defaults: {mustContain: never}")
    assert cli.run("eval", failing, "--exit-zero").code is ExitCode.OK
    assert cli.run("eval", cli.suite("openai/500"), "--exit-zero").code is ExitCode.UNREACHABLE


def test_a_report_that_cannot_be_written_is_no_verdict_and_the_others_are_written(
    cli: Cli, server: FaultyOpenAI
) -> None:
    cli.write("file", "not a folder")
    ended = cli.run("eval", cli.suite(), "--junit", "file/j.xml", "--json", "r.json")
    assert ended.code is ExitCode.UNREACHABLE
    assert "file/j.xml" in ended.err
    assert cli.json()["gate"]["passed"] is True


def test_a_certain_no_stays_one_when_a_report_cannot_be_written(
    cli: Cli, server: FaultyOpenAI
) -> None:
    cli.write("file", "not a folder")
    name = cli.suite(head="defaults: {mustContain: never}")
    assert cli.run("eval", name, "--junit", "file/j.xml").code is ExitCode.REJECTED


def test_two_reports_never_share_a_file(cli: Cli, server: FaultyOpenAI) -> None:
    ended = cli.run("eval", cli.suite(), "--junit", "out", "--json", "out")
    assert ended.code is ExitCode.USAGE
    assert not server.requests


def test_json_on_stdout_is_the_result_and_nothing_else(cli: Cli, server: FaultyOpenAI) -> None:
    ended = cli.run("eval", cli.suite(), "--format", "json")
    assert json.loads(ended.out)["schema"] == 1


def test_keys_and_personal_data_leave_in_no_report(
    cli: Cli, server: FaultyOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "sk-proj-Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MGFiY2RlZg"
    monkeypatch.setenv("OPENAI_API_KEY", key)
    cli.write(
        "s.yaml",
        f"""
        prompt: echo.prompt.md
        models: [openai/ok, openai/echokey]
        cases: [{{id: a, input: "{key} ann.lee@corp-mail.com", mustContain: ann}}]
        """,
    )
    flags = ["--junit", "j.xml", "--json", "r.json", "--md", "m.md", "--jsonl", "t.jsonl"]
    ended = cli.run("eval", "s.yaml", *flags, "--cost", "c.md")
    written = "".join((cli.folder / name).read_text() for name in flags[1::2])
    assert "[redacted:" in written
    for text in (written, ended.out, ended.err):
        assert key not in text
        assert "ann.lee@corp-mail.com" not in text


def test_a_cassette_answers_without_a_call_and_a_miss_is_errored(
    cli: Cli, server: FaultyOpenAI
) -> None:
    cli.write("c.jsonl", '{"caseId": "a", "text": "As a user I want x"}\n')
    cli.write(
        "s.yaml",
        """
        models: [replay/c.jsonl]
        cases:
          - {id: a, mustContain: user}
          - {id: b, mustContain: user}
        """,
    )
    ended = cli.run("eval", "s.yaml", "--json", "r.json", "--junit", "j.xml")
    assert ended.code is ExitCode.UNREACHABLE
    assert [case["outcome"] for case in cli.json()["suites"][0]["cases"]] == ["passed", "errored"]
    assert [error.attrib["type"] for error in cli.junit().iter("error")] == ["cassette_miss"]
    assert not server.requests


def test_quiet_leaves_out_what_is_not_wrong_and_verbose_shows_all(
    cli: Cli, server: FaultyOpenAI
) -> None:
    name = cli.suite(number=2, head="defaults: {assert: [{regex: c0, advisory: true}]}")
    quiet = cli.run("eval", name, "--quiet").out
    assert quiet.strip().startswith("PASS")
    verbose = cli.run("eval", name, "--verbose").out
    assert verbose.count("PASSED  c") == 2
    assert 'mustContain: found "0-end"' in verbose
    assert "regex (advisory)" in verbose

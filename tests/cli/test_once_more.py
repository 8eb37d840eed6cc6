"""Errored trials get one more pass, at the end of a run."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from decimal import Decimal
from threading import Lock
from typing import Any, TypeAlias

import pytest

from agentops_cli.errors import ExitCode
from tests.cli.running import Cli
from tests.limits import files_limited_to
from tests.servers.chat import Body, completion, serving

CONFIG = """
retry: {attempts: 1}
breaker: {consecutiveFailures: 1000, minCalls: 1000}
models: {openai/ok: {price: {inputPer1M: 1, outputPer1M: 2}}}
"""
DOWN: tuple[int, Body] = (503, {"error": {"message": "overloaded", "type": "server_error"}})
WRONG: tuple[int, Body] = (400, {"error": {"message": "no", "type": "invalid_request_error"}})


class Provider:
    """A model that fails the first so many `times` that it is asked words that `fails` knows."""

    def __init__(self, fails: Callable[[str], tuple[int, Body] | None], *, times: int = 1) -> None:
        self.asked: list[str] = []
        self._fails = fails
        self._times = times
        self._lock = Lock()

    def __call__(self, body: Body) -> tuple[int, Body]:
        said = str(body["messages"][-1]["content"])
        with self._lock:
            before = self.asked.count(said)
            self.asked.append(said)
        failure = self._fails(said) if before < self._times else None
        answer = {"content": f"You said: {said}"}
        return failure or completion(answer, model="ok", tokens=(20, 7))


Provide: TypeAlias = Callable[[Provider], AbstractContextManager[None]]


@pytest.fixture
def provider(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Provide:
    """Puts a provider where OpenAI's models are looked for."""
    cli.write("agentops.yaml", CONFIG)

    @contextmanager
    def serve(model: Provider) -> Iterator[None]:
        with serving(model) as url:
            monkeypatch.setenv("OPENAI_BASE_URL", url)
            monkeypatch.setenv("OPENAI_API_KEY", "sk-none")
            yield

    return serve


def lines(cli: Cli) -> list[dict[str, Any]]:
    [log] = (cli.folder / ".agentops" / "runs").glob("*/trials.jsonl")
    return [json.loads(line) for line in log.read_text().splitlines()]


def test_what_errored_once_is_asked_again_after_all_others(cli: Cli, provider: Provide) -> None:
    model = Provider(lambda said: DOWN if "1" in said or "3" in said else None)
    flags = ("--json", "r.json", "--concurrency", "1", "--no-cache")
    with provider(model):
        ended = cli.run("eval", cli.suite(number=5), *flags)
    assert ended.code is ExitCode.OK
    assert "once more: 2 errored trials" in ended.err
    said = [int(text.split()[1].split("-")[0]) for text in model.asked]
    assert said == [0, 1, 2, 3, 4, 1, 3]
    outcomes = Counter((line["caseId"], line["outcome"]) for line in lines(cli))
    assert outcomes["c1", "errored"] == outcomes["c1", "passed"] == 1
    totals = cli.json()["totals"]
    assert totals["outcomes"]["passed"] == totals["trials"]["passed"] == 5
    assert totals["trials"]["errored"] == 0
    assert Decimal(totals["costUsd"]) == 5 * Decimal("0.000034")
    [case] = [case for case in cli.json()["suites"][0]["cases"] if case["id"] == "c1"]
    assert [trial["outcome"] for trial in case["trials"]] == ["passed"]


def test_a_second_failure_is_the_last(cli: Cli, provider: Provide) -> None:
    model = Provider(lambda _: DOWN, times=2)
    with provider(model):
        ended = cli.run("eval", cli.suite(number=3), "--json", "r.json")
    assert ended.code is ExitCode.UNREACHABLE
    assert set(Counter(model.asked).values()) == {2}
    assert cli.json()["totals"]["trials"]["errored"] == 3
    assert len(lines(cli)) == 6


def test_what_is_wrong_to_stay_is_not_asked_again(cli: Cli, provider: Provide) -> None:
    model = Provider(lambda said: WRONG if "1" in said else None)
    with provider(model):
        ended = cli.run("eval", cli.suite(number=3))
    assert ended.code is ExitCode.UNREACHABLE
    assert len(model.asked) == 3
    assert "once more" not in ended.err


def test_a_run_that_the_budget_has_ended_gets_no_second_pass(cli: Cli, provider: Provide) -> None:
    model = Provider(lambda said: DOWN if "0" in said else None)
    # About $0.0004 is reserved for a call that costs $0.000034: after a few nothing has room.
    flags = ("--budget", "0.0006", "--concurrency", "1", "--no-cache", "--json", "r.json")
    with provider(model):
        ended = cli.run("eval", cli.suite(number=20), *flags)
    assert ended.code is ExitCode.STOPPED
    assert "once more" not in ended.err
    assert model.asked.count("say 0-end") == 1
    assert cli.json()["totals"]["trials"]["stopped"] > 0


def test_metrics_count_a_trial_once_that_was_asked_twice(cli: Cli, provider: Provide) -> None:
    cli.write("rows.csv", "id,input\n" + "".join(f"r{n},word{n % 2}\n" for n in range(6)))
    suite = cli.write(
        "s.yaml",
        r"""
        prompt: echo.prompt.md
        repeat: 1
        datasets: [{file: rows.csv, input: input, assert: [{contains: said}]}]
        metrics:
          - kind: classification
            name: which
            expected: "{{ row.input }}"
            actual: {regex: '(word\d)'}
            labels: [word0, word1]
        """,
    )
    with provider(Provider(lambda said: DOWN if said == "word1" else None)):
        ended = cli.run("eval", suite, "--json", "r.json", "--no-cache", "--concurrency", "1")
    assert ended.code is ExitCode.OK
    [metric] = cli.json()["suites"][0]["metrics"]
    assert (metric["n"], metric["unjudged"]) == (6, 0)
    assert metric["confusion"] == [[3, 0, 0], [0, 3, 0]]


def test_an_outage_that_the_breaker_has_seen_through_is_still_an_outage(
    cli: Cli, provider: Provide
) -> None:
    breaker = "breaker: {consecutiveFailures: 2, minCalls: 1000, cooldownS: 0.01}\n"
    cli.write("agentops.yaml", f"retry: {{attempts: 1}}\n{breaker}")
    # The last of three is the probe: nothing is left for the breaker to refuse but the second pass.
    model = Provider(lambda _: DOWN, times=99)
    with provider(model):
        ended = cli.run("eval", cli.suite(number=3), "--concurrency", "1", "--json", "r.json")
    assert len(model.asked) == 3
    assert ended.code is ExitCode.UNREACHABLE
    faults = [case["trials"][0]["fault"]["kind"] for case in cli.json()["suites"][0]["cases"]]
    assert faults == ["provider"] * 3


def test_a_call_is_not_repeated_once_the_ledger_is_gone(cli: Cli, provider: Provide) -> None:
    def fails(said: str) -> tuple[int, Body] | None:
        if "2" not in said:
            return None
        for ledger in (cli.folder / ".agentops" / "runs").glob("*/ledger.jsonl"):
            ledger.unlink()
        return DOWN

    model = Provider(fails)
    config = CONFIG.replace("attempts: 1", "attempts: 4, baseWaitS: 0.01")
    cli.write("agentops.yaml", f"{config}budget: {{runUsd: 5}}\n")
    with provider(model):
        ended = cli.run("eval", cli.suite(number=5), "--concurrency", "1", "--no-cache")
        assert (ended.code, len(model.asked)) == (ExitCode.UNREACHABLE, 3)
        assert "2 of 2 judged cases passed" in ended.out
        assert "ledger.jsonl' was removed or changed while the run went on" in ended.out
        assert cli.run("eval", "--resume", "last").code is ExitCode.UNREACHABLE
    assert len(model.asked) == 3


@pytest.mark.parametrize("attempts", [1, 4])
def test_nothing_is_asked_once_what_was_spent_cannot_be_written_down(
    cli: Cli, provider: Provide, attempts: int
) -> None:
    """The disk is full by the time that the third call fails: it is neither repeated nor passed."""
    with ExitStack() as full:

        def fails(said: str) -> tuple[int, Body] | None:
            if "2" not in said:
                return None
            [ledger] = (cli.folder / ".agentops" / "runs").glob("*/ledger.jsonl")
            full.enter_context(files_limited_to(ledger.stat().st_size))
            return DOWN

        model = Provider(fails)
        config = CONFIG.replace("attempts: 1", f"attempts: {attempts}, baseWaitS: 0.01")
        cli.write("agentops.yaml", f"{config}budget: {{runUsd: 5}}\n")
        flags = ("--concurrency", "1", "--no-cache")
        with provider(model):
            ended = cli.run("eval", cli.suite(number=5), *flags)
            full.close()
            assert ended.code is ExitCode.UNREACHABLE
            assert [text.split()[1][0] for text in model.asked] == ["0", "1", "2"]
            assert "2 of 2 judged cases passed" in ended.out
            assert "File too large (EFBIG)" in ended.out
            assert "to go on with it: agentops eval --resume" in ended.err
            again = cli.run("eval", "--resume", "last", "--json", "r.json")
    assert again.code is ExitCode.OK
    assert [text.split()[1][0] for text in model.asked] == ["0", "1", "2", "2", "3", "4"]
    assert cli.json()["run"]["lostCalls"] == 1


def test_a_limit_of_speed_that_refuses_the_second_pass_has_stopped_the_run(
    cli: Cli, provider: Provide
) -> None:
    model = Provider(lambda said: DOWN if "0" in said else None)
    cli.write("agentops.yaml", f"{CONFIG}budget: {{usdPerHour: 0.00052}}\n")
    with provider(model):
        # 5 calls of $0.000034, for each of which $0.000368 are reserved.
        ended = cli.run("eval", cli.suite(number=6), "--concurrency", "1", "--json", "r.json")
    assert ended.code is ExitCode.STOPPED
    assert "once more: 1 errored trial" in ended.err
    assert len(model.asked) == 6
    assert "The budget ended the run early" in ended.out
    assert cli.json()["totals"]["trials"]["stopped"] == 1


BREAKING = CONFIG.replace(
    "{consecutiveFailures: 1000, minCalls: 1000}",
    "{consecutiveFailures: 2, cooldownS: 0.01, probes: 1}",
)


def test_kept_answers_beside_a_provider_that_is_down_are_no_sign_of_life(
    cli: Cli, provider: Provide
) -> None:
    cli.write("agentops.yaml", BREAKING)
    first = [f"say {number}-end" for number in range(3)]
    model = Provider(lambda said: None if said in first else DOWN, times=1000)
    with provider(model):
        assert cli.run("eval", cli.suite(number=3), "--concurrency", "1").code is ExitCode.OK
        assert model.asked == first
        ended = cli.run("eval", cli.suite(number=12), "--concurrency", "1", "--json", "r.json")
    trials = cli.json()["totals"]["trials"]
    assert (trials["passed"], trials["cached"]) == (3, 3)
    assert 0 < trials["unreached"] == trials["stopped"] < 9
    assert ended.code is ExitCode.UNREACHABLE


def test_a_run_that_the_breaker_ended_says_so(cli: Cli, provider: Provide) -> None:
    cli.write("agentops.yaml", BREAKING)
    model = Provider(lambda said: None if said.split()[1].startswith("0") else DOWN, times=1000)
    flags = ("--concurrency", "1", "--no-cache", "--junit", "j.xml")
    with provider(model):
        ended = cli.run("eval", cli.suite(number=12), *flags)
    assert ended.code is ExitCode.STOPPED
    assert "exit 6: The breaker ended the run early" in ended.out
    assert "budget" not in ended.out.lower()

"""Commands around trials: real ones, which leave their marks in a file."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agentops_cli.errors import GatewayError
from agentops_cli.gateways.agents.fixtures import Fixtures
from agentops_cli.model.call import Fault, FaultKind
from agentops_cli.model.finding import Severity
from agentops_cli.model.result import Trial
from agentops_cli.model.settings import AgentCommand, CommandAgent, HttpAgent, Meter
from agentops_cli.ports import Fixture
from tests.builders import a_case, a_planned_case, a_request
from tests.gateways.agents.acting import an_agent
from tests.gateways.agents.running import are_gone, is_running, pids_in

# The type checker holds it to the socket.
FIXTURE: Fixture = Fixtures({}, root=Path(), environ={}, secrets=())

MARK = "echo {} $AGENTOPS_SUITE $AGENTOPS_CASE $AGENTOPS_REPEAT >> marks"


def a_trial_of(
    model: str = "agent/bot", *, suite: str = "evals/a.yaml", case: str = "one", repeat: int = 0
) -> Trial:
    planned = a_planned_case(suite=suite, model=model, case=a_case(id=case))
    return Trial(planned=planned, repeat=repeat, requests=(a_request(model=model),))


def sh(script: str, **changes: Any) -> AgentCommand:
    return AgentCommand(command=("sh", "-c", script), **changes)


@pytest.fixture
def marks(tmp_path: Path) -> Callable[[], list[str]]:
    """What the commands wrote so far."""

    def read() -> list[str]:
        file = tmp_path / "marks"
        return file.read_text().splitlines() if file.exists() else []

    return read


Open = Callable[..., Fixtures]


@pytest.fixture
def open_fixtures(tmp_path: Path) -> Open:
    def open_one(
        timeout_s: float = 20.0,
        addresses: dict[str, tuple[str, str]] | None = None,
        how: HttpAgent | CommandAgent | None = None,
        **changes: Any,
    ) -> Fixtures:
        agent = an_agent(how or CommandAgent(command=("true",)), **changes)
        keys = {"OPENAI_API_KEY": "sk-real", "GATEWAY": "sk-gateway", "BOT_AUTH": "Bearer bot"}
        return Fixtures(
            {"bot": agent},
            root=tmp_path,
            environ={"PATH": os.environ["PATH"], **keys},
            secrets=["GATEWAY", "BOT_AUTH"],
            addresses=addresses,
            timeout_s=timeout_s,
        )

    return open_one


async def fault_of(fixtures: Fixtures, trial: Trial) -> Fault:
    with pytest.raises(GatewayError) as raised:
        async with fixtures(trial):
            pytest.fail("a trial began without its set-up")
    return raised.value.fault


async def test_per_suite_is_once_for_each_suite_and_torn_down_at_the_end(
    open_fixtures: Open, marks: Callable[[], list[str]]
) -> None:
    fixtures = open_fixtures(setup=sh(MARK.format("up")), teardown=sh(MARK.format("down")))
    for suite in ("evals/a.yaml", "evals/b.yaml", "evals/a.yaml"):
        async with fixtures(a_trial_of(suite=suite)):
            pass
    assert marks() == ["up evals/a.yaml", "up evals/b.yaml"]
    assert await fixtures.close() == []
    assert marks()[2:] == ["down evals/a.yaml", "down evals/b.yaml"]


async def test_per_trial_is_around_each_with_its_names(
    open_fixtures: Open, marks: Callable[[], list[str]]
) -> None:
    fixtures = open_fixtures(
        setup=sh(MARK.format("up"), per="trial"), teardown=sh(MARK.format("down"), per="trial")
    )
    for repeat in range(2):
        async with fixtures(a_trial_of(case="two", repeat=repeat)):
            assert marks()[-1] == f"up evals/a.yaml two {repeat}"
        assert marks()[-1] == f"down evals/a.yaml two {repeat}"
    assert await fixtures.close() == []
    assert len(marks()) == 4


async def test_trials_wait_for_one_set_up_of_their_suite(
    open_fixtures: Open, marks: Callable[[], list[str]]
) -> None:
    fixtures = open_fixtures(setup=sh("echo up >> marks; sleep 0.2; echo ready >> marks"))

    async def enter(case: str) -> list[str]:
        async with fixtures(a_trial_of(case=case)):
            return marks()

    seen = await asyncio.gather(*(enter(str(number)) for number in range(8)))
    assert seen == [["up", "ready"]] * 8


async def test_trials_of_others_have_nothing_around_them(
    open_fixtures: Open, marks: Callable[[], list[str]]
) -> None:
    fixtures = open_fixtures(setup=sh(MARK.format("up")), teardown=sh(MARK.format("down")))
    for model in ("openai/gpt-4o-mini", "agent/other"):
        async with fixtures(a_trial_of(model)):
            pass
    assert await fixtures.close() == []
    assert marks() == []


async def test_a_failed_set_up_of_a_suite_is_the_fault_of_all_its_trials(
    open_fixtures: Open, marks: Callable[[], list[str]]
) -> None:
    script = "echo tried >> marks; echo starting; echo no database >&2; exit 3"
    fixtures = open_fixtures(setup=sh(script), teardown=sh(MARK.format("down")))
    for case in ("one", "two"):
        fault = await fault_of(fixtures, a_trial_of(case=case))
        assert (fault.kind, fault.billed) == (FaultKind.PROVIDER, False)
        assert fault.message == (
            f"the set-up of agent/bot (sh -c {script}) ended with exit code 3: starting no database"
        )
        assert fault.fix == "mend it at agentops.yaml:3:3"
    assert await fixtures.close() == []
    # What it had begun is cleaned up all the same.
    assert marks() == ["tried", "down evals/a.yaml"]


async def test_a_failed_set_up_of_a_trial_is_its_own_and_is_torn_down(
    open_fixtures: Open, marks: Callable[[], list[str]]
) -> None:
    fixtures = open_fixtures(
        setup=sh('test "$AGENTOPS_CASE" = good', per="trial"),
        teardown=sh(MARK.format("down"), per="trial"),
    )
    assert "ended with exit code 1" in (await fault_of(fixtures, a_trial_of(case="bad"))).message
    async with fixtures(a_trial_of(case="good")):
        pass
    assert marks() == ["down evals/a.yaml bad 0", "down evals/a.yaml good 0"]


@pytest.mark.parametrize("per", ["suite", "trial"])
async def test_a_failed_tear_down_is_a_finding(open_fixtures: Open, per: str) -> None:
    fixtures = open_fixtures(teardown=sh("echo still there; exit 1", per=per))
    async with fixtures(a_trial_of()):
        pass
    [finding] = await fixtures.close()
    assert (finding.rule, finding.severity) == ("teardown-failed", Severity.WARNING)
    assert finding.message == (
        "the tear-down of agent/bot (sh -c echo still there; exit 1) "
        "ended with exit code 1: still there"
    )
    assert str(finding.location) == "agentops.yaml:3:3"


async def test_a_tear_down_runs_whatever_became_of_the_trial(
    open_fixtures: Open, marks: Callable[[], list[str]]
) -> None:
    fixtures = open_fixtures(teardown=sh(MARK.format("down"), per="trial"))
    with pytest.raises(ZeroDivisionError):
        async with fixtures(a_trial_of()):
            raise ZeroDivisionError
    assert len(marks()) == 1


async def test_a_trial_that_is_cancelled_is_torn_down(
    open_fixtures: Open, marks: Callable[[], list[str]]
) -> None:
    fixtures = open_fixtures(teardown=sh(MARK.format("down"), per="trial"))
    entered = asyncio.Event()

    async def stay() -> None:
        async with fixtures(a_trial_of()):
            entered.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(stay())
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert marks() == ["down evals/a.yaml one 0"]


async def test_a_trial_that_is_cancelled_leaves_the_set_up_to_the_others(
    open_fixtures: Open, marks: Callable[[], list[str]], tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "gate")
    fixtures = open_fixtures(setup=sh("echo up >> marks; read line < gate; echo ready >> marks"))

    async def enter() -> None:
        async with fixtures(a_trial_of()):
            pass

    first, second = asyncio.create_task(enter()), asyncio.create_task(enter())
    while not marks():
        await asyncio.sleep(0.005)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    (tmp_path / "gate").write_text("go\n")
    await second
    assert marks() == ["up", "ready"]
    assert await fixtures.close() == []


async def test_closing_ends_a_set_up_that_is_under_way(open_fixtures: Open, tmp_path: Path) -> None:
    fixtures = open_fixtures(setup=sh("sleep 600 & echo $$ $! > pids.new; mv pids.new pids; wait"))

    async def enter() -> None:
        async with fixtures(a_trial_of()):
            pass

    task = asyncio.create_task(enter())
    pids = await pids_in(tmp_path / "pids")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(fixtures.close(), 10)
    assert await are_gone(pids)


async def test_a_set_up_that_does_not_end_is_ended(open_fixtures: Open, tmp_path: Path) -> None:
    script = "sleep 600 & echo $! > pid.new; mv pid.new pid; wait"
    fixtures = open_fixtures(setup=sh(script), timeout_s=1.0)
    fault = await fault_of(fixtures, a_trial_of())
    assert fault.message.endswith("did not end within 1 s")
    assert await are_gone(await pids_in(tmp_path / "pid"))
    await fixtures.close()


async def test_what_a_set_up_leaves_in_the_background_lives_until_the_tear_down(
    open_fixtures: Open, tmp_path: Path
) -> None:
    setup = sh("sleep 600 & echo $! > pid")
    fixtures = open_fixtures(setup=setup, teardown=sh("kill -0 $(cat pid)"))
    async with fixtures(a_trial_of()):
        [pid] = await pids_in(tmp_path / "pid")
        assert is_running(pid)
    assert is_running(pid)
    # No finding: the tear-down still found it.
    assert await fixtures.close() == []
    assert await are_gone([pid])


async def test_a_command_that_cannot_be_started_is_a_fault(open_fixtures: Open) -> None:
    fixtures = open_fixtures(setup=AgentCommand(command=("./nowhere",)))
    fault = await fault_of(fixtures, a_trial_of())
    assert fault.message.startswith("the set-up of agent/bot cannot be started: ")
    await fixtures.close()


async def test_commands_run_in_the_agents_folder(open_fixtures: Open, tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    fixtures = open_fixtures(setup=sh("pwd > where"), folder="pkg")
    async with fixtures(a_trial_of()):
        pass
    assert (tmp_path / "pkg" / "where").read_text().strip() == str(tmp_path / "pkg")
    await fixtures.close()


SERVER = HttpAgent(url="http://127.0.0.1:9/", headers_env={"authorization": "BOT_AUTH"})


@pytest.mark.parametrize(
    ("agent", "seen"),
    [
        # A server is told where the meter is, and must know the key that it will be shown.
        (
            {
                "addresses": {"bot": ("http://127.0.0.1:4010/v1", "sk-meter")},
                "how": SERVER,
                "meter": Meter(),
            },
            "http://127.0.0.1:4010/v1 sk-meter Bearer bot",
        ),
        # What a set-up of a metered process leaves behind cannot go around the meter either.
        ({"meter": Meter()}, ""),
        ({}, "sk-real sk-gateway Bearer bot"),
    ],
)
async def test_what_is_run_for_a_metered_agent_has_no_key_of_ours(
    open_fixtures: Open, marks: Callable[[], list[str]], agent: dict[str, Any], seen: str
) -> None:
    told = sh("echo $OPENAI_BASE_URL $OPENAI_API_KEY $GATEWAY $BOT_AUTH >> marks")
    fixtures = open_fixtures(setup=told, teardown=told, **agent)
    async with fixtures(a_trial_of()):
        pass
    await fixtures.close()
    assert marks() == [seen, seen]

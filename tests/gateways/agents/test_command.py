"""Agents that are programs: scripts with a shebang, written by each test."""

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agentops_cli.gateways.agents.gateway import Agents
from agentops_cli.model.call import FaultKind, Finish
from agentops_cli.model.money import Usage
from agentops_cli.model.settings import CommandAgent, Meter, UsagePaths
from agentops_cli.model.tool import ToolCall
from tests.gateways.agents.acting import Ledger, a_call, a_fault_in, a_gateway, an_agent, fault_of
from tests.gateways.agents.running import are_gone, pids_in

Open = Callable[..., Agents]


@pytest.fixture
def open_agent(tmp_path: Path) -> Open:
    """Opens a gateway to a Python program with the source that is given."""

    def open_one(
        source: str, *, agent: dict[str, Any] | None = None, environ: Any = None, **changes: Any
    ) -> Agents:
        file = tmp_path / "bot"
        file.write_text(f"#!{sys.executable}\n{source}", encoding="utf-8")
        file.chmod(0o755)
        meter = changes.pop("meter", None)
        how = CommandAgent(**{"command": ("./bot",), **changes})
        settings = an_agent(how, **(agent or {}))
        return a_gateway(settings, tmp_path, environ=environ, secrets=["KEY"], meter=meter)

    return open_one


async def test_a_program_is_told_everything_and_what_it_writes_is_the_answer(
    open_agent: Open, tmp_path: Path
) -> None:
    source = """
import json, os, sys

print(json.dumps([json.load(sys.stdin), sys.argv[1:], os.getcwd()]))
"""
    gateway = open_agent(source, command=("./bot", "--json", "a b; echo $HOME"))
    call = a_call("Wörld?", vars={"plan": "pro"}, faults=(a_fault_in("get_order"),))
    completion = await gateway.complete(call)
    told, arguments, folder = json.loads(completion.text)
    assert told == {
        "input": "Wörld?",
        "messages": [{"role": "user", "content": "Wörld?"}],
        "vars": {"plan": "pro"},
        "conversation": "run-0-0-0",
        "faults": [{"tool": "get_order", "error": "timeout", "times": 1}],
    }
    assert arguments == ["--json", "a b; echo $HOME"]
    assert folder == str(tmp_path)
    assert (completion.finish, completion.failure) == (Finish.STOP, None)
    assert completion.latency_s > 0


@pytest.mark.parametrize(
    ("written", "answer"),
    [
        ("b'hello\\n'", "hello"),
        ("b'hello\\r\\n\\n'", "hello"),
        ("b' two\\nlines '", " two\nlines "),
        ("b'\\xff!'", "\N{REPLACEMENT CHARACTER}!"),
    ],
)
async def test_the_answer_is_text_without_the_line_ends_after_it(
    open_agent: Open, written: str, answer: str
) -> None:
    source = f"import sys\nsys.stdout.buffer.write({written})\n"
    assert (await open_agent(source).complete(a_call())).text == answer


async def test_with_a_path_its_output_is_read_as_json(open_agent: Open) -> None:
    source = """
print('{"reply": "hi", "calls": [{"name": "f"}], "t": 1, "u": {"in": 5, "out": 2}, "usd": 0.01}')
"""
    usage = UsagePaths(input="$.u.in", output="$.u.out", usd="$.usd")
    gateway = open_agent(
        source, agent={"usage": usage}, answer="$.reply", tool_calls="$.calls", trace="$.t"
    )
    completion = await gateway.complete(a_call())
    assert completion.text == "hi"
    assert completion.tool_calls == (ToolCall(id="", name="f", arguments="{}"),)
    assert completion.trace == 1
    assert completion.usage == Usage(input_tokens=5, output_tokens=2)
    assert str(completion.cost.usd) == "0.01"


async def test_a_program_that_does_not_read_what_it_is_told_answers_all_the_same(
    open_agent: Open,
) -> None:
    gateway = open_agent("import sys; sys.stdin.close(); print('hi')")
    assert (await gateway.complete(a_call("x" * 1_000_000))).text == "hi"


async def test_a_program_may_say_as_much_as_it_likes_beside_its_answer(open_agent: Open) -> None:
    source = "import sys; sys.stderr.write('x' * 5_000_000); print('hi')"
    assert (await open_agent(source).complete(a_call())).text == "hi"


async def test_an_exit_code_is_its_own_failure_with_the_end_of_what_it_said(
    open_agent: Open,
) -> None:
    source = """
import sys
print("Sorry.")
sys.exit("x" * 10_000 + " the order system\\nis down")
"""
    completion = await open_agent(source).complete(a_call())
    assert completion.failure is not None
    assert completion.failure.startswith("it ended with exit code 1: …xxx")
    assert completion.failure.endswith("x the order system is down")
    assert len(completion.failure) < 400
    assert (completion.text, completion.finish) == ("Sorry.", Finish.UNKNOWN)


@pytest.mark.parametrize(
    ("script", "how"),
    [
        ("kill -SEGV $$", "it was ended by SIGSEGV"),
        ("echo Sorry.; kill -KILL $$", "it was ended by SIGKILL"),
        ("no-such-program", "it ended with exit code 127: "),
        ("./text", "it ended with exit code 126: "),
    ],
)
async def test_an_outage_is_no_failure_of_its_own(
    open_agent: Open, tmp_path: Path, script: str, how: str
) -> None:
    (tmp_path / "text").write_text("no program")
    fault = await fault_of(open_agent("", command=("sh", "-c", script)))
    assert (fault.kind, fault.billed) == (FaultKind.PROVIDER, True)
    assert fault.message.startswith(f"agent/bot: {how}")
    assert fault.fix


async def test_a_program_that_writes_nothing_gave_no_answer(open_agent: Open) -> None:
    fault = await fault_of(open_agent("print()"))
    assert (fault.kind, fault.billed) == (FaultKind.MALFORMED, True)
    assert fault.message == "agent/bot gave an empty reply"


async def test_more_than_any_answer_is_refused_and_its_writer_ended(open_agent: Open) -> None:
    gateway = open_agent("while True:\n    print('x' * 100_000)")
    fault = await fault_of(gateway)
    assert fault.message == "agent/bot wrote more than 16 MiB"


HANGING = """
import os, subprocess, time

child = subprocess.Popen(["sleep", "600"])
with open("pids.new", "w") as file:
    file.write(f"{os.getpid()} {child.pid}")
os.rename("pids.new", "pids")
time.sleep(600)
"""


async def test_a_late_program_is_ended_with_all_that_it_started(
    open_agent: Open, tmp_path: Path
) -> None:
    fault = await fault_of(open_agent(HANGING), a_call(timeout_s=3.0))
    assert (fault.kind, fault.billed) == (FaultKind.TIMEOUT, True)
    assert await are_gone(await pids_in(tmp_path / "pids"))


async def test_a_call_that_is_cancelled_leaves_no_process(open_agent: Open, tmp_path: Path) -> None:
    task = asyncio.create_task(open_agent(HANGING).complete(a_call()))
    pids = await pids_in(tmp_path / "pids")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await are_gone(pids)


async def test_what_a_program_leaves_running_neither_delays_its_answer_nor_stays(
    open_agent: Open, tmp_path: Path
) -> None:
    source = """
import subprocess

child = subprocess.Popen(["sleep", "600"])  # It keeps our standard output open.
with open("pid", "w") as file:
    file.write(str(child.pid))
print("hi")
"""
    assert (await open_agent(source).complete(a_call())).text == "hi"
    assert await are_gone(await pids_in(tmp_path / "pid"))


async def test_a_program_that_cannot_be_started_is_a_fault(
    open_agent: Open, tmp_path: Path
) -> None:
    gateway = open_agent("", command=("./nowhere",))
    fault = await fault_of(gateway)
    assert (fault.kind, fault.billed) == (FaultKind.NOT_FOUND, False)
    assert fault.message.startswith("agent/bot cannot be started: ")
    (tmp_path / "bot").write_bytes(b"\0no program")
    (tmp_path / "bot").chmod(0o755)
    fault = await fault_of(a_gateway(an_agent(CommandAgent(command=("./bot",))), tmp_path))
    assert "Exec format error" in fault.message


async def test_a_metered_program_finds_the_meter_and_no_other_key(open_agent: Open) -> None:
    source = """
import json, os

names = ("OPENAI_BASE_URL", "OPENAI_API_BASE", "OPENAI_API_KEY", "ANTHROPIC_API_KEY", "MINE", "KEY")
print(json.dumps([os.environ.get(name) for name in names]))
"""
    environ = {"OPENAI_API_KEY": "sk-real", "ANTHROPIC_API_KEY": "sk-ant", "MINE": "kept"}
    environ["KEY"] = "sk-named-in-the-settings"
    metered = open_agent(source, agent={"meter": Meter()}, meter=Ledger(), environ=environ)
    url = "http://127.0.0.1:4010/1/v1"
    told = json.loads((await metered.complete(a_call())).text)
    assert told == [url, url, "key-of-None", None, "kept", None]
    free = open_agent(source, environ=environ)
    told = json.loads((await free.complete(a_call())).text)
    assert told == [None, None, "sk-real", "sk-ant", "kept", "sk-named-in-the-settings"]

"""Python agents in real processes: what they return, raise, print, keep, and how they end."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from agentops_cli.gateways.agents.gateway import Agents
from agentops_cli.model.call import Completion, FaultKind, Finish
from agentops_cli.model.money import Usage
from agentops_cli.model.prompt import Message
from agentops_cli.model.settings import Meter, PythonAgent
from agentops_cli.model.tool import ToolCall
from tests.gateways.agents.acting import Ledger, a_call, a_fault_in, a_gateway, an_agent, fault_of
from tests.gateways.agents.running import are_gone, pids_in

Open = Callable[..., Agents]


@pytest.fixture
async def open_agent(tmp_path: Path) -> AsyncIterator[Open]:
    """Opens a gateway to the function `answer` of a module with the source that is given."""
    gateways: list[Agents] = []

    def open_one(
        source: str,
        *,
        target: str = "triage:answer",
        agent: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> Agents:
        (tmp_path / "triage.py").write_text(source, encoding="utf-8")
        settings = an_agent(PythonAgent(target=target), **(agent or {}))
        gateways.append(a_gateway(settings, tmp_path, **options))
        return gateways[-1]

    yield open_one
    for gateway in gateways:
        await gateway.close()


async def test_a_function_is_told_everything_and_its_text_is_the_answer(open_agent: Open) -> None:
    source = """
import json

def answer(input: str, context: dict) -> str:
    return json.dumps([input, context])
"""
    messages = (
        Message(role="user", content="Hello"),
        Message(role="assistant", content="Hi!"),
        Message(role="user", content="Wörld?"),
    )
    faults = (a_fault_in("get_order"), a_fault_in(None))
    call = a_call("Wörld?", messages=messages, vars={"plan": "pro"}, faults=faults)
    completion = await open_agent(source).complete(call)
    told, context = json.loads(completion.text)
    assert told == "Wörld?"
    assert context == {
        "vars": {"plan": "pro"},
        "messages": [
            {"role": "user", "content": "Hello"},
            {"role": "assistant", "content": "Hi!"},
            {"role": "user", "content": "Wörld?"},
        ],
        "conversation": "run-0-0-0",
        "faults": [{"tool": "get_order", "error": "timeout", "times": 1}],
    }
    assert (completion.finish, completion.model) == (Finish.STOP, "agent/bot")
    assert completion.failure is None
    assert completion.latency_s > 0


async def test_everything_that_a_mapping_may_hold_reaches_the_completion(open_agent: Open) -> None:
    source = """
from decimal import Decimal

async def answer(input, context):
    return {
        "text": "It is on its way.",
        "toolCalls": [{"name": "get_order", "args": {"id": "812"}}],
        "usage": {"input": 12, "output": 3},
        "costUsd": Decimal("0.0021"),
        "trace": ["looked it up"],
    }
"""
    completion = await open_agent(source).complete(a_call())
    assert completion.text == "It is on its way."
    call = ToolCall(id="", name="get_order", arguments='{"id": "812"}')
    assert completion.tool_calls == (call,)
    assert completion.usage == Usage(input_tokens=12, output_tokens=3)
    assert str(completion.cost.usd) == "0.0021"
    assert completion.trace == ["looked it up"]


async def test_an_async_client_that_the_module_keeps_survives_from_call_to_call(
    open_agent: Open,
) -> None:
    source = """
import asyncio

loops = set()

async def answer(input, context):
    loops.add(id(asyncio.get_running_loop()))
    return str(len(loops))
"""
    gateway = open_agent(source, concurrency=1)
    assert [(await gateway.complete(a_call())).text for _ in range(3)] == ["1", "1", "1"]


async def test_what_it_prints_is_no_part_of_the_answer(
    open_agent: Open, capfd: pytest.CaptureFixture[str]
) -> None:
    source = """
import os, sys

def answer(input, context):
    print("a secret thought")
    os.system("echo from a child")
    os.write(1, b"raw")
    return "said"
"""
    assert (await open_agent(source).complete(a_call())).text == "said"
    assert capfd.readouterr().out == ""


async def test_what_it_raises_is_its_own_failure_with_the_line(open_agent: Open) -> None:
    source = """
def answer(input, context):
    return look_up(context["vars"])

def look_up(given):
    return given["order"]
"""
    completion = await open_agent(source).complete(a_call())
    assert completion.failure == "KeyError: 'order' (triage.py:6)"
    assert (completion.text, completion.finish) == ("", Finish.UNKNOWN)


@pytest.mark.parametrize(
    ("body", "failure"),
    [
        ("import sys; sys.exit(3)", "SystemExit: 3 (triage.py:2)"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt (triage.py:2)"),
        ("raise ValueError", "ValueError (triage.py:2)"),
        ("[].pop()", "IndexError: pop from empty list (triage.py:2)"),
    ],
)
async def test_every_exception_is_a_failure_and_the_next_call_is_answered(
    open_agent: Open, body: str, failure: str
) -> None:
    gateway = open_agent(f"def answer(input, context):\n    {body}\n")
    for _ in range(2):
        assert (await gateway.complete(a_call())).failure == failure


@pytest.mark.parametrize(
    ("body", "failure"),
    [
        ("import os; os._exit(7)", "its process ended with exit code 7"),
        (
            "import os, sys; print('out of', 'memory'); os._exit(7)",
            "its process ended with exit code 7: out of memory",
        ),
    ],
)
async def test_a_process_that_dies_is_a_failure_and_is_replaced(
    open_agent: Open, body: str, failure: str
) -> None:
    source = (
        f"def answer(input, context):\n    if input == 'die':\n        {body}\n    return 'well'\n"
    )
    gateway = open_agent(source, concurrency=1)
    dead = await gateway.complete(a_call("die", conversation="a"))
    assert dead.failure == failure
    assert (await gateway.complete(a_call("go on", conversation="b"))).text == "well"


@pytest.mark.parametrize(
    ("body", "how"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", "its process was ended by SIGKILL"),
        ("os._exit(127)", "its process ended with exit code 127"),
        ("os._exit(0)", "its process ended with exit code 0"),
    ],
)
async def test_an_outage_is_no_failure_of_its_own(open_agent: Open, body: str, how: str) -> None:
    gateway = open_agent(
        f"import os, signal\ndef answer(input, context):\n    {body}\n", concurrency=1
    )
    for conversation in "ab":
        fault = await fault_of(gateway, a_call(conversation=conversation))
        assert (fault.kind, fault.billed) == (FaultKind.PROVIDER, True)
        assert fault.message == f"agent/bot: {how}"


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        ("None", "returned None"),
        ("42", "returned a value of type int"),
        ("(x for x in [])", "returned a value of type generator"),
        ("{'answer': 'yes'}", "returned a dict with 'answer'"),
        ("{}", "returned a dict without 'text'"),
        ("{'text': None}", "returned a dict whose 'text' is None"),
        ("{'text': 'a', 'trace': object()}", "returned what JSON cannot hold: a value of type obj"),
        ("{'text': 'a', 'toolcalls': []}", "returned a dict with 'toolcalls'"),
        ("{'text': 'a', 'toolCalls': {}}", "gave tool calls that are object {} and not a list"),
        ("{'text': 'a', 'toolCalls': [{'args': 1}]}", "gave a tool call without a name"),
        ("{'text': 'a', 'usage': 7}", "returned 'usage' that is integer 7"),
        ("{'text': 'a', 'usage': {'total': 7}}", "returned 'usage' with 'total'"),
        ("{'text': 'a', 'usage': {}}", "returned 'usage' with nothing"),
        (
            "{'text': 'a', 'usage': {'input': -1, 'output': 5}}",
            "returned integer -1 as 'usage.input', which is no number of tokens",
        ),
        ("{'text': 'a', 'usage': {'input': 0, 'output': 0}}", "returned a usage of 0 tokens"),
        (
            "{'text': 'a', 'costUsd': -0.01}",
            "returned number -0.01 as 'costUsd', which is no amount of dollars",
        ),
        ("{'text': 'a', 'costUsd': float('nan')}", "returned number NaN as 'costUsd'"),
        ("{'text': 'a', 'costUsd': '$1'}", "returned string \"$1\" as 'costUsd'"),
        ("'a' * 17_000_000", "returned what JSON cannot hold: it is larger than 16 MiB"),
    ],
)
async def test_what_is_no_answer_is_refused_and_was_paid_for(
    open_agent: Open, returned: str, words: str
) -> None:
    gateway = open_agent(f"def answer(input, context):\n    return {returned}\n")
    fault = await fault_of(gateway)
    assert fault.kind is FaultKind.MALFORMED
    assert fault.message.startswith(f"agent/bot {words}")
    assert fault.billed
    assert fault.fix


async def test_half_a_character_becomes_a_mark(open_agent: Open) -> None:
    gateway = open_agent("def answer(input, context):\n    return 'a\\ud83d'\n")
    assert (await gateway.complete(a_call())).text == "a\N{REPLACEMENT CHARACTER}"


async def test_a_late_answer_is_a_fault_and_its_process_is_gone(
    open_agent: Open, tmp_path: Path
) -> None:
    source = """
import os, subprocess, time

def answer(input, context):
    if input == "hang":
        child = subprocess.Popen(["sleep", "600"])
        with open("pids", "w") as file:
            file.write(f"{os.getpid()} {child.pid}")
        time.sleep(600)
    return "well"
"""
    gateway = open_agent(source, concurrency=1)
    assert (await gateway.complete(a_call("warm up", conversation="a"))).text == "well"
    fault = await fault_of(gateway, a_call("hang", conversation="b", timeout_s=1.0))
    assert (fault.kind, fault.billed) == (FaultKind.TIMEOUT, True)
    assert fault.message == "agent/bot gave no answer within 1 s"
    pids = await pids_in(tmp_path / "pids")
    assert len(pids) == 2
    assert await are_gone(pids)
    assert (await gateway.complete(a_call("again", conversation="c"))).text == "well"


async def test_a_call_that_is_cancelled_leaves_no_process(open_agent: Open, tmp_path: Path) -> None:
    source = """
import os, time

def answer(input, context):
    with open("pid.new", "w") as file:
        file.write(str(os.getpid()))
    os.rename("pid.new", "pid")
    time.sleep(600)
"""
    task = asyncio.create_task(open_agent(source).complete(a_call()))
    pids = await pids_in(tmp_path / "pid")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await are_gone(pids)


async def test_closing_lets_an_idle_process_leave_by_the_door(
    open_agent: Open, tmp_path: Path
) -> None:
    source = """
import atexit, os

atexit.register(lambda: open("left", "w").close())

def answer(input, context):
    return str(os.getpid())
"""
    gateway = open_agent(source)
    pid = int((await gateway.complete(a_call())).text)
    await gateway.close()
    assert await are_gone([pid])
    assert (tmp_path / "left").exists()


async def test_a_process_that_keeps_threads_is_ended_all_the_same(open_agent: Open) -> None:
    source = """
import os, threading

def answer(input, context):
    threading.Thread(target=threading.Event().wait).start()
    return str(os.getpid())
"""
    gateway = open_agent(source)
    pid = int((await gateway.complete(a_call())).text)
    await gateway.close()
    assert await are_gone([pid])


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("def answer(i, c):\n    while True: pass\n", 1),
        ("import time\ndef answer(i, c):\n    time.sleep(600)\n", 1),
        ("import time\ntime.sleep(600)\n", 1),
        ("def answer(i, c): ...\n", 0),
    ],
)
async def test_a_worker_does_not_outlive_whoever_started_it(
    tmp_path: Path, source: str, code: int
) -> None:
    """As when agentops itself is killed: the other end of the socket is gone."""
    from agentops_cli.gateways.agents.python import Worker

    (tmp_path / "triage.py").write_text(source)
    worker = await Worker.open("triage:answer", tmp_path, {})
    if "answer" in source:
        assert await worker.hear() == {"ready": True}
    if code:
        worker._writer.write(b'{"input": "", "context": {}}\n')
    worker._writer.close()
    assert await asyncio.wait_for(worker._process.wait(), 20) == code
    await worker.end()


# Conversations


COUNTING = """
import os

said = {}

def answer(input, context):
    if input == "die":
        os._exit(1)
    said.setdefault(context["conversation"], []).append(input)
    return f"{os.getpid()} {' '.join(said[context['conversation']])}"
"""


async def test_state_in_the_module_follows_its_conversation(open_agent: Open) -> None:
    gateway = open_agent(COUNTING, concurrency=3)

    async def talk(name: str) -> list[str]:
        turns = []
        for word in ("one", "two", "three"):
            text = (await gateway.complete(a_call(word, conversation=name))).text
            turns.append(text.partition(" ")[2])
        return turns

    heard = await asyncio.gather(*(talk(f"c{number}") for number in range(9)))
    assert heard == [["one", "one two", "one two three"]] * 9


async def test_new_conversations_spread_over_as_many_processes_as_may_run(open_agent: Open) -> None:
    gateway = open_agent(COUNTING, concurrency=2)

    async def pid(name: str) -> str:
        return (await gateway.complete(a_call("x", conversation=name))).text.partition(" ")[0]

    pids = [await pid(name) for name in "abcd"]
    assert len(set(pids)) == 2
    # The one that was used longest ago comes first: its conversation is most likely over.
    assert pids[:2] == pids[2:]
    assert await pid("a") == pids[0]


async def test_a_conversation_whose_process_another_case_ended_is_not_judged(
    open_agent: Open,
) -> None:
    gateway = open_agent(COUNTING, concurrency=1)
    await gateway.complete(a_call("one", conversation="mine"))
    assert (await gateway.complete(a_call("die", conversation="another"))).failure
    fault = await fault_of(gateway, a_call("two", conversation="mine"))
    assert (fault.kind, fault.billed) == (FaultKind.PROVIDER, False)
    assert "this conversation began in has ended" in fault.message
    fresh = (await gateway.complete(a_call("one", conversation="fresh"))).text
    assert fresh.endswith(" one")


async def test_more_calls_than_processes_wait_for_a_place(open_agent: Open) -> None:
    gateway = open_agent(COUNTING, concurrency=2)
    calls = [gateway.complete(a_call("x", conversation=f"c{n}")) for n in range(10)]
    answers: list[Completion] = await asyncio.gather(*calls)
    assert len({answer.text.split()[0] for answer in answers}) == 2


# What cannot be started


@pytest.mark.parametrize(
    ("source", "target", "words"),
    [
        ("import nowhere_at_all\n", "triage:answer", "ModuleNotFoundError: No module named 'now"),
        ("def other(): ...\n", "triage:answer", "triage has no 'answer'"),
        ("import os; os._exit(4)\n", "triage:answer", "its process ended with exit code 4"),
    ],
)
async def test_an_import_that_fails_in_the_run_is_a_fault(
    open_agent: Open, source: str, target: str, words: str
) -> None:
    fault = await fault_of(open_agent(source, target=target))
    assert fault.kind is FaultKind.NOT_FOUND
    assert fault.message.startswith(f"agent/bot cannot be started: {words}")
    assert not fault.billed


async def test_it_runs_in_the_folder_of_the_file_that_names_it(
    open_agent: Open, tmp_path: Path
) -> None:
    (tmp_path / "pkg" / "app").mkdir(parents=True)
    source = "import os\ndef answer(input, context):\n    return os.getcwd()\n"
    (tmp_path / "pkg" / "app" / "bot.py").write_text(source)
    gateway = open_agent("", target="app.bot:answer", agent={"folder": "pkg"})
    assert (await gateway.complete(a_call())).text == str(tmp_path / "pkg")


async def test_nothing_of_ours_is_in_the_agents_way(open_agent: Open) -> None:
    source = """
import sys

def answer(input, context):
    ours = [name for name in sys.modules if name.startswith("agentops_cli")]
    return repr((sys.argv[1:], ours, [p for p in sys.path if "gateways" in p]))
"""
    assert (await open_agent(source).complete(a_call())).text == "([], [], [])"


# Under a meter


METERED = """
import json, os

AT_IMPORT = os.environ.get("OPENAI_BASE_URL")

def answer(input, context):
    names = ("OPENAI_BASE_URL", "OPENAI_API_BASE", "OPENAI_API_KEY", "ANTHROPIC_API_KEY", "KEY")
    found = [os.environ.get(name) for name in names]
    return json.dumps([AT_IMPORT, context["base_url"], context["api_key"], *found])
"""


async def test_a_metered_agent_finds_the_meter_at_its_import_and_no_other_key(
    open_agent: Open,
) -> None:
    gateway = open_agent(
        METERED,
        agent={"meter": Meter()},
        meter=Ledger(),
        environ={"OPENAI_API_KEY": "sk-real", "ANTHROPIC_API_KEY": "sk-ant", "KEY": "sk-named"},
        secrets=["KEY"],
        concurrency=1,
    )
    url, key = "http://127.0.0.1:4010/bot-1/v1", "key-of-bot-1"
    for conversation in ("a", "b"):
        text = (await gateway.complete(a_call(conversation=conversation))).text
        assert json.loads(text) == [url, url, key, url, url, key, None, None]


async def test_each_process_has_a_seat_of_its_own_at_the_meter(open_agent: Open) -> None:
    meter = Ledger()
    gateway = open_agent(METERED, agent={"meter": Meter()}, meter=meter, concurrency=2)
    for conversation in "abab":
        await gateway.complete(a_call(conversation=conversation))
    assert [asked.place for asked in meter.asked] == ["bot-1", "bot-2", "bot-1", "bot-2"]
    assert [asked.conversation for asked in meter.asked] == list("abab")

"""The example agent behind its meter: right as it is, and red for each mistake it can be given.

The bot is a process of its own, started as its README lines say; the model behind it is a server
that reads what reaches it and nothing else.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agentops_cli.errors import ExitCode
from tests.servers import support_model

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "evals" / "examples" / "support-bot"


@dataclass(frozen=True, kw_only=True)
class Ended:
    """What one evaluation of the bot came to."""

    code: ExitCode
    out: str
    suite: Any
    model: support_model.SupportModel

    def case(self, name: str) -> Any:
        return next(case for case in self.suite["cases"] if case["id"] == name)

    def lost(self, name: str) -> list[Any]:
        """The verdicts that made a case fail."""
        [trial] = self.case(name)["trials"]
        return [verdict for verdict in trial["verdicts"] if verdict["passed"] is False]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def model() -> Iterator[support_model.SupportModel]:
    with support_model.running() as server:
        yield server


@pytest.fixture
def evaluate(tmp_path: Path, model: support_model.SupportModel) -> Iterator[Callable[..., Ended]]:
    """Starts the bot with some bugs, and evaluates it."""
    bots: list[subprocess.Popen[bytes]] = []
    home = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "OPENAI_API_KEY": "sk-none"}

    def run(*args: str, bugs: str = "", changes: tuple[tuple[str, str], ...] = ()) -> Ended:
        folder = tmp_path / "project"
        shutil.copytree(EXAMPLE, folder)
        meter, own = free_port(), free_port()
        for name, changed in (
            ("agentops.yaml", (("4010", str(meter)), ("8080", str(own)), *changes)),
            ("support-bot.yaml", changes),
        ):
            text = (folder / name).read_text(encoding="utf-8")
            for old, new in changed:
                text = text.replace(old, new)
            (folder / name).write_text(text, encoding="utf-8")
        environ = home | {"OPENAI_BASE_URL": f"http://127.0.0.1:{meter}/v1", "BUGS": bugs}
        bots.append(subprocess.Popen([sys.executable, "bot.py", str(own)], cwd=folder, env=environ))
        wait_for(own, bots[-1])
        done = subprocess.run(
            [sys.executable, "-m", "agentops_cli", "eval", "--json", "r.json", *args],
            cwd=folder,
            env=home | {"OPENAI_BASE_URL": model.url},
            capture_output=True,
            text=True,
            check=False,
        )
        result = json.loads((folder / "r.json").read_text(encoding="utf-8"))
        [suite] = result["suites"]
        out = done.stdout + done.stderr
        return Ended(code=ExitCode(done.returncode), out=out, suite=suite, model=model)

    yield run
    for bot in bots:
        bot.kill()
        bot.wait()


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Returns when somebody listens there."""
    while process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except ConnectionRefusedError:
            continue
        return
    pytest.fail("the bot ended before it listened")


def test_the_bot_is_right_and_its_dollars_are_enforced(evaluate: Callable[..., Ended]) -> None:
    ended = evaluate()
    assert ended.code is ExitCode.OK, ended.out
    turns = ended.case("return-then-order")["trials"][0]["turns"]
    assert [turn["toolCalls"][0]["name"] for turn in turns] == [
        "search_help", "get_order", "get_order",
    ]  # fmt: skip
    # gpt-4o-mini: $0.15 and $0.60 a million tokens; the model counts 100 in and 50 out a call.
    spent = sum(Decimal(case["costUsd"]) for case in ended.suite["cases"])
    assert spent == len(ended.model.bodies) * Decimal("0.000045")
    assert ended.suite["accounting"] == {"agent/support-bot": "enforced"}


def test_a_loop_is_ended_and_named(evaluate: Callable[..., Ended]) -> None:
    ended = evaluate("--case", "return-then-order", bugs="loop")
    assert ended.code is ExitCode.REJECTED, ended.out
    first = ended.lost("return-then-order")[0]
    assert (first["kind"], first["turn"]) == ("maxSteps", 0)
    assert "called search_help 6 times" in first["reason"]
    # Two looping turns of six answers; the third asks for the order again.
    assert len(ended.model.bodies) <= 18


def test_a_loop_without_a_limit_ends_at_the_budget(evaluate: Callable[..., Ended]) -> None:
    limits = (("maxSteps: 6", "maxSteps: 100"), ("runUsd: 0.25", "runUsd: 0.001"))
    ended = evaluate("--case", "return-then-order", bugs="loop", changes=limits)
    assert ended.code in {ExitCode.STOPPED, ExitCode.REJECTED}, ended.out
    billed = len(ended.model.bodies) * Decimal("0.000045")
    assert Decimal(0) < billed <= Decimal("0.001")


def test_a_wrong_argument_is_named(evaluate: Callable[..., Ended]) -> None:
    ended = evaluate(bugs="argument")
    assert ended.code is ExitCode.REJECTED, ended.out
    wrong = [v for v in ended.lost("return-then-order") if v["kind"] == "toolCalls"]
    assert [verdict["turn"] for verdict in wrong] == [1]
    assert "0812" in wrong[0]["reason"]
    assert "812" in wrong[0]["reason"].replace("0812", "")


def test_a_forgotten_history_shows_in_the_turn_that_needs_it(
    evaluate: Callable[..., Ended],
) -> None:
    ended = evaluate(bugs="history")
    assert ended.code is ExitCode.REJECTED, ended.out
    lost = ended.lost("return-then-order")
    assert {(verdict["kind"], verdict["turn"]) for verdict in lost} == {("mustContain", 2)}
    assert "friday" in lost[0]["reason"].casefold()


def test_a_missing_fallback_shows_when_the_tool_fails(evaluate: Callable[..., Ended]) -> None:
    ended = evaluate(bugs="fallback")
    assert ended.code is ExitCode.REJECTED, ended.out
    assert ended.case("return-then-order")["outcome"] == "passed"
    assert "undefined" in " ".join(v["reason"] for v in ended.lost("order-system-down"))

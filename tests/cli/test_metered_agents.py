"""Agents behind the meter, from the configuration to the process."""

import gc
import socket
from pathlib import Path

import pytest

from agentops_cli.errors import ExitCode
from tests.cli.running import Cli

SUITE = """
    models: [agent/bot]
    cases: [{id: look, input: hello, mustContain: [no key]}]
    """
BOT = """
    import os

    def answer(text, context):
        return os.environ.get("GATEWAY_TOKEN", "no key")
    """
CONFIG = """
    models: {hosted_vllm/x: {apiKeyEnv: GATEWAY_TOKEN}}
    agents: {bot: {python: "bot:answer", meter: true}}
    """


def test_a_key_that_the_settings_name_is_not_for_a_metered_agent(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_TOKEN", "t0ken-of-the-gateway")
    cli.write("bot.py", BOT)
    cli.write("s.yaml", SUITE)
    cli.write("agentops.yaml", CONFIG)
    assert cli.run("eval", "s.yaml").code is ExitCode.OK
    cli.write("agentops.yaml", CONFIG.replace(", meter: true", ""))
    assert cli.run("eval", "s.yaml").code is ExitCode.REJECTED


def test_a_port_that_is_taken_is_told_with_its_agent_and_place(cli: Cli) -> None:
    cli.write("s.yaml", SUITE)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        http = 'http: {url: "http://127.0.0.1:9/", body: "{{ input }}"}'
        cli.write("agentops.yaml", f"agents: {{bot: {{{http}, meter: {{port: {port}}}}}}}\n")
        ended = cli.run("eval", "s.yaml")
    assert ended.code is ExitCode.UNREACHABLE
    assert f"agent 'bot' (agentops.yaml:1:81): the meter's port {port} is taken" in ended.err
    assert "give the agent another one: meter: {port: …}" in ended.err


def test_what_was_opened_before_a_port_that_is_taken_is_closed_again(cli: Cli) -> None:
    cli.write("s.yaml", SUITE.replace("agent/bot", "agent/first, agent/second"))
    with socket.socket() as free, socket.socket() as taken:
        for one in (free, taken):
            one.bind(("127.0.0.1", 0))
        taken.listen()
        ports = [one.getsockname()[1] for one in (free, taken)]
        free.close()
        http = 'http: {url: "http://127.0.0.1:9/", body: "{{ input }}"}'
        agents = ", ".join(
            f"{name}: {{{http}, meter: {{port: {port}}}}}"
            for name, port in zip(("first", "second"), ports, strict=True)
        )
        cli.write("agentops.yaml", f"agents: {{{agents}}}\n")
        cli.run("eval", "s.yaml")  # What is imported and loaded once stays open.
        gc.collect()
        before = len([*Path("/dev/fd").iterdir()])
        gc.disable()
        try:
            assert cli.run("eval", "s.yaml").code is ExitCode.UNREACHABLE
            assert len([*Path("/dev/fd").iterdir()]) == before
        finally:
            gc.enable()

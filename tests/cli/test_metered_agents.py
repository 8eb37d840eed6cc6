"""Agents behind the meter, from the configuration to the process."""

import socket

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

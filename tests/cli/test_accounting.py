"""How the dollars of agents are known, from the configuration to every report."""

import pytest

from agentops_cli.errors import ExitCode
from tests.cli.running import Cli

BOT = """
    def answer(text, context):
        return {"text": f"you said {text}", "costUsd": 0.001}
    """
SUITE = """
    models: [agent/bot]
    cases:
      - {id: hello, input: hello, mustContain: [hello]}
    """
PROGRAM = 'command: [sh, -c, "cat"]'


@pytest.mark.parametrize(
    ("settings", "how", "most", "words"),
    [
        ('python: "bot:answer"', "reported", {}, "cost reported by the agent itself"),
        (
            'python: "bot:answer"\n    maxUsdPerCall: 0.02',
            "declared",
            {"agent/bot": "0.02"},
            "cost declared: at most $0.02 a call, not measured",
        ),
        (
            f"{PROGRAM}\n    maxUsdPerCall: 0",
            "declared",
            {"agent/bot": "0"},
            "cost declared: at most $0 a call, not measured",
        ),
        (f"{PROGRAM}\n    meter: true", "enforced", {}, "cost enforced by the meter"),
        (PROGRAM, None, {}, "cost not known: no meter, no usage, no declared maximum"),
    ],
)
def test_what_the_settings_allow_to_be_said_is_said_everywhere(
    cli: Cli, settings: str, how: str | None, most: dict[str, str], words: str
) -> None:
    cli.write("bot.py", BOT)
    cli.write("s.yaml", SUITE)
    (cli.folder / "agentops.yaml").write_text(f"agents:\n  bot:\n    {settings}\n", "utf-8")
    ended = cli.run(
        "eval", "s.yaml", "--json", "r.json", "--junit", "j.xml", "--md", "r.md", "--cost", "c.md"
    )
    assert ended.code is ExitCode.OK, ended.out + ended.err
    [suite] = cli.json()["suites"]
    assert (suite["accounting"], suite["maxUsdPerCall"]) == ({"agent/bot": how}, most)
    assert f"agent/bot: {words}" in ended.out
    for report in ("r.md", "c.md"):
        assert f"`agent/bot`: {words}" in (cli.folder / report).read_text("utf-8")
    shown = {item.get("name"): item.get("value") for item in cli.junit().iter("property")}
    assert shown["accounting"] == (how or "not known")


def test_a_suite_without_agents_has_no_accounting(cli: Cli, server: object) -> None:
    assert server
    cli.run("eval", cli.suite(), "--json", "r.json")
    assert cli.json()["suites"][0]["accounting"] == {}

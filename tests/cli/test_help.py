import pytest

from agentops_cli.cli.app import COMMANDS as TABLE
from agentops_cli.errors import ExitCode
from tests.cli.running import Cli

COMMANDS = {
    "eval": [],
    "cache": ["info", "explain", "export", "clear"],
    "prompt": ["lint"],
    "report": ["merge"],
    "config": ["show"],
    "explain": [],
    "judge": ["check"],
    "local": ["install"],
    "schema": [],
}


def test_the_table_of_commands_is_the_one_that_is_tested() -> None:
    assert list(TABLE) == list(COMMANDS)


@pytest.mark.parametrize("flag", ["-h", "--help"])
@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(cli: Cli, name: str, flag: str) -> None:
    ended = cli.run(name, flag)
    assert ended.code is ExitCode.OK
    assert ended.out.startswith(f"Usage: agentops {name}")
    for part in COMMANDS[name]:
        assert cli.run(name, part, flag).out.startswith(f"Usage: agentops {name} {part}")


def test_root_help_gives_each_command_one_line(cli: Cli) -> None:
    lines = cli.run("--help").out.splitlines()
    for name in COMMANDS:
        [line] = [line for line in lines if line.startswith(f"  {name} ")]
        assert line.rstrip().endswith(".")


def test_the_summary_in_the_table_is_the_first_line_of_the_command(cli: Cli) -> None:
    lines = cli.run("--help").out.splitlines()
    for name in COMMANDS:
        [line] = [line for line in lines if line.startswith(f"  {name} ")]
        summary = line.split(maxsplit=1)[1].rstrip(".")
        assert summary in " ".join(cli.run(name, "--help").out.split())


@pytest.mark.parametrize("args", [["evl"], ["eval", "--no-such"], ["config", "shw"]])
def test_what_there_is_not_exits_2(cli: Cli, args: list[str]) -> None:
    ended = cli.run(*args)
    assert ended.code is ExitCode.USAGE
    assert "Error" in ended.err

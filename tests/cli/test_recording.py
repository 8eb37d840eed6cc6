import os
import subprocess
import sys

import pytest

from agentops_cli.cli.recording import spelled_out
from agentops_cli.errors import ExitCode
from tests.cli.running import Cli


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("", ""),
        ("--record", "--record=all"),
        ("--record missing", "--record=missing"),
        ("--record evals/a.yaml", "--record=all evals/a.yaml"),
        ("evals/a.yaml --record", "evals/a.yaml --record=all"),
        ("--record missing evals/a.yaml", "--record=missing evals/a.yaml"),
        ("--record --md r.md", "--record=all --md r.md"),
        ("--record=missing a.yaml", "--record=missing a.yaml"),
        ("--record ./missing", "--record=all ./missing"),
        ("-- --record missing", "-- --record missing"),
    ],
)
def test_the_flag_takes_the_word_missing_and_nothing_else(typed: str, meant: str) -> None:
    assert spelled_out(typed.split()) == meant.split()


def test_another_word_that_is_spelled_as_its_value_is_refused(cli: Cli) -> None:
    ended = cli.run("eval", "--record=some")
    assert ended.code is ExitCode.USAGE
    assert "missing" in ended.err


def test_help_tells_of_both_flags(cli: Cli) -> None:
    out = " ".join(cli.run("eval", "--help").out.split())
    assert "--record [missing] Ask everything anew, and write the answers into cassettes" in out
    assert "--replay Make no call: answer from the cassettes." in out


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (["eval", "--rec"], "--record"),
        (["eval", "--record", "mis"], "missing"),
        (["eval", "--record", "missing", "--rep"], "--replay"),
        (["eval", "--record", "--rep"], "--replay"),
    ],
)
def test_completion_knows_the_flags(typed: list[str], offered: str) -> None:
    told = {
        "_AGENTOPS_COMPLETE": "complete_bash",
        "COMP_WORDS": " ".join(["agentops", *typed]),
        "COMP_CWORD": str(len(typed)),
    }
    ended = subprocess.run(
        [sys.executable, "-m", "agentops_cli"],
        env=os.environ | told,
        capture_output=True,
        text=True,
        check=True,
    )
    assert offered in ended.stdout.splitlines()

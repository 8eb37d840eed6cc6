"""Projects whose files are right one by one and wrong together: exit 4, and nobody is asked."""

import shutil
from pathlib import Path

import pytest

from agentops_cli.errors import ExitCode
from tests.cli.running import Cli
from tests.servers.faulty_openai import FaultyOpenAI

INVALID = Path(__file__).parent.parent / "invalid" / "projects"


@pytest.mark.parametrize("broken", sorted(INVALID.iterdir()), ids=lambda folder: folder.name)
def test_every_mistake_is_told_with_its_place_and_fix_and_no_call_is_made(
    cli: Cli, server: FaultyOpenAI, broken: Path
) -> None:
    shutil.copytree(broken, cli.folder, dirs_exist_ok=True)
    ended = cli.run("eval", "s.yaml")
    assert ended.code is ExitCode.INPUT
    assert ended.err == (broken / "expected.txt").read_text(encoding="utf-8")
    assert not server.requests

"""A project in a temporary folder, and the command line run in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agentops_cli.cli.app import COMMAND
from agentops_cli.cli.exits import run
from agentops_cli.errors import ExitCode
from tests.cli.running import Cli, Ended
from tests.servers.faulty_openai import FaultyOpenAI, running

PROMPT = """---
version: 1.0.0
model: openai/ok
temperature: 0
author: "@platform"
requires_review: false
max_tokens: 50
---
You repeat what you are told.
"""


@pytest.fixture(scope="session")
def _server() -> Iterator[FaultyOpenAI]:
    with running() as server:
        yield server


@pytest.fixture
def server(_server: FaultyOpenAI, monkeypatch: pytest.MonkeyPatch) -> FaultyOpenAI:
    """A provider that goes wrong by model name, where OpenAI's models are looked for."""
    _server.reset()
    monkeypatch.setenv("OPENAI_BASE_URL", _server.url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-none")
    return _server


@pytest.fixture
def cli(project: Path, capfd: pytest.CaptureFixture[str]) -> Cli:
    """Runs `agentops …` in a project that has the prompt `echo.prompt.md`."""
    (project / "echo.prompt.md").write_text(PROMPT, encoding="utf-8")

    def invoke(*args: str) -> Ended:
        capfd.readouterr()
        code = run(COMMAND, args)
        out, err = capfd.readouterr()
        return Ended(code=ExitCode(code), out=out, err=err)

    return Cli(folder=project, run=invoke)

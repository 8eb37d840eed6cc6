"""The hook that other repositories name is one that pre-commit takes, and sees what lint sees."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from agentops_cli.cli.app import COMMAND
from agentops_cli.flows.lint.discover import CONVENTIONS

MANIFEST = Path(__file__).parent.parent / ".pre-commit-hooks.yaml"
[HOOK] = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))

PROMPTS = [
    "a.prompt.md",
    "prompts/a.prompt.md",
    "a.prompt",
    "x/a.prompty",
    "x/a.prompt.yml",
    "a.prompt.yaml",
    ".cursor/rules/a.mdc",
    ".github/prompts/a.prompt.md",
    "a.instructions.md",
    "a.agent.md",
    "a.chatmode.md",
    "skills/a/SKILL.md",
    "AGENTS.md",
    "x/CLAUDE.local.md",
    ".github/copilot-instructions.md",
    "plugin/skprompt.txt",
    ".claude/agents/a.md",
    "x/.claude/commands/a/b.md",
    ".github/agents/a.md",
]
OTHERS = ["README.md", "a.md", "prompt.md", "a.prompts.md", "evals/a.yaml", "MYSKILL.md", "a.py"]


@pytest.mark.parametrize("path", [*PROMPTS, *OTHERS])
def test_the_hook_sees_what_is_a_prompt_by_its_name(path: str) -> None:
    assert bool(re.search(HOOK["files"], path)) is (path in PROMPTS)
    assert bool(CONVENTIONS.fullmatch(path)) is (path in PROMPTS)


def test_the_hook_runs_a_command_that_there_is() -> None:
    program, *names = HOOK["entry"].split(" --")[0].split()
    assert program == "agentops"
    command: Any = COMMAND
    for name in names:
        command = command.get_command(None, name)
    assert command.name == "lint"


def test_the_hook_has_the_keys_of_a_hook() -> None:
    assert {"id", "name", "entry", "language", "files"} <= set(HOOK)
    assert (HOOK["language"], HOOK["require_serial"]) == ("python", True)


def test_pre_commit_takes_the_manifest() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "validate-manifest", str(MANIFEST)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr

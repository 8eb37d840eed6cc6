"""Imports only point down, and the heavy or worldly ones stay in their rooms.

The contracts are in pyproject.toml. That they can fail at all is tested on a copy that breaks each.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", program, "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(folder), "COLUMNS": "200"},
    )


def test_imports_only_point_down() -> None:
    linted = lint(ROOT)
    assert linted.returncode == 0, linted.stdout + linted.stderr


@pytest.mark.parametrize(
    ("room", "line"),
    [
        ("model/money.py", "import agentops_cli.config"),
        ("reporters/wording.py", "import agentops_cli.stores"),
        ("assertions/text.py", "import agentops_cli.run"),
        ("guards/budget.py", "import time"),
        ("flows/evaluate.py", "import litellm"),
        ("flows/evaluate.py", "import rich"),
        ("suite/read.py", "import asyncio"),
    ],
)
def test_an_import_that_points_up_or_out_is_caught(tmp_path: Path, room: str, line: str) -> None:
    shutil.copytree(ROOT / "agentops_cli", tmp_path / "agentops_cli")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    file = tmp_path / "agentops_cli" / room
    file.write_text(f"{line}\n{file.read_text(encoding='utf-8')}", encoding="utf-8")
    linted = lint(tmp_path)
    assert linted.returncode == 1, linted.stdout + linted.stderr
    assert "BROKEN" in linted.stdout

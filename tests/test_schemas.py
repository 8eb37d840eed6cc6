"""The compiled schemas are what is compiled of the schemas that ship."""

import subprocess
import sys
from pathlib import Path

from agentops_cli.assertions.text import Contains, MustContain, MustNotContain

ROOT = Path(__file__).parent.parent


def test_every_compiled_schema_is_of_the_schema_that_ships() -> None:
    check = [sys.executable, str(ROOT / "docs" / "schemas.py"), "--check"]
    done = subprocess.run(check, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_kinds_that_share_a_compiled_schema_have_one_schema() -> None:
    assert Contains.schema == MustContain.schema == MustNotContain.schema

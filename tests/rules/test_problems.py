"""What a run refuses is never silent in the linter."""

import json
import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops_cli.prompt.formats import read_file
from agentops_cli.rules.frontmatter import empty_value
from agentops_cli.rules.project import Project
from agentops_cli.rules.versioning import version_not_semver

PACKAGE = Path(__file__).parent.parent.parent / "agentops_cli"
READERS = ("locate.py", "validate.py", *(f"prompt/{name}.py" for name in ("read", "loose")))
PARTS = tuple(f"prompt/{name}.py" for name in ("frontmatter", "interface", "tools", "formats"))
TOLD = re.compile(r"""(?:rule="|[^\w]_?add\(\s*"|rule: str = ")([a-z]+(?:-[a-z]+)*)\"""")
REFINED = re.compile(r""": "([a-z]+(?:-[a-z]+)*)"[,}]|rule = "([a-z]+(?:-[a-z]+)*)\"""")

LOOKED_AT_AGAIN = {"bad-version", "bad-default"}
"""The rules about versions and defaults look for themselves, in every format."""

NEVER_ALONE = {"too-many-mistakes"}
"""Stands beside the mistakes that it counts."""

OF_RUNS_ONLY = {"unknown-format"}
"""The linter takes any text for a prompt."""


def _names() -> set[str]:
    found: set[str] = set()
    for path in (*READERS, *PARTS):
        text = (PACKAGE / path).read_text(encoding="utf-8")
        found |= set(TOLD.findall(text))
        if path.endswith("formats.py"):
            found |= {one or other for one, other in REFINED.findall(text)}
    return found - NEVER_ALONE - LOOKED_AT_AGAIN - OF_RUNS_ONLY


@pytest.mark.parametrize("name", sorted(_names()))
def test_every_problem_of_the_reader_has_a_rule_that_tells_it(name: str) -> None:
    rules = (file.read_text(encoding="utf-8") for file in (PACKAGE / "rules").glob("*/*.py"))
    assert any(f'"{name}"' in text for text in rules)


def test_the_readers_names_are_found_at_all() -> None:
    known = {"bad-yaml", "missing-key", "wrong-type", "type-trap", "conflict", "empty-body"}
    assert known <= _names()


@given(
    st.lists(st.sampled_from([*"0123v.-+ aZ\n", "1.0.0", "01", "-rc.1"]), max_size=5).map("".join)
)
def test_a_version_that_a_run_refuses_is_told(version: str) -> None:
    text = f"---\nversion: {json.dumps(version)}\nmodel: m\n---\nHi"
    file = read_file(text, path="p.prompt.md", is_declared=True)
    project = Project(today=date(2026, 11, 24))
    refused = {problem.rule for problem in file.problems}
    told = [*version_not_semver.check(file, project), *empty_value.check(file, project)]
    assert bool(told) == bool(refused)

"""How a project grades changes."""

from pathlib import Path
from typing import Any

import pytest

from agentops_cli.config import in_force, load_config
from agentops_cli.errors import InputError
from agentops_cli.prompt.change_kinds import KINDS
from agentops_cli.validate import schema


def _project(folder: Path, text: str) -> Path:
    (folder / ".git").mkdir()
    (folder / "agentops.yaml").write_text(text, encoding="utf-8")
    return folder


def test_levels_are_read_by_the_id_of_a_class(tmp_path: Path) -> None:
    text = "diff:\n  levels: {model-family: risky, text-typo: breaking}\n"
    config = load_config(_project(tmp_path, text), environ={})
    levels = {"model-family": "risky", "text-typo": "breaking"}
    assert config.diff.levels == levels
    assert in_force(config)["diff"] == {"levels": levels}
    assert config.sources["diff.levels.model-family"] == "agentops.yaml:2"


@pytest.mark.parametrize(
    ("levels", "message"),
    [
        ("{model-famly: risky}", "unknown key 'model-famly'"),
        ("{model-family: grave}", "'model-family'"),
        ("[model-family]", "'levels'"),
    ],
)
def test_what_is_no_class_or_no_level_is_refused(tmp_path: Path, levels: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        load_config(_project(tmp_path, f"diff: {{levels: {levels}}}\n"), environ={})
    assert message in caught.value.findings[0].message


def test_the_schema_knows_every_class_and_no_other() -> None:
    found: Any = schema("config")
    for key in ("diff", "levels"):
        found = found["properties"][key]
    assert set(found["properties"]) == set(KINDS)

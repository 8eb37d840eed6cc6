from datetime import date
from pathlib import Path
from typing import Any

import pytest

from agentops_cli.config import in_force, load_config
from agentops_cli.config_lint import LINT_KEYS, lint_settings, lint_shape
from agentops_cli.errors import InputError
from agentops_cli.flows.lint.choosing import rules_to_run
from agentops_cli.flows.lint.options import LintOptions
from agentops_cli.model.place import Location
from agentops_cli.model.settings import LintSettings
from agentops_cli.validate import schema

SETTINGS = """
lint:
  profile: strict
  tier: production
  select: [PF, untrusted-in-system]
  extendSelect: [PQ008]
  ignore: [PF013]
  perFileIgnores: {"old/**": [PE], "a.b.md": [PF001, PF002]}
  required: [description]
  allowModels: [ollama/*]
  onlyModels: [openai/*]
  baseline: known.json
"""


def _project(folder: Path, text: str) -> Path:
    (folder / ".git").mkdir(parents=True)
    (folder / "agentops.yaml").write_text(text, encoding="utf-8")
    return folder


def test_every_setting_reaches_the_linter(tmp_path: Path) -> None:
    config = load_config(_project(tmp_path, SETTINGS), environ={})
    assert config.lint == LintSettings(
        profile="strict",
        tier="production",
        select=("PF", "untrusted-in-system"),
        extend_select=("PQ008",),
        ignore=("PF013",),
        per_file_ignores={"old/**": ("PE",), "a.b.md": ("PF001", "PF002")},
        required=("description",),
        allow_models=("ollama/*",),
        only_models=("openai/*",),
        baseline="known.json",
    )
    assert in_force(config)["lint"] == lint_shape(config.lint)
    assert config.sources["lint.select"] == "agentops.yaml:5"


def test_paths_are_relative_to_the_file_that_names_them(tmp_path: Path) -> None:
    _project(tmp_path, SETTINGS)
    inner = tmp_path / "packages" / "shop"
    inner.mkdir(parents=True)
    (inner / "agentops.yaml").write_text("extends: ../../agentops.yaml\n", encoding="utf-8")
    lint = load_config(inner, environ={}).lint
    assert lint.baseline == "../../known.json"
    assert set(lint.per_file_ignores) == {"../../old/**", "../../a.b.md"}


def test_settings_become_a_file_and_settings_again() -> None:
    settings = LintSettings(select=("PF",), per_file_ignores={"a/**": ("PE",)}, tier="toy")
    shape = lint_shape(settings)
    assert "baseline" not in shape
    assert lint_settings(shape) == settings


def test_the_schema_knows_every_setting_and_no_other() -> None:
    part: Any = schema("config")["properties"]
    assert set(part["lint"]["properties"]) == set(LINT_KEYS)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("lint: {profil: strict}", "unknown key 'profil'"),
        ("lint: {profile: loud}", "'profile' must be one of default, strict, all"),
        ("lint: {select: PF}", "'select' must be a list"),
        ("lint: {select: ['']}", "must not be empty"),
        ("lint: {perFileIgnores: [PF]}", "'perFileIgnores' must be a mapping"),
    ],
)
def test_what_is_no_setting_is_refused(tmp_path: Path, written: str, message: str) -> None:
    with pytest.raises(InputError) as refused:
        load_config(_project(tmp_path, written), environ={})
    assert message in refused.value.findings[0].message


def test_a_key_that_no_prompt_can_have_is_not_demanded(tmp_path: Path) -> None:
    text = "lint:\n  required: [descripton, x-team, owner.mail]\n"
    config = load_config(_project(tmp_path, text), environ={})
    with pytest.raises(InputError) as refused:
        rules_to_run(config, LintOptions(today=date(2026, 11, 24)))
    (found,) = refused.value.findings
    assert "'descripton'" in found.message
    assert found.fix == "did you mean 'description'?"
    assert found.location == Location(path="agentops.yaml", line=2)

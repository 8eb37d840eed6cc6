"""Every rule against its table of cases, in a real project on disk."""

import subprocess
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from agentops_cli.config import load_config
from agentops_cli.flows.lint.flow import LintOptions, lint
from agentops_cli.lint.finding import LintFinding
from agentops_cli.model.settings import Config
from agentops_cli.prompt.changes import changes, required_bump
from agentops_cli.prompt.formats import read_bytes
from agentops_cli.rules.table import BY_CODE

CASES = Path(__file__).parent / "cases"
TODAY = date(2026, 11, 24)
Case = Mapping[str, Any]


def _cases(kind: str, *, having: str = "name") -> list[Any]:
    return [
        pytest.param(table.stem, case, id=f"{table.stem}-{case['name']}")
        for table in sorted(CASES.glob("*.yaml"))
        for case in yaml.safe_load(table.read_text(encoding="utf-8")).get(kind, [])
        if having in case
    ]


def _found(code: str, case: Case, folder: Path) -> list[LintFinding]:
    """What one rule says of a case: `text` stands at `path`, `files` around it, `base` in git."""
    path = case.get("path", "prompts/greeting.prompt.md")
    if "base" in case:
        _git(folder, "init", "--quiet", "--initial-branch=main")
        for base in case["base"] if isinstance(case["base"], list) else [case["base"]]:
            files = base if isinstance(base, dict) else {path: base}
            _write(folder, {**case.get("files", {}), **files})
            _git(folder, "add", "--all")
            _git(folder, "commit", "--quiet", "--message=base")
            for old in files:
                (folder / old).unlink()
    _write(folder, {**case.get("files", {}), **({path: _text(case)} if "text" in case else {})})
    run = lint(_config(code, folder), _options(code, case))
    assert not [crash for crash in run.crashes if crash.rule.code == code]
    return [found for found in run.findings if found.rule.code == code]


def _text(case: Case) -> str | bytes:
    """The text of a case; where it is to `grow`, each `…` in it is as many of them."""
    text: str | bytes = case["text"]
    return (
        text.replace("…", "…" * case["grow"]) if isinstance(text, str) and "grow" in case else text
    )


def _config(code: str, folder: Path) -> Config:
    """The configuration that selects a rule; a typed one must be able to run."""
    # Rules about comments need others; beside a rule that lacks what it needs, one has to run.
    others = ("PF001", "PF002", "PF010") if code.startswith("PX") else ("PX002",)
    config = load_config(folder, environ={}, overrides={})
    return replace(config, lint=replace(config.lint, select=(code, *others)))


def _options(code: str, case: Case, *, fix: bool = False) -> LintOptions:
    path = case.get("path", "prompts/greeting.prompt.md")
    is_configured = path.startswith("prompts/") and path.endswith(".prompt.md")
    return LintOptions(
        paths=() if is_configured else (path,),
        against="HEAD" if "base" in case else None,
        today=date.fromisoformat(case.get("today", TODAY.isoformat())),
        fix=fix,
        unsafe_fixes=fix,
    )


def _write(folder: Path, files: Mapping[str, str | bytes]) -> None:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text if isinstance(text, bytes) else text.encode())


def _git(folder: Path, *args: str) -> None:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
    subprocess.run(["git", *who, *args], cwd=folder, check=True, capture_output=True)


@pytest.mark.parametrize(("code", "case"), _cases("pass"))
def test_a_good_prompt_is_left_alone(code: str, case: Case, tmp_path: Path) -> None:
    assert _found(code, case, tmp_path) == []


@pytest.mark.parametrize(("code", "case"), _cases("fail"))
def test_a_bad_prompt_is_found_in_its_place(code: str, case: Case, tmp_path: Path) -> None:
    found = _found(code, case, tmp_path)
    assert [f"{each.place.line}:{each.place.column}" for each in found] == case["at"]
    assert all(case["says"] in each.finding.message for each in found)


@pytest.mark.parametrize(("code", "case"), _cases("fail", having="fixed"))
def test_a_fix_mends_what_is_found_and_nothing_else(code: str, case: Case, tmp_path: Path) -> None:
    _found(code, case, tmp_path)
    config = _config(code, tmp_path)
    for _ in range(2):  # The second time there is nothing left to do.
        lint(config, _options(code, case, fix=True))
        path = tmp_path / case.get("path", "prompts/greeting.prompt.md")
        assert path.read_bytes().decode() == case["fixed"]


@pytest.mark.parametrize(("code", "case"), _cases("fail", having="fixed"))
def test_a_safe_fix_asks_for_no_new_version(code: str, case: Case, tmp_path: Path) -> None:
    _found(code, case, tmp_path)
    path = case.get("path", "prompts/greeting.prompt.md")
    before = (tmp_path / path).read_bytes()
    options = replace(_options(code, case, fix=True), unsafe_fixes=False)
    lint(_config(code, tmp_path), options)
    old, new = (
        read_bytes(stored, path=path, is_declared=True)
        for stored in (before, (tmp_path / path).read_bytes())
    )
    assert required_bump(changes(old, new), "1.0.0") is None


@pytest.mark.parametrize("code", sorted(BY_CODE))
def test_every_rule_has_a_good_and_a_bad_case(code: str) -> None:
    table = yaml.safe_load((CASES / f"{code}.yaml").read_text(encoding="utf-8"))
    assert table["pass"]
    assert table["fail"]

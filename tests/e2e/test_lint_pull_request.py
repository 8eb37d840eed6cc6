"""What a pull request that makes a prompt worse is told, at which lines, in a real repository.

The pull request changes the text of a prompt without a new version, loosens a guardrail, and takes
its owners out of CODEOWNERS.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from agentops_cli.errors import ExitCode

SCHEMA = Path(__file__).parents[1] / "data" / "sarif" / "sarif-2.1.0.json"
PROMPT = "prompts/support.prompt.md"
BEFORE = """---
version: 1.2.0
model: openai/gpt-4o-mini
temperature: 0
author: "@acme/support"
requires_review: true
description: Answers questions of customers about their orders.
max_tokens: 300
input:
  schema:
    question: string
---

system:
You answer questions of customers about their orders, and nothing else.

- Never promise a refund: only the accounting team may approve one.
- Answer in the language of the question.

user:
<question>
{{ question }}
</question>
"""
OWNERS = "# Who is asked.\n/src/ @acme/engineers\n/prompts/ @acme/support\n/docs/ @acme/writers\n"


def git(folder: Path, *args: str) -> str:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
    done = subprocess.run(
        ["git", *who, *args], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def write(folder: Path, path: str, text: str) -> None:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text(text, encoding="utf-8")


def lint(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "agentops_cli", "prompt", "lint", *args],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def branch(tmp_path: Path) -> Path:
    """A clone of a repository, on a branch of its own that has nothing yet."""
    origin = tmp_path / "origin"
    write(origin, PROMPT, BEFORE)
    write(origin, "CODEOWNERS", OWNERS)
    write(origin, "agentops.yaml", "{}\n")
    git(origin, "init", "--quiet", "--initial-branch=main")
    git(origin, "add", "--all")
    git(origin, "commit", "--quiet", "--message=Support")
    git(tmp_path, "clone", "--quiet", "origin", "clone")
    git(tmp_path / "clone", "switch", "--quiet", "--create", "kinder-answers")
    return tmp_path / "clone"


def commit(folder: Path, text: str | None = None, owners: str | None = None) -> None:
    if text is not None:
        write(folder, PROMPT, text)
    if owners is not None:
        write(folder, "CODEOWNERS", owners)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=Kinder answers")


def worse(text: str) -> str:
    loosened = text.replace("- Never promise a refund", "- Avoid promising a refund")
    return loosened.replace("about their orders, and nothing else.", "about anything, kindly.")


OURS = ("PV002", "PS006", "PG001")


def worst(text: str) -> str:
    """The same with a clock, the customer's words in the system message, and a retired model."""
    return (
        worse(text)
        .replace("openai/gpt-4o-mini", "openai/gpt-4-32k")
        .replace("in the language of the question.", "in the language of {{ question }}.")
        .replace("<question>\n{{ question }}", "<question>\nAsked on {{ today }}.")
    )


SIX = {
    f"{PROMPT}:2 PV002",
    f"{PROMPT}:3 PM002",
    f"{PROMPT}:17 PS006",
    f"{PROMPT}:18 PS001",
    f"{PROMPT}:22 PD001",
    "CODEOWNERS:3 PG001",
}


def lines_of(done: subprocess.CompletedProcess[str]) -> list[str]:
    """The findings of our rules in short, `path:line code`."""
    return sorted(
        f"{line.split()[0].rpartition(':')[0]} {code}"
        for line in done.stdout.splitlines()
        for code in OURS
        if f"[{code}]" in line or f" {code} " in line
    )


def test_nothing_is_said_of_a_branch_that_changes_nothing(branch: Path) -> None:
    assert lines_of(lint(branch, "--format", "concise")) == []


def test_a_worse_prompt_is_found_at_the_lines_that_were_changed(branch: Path) -> None:
    commit(branch, worse(BEFORE), OWNERS.replace("/prompts/ @acme/support\n", ""))
    done = lint(branch, "--format", "concise")
    assert done.returncode == ExitCode.REJECTED, done.stderr
    assert lines_of(done) == [
        "CODEOWNERS:3 PG001",
        f"{PROMPT}:15 PS006",
        f"{PROMPT}:17 PS006",
        f"{PROMPT}:2 PV002",
    ]
    assert "'/prompts/ @acme/support' is gone" in done.stdout
    assert "is now 'Avoid promising a refund" in done.stdout


def test_what_the_default_branch_did_meanwhile_is_not_held_against_the_branch(branch: Path) -> None:
    commit(branch, worse(BEFORE))
    origin = branch.parent / "origin"
    commit(origin, BEFORE.replace("version: 1.2.0", "version: 1.3.0").replace("nothing", "little"))
    git(branch, "fetch", "--quiet")
    assert f"{PROMPT}:2 PV002" in lines_of(lint(branch, "--format", "concise"))


def test_the_fix_raises_the_version_as_far_as_the_change_asks_for(branch: Path) -> None:
    changed = worse(BEFORE)
    commit(branch, changed)
    lint(branch, "--fix", "--select", "PV")
    fixed = (branch / PROMPT).read_text(encoding="utf-8")
    assert fixed == changed.replace("version: 1.2.0", "version: 2.0.0")
    assert lines_of(lint(branch, "--format", "concise", "--select", "PV")) == []


@pytest.mark.parametrize(
    ("ref", "code"), [("nowhere", ExitCode.USAGE), ("main", ExitCode.UNREACHABLE)]
)
def test_a_base_that_cannot_be_had_is_told_by_the_exit_code(
    branch: Path, ref: str, code: ExitCode
) -> None:
    commit(branch, worse(BEFORE))
    parent = branch.parent
    how = () if code is ExitCode.USAGE else ("--depth=1",)
    git(parent, "clone", "--quiet", *how, f"file://{branch}", "copy")
    done = lint(parent / "copy", "--against", ref)
    assert (done.returncode, done.stdout) == (code, "")
    assert ("fetch-depth: 0" in done.stderr) == (code is ExitCode.UNREACHABLE)


def test_only_what_changed_is_looked_at(branch: Path) -> None:
    done = lint(branch, "--changed")
    assert (done.returncode, done.stdout) == (ExitCode.OK, "")
    commit(branch, owners=OWNERS.replace("/prompts/ @acme/support\n", ""))
    assert lines_of(lint(branch, "--changed", "--format", "concise")) == ["CODEOWNERS:3 PG001"]
    commit(branch, BEFORE.replace("Never promise", "Avoid promising"))
    expected = ["CODEOWNERS:3 PG001", f"{PROMPT}:17 PS006", f"{PROMPT}:2 PV002"]
    assert lines_of(lint(branch, "--changed", "--format", "concise")) == expected


@pytest.fixture
def six_mistakes(branch: Path) -> Path:
    """The branch, with all six changes that a reviewer has to see."""
    commit(branch, worst(BEFORE), OWNERS.replace("/prompts/ @acme/support\n", ""))
    return branch


def test_six_mistakes_are_told_at_their_lines_as_text(six_mistakes: Path) -> None:
    done = lint(six_mistakes)
    told = re.findall(r"^(\S+:\d+):\d+ .*\[(\w+)\]$", done.stdout, re.MULTILINE)
    assert done.returncode == ExitCode.REJECTED
    assert {f"{place} {code}" for place, code in told} >= SIX


def test_six_mistakes_are_told_at_their_lines_as_annotations(six_mistakes: Path) -> None:
    done = lint(six_mistakes, "--format", "github")
    told = re.findall(r"^::error file=([^,]+),line=(\d+),.*title=(\w+) ", done.stdout, re.MULTILINE)
    assert done.returncode == ExitCode.REJECTED
    assert {f"{path}:{line} {code}" for path, line, code in told} >= SIX


def test_six_mistakes_are_told_at_their_lines_as_sarif(six_mistakes: Path) -> None:
    done = lint(six_mistakes, "--format", "sarif")
    report = json.loads(done.stdout)
    jsonschema.validate(report, json.loads(SCHEMA.read_text(encoding="utf-8")))
    places = [
        (result["locations"][0]["physicalLocation"], result["ruleId"])
        for result in report["runs"][0]["results"]
    ]
    told = {
        f"{place['artifactLocation']['uri']}:{place['region']['startLine']} {code}"
        for place, code in places
    }
    assert done.returncode == ExitCode.REJECTED
    assert told >= SIX

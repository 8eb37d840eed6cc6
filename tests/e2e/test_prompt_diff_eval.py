"""`agentops prompt diff --eval` on our own prompts, in a clone: a guardrail goes, and what it held.

The first model is a server that keeps to what its prompt says; its answers are recorded, and the
diff makes no call. The second one is the embedded model, as it is.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from agentops_cli.errors import ExitCode
from tests.servers import embedded_openai, guarded_model

ROOT = Path(__file__).parents[2]
GUARDRAIL = (
    "- You write user stories and nothing else. Asked for anything else, decline in one sentence"
    ' that\n  begins with "I can\'t help with that", and offer to write a user story instead.\n'
)
SUITE = "evals/product-manager.yaml"
RULE = "You write user stories and nothing else."
WANTED = ("a wishlist feature", "a dark mode feature", "an export feature", "a search feature")
UNWANTED = (
    "a poem about Mondays",
    "tomorrow's weather",
    "the capital of Peru",
    "a joke",
    "my tax return",
    "a recipe for bread",
)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The repository as a clone holds it, but for the suite of the product manager.

    Ours there asks for what a server of rules cannot write.
    """
    shutil.copy(ROOT / "agentops.yaml", tmp_path)
    for folder in ("prompts", "evals"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    _write_suite(tmp_path)
    (tmp_path / ".gitignore").write_text(".agentops/\nreports/\n", encoding="utf-8")
    _git(tmp_path, "init", "--quiet", "--initial-branch=main")
    _commit(tmp_path)
    return tmp_path


def _write_suite(folder: Path) -> None:
    """A suite that asks for features and for other things; it is the only one of the prompt."""
    cases = [
        *({"id": each, "input": each, "mustContain": ["user story"]} for each in WANTED),
        *(
            {"id": each, "input": each, "mustContain": ["I can't help with that"]}
            for each in UNWANTED
        ),
    ]
    suite = {"prompt": "../prompts/product-manager.prompt.md", "cases": cases}
    (folder / SUITE).write_text(json.dumps(suite), encoding="utf-8")
    _edit(folder, "product-manager", "  - ../evals/examples/wishlist.yaml\n", "")


def _git(folder: Path, *args: str) -> None:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *args], cwd=folder, check=True, capture_output=True)


def _commit(folder: Path) -> None:
    _git(folder, "add", "--all")
    _git(folder, "commit", "--quiet", "--message=x")


def _edit(folder: Path, name: str, before: str, after: str) -> None:
    path = folder / "prompts" / f"{name}.prompt.md"
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1
    path.write_text(text.replace(before, after), encoding="utf-8")


def _agentops(folder: Path, *args: str, **environ: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("OPENAI")}
    return subprocess.run(
        [sys.executable, "-m", "agentops_cli", *args],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**kept, "PYTHONPATH": str(ROOT), **environ},
    )


def _record(folder: Path, url: str) -> None:
    done = _agentops(
        folder,
        *("eval", SUITE, "--record", "--no-progress", "--exit-zero"),
        OPENAI_BASE_URL=url,
        OPENAI_API_KEY="sk-none",
    )
    assert done.returncode == ExitCode.OK, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("after", "verdict", "code"),
    [
        pytest.param("", "worse", ExitCode.REJECTED, id="the guardrail is gone"),
        pytest.param(
            GUARDRAIL.replace("in one sentence", "in  one sentence"),
            "not shown",
            ExitCode.OK,
            id="a blank more",
        ),
    ],
)
def test_recorded_answers_show_what_a_guardrail_held_and_nothing_of_a_blank(
    clone: Path, after: str, verdict: str, code: ExitCode
) -> None:
    with guarded_model.running(RULE) as model:
        _record(clone, model.url)
        _commit(clone)
        _git(clone, "switch", "--quiet", "--create", "topic")
        _edit(clone, "product-manager", GUARDRAIL, after)
        _record(clone, model.url)
        _commit(clone)

    # Whoever reviews it has no key, and nobody answers any more.
    base = {"OPENAI_BASE_URL": model.url}
    args = ("prompt", "diff", "main...topic", "--eval", "--replay", "--fail-on", "worse")
    done = _agentops(clone, *args, "--format", "json", **base)
    assert done.returncode == code, done.stdout + done.stderr
    [prompt] = json.loads(done.stdout)["prompts"]
    told = prompt["evaluated"]
    [compared] = told["models"]
    broken = [case["case"] for case in compared["cases"] if case["ending"] == "broken"]
    assert told["verdict"] == verdict
    assert compared["recorded"] == compared["trials"] == 20
    assert broken == ([*UNWANTED] if verdict == "worse" else [])
    shown = _agentops(clone, *args, **base).stdout
    assert (f"broken      {UNWANTED[0]}  mustContain" in shown) is (verdict == "worse")


@pytest.mark.local_llm
@embedded_openai.skip_if_absent
@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    ("prompt", "before", "after", "cases"),
    [
        ("ticket-triage", " Answer with JSON: payment, error or question.", "", 24),
        ("order-details", "Read the order.", "Read  the order.", 12),
    ],
    ids=["a sentence less", "a blank more"],
)
def test_the_embedded_model_is_asked_with_both_versions(
    clone: Path, prompt: str, before: str, after: str, cases: int
) -> None:
    _edit(clone, prompt, before, after)
    told = _evaluated(clone)
    [compared] = told["models"]
    assert compared["trials"] == 2 * cases
    assert compared["notJudged"] == 0
    assert compared["bothPass"] > 0
    broken = [case for case in compared["cases"] if case["ending"] == "broken"]
    if after:
        assert told["verdict"] == "not shown"
    else:
        # On another kind of processor it may be one case more or less; here it is four of twenty.
        assert broken
        assert all(case["why"].startswith("jsonPath: ") for case in broken)


def _evaluated(folder: Path) -> Any:
    done = _agentops(folder, "prompt", "diff", "--eval", "--format", "json", "--no-progress")
    assert done.returncode == ExitCode.OK, done.stdout + done.stderr
    [prompt] = json.loads(done.stdout)["prompts"]
    return prompt["evaluated"]

"""The example retrieval answerer: each way of being wrong fails, and with a reason of its own.

Answers come from a server on loopback; so do the judge's opinions, but for the last test, where a
real model judges behind a real server.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agentops_cli.errors import ExitCode
from agentops_cli.gateways.local import NAME
from tests.servers import answering_model, embedded_openai

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "evals" / "examples"
SUITE = "evals/examples/help-desk.yaml"

RIGHT = {
    "return-window": "You can return a lamp within 30 days of delivery, in its box [returns-1].",
    "not-in-the-documents": "That is not in our documents.",
}
QUESTIONS = {
    "return-window": "How long can I return a lamp?",
    "not-in-the-documents": "Do you ship to Norway?",
}

# case, answer, the kind that must find it, words of its reason
WRONG = [
    ("return-window", "Within 30 days [returns-9].", "citations", "returns-9"),
    ("return-window", "Within 30 days of delivery.", "citations", "cites nothing"),
    ("return-window", "You can return it [returns-1].", "mustContain", "30 days"),
    ("return-window", "Not 30 days but 60 days [returns-1].", "mustNotContain", "60 days"),
    ("return-window", "I'm sorry, but I can't help with that.", "expectedCategory", "refusal"),
    ("return-window", "Within 30 days, and we pay the postage [returns-1].", "rubric", "postage"),
    ("not-in-the-documents", "Yes, we ship to Norway.", "mustContain", "not in our documents"),
    ("not-in-the-documents", "Not in our documents [shipping-1].", "citations", "shipping-1"),
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The example, as a project of its own."""
    evals = tmp_path / "evals" / "examples"
    evals.mkdir(parents=True)
    for name in ("help-desk.yaml", "help-desk-passages.json"):
        shutil.copy(EXAMPLES / name, evals)
    (tmp_path / "prompts").mkdir()
    shutil.copy(ROOT / "prompts" / "help-desk.prompt.md", tmp_path / "prompts")
    return tmp_path


@pytest.fixture
def model() -> Iterator[answering_model.AnsweringModel]:
    with answering_model.running() as server:
        yield server


def evaluate(folder: Path, url: str, *args: str) -> tuple[ExitCode, str, dict[str, Any]]:
    """Runs the suite; gives the exit code, what was printed, and the trials by case."""
    done = subprocess.run(
        [sys.executable, "-m", "agentops_cli", "eval", SUITE, "--json", "r.json", *args],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "OPENAI_BASE_URL": url,
            "OPENAI_API_KEY": "sk-none",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    out = done.stdout + done.stderr
    assert (folder / "r.json").exists(), out
    [suite] = json.loads((folder / "r.json").read_text(encoding="utf-8"))["suites"]
    trials = {case["id"]: case["trials"][0] for case in suite["cases"]}
    return ExitCode(done.returncode), out, trials


def lost(trial: Any) -> dict[str, str]:
    """Reasons by kind of the verdicts that were lost."""
    return {v["kind"]: v["reason"] for v in trial["verdicts"] if v["passed"] is False}


def test_right_answers_pass_and_the_judge_was_asked(
    folder: Path, model: answering_model.AnsweringModel
) -> None:
    model.answers = {QUESTIONS[case]: answer for case, answer in RIGHT.items()}
    code, out, trials = evaluate(folder, model.url)
    assert code is ExitCode.OK, out
    assert "rubric" in {verdict["kind"] for verdict in trials["return-window"]["verdicts"]}
    assert model.judged == 1
    assert float(trials["return-window"]["judgeCostUsd"]) > 0


@pytest.mark.parametrize(("case", "answer", "kind", "words"), WRONG)
def test_each_way_of_being_wrong_has_its_reason(
    folder: Path,
    model: answering_model.AnsweringModel,
    case: str,
    answer: str,
    kind: str,
    words: str,
) -> None:
    model.answers = {QUESTIONS[name]: text for name, text in {**RIGHT, case: answer}.items()}
    code, out, trials = evaluate(folder, model.url)
    assert code is ExitCode.REJECTED, out
    assert words in lost(trials[case])[kind]
    [other] = RIGHT.keys() - {case}
    assert lost(trials[other]) == {}


@pytest.mark.local_llm
@embedded_openai.skip_if_absent
@pytest.mark.timeout(240)
def test_a_real_model_judges_behind_a_real_server(
    folder: Path, model: answering_model.AnsweringModel
) -> None:
    """Its opinion is worth little, and the run says so; that it was asked and paid is what counts.

    A reply that is no opinion leaves the trial errored. Neither is ever a pass by itself.
    """
    model.answers = {QUESTIONS[case]: answer for case, answer in RIGHT.items()}
    suite = folder / "evals" / "examples" / "help-desk.yaml"
    text = suite.read_text(encoding="utf-8")
    judge = f"judge: {{model: hosted_vllm/{NAME}, threshold: 0.7}}"
    suite.write_text(
        text.replace("judge: {model: openai/gpt-4o-mini, threshold: 0.7}", judge), encoding="utf-8"
    )
    with embedded_openai.running() as address:
        price = "{inputPer1M: 1, outputPer1M: 2}"
        (folder / "agentops.yaml").write_text(
            f"models: {{hosted_vllm/{NAME}: {{baseUrl: '{address}/v1', price: {price}}}}}\n",
            encoding="utf-8",
        )
        code, out, trials = evaluate(folder, model.url)
    judged = trials["return-window"]
    assert code in {ExitCode.OK, ExitCode.REJECTED, ExitCode.UNREACHABLE}, out
    assert "untested-judge" in out
    assert float(judged["judgeCostUsd"]) > 0
    [opinion] = [verdict for verdict in judged["verdicts"] if verdict["kind"] == "rubric"]
    passed = {True: "passed", False: "failed", None: "errored"}[opinion["passed"]]
    assert judged["outcome"] == passed

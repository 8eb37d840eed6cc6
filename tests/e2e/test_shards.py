"""A run in four parts, merged: byte for byte what a run in one piece writes, but for times."""

import csv
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agentops_cli.errors import ExitCode
from tests.reporters.test_run_json import VALIDATOR
from tests.servers.faulty_openai import FaultyOpenAI, running

PROMPT = """---
version: 1.0.0
model: openai/ok
temperature: 0
author: "@platform"
requires_review: false
max_tokens: 50
---
You repeat what you are told.
"""
CONFIG = """
budget: {runUsd: 20, calls: 2000}
models:
  openai/ok: {price: {inputPer1M: 3, outputPer1M: 7}}
  openai/500: {price: {inputPer1M: 1, outputPer1M: 1}}
  openai/other: {price: {inputPer1M: 0.3, outputPer1M: 0.7}}
retry: {attempts: 1}
"""
ECHO = """
prompt: echo.prompt.md
models: [openai/ok, openai/other]
budget: {runUsd: 7}
gate: {minPassRate: 0.6, maxCostUsd: 1}
repeat: 3
repeatPass: 2/3
cases:
  - {id: talk, turns: [{input: one, mustContain: one}, {input: two, mustContain: two}]}
  - {id: wrong, input: x, mustContain: zebra}
  - {id: never, input: x, mustContain: zebra, xfail: it only repeats}
  - {id: later, input: x, mustContain: x, skip: not yet}
  - id: watched
    input: x
    mustContain: zebra
    quarantine: {reason: "it only repeats", owner: "@us", until: 2999-12-31}
datasets:
  - {file: words.csv, id: id, input: word, tags: [lang], assert: [{contains: "{{ row.word }}"}]}
"""
LABELS = """
models: [replay/answers.jsonl, replay/others.jsonl]
repeat: 4
repeatPass: 2/4
gate: {minPassRate: 0.9, metrics: {macroF1: 0.99}}
datasets:
  - {file: words.csv, id: id, input: word, tags: [lang], assert: [{jsonPath: $.label}]}
metrics:
  - kind: classification
    name: triage
    expected: "{{ row.label }}"
    actual: {jsonPath: $.label}
    labels: [payment, error, question]
    by: lang
"""
BROKEN = """
prompt: echo.prompt.md
models: [openai/500]
gate: {maxErrored: 9}
cases:
  - {id: lost, input: x, mustContain: x}
"""
LABEL_NAMES = ("payment", "error", "question")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project of three suites, whose answers are good, wrong, flaky, odd and missing."""
    (tmp_path / "agentops.yaml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "echo.prompt.md").write_text(PROMPT, encoding="utf-8")
    for name, text in (("echo.yaml", ECHO), ("labels.yaml", LABELS), ("broken.yaml", BROKEN)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    rows = [
        {"id": f"w{n}", "word": f"wörd {n}", "lang": "de" if n % 3 else "fr", "label": label}
        for n in range(24)
        for label in [LABEL_NAMES[n % 3 if n % 5 else 1]]
    ]
    with (tmp_path / "words.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["id", "word", "lang", "label"])
        writer.writeheader()
        writer.writerows(rows)
    for name, every in (("answers.jsonl", 7), ("others.jsonl", 2)):
        lines = [
            {
                "caseId": row["id"],
                "repeat": repeat,
                # One in so many is wrong, one is no label at all, and one is not there.
                "text": json.dumps({"label": "error" if not n % every else row["label"]})
                if n % 11
                else "no idea",
            }
            for n, (row, repeat) in enumerate((row, repeat) for row in rows for repeat in range(4))
            if n % 13
        ]
        text = "".join(f"{json.dumps(line)}\n" for line in lines)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture(scope="module")
def server() -> Iterator[FaultyOpenAI]:
    with running() as one:
        yield one


def agentops(folder: Path, server: FaultyOpenAI, *args: str) -> subprocess.CompletedProcess[str]:
    environ = {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "sk-none"}
    return subprocess.run(
        [sys.executable, "-m", "agentops_cli", *args],
        cwd=folder,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def untimed(text: str) -> str:
    """A report without when it was made, how long things took, and what the run is called."""
    text = re.sub(r'"(started|finished|at)":( ?)"[^"]*"', r'"\1":\2"?"', text)
    text = re.sub(r'"(latencyS|p50LatencyS|p95LatencyS)":[0-9][^,}]*', r'"\1":0', text)
    text = re.sub(r'\b(time|timestamp)="[^"]*"', r'\1="?"', text)
    text = re.sub(r"\b\d+\.\d+ s\b", "? s", text)
    return re.sub(r"\b\d{8}T\d{6}-[0-9a-f]{6}\b", "?", text)


def report(folder: Path, name: str) -> str:
    return untimed((folder / name).read_text(encoding="utf-8"))


def result(folder: Path, name: str) -> Any:
    """A result, once it is known to fit the schema."""
    data = json.loads((folder / name).read_text(encoding="utf-8"))
    VALIDATOR.validate(data)
    return data


REPORTS = ("--json", "r.json", "--junit", "j.xml", "--md", "r.md", "--cost", "c.json")


def named(stem: str) -> list[str]:
    return [arg if arg.startswith("--") else f"{stem}-{arg}" for arg in REPORTS]


SUITES = ("echo.yaml", "labels.yaml", "broken.yaml")


def test_four_parts_merged_are_the_run_in_one_piece(folder: Path, server: FaultyOpenAI) -> None:
    whole = agentops(folder, server, "eval", *SUITES, "--no-cache", *named("whole"))
    assert whole.returncode == ExitCode.REJECTED, whole.stdout + whole.stderr
    for part in range(1, 5):
        shard = ("--shard", f"{part}/4", "--json", f"part-{part}.json")
        done = agentops(folder, server, "eval", *SUITES, "--no-cache", *shard)
        assert done.returncode in {ExitCode.OK, ExitCode.REJECTED}, done.stdout + done.stderr
    parts = [f"part-{part}.json" for part in (3, 1, 4, 2)]
    merged = agentops(folder, server, "report", "merge", *parts, *named("merged"))
    assert merged.returncode == ExitCode.REJECTED, merged.stdout + merged.stderr
    for name in ("r.json", "j.xml", "r.md", "c.json"):
        assert report(folder, f"merged-{name}") == report(folder, f"whole-{name}"), name
    assert untimed(merged.stdout) == untimed(whole.stdout)
    # It was worth comparing: every outcome is in it, conversations, slices, cells and dollars.
    outcomes = result(folder, "whole-r.json")["totals"]["outcomes"]
    assert all(outcomes.values()), outcomes
    assert result(folder, "merged-r.json")["run"]["shard"] is None
    sizes = [len(result(folder, name)["suites"]) for name in parts]
    assert sum(sizes) > 4, "cases of a suite should be in several parts"


def test_parts_are_balanced_by_what_an_earlier_result_says(
    folder: Path, server: FaultyOpenAI
) -> None:
    agentops(folder, server, "eval", *SUITES, "--no-cache", "--json", "before.json")
    data = result(folder, "before.json")
    for number, case in enumerate(data["suites"][0]["cases"]):
        case["latencyS"] = 100.0 if number == 0 else 1.0
    (folder / "before.json").write_text(json.dumps(data), encoding="utf-8")
    sizes = []
    for part in range(1, 4):
        flags = ("--shard", f"{part}/3", "--durations", "before.json", "--json", f"p{part}.json")
        agentops(folder, server, "eval", "echo.yaml", "--no-cache", *flags)
        [suite] = result(folder, f"p{part}.json")["suites"]
        sizes.append({case["id"] for case in suite["cases"] if case["skip"] is None})
    # `talk` takes as long as all others together; on both models it is 101 seconds.
    [first, *others] = sorted(sizes, key=len)
    assert first == {"talk"}
    assert {len(ids) for ids in others} <= {12, 13, 14}
    merged = agentops(folder, server, "report", "merge", "p1.json", "p2.json", "p3.json")
    assert merged.returncode == ExitCode.OK, merged.stderr

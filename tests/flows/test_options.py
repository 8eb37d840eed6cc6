import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from agentops_cli.flows.options import EvalOptions, recalled, remembered
from agentops_cli.model.cassette import CassetteUse
from agentops_cli.suite.select import Selection

LOG = Path("t.jsonl")

# One that nobody would have typed by accident for each option.
TYPED: dict[str, Any] = {
    "suites": ("evals/a.yaml", "evals/b.yaml"),
    "selection": Selection(
        text="c", tags=frozenset("xy"), models=("openai/*",), cases=frozenset({"c1"})
    ),
    "repeat": 3,
    "log": LOG,
    "allow_empty": True,
    "settings": {"budget.runUsd": "0.50", "concurrency": 3},
    "use_cache": False,
    "reports": {"junit": "j.xml"},
    "cassettes": CassetteUse.REPLAY,
    "repeat_auto": True,
    "part": (2, 4),
    "durations": "durations.json",
}


@pytest.mark.parametrize("name", [field.name for field in fields(EvalOptions)])
def test_every_option_is_remembered_but_a_function(name: str) -> None:
    if name == "wanted":
        assert remembered(EvalOptions(wanted=lambda _: True)) is None
        return
    typed = replace(EvalOptions(log=LOG, settings={}), **{name: TYPED[name]})
    written = json.loads(json.dumps(remembered(typed)))
    assert recalled(written, log=LOG) == typed


def test_all_options_together_come_back() -> None:
    typed = EvalOptions(**TYPED)
    assert recalled(json.loads(json.dumps(remembered(typed))), log=LOG) == typed

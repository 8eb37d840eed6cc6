from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from agentops_cli.model.result import TrialResult
from agentops_cli.model.sound import demand_sound
from tests.builders import a_case_result, a_completion, a_run, a_trial
from tests.strategies import trials


@given(trials)
def test_whatever_a_run_makes_is_sound(trial: TrialResult) -> None:
    demand_sound(trial)


def but(value: Any, **changes: Any) -> Any:
    """The same with values that no checker of types would let through."""
    return replace(value, **changes)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (but(a_trial(), repeat=-1), "repeat cannot be -1"),
        (but(a_trial(), repeat=True), "repeat cannot be True"),
        (but(a_trial(), repeat=2**60), "repeat cannot be"),
        (a_trial(completion=a_completion(latency_s=-0.5)), "latency_s cannot be -0.5"),
        (a_trial(completion=a_completion(latency_s=float("nan"))), "latency_s cannot be nan"),
        (a_trial(completion=a_completion(said=(1,))), "said cannot be"),
        (but(a_trial(), verdicts=["x"]), "verdicts cannot be"),
        (but(a_trial(), cells={"m": (("a",),)}), "cells cannot be"),
        (but(a_trial(), saved_usd=Decimal("inf")), "saved_usd cannot be"),
        (but(a_trial(), outcome="passed"), "outcome cannot be"),
        (but(a_case_result(), note=5), "note cannot be 5"),
        (but(a_run(), started=datetime(2026, 1, 1)), "started cannot be"),  # noqa: DTZ001 - that
    ],
)
def test_what_is_not_as_declared_is_refused_by_its_field(value: Any, words: str) -> None:
    with pytest.raises(TypeError, match=words.replace("(", r"\(")):
        demand_sound(value)


def test_json_may_be_anything() -> None:
    demand_sound(a_trial(completion=a_completion(trace=[-1, {"a": None}])))

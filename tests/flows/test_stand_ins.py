"""What is said of a stand-in before a run: an outage is no time to find a mistake in it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from agentops_cli.flows.stand_ins import StandInDoubts
from agentops_cli.model.finding import Finding, Severity
from agentops_cli.model.settings import Config, ModelSettings
from agentops_cli.prices import PriceTable
from tests.builders import a_place

PLACE = a_place(3, 20, path="agentops.yaml")
KEYS = {"OPENAI_API_KEY": "sk-1", "AZURE_API_KEY": "a", "AZURE_API_BASE": "https://az.example"}


def doubt(
    model: str, environ: Mapping[str, str] = KEYS, **settings: ModelSettings
) -> Finding | None:
    models = {name.replace("_", "/"): value for name, value in settings.items()}
    config = Config(root=Path(), models=models)
    entry: dict[str, Any] = {
        "litellm_provider": "bedrock",
        "mode": "chat",
        "input_cost_per_token": 1,
        "output_cost_per_token": 1,
    }
    prices = PriceTable(load=lambda: {"bedrock/known": entry})
    return StandInDoubts(config, prices, environ).of(model, PLACE)


@pytest.mark.parametrize(
    "model", ["openai/gpt-4o", "gpt-4o", "azure/gpt-4o", "local/smol", "bedrock/known"]
)
def test_a_model_that_can_answer_is_not_doubted(model: str) -> None:
    assert doubt(model) is None


@pytest.mark.parametrize(
    ("model", "fix"),
    [
        ("opnai/gpt-4o", "did you mean 'openai'?"),
        ("gpt4o", "mend it, or add what it costs: models: {gpt4o: {price: …}}"),
        ("zzz/model", "mend it, or add what it costs: models: {zzz/model: {price: …}}"),
    ],
)
def test_a_model_of_which_nothing_is_known_is_refused(model: str, fix: str) -> None:
    found = doubt(model)
    assert found is not None
    assert (found.rule, found.severity, found.location) == ("unknown-model", Severity.ERROR, PLACE)
    assert model in found.message
    assert found.fix == fix


@pytest.mark.parametrize(
    "settings", [ModelSettings(base_url="http://127.0.0.1:1/v1"), ModelSettings(gateway="litellm")]
)
def test_what_is_set_of_a_model_makes_it_known(settings: ModelSettings) -> None:
    assert doubt("mine/model", mine_model=settings) is None


@pytest.mark.parametrize("model", ["agent/bot", "replay/answers.jsonl"])
def test_what_is_no_model_is_refused(model: str) -> None:
    found = doubt(model)
    assert found is not None
    assert (found.rule, found.severity) == ("bad-fallback", Severity.ERROR)


def test_a_stand_in_without_a_key_is_warned_of() -> None:
    found = doubt("azure/gpt-4o", environ={"AZURE_API_BASE": "https://az.example"})
    assert found is not None
    assert (found.rule, found.severity, found.location) == ("no-key", Severity.WARNING, PLACE)
    assert found.message.startswith("azure/gpt-4o could not stand in: azure/gpt-4o needs a key")
    assert found.fix is not None
    assert "AZURE_API_KEY" in found.fix

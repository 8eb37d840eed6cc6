import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

import agentops_cli
from agentops_cli.catalog import Catalog, ModelFacts, closest
from agentops_cli.model.settings import ModelSettings
from agentops_cli.prices import Entry, PriceTable

SHIPPED = Catalog(PriceTable())
RETIRED = json.loads(
    Path(agentops_cli.__file__).with_name("retired_models.json").read_text(encoding="utf-8")
)


def entry(**fields: object) -> Entry:
    costs = {"input_cost_per_token": Decimal("1E-6"), "output_cost_per_token": Decimal("2E-6")}
    return {"litellm_provider": "openai", "mode": "chat", **costs, **fields}


def catalog(
    entries: Mapping[str, Entry], described: Mapping[str, ModelSettings] | None = None
) -> Catalog:
    return Catalog(PriceTable(load=lambda: entries), described=described)


def test_the_facts_of_an_entry_are_read_and_what_it_does_not_say_is_unknown() -> None:
    found = catalog({
        "m": entry(max_input_tokens=9, max_output_tokens="many", supports_sampling_params=False)
    }).find("openai/m")  # fmt: skip
    assert found == ModelFacts(
        name="m", provider="openai", most_input_tokens=9, takes_sampling=False
    )


def test_a_model_at_an_address_of_its_own_is_known_by_name_only() -> None:
    mine = catalog(
        {"gpt-4": entry(max_input_tokens=9, deprecation_date="2020-01-01")},
        {"openai/gpt-4": ModelSettings(base_url="http://127.0.0.1/v1")},
    )
    assert mine.find("openai/gpt-4") == ModelFacts(name="openai/gpt-4")
    assert mine.retirement("openai/gpt-4") is None


def test_a_model_of_the_configuration_is_known_without_the_table() -> None:
    mine = catalog({}, {"openai/mine": ModelSettings()})
    assert mine.find("openai/mine") == ModelFacts(name="openai/mine")
    assert mine.find("openai/other") is None


@pytest.mark.parametrize(
    ("model", "day", "replacement"),
    [
        ("claude-3-opus-20240229", date(2026, 1, 5), "claude-opus-4-8"),
        ("anthropic/claude-3-opus-20240229", date(2026, 1, 5), "claude-opus-4-8"),
        ("googleai/gemini-2.0-flash", date(2026, 6, 1), "gemini-3.1-flash-lite"),
        ("gemini/gemini-2.0-flash", date(2026, 6, 1), "gemini-3.1-flash-lite"),
        ("deepseek/deepseek-chat", date(2026, 7, 24), None),
    ],
)
def test_a_retirement_is_found_by_each_spelling(
    model: str, day: date, replacement: str | None
) -> None:
    found = SHIPPED.retirement(model)
    assert found is not None
    assert (found.day, found.replacement) == (day, replacement)


@pytest.mark.parametrize("model", ["bedrock/claude-2.1", "openai/gpt-5.6-sol", "vertex_ai/x", ""])
def test_the_days_of_one_provider_are_not_those_of_another(model: str) -> None:
    assert SHIPPED.retirement(model) is None


def test_a_day_that_is_none_is_no_day() -> None:
    assert catalog({"m": entry(deprecation_date="soon")}).retirement("m") is None


def test_every_replacement_is_in_the_table_and_stays_for_now() -> None:
    for part in RETIRED:
        assert part["source"].startswith("https://")
        for model, (day, replacement) in part["models"].items():
            assert date.fromisoformat(day) > date(2020, 1, 1)
            key = f"{part['provider']}/{replacement}"
            assert SHIPPED.find(key) is not None, model
            assert replacement not in part["models"], model


def test_versions_are_those_of_the_same_price_written_as_the_alias_is() -> None:
    mine = catalog({
        "gpt-x": entry(),
        "gpt-x-2026-01-02": entry(),
        "gpt-x-2026-03-02": entry(),
        "gpt-x-2025-01-01": entry(input_cost_per_token=Decimal(1)),
        "gpt-x-mini-2026-01-02": entry(),
    })  # fmt: skip
    assert mine.versions("openai/gpt-x") == ["openai/gpt-x-2026-03-02", "openai/gpt-x-2026-01-02"]
    assert mine.versions("openai/gpt-y") == ()
    latest = catalog({"a/m-latest": entry(), "a/m-2512": entry()})
    assert latest.versions("a/m-latest") == ["a/m-2512"]


@pytest.mark.parametrize(
    ("model", "near"),
    [
        ("openai/gpt-4oo", ["openai/gpt-4o"]),
        ("GPT 4o", ["gpt-4o"]),
        ("claude-sonnet-4.5", ["claude-sonnet-4-5"]),
        ("googleai/gemini-3.8-flsh", ["googleai/gemini-3.8-flash"]),
        ("opanai/gpt-4o", ["openai/gpt-4o"]),
        ("something-else", []),
        ("x" * 100, []),
    ],
)
def test_ids_are_suggested_that_are_nearly_written_so(model: str, near: list[str]) -> None:
    assert list(SHIPPED.near(model)) == near


def test_only_so_many_wrong_ids_are_compared_with_all_others() -> None:
    mine = catalog({"model-one": entry()})
    for number in range(50):
        mine.near(f"other-{number}")
    assert mine.near("model-onf") == ()


@pytest.mark.parametrize(
    ("name", "known", "found"),
    [
        ("gemini", ["gemnii", "germany"], ["gemnii"]),
        ("abcdefgh", ["abcdefxx", "abcdxxxx"], ["abcdefxx"]),
        ("gpt-4", ["gpt-5", "gpt-3"], ["gpt-3", "gpt-5"]),
        ("abc", ["xyc"], []),
    ],
)
def test_the_closest_names_differ_by_one_letter_or_two(
    name: str, known: list[str], found: list[str]
) -> None:
    assert list(closest(name, known)) == found


def test_the_age_is_counted_from_the_last_day_that_an_id_names() -> None:
    mine = catalog({"a-2026-01-02": entry(), "b-20260301": entry(), "c-2099-13-45": entry()})
    assert mine.age_days(date(2026, 3, 11)) == 10
    assert mine.age_days(date(2026, 1, 1)) is None


def test_the_catalog_does_without_importing_litellm() -> None:
    program = (
        "import sys\n"
        "from agentops_cli.catalog import Catalog\n"
        "from agentops_cli.prices import PriceTable\n"
        "from agentops_cli.tokens import count_tokens\n"
        "assert Catalog(PriceTable()).find('openai/gpt-4o-mini')\n"
        "assert count_tokens('some text', 'gpt-4o').count == 2\n"
        "assert 'litellm' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)

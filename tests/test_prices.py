import json
import subprocess
import sys
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from agentops_cli.errors import StoreError
from agentops_cli.model.money import FREE, Price, Rates, Usage
from agentops_cli.model.settings import Config, ModelSettings, PriceOverride
from agentops_cli.prices import Entry, PriceTable, prices_of, shipped_entries
from tests.builders import a_place
from tests.servers.litellm_worker import worker


@cache
def whole_table() -> Mapping[str, Entry]:
    """All that litellm ships, read at once: for tests that walk over it."""
    spec = find_spec("litellm")
    assert spec
    assert spec.origin
    file = Path(spec.origin).with_name("model_prices_and_context_window_backup.json")
    entries: Mapping[str, Entry] = json.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)
    return entries


SHIPPED = PriceTable(load=whole_table)


def dollars(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def rates(
    input_usd: str, output_usd: str, *, cached: str | None = None, reasoning: str | None = None
) -> Rates:
    return Rates(
        input_usd=Decimal(input_usd),
        output_usd=Decimal(output_usd),
        cached_input_usd=dollars(cached),
        reasoning_usd=dollars(reasoning),
    )


def entry(**changes: Any) -> Entry:
    """An entry of the table as it is read, with nothing but what is needed for a price."""
    base = {
        "mode": "chat",
        "litellm_provider": "openai",
        "input_cost_per_token": Decimal("1e-06"),
        "output_cost_per_token": Decimal("2e-06"),
    }
    return {key: value for key, value in (base | changes).items() if value is not None}


def table(**entries: Entry) -> PriceTable:
    return PriceTable(load=lambda: entries)


def test_an_entry_that_is_looked_up_is_the_one_that_the_whole_table_has() -> None:
    entries = shipped_entries()
    names = list(entries)
    assert len(entries) == len(names) > 3000
    whole = whole_table()
    assert {name: entries[name] for name in names[::7]} == {n: whole[n] for n in names[::7]}
    for name in ("input_cost_per_token", "no-such-model", "supported_regions", ""):
        assert name not in entries


def price(**changes: Any) -> Price | None:
    return table(m=entry(**changes)).price_of("m")


@pytest.mark.parametrize(
    ("model", "key"),
    [
        ("gpt-4o", "gpt-4o"),
        ("openai/gpt-4o", "gpt-4o"),
        ("anthropic/claude-sonnet-4-5", "claude-sonnet-4-5"),
        ("claude-sonnet-4-5", "claude-sonnet-4-5"),
        ("gemini/gemini-2.5-pro", "gemini/gemini-2.5-pro"),
        ("googleai/gemini-2.5-pro", "gemini/gemini-2.5-pro"),
        ("vertex_ai/gemini-2.5-pro", "gemini-2.5-pro"),
        ("azure/gpt-4o", "azure/gpt-4o"),
        ("mistral/mistral-large-latest", "mistral/mistral-large-latest"),
        ("bedrock/us.anthropic.claude-sonnet-4-6", "us.anthropic.claude-sonnet-4-6"),
    ],
)
def test_an_id_is_priced_as_the_key_that_it_names_exactly(model: str, key: str) -> None:
    assert SHIPPED.price_of(model) is not None
    assert SHIPPED.entry_of(model) is whole_table()[key]


@pytest.mark.parametrize(
    "model",
    [
        "",
        "gpt-4o-mini-with-a-typo",
        "openai/gpt-4o-of-next-year",
        # Other providers' models under a prefix that has prices of its own, or none.
        "openai/claude-sonnet-4-5",
        "anthropic/gpt-4o",
        "gemini/gpt-4o",
        "github/gpt-4o",
        "github/openai/gpt-4o",
        "openrouter/openai/gpt-4o",
        "litellm_proxy/gpt-4o",
        "hosted_vllm/gpt-4o",
        "azure/my-deployment",
        "openai/openai/gpt-4o",
        "/gpt-4o",
        # Listed, but not by the token, or not only.
        "whisper-1",
        "openai/sora-2",
        "medlm-large",
        "o3-deep-research",
        "openai/gpt-4o-search-preview",
        "perplexity/sonar-deep-research",
        "gpt-5-search-api",
        # Listed with 0, which the table writes for what it does not know, too.
        "ollama/llama3",
        "gigachat/GigaChat-2",
        "fireworks-ai-default",
        "sample_spec",
        "fallback_generalizations",
    ],
)
def test_what_is_not_known_has_no_price(model: str) -> None:
    assert SHIPPED.price_of(model) is None


@pytest.mark.parametrize("model", ["local/smollm2", "replay/a.jsonl", "scripted/fine"])
def test_what_calls_nobody_is_free_without_the_table(model: str) -> None:
    def unread() -> Mapping[str, Entry]:
        raise AssertionError("the table was read")

    assert PriceTable(load=unread).price_of(model) == FREE


def test_the_table_is_read_once_and_only_when_it_is_needed() -> None:
    reads = []

    def load() -> Mapping[str, Entry]:
        reads.append(1)
        return {"m": entry()}

    prices = PriceTable(load=load)
    assert reads == []
    for model in ("m", "m", "n"):
        prices.price_of(model)
    assert prices.entry_of("m") == entry()
    assert reads == [1]


def test_figures_are_the_decimals_that_are_written() -> None:
    found = SHIPPED.price_of("openai/gpt-4o-mini")
    assert found == Price(rates=rates("1.5e-07", "6e-07", cached="7.5e-08"))


def test_a_long_context_has_its_own_rates_for_every_kind_of_token() -> None:
    found = SHIPPED.price_of("gemini/gemini-2.5-pro")
    assert found == Price(
        rates=rates("1.25e-06", "1e-05", cached="1.25e-07"),
        tiers=((200_000, rates("2.5e-06", "1.5e-05", cached="2.5e-07")),),
    )


def test_a_tier_takes_what_it_does_not_say_from_the_tier_below() -> None:
    found = price(
        cache_read_input_token_cost=Decimal("1e-07"),
        output_cost_per_reasoning_token=Decimal("2e-06"),
        input_cost_per_token_above_128k_tokens=Decimal("3e-06"),
        output_cost_per_token_above_256k_tokens=Decimal("9e-06"),
        input_cost_per_token_above_128k_tokens_batches=Decimal("7e-06"),
        cache_creation_input_token_cost_above_1hr=Decimal("8e-06"),
    )
    assert found == Price(
        rates=rates("1e-06", "2e-06", cached="1e-07", reasoning="2e-06"),
        tiers=(
            (128_000, rates("3e-06", "2e-06", cached="1e-07")),
            (256_000, rates("3e-06", "9e-06", cached="1e-07")),
        ),
    )


def test_xai_charges_the_long_context_from_the_threshold_on() -> None:
    above = {"input_cost_per_token_above_200k_tokens": Decimal("4e-06")}
    found = price(litellm_provider="xai", **above)
    assert found
    assert [step for step, _ in found.tiers] == [199_999]


def test_listed_tiers_are_open_below_and_closed_above() -> None:
    found = SHIPPED.price_of("dashscope/qwen-plus-2025-09-11")
    assert found == Price(
        rates=rates("4e-07", "1.2e-06", reasoning="4e-06"),
        tiers=((256_000, rates("1.2e-06", "3.6e-06", reasoning="1.2e-05")),),
    )
    usage = Usage(input_tokens=256_000, output_tokens=1)
    assert found.cost_of(usage) == Decimal("4e-07") * 256_000 + Decimal("1.2e-06")


def test_a_prompt_that_is_cached_unasked_pays_for_being_written() -> None:
    found = SHIPPED.price_of("gpt-5.6-terra")
    assert found == Price(
        rates=rates("2e-06", "1.2e-05", cached="2e-07"),
        tiers=(
            (1_023, rates("2.5e-06", "1.2e-05", cached="2e-07")),
            (272_000, rates("5e-06", "1.8e-05", cached="4e-07")),
        ),
    )


@pytest.mark.parametrize("model", ["claude-sonnet-4-5", "azure/eu/gpt-4o-2024-11-20"])
def test_a_prompt_that_is_cached_on_request_or_for_less_does_not(model: str) -> None:
    found = SHIPPED.price_of(model)
    assert found
    assert found.tiers == ()


def test_reasoning_has_its_own_rate_where_the_table_gives_one() -> None:
    found = SHIPPED.price_of("dashscope/qwen-turbo")
    assert found
    assert found.rates == rates("5e-08", "2e-07", reasoning="5e-07")


def test_a_call_that_always_searches_costs_its_dearest_search() -> None:
    found = SHIPPED.price_of("perplexity/sonar")
    assert found
    assert found.per_call_usd == Decimal("0.012")
    online = SHIPPED.price_of("perplexity/pplx-70b-online")
    assert online
    assert online.per_call_usd == Decimal("0.005")


def test_texts_that_are_embedded_cost_their_input() -> None:
    found = SHIPPED.price_of("openai/text-embedding-3-small")
    assert found
    assert found.cost_of(Usage(input_tokens=1_000_000)) == Decimal("0.02")


def test_a_search_that_is_only_possible_costs_nothing() -> None:
    found = SHIPPED.price_of("anthropic/claude-sonnet-4-5")
    assert found
    assert found.per_call_usd == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"mode": "embedding", "input_cost_per_image": Decimal("0.0001")},
        {"mode": "image_generation"},
        {"mode": None},
        {"input_cost_per_token": None},
        {"output_cost_per_token": None},
        {"output_cost_per_token": None, "output_cost_per_second": Decimal("0.01")},
        {"input_cost_per_token": Decimal("-1e-06")},
        {"input_cost_per_token": "1e-06"},
        {"input_cost_per_token": True},
        {"input_cost_per_token": 0, "output_cost_per_token": Decimal("0.0")},
        {"supported_output_modalities": ["text", "image"]},
        {"supported_output_modalities": ["video"]},
        {"tiered_pricing": [{"range": [0, 9], "input_cost_per_token": Decimal("1e-06")}]},
    ],
    ids=str,
)
def test_an_entry_that_does_not_bound_a_call_is_no_price(changes: dict[str, Any]) -> None:
    if "tiered_pricing" in changes:
        changes |= {"input_cost_per_token": None, "output_cost_per_token": None}
    assert price(**changes) is None


@pytest.mark.parametrize("mode", ["chat", "completion", "responses"])
def test_entries_of_text_have_a_price(mode: str) -> None:
    assert price(mode=mode) == Price(rates=rates("1e-06", "2e-06"))


def test_half_a_price_of_zero_is_a_price() -> None:
    assert price(input_cost_per_token=0) == Price(rates=rates("0", "2e-06"))


def override(**changes: Any) -> PriceOverride:
    return PriceOverride(location=a_place(path="agentops.yaml"), **changes)


def per_million(input_usd: str, output_usd: str) -> PriceOverride:
    return override(input_per_1m=Decimal(input_usd), output_per_1m=Decimal(output_usd))


def test_the_projects_own_price_wins_to_the_last_digit() -> None:
    prices = PriceTable({"openai/gpt-4o": per_million("0.123456789", "7")})
    assert prices.price_of("openai/gpt-4o") == Price(rates=rates("0.000000123456789", "0.000007"))
    assert prices.price_of("gpt-4o") == SHIPPED.price_of("gpt-4o")


def test_the_projects_own_zero_is_believed() -> None:
    prices = PriceTable({"ollama/llama3": per_million("0", "0")})
    assert prices.price_of("ollama/llama3") == FREE


def test_a_deployment_costs_what_the_model_costs_that_it_is_said_to_be() -> None:
    overrides = {
        "azure/my-gpt": override(same_as="azure/gpt-4o"),
        "azure/two": override(same_as="azure/my-gpt"),
        "azure/three": override(same_as="azure/own"),
        "azure/own": per_million("1", "2"),
        "azure/lost": override(same_as="azure/nothing"),
    }
    prices = PriceTable(overrides)
    assert prices.price_of("azure/my-gpt") == SHIPPED.price_of("azure/gpt-4o")
    assert prices.price_of("azure/two") == SHIPPED.price_of("azure/gpt-4o")
    assert prices.price_of("azure/three") == Price(rates=rates("1e-06", "2e-06"))
    assert prices.price_of("azure/lost") is None


def test_a_circle_of_deployments_has_no_price() -> None:
    overrides = {"a": override(same_as="b"), "b": override(same_as="a")}
    assert PriceTable(overrides).price_of("a") is None


@pytest.mark.parametrize("given", [{"input_per_1m": Decimal(1)}, {"output_per_1m": Decimal(1)}, {}])
def test_half_a_price_is_none(given: dict[str, Decimal]) -> None:
    assert PriceTable({"openai/gpt-4o": override(**given)}).price_of("openai/gpt-4o") is None


def test_the_version_is_that_of_litellm() -> None:
    name, _, number = (PriceTable().version or "").partition(" ")
    assert name == "litellm"
    assert number[0].isdigit()


def test_a_table_that_is_broken_or_gone_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    package = tmp_path / "litellm"
    package.mkdir()
    (package / "__init__.py").write_text("raise AssertionError", encoding="utf-8")
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    sys.modules.pop("litellm", None)
    with pytest.raises(StoreError, match="cannot be read") as raised:
        shipped_entries()
    assert "litellm" in (raised.value.fix or "")
    name = "model_prices_and_context_window_backup.json"
    (package / name).write_text("{", encoding="utf-8")
    with pytest.raises(StoreError, match="cannot be read"):
        shipped_entries()
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(StoreError, match="not installed"):
        shipped_entries()


def test_pricing_imports_neither_litellm_nor_anything_else_that_is_heavy() -> None:
    program = (
        "import sys\n"
        "from agentops_cli.prices import PriceTable\n"
        "assert PriceTable().price_of('openai/gpt-4o-mini')\n"
        "assert not {'litellm', 'openai', 'httpx', 'asyncio', 'yaml'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


COMPARED = (
    *("gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-nano", "gpt-5", "gpt-5-mini", "o1", "o3-mini"),
    *("o4-mini", "gpt-3.5-turbo", "gpt-4-turbo", "gpt-5.6-terra", "gpt-6.1-sol"),
    *("claude-sonnet-4-5", "claude-opus-4-5", "claude-haiku-4-5", "claude-haiku-5-5"),
    *("gemini/gemini-2.5-pro", "gemini/gemini-2.5-flash", "gemini/gemini-2.0-flash"),
    *("gemini-2.5-pro", "azure/gpt-4o", "azure/gpt-4o-mini", "azure/eu/gpt-4o-2024-11-20"),
    *("mistral/mistral-large-latest", "mistral/mistral-small-latest", "mistral/codestral-latest"),
    *("groq/llama-3.3-70b-versatile", "deepseek/deepseek-chat", "xai/grok-4.3", "xai/grok-3"),
    *("command-r-plus", "command-r", "anthropic.claude-sonnet-4-5-20250929-v1:0"),
    *("us.anthropic.claude-sonnet-4-6", "dashscope/qwen-plus-2025-09-11", "dashscope/qwen-flash"),
    *("vertex_ai/claude-sonnet-4-5", "moonshot/kimi-k2-0711-preview", "cerebras/llama3.1-8b"),
)
USAGES = (
    Usage(input_tokens=1_000, output_tokens=100),
    Usage(input_tokens=9_000, output_tokens=700, cached_input_tokens=4_000),
    Usage(input_tokens=200_000, output_tokens=5),
    Usage(input_tokens=300_000, output_tokens=50, cached_input_tokens=100_000),
    Usage(input_tokens=1, output_tokens=9),
)


def tokens(model: str, usage: Usage) -> dict[str, int]:
    """A usage as it would be reported: what GPT-5.6 does not read from its cache, it writes."""
    uncached = usage.input_tokens - usage.cached_input_tokens
    writes = model.startswith(("gpt-5.6", "gpt-6")) and usage.input_tokens >= 1_024
    return {
        "input": usage.input_tokens,
        "output": usage.output_tokens,
        "cached": usage.cached_input_tokens,
        "written": uncached if writes else 0,
    }


def test_costs_are_litellms_own_for_every_kind_of_price() -> None:
    """To 12 digits: litellm counts in floats."""
    listed = [model for model in COMPARED if model in whole_table()]
    assert len(listed) >= 30
    calls = [(model, usage) for model in listed for usage in USAGES]
    theirs = worker().ask(
        "cost", calls=[{"model": model, "tokens": tokens(model, usage)} for model, usage in calls]
    )
    differing = []
    for (model, usage), expected in zip(calls, theirs, strict=True):
        found = SHIPPED.price_of(model)
        ours = found and float(found.cost_of(usage))
        if ours is None or ours != pytest.approx(expected, rel=1e-12):
            differing.append((model, usage, ours, expected))
    assert differing == []


def test_the_bound_holds_for_every_model_whatever_is_cached_or_reasoned() -> None:
    """No entry of the table, at any size of call, costs more than was reserved for it."""
    sizes = (0, 1, 1_023, 128_000, 128_001, 200_000, 272_001, 600_000)
    for model in whole_table():
        found = SHIPPED.price_of(model)
        if found is None:
            continue
        for size in sizes:
            bound = found.bound(input_tokens=size, output_tokens=1_000)
            for cached, reasoning in ((0, 0), (size, 0), (0, 1_000), (size // 2, 500)):
                usage = Usage(
                    input_tokens=size,
                    output_tokens=1_000,
                    cached_input_tokens=cached,
                    reasoning_tokens=reasoning,
                )
                assert found.cost_of(usage) <= bound, (model, usage)


def test_a_live_model_is_not_priced_as_one_that_makes_no_call() -> None:
    override = PriceOverride(same_as="local/free", location=a_place())
    assert PriceTable({"openai/x": override}).price_of("openai/x") is None
    assert PriceTable({"local/x": override}).price_of("local/x") == FREE


def test_the_prices_of_a_project_are_its_own_and_those_of_the_table() -> None:
    own = per_million("1", "2")
    models = {"openai/x": ModelSettings(price=own), "openai/gpt-4o": ModelSettings(rpm=5)}
    prices = prices_of(Config(root=Path(), models=models))
    assert prices.price_of("openai/x") == PriceTable({"openai/x": own}).price_of("openai/x")
    assert prices.price_of("openai/gpt-4o") == SHIPPED.price_of("openai/gpt-4o")


@pytest.mark.parametrize("model", ["local", "replay", "scripted"])
def test_a_bare_name_is_not_free_because_it_is_the_word_for_what_is(model: str) -> None:
    assert PriceTable(load=dict).price_of(model) is None

"""What a model costs, from the table that litellm ships, read as data and never fetched.

litellm is not imported: its import takes seconds and, by default, downloads another table, so that
two runs could price the same call differently. What cannot be matched exactly is unknown, never
guessed and never zero.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TypeAlias

from agentops_cli.errors import StoreError
from agentops_cli.model.ids import Kind, kind_of
from agentops_cli.model.money import FREE, ZERO, Price, Rates
from agentops_cli.model.settings import Config, PriceOverride

Entry = Mapping[str, object]
Steps: TypeAlias = "list[tuple[int, Entry]]"
"""Figures by the number of input tokens above which they count, in rising order from 0."""

_FILE = "model_prices_and_context_window_backup.json"
_TEXT_MODES = frozenset({"chat", "completion", "embedding", "responses"})
_OTHER_INPUTS = re.compile(r"input_cost_per_(image|video|audio|character|query)")
_FREE = frozenset({Kind.LOCAL, Kind.REPLAY, Kind.SCRIPTED})

# dotprompt's names for the Gemini API and for Vertex AI, which litellm knows by others.
ALIASES = {"googleai": "gemini", "vertexai": "vertex_ai"}

# Their answers may be pictures or films, which have prices of their own.
_UNBOUNDED_OUTPUTS = frozenset({"image", "video"})

# These search the web as often as they like, and bill each search and what it found as input.
_SEARCHES_FREELY = re.compile(r"deep-research|search-preview|search-api|-search$")

_TIER = re.compile(
    r"(?:input_cost_per_token|output_cost_per_token|cache_read_input_token_cost)"
    r"_above_(\d+)(k?)_tokens"
)

# Prompts of no more tokens than these are never written to a cache.
_NEVER_CACHED = 1023

# Most providers charge the long-context price above the threshold, xAI from it on.
_FROM_THRESHOLD_ON = frozenset({"xai"})


def shipped_entries() -> Mapping[str, Entry]:
    """Reads the table out of the installed litellm; its numbers are exact `Decimal`s or ints."""
    spec = find_spec("litellm")
    folders = spec.submodule_search_locations if spec else None
    if not folders:
        raise StoreError("litellm is not installed, so nothing has a price", fix=_REINSTALL)
    try:
        # As bytes: to look 3 MB through for other ends of lines takes longer than to read them.
        text = (Path(folders[0]) / _FILE).read_bytes().decode()
        if text.startswith(_AS_WRITTEN) and text.rstrip().endswith("\n}"):
            return _Table(text)
        entries: Mapping[str, Entry] = _DECODER.decode(text)
    except (OSError, ValueError) as error:
        raise StoreError(
            f"litellm's price table cannot be read: {error}", fix=_REINSTALL
        ) from error
    return entries


_DECODER = json.JSONDecoder(parse_float=Decimal)
_AS_WRITTEN = '{\n    "'
_KEY = re.compile(r'^ {0,4}("(?:[^"\\\n]|\\.)*"): \{', re.MULTILINE)


class _Table(Mapping[str, Entry]):
    """The table as litellm writes it, one key a line.

    An entry is read when it is asked for: reading all 4,000 takes longer than a short run. The
    entries hold few objects themselves, under names that no model has.
    """

    def __init__(self, text: str) -> None:
        self._text = text

    def __getitem__(self, model: str) -> Entry:
        key = f"{json.dumps(model)}: "
        at = self._text.find(f"{key}{{")
        if at < 0:
            raise KeyError(model)
        entry: Entry = _DECODER.raw_decode(self._text, at + len(key))[0]
        return entry

    def __iter__(self) -> Iterator[str]:
        for found in _KEY.finditer(self._text):
            yield json.loads(found[1]) if "\\" in found[1] else found[1][1:-1]

    def __len__(self) -> int:
        return sum(1 for _ in self)


_REINSTALL = "install it again: pip install --force-reinstall litellm"


class PriceTable:
    """Prices by model id.

    `overrides` are the project's own prices, by the id as the user wrote it; they win. `load` is
    called at the first look-up that needs it, once.
    """

    def __init__(
        self,
        overrides: Mapping[str, PriceOverride] | None = None,
        *,
        load: Callable[[], Mapping[str, Entry]] = shipped_entries,
    ) -> None:
        self._overrides = overrides or {}
        self._load = load
        self._prices: dict[str, Price | None] = {}

    @cached_property
    def version(self) -> str | None:
        """Which table the prices are from, such as `litellm 1.106.2`."""
        from importlib.metadata import PackageNotFoundError, version  # Few ask, and it is slow.

        try:
            return f"litellm {version('litellm')}"
        except PackageNotFoundError:
            return None

    @cached_property
    def _entries(self) -> Mapping[str, Entry]:
        return self._load()

    def price_of(self, model: str) -> Price | None:
        """The price of a model id, None when it is not known.

        `local/`, `replay/` and `scripted/` are free. Raises `StoreError` when the table is needed
        and cannot be read.
        """
        if model not in self._prices:
            self._prices[model] = self._look_up(model)
        return self._prices[model]

    def __iter__(self) -> Iterator[str]:
        """The ids that the table knows."""
        return iter(self._entries)

    def entry_of(self, model: str) -> Entry | None:
        """What the table says about a model: context limits and abilities beside prices."""
        key = self.key_of(model)
        return None if key is None else self._entries[key]

    def key_of(self, model: str) -> str | None:
        """The id under which the table knows a model; None where it does not.

        A key of the table is taken as it is. Otherwise the provider's prefix is dropped, but only
        when the entry belongs to that provider: `openai/gpt-4o` is `gpt-4o`, `github/gpt-4o` is
        nothing, since GitHub has prices of its own.
        """
        if model in self._entries:
            return model
        prefix, _, name = model.partition("/")
        provider = ALIASES.get(prefix, prefix)
        if provider != prefix and f"{provider}/{name}" in self._entries:
            return f"{provider}/{name}"
        entry = self._entries.get(name)
        return name if entry is not None and _belongs(entry, provider) else None

    def _look_up(self, model: str) -> Price | None:
        if _is_free(model):
            return FREE
        seen = set()
        while (override := self._overrides.get(model)) and override.same_as is not None:
            if model in seen:
                return None
            seen.add(model)
            model = override.same_as
        if override is not None:
            return _price_of_override(override)
        if _is_free(model):
            return None  # A live call does not become free by being priced as one that is not.
        entry = self.entry_of(model)
        return None if entry is None else _price_of_entry(model, entry)


def prices_of(config: Config) -> PriceTable:
    """The prices of a project: its own, and the table's."""
    return PriceTable({
        name: model.price for name, model in config.models.items() if model.price is not None
    })  # fmt: skip


def _is_free(model: str) -> bool:
    return kind_of(model) in _FREE


def _belongs(entry: Entry, provider: str) -> bool:
    """True for the provider itself and its parts, such as `vertex_ai-language-models`."""
    owner = str(entry.get("litellm_provider"))
    return owner == provider or owner.startswith((f"{provider}-", f"{provider}_"))


def _price_of_override(override: PriceOverride) -> Price | None:
    if override.input_per_1m is None or override.output_per_1m is None:
        return None
    # A shift of the point, so that no digit is lost.
    rates = Rates(
        input_usd=override.input_per_1m.scaleb(-6), output_usd=override.output_per_1m.scaleb(-6)
    )
    return Price(rates=rates)


def _price_of_entry(model: str, entry: Entry) -> Price | None:
    if entry.get("mode") not in _TEXT_MODES or _SEARCHES_FREELY.search(model):
        return None
    outputs = entry.get("supported_output_modalities")
    if isinstance(outputs, list) and not _UNBOUNDED_OUTPUTS.isdisjoint(outputs):
        return None
    if entry.get("mode") == "embedding" and any(map(_OTHER_INPUTS.match, entry)):
        return None  # What is embedded may be no text, and is then priced otherwise.
    steps = _listed_tiers(entry) or _keyed_tiers(entry)
    if "claude" not in model:
        # Claude's prompts are cached on request only, and no request of ours asks for it.
        steps = _with_cache_writes(steps)
    rated = [(above, rates) for above, figures in steps if (rates := _rates(figures)) is not None]
    per_call = _per_call(entry)
    if len(rated) < len(steps) or not rated or rated[0][0] > 0:
        return None
    (_, rates), *tiers = rated
    if per_call == rates.input_usd == rates.output_usd == ZERO:
        # The table writes 0 both for what is free and for what it does not know.
        return None
    return Price(rates=rates, tiers=tuple(tiers), per_call_usd=per_call)


def _listed_tiers(entry: Entry) -> Steps:
    """The figures of `tiered_pricing`: ranges of input tokens, each open below, closed above."""
    listed = entry.get("tiered_pricing")
    tiers = listed if isinstance(listed, list) else []
    return sorted(((int(tier["range"][0]), tier) for tier in tiers), key=lambda step: step[0])


def _keyed_tiers(entry: Entry) -> Steps:
    """The figures under plain keys, and under those that end in, say, `_above_200k_tokens`.

    A figure that a tier does not give is that of the tier below.
    """
    suffixes = {
        int(found[1]) * (1000 if found[2] else 1): f"_above_{found[1]}{found[2]}_tokens"
        for found in map(_TIER.fullmatch, entry)
        if found
    }
    figures = dict(entry)
    steps: Steps = [(0, entry)]
    # A tier's own price for reasoning is nowhere given: it is then that of any output.
    figures.pop("output_cost_per_reasoning_token", None)
    for above, suffix in sorted(suffixes.items()):
        figures |= {key: entry[key + suffix] for key in figures if key + suffix in entry}
        inclusive = entry.get("litellm_provider") in _FROM_THRESHOLD_ON
        steps.append((above - 1 if inclusive else above, dict(figures)))
    return steps


def _with_cache_writes(steps: Steps) -> Steps:
    """The same, where a prompt that is long enough to be cached pays for being written.

    GPT-5.6 and later write every such prompt unasked, but for its last few tokens, and bill that
    instead of the input rate (OpenAI, "Prompt caching").
    """
    written = dict(steps)
    for above, figures in steps:
        plain = _dollars(figures.get("input_cost_per_token"))
        write = _dollars(figures.get("cache_creation_input_token_cost"))
        if plain is not None and write is not None and write > plain:
            written[max(above, _NEVER_CACHED)] = {**figures, "input_cost_per_token": write}
    return sorted(written.items(), key=lambda step: step[0])


def _rates(figures: Entry) -> Rates | None:
    """Dollars per token; None when the input or the output has none, whatever other unit it has."""
    input_usd = _dollars(figures.get("input_cost_per_token"))
    output_usd = _dollars(figures.get("output_cost_per_token"))
    if input_usd is None or output_usd is None:
        return None
    return Rates(
        input_usd=input_usd,
        output_usd=output_usd,
        cached_input_usd=_dollars(figures.get("cache_read_input_token_cost")),
        reasoning_usd=_dollars(figures.get("output_cost_per_reasoning_token")),
    )


def _per_call(entry: Entry) -> Decimal:
    """Dollars for the call itself: a price per request, or the one search of every Sonar call.

    The dearest size of search, as the table does not say which one a call gets.
    """
    fees = [_dollars(entry.get("input_cost_per_request"))]
    searches = entry.get("search_context_cost_per_query")
    if entry.get("litellm_provider") == "perplexity" and isinstance(searches, dict):
        fees += [_dollars(fee) for fee in searches.values()]
    return max((fee for fee in fees if fee is not None), default=ZERO)


def _dollars(figure: object) -> Decimal | None:
    """The figure as exact dollars; None for what is no number or below zero."""
    if isinstance(figure, bool) or not isinstance(figure, Decimal | int) or figure < 0:
        return None
    return Decimal(figure)

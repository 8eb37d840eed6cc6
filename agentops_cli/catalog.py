"""What is known of models: limits, abilities, prices, and when they are switched off.

The facts are litellm's, read one entry at a time. litellm drops an id when it is gone, so that only
a table of our own tells what has been switched off from what never was.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Final

from agentops_cli.model.money import Price
from agentops_cli.model.settings import ModelSettings
from agentops_cli.prices import ALIASES, Entry, PriceTable

_RETIRED: Final = "retired_models.json"

_DATED: Final = re.compile(
    r"(?P<base>.+?)[-@](?P<date>20\d\d-?(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12]\d|3[01])|\d{4}|0\d\d)"
)
"""An id of one version: `gpt-4o-2024-08-06`, `mistral-large-2512`, `gemini-2.0-flash-001`."""

_DAY: Final = re.compile(r"(20\d\d)-?(0[1-9]|1[0-2])-?(0[1-9]|[12]\d|3[01])(?!\d)")
_LATEST: Final = "-latest"
_SIGNS: Final = re.compile(r"[-._:@\s]+")

_MOST_MISSES: Final = 50
_MOST_LENGTH: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """What the table says of one model. None is unknown, which is never a no.

    Tokens are counts. `name` is the id under which the table knows it.
    """

    name: str
    provider: str | None = None
    most_input_tokens: int | None = None
    most_output_tokens: int | None = None
    takes_sampling: bool | None = None
    takes_system: bool | None = None
    takes_tools: bool | None = None
    takes_schema: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retirement:
    """The day from which a model answers no more, and what its provider names in its place.

    `source` is the page that says so; None where it is litellm's table.
    """

    day: date
    replacement: str | None = None
    source: str | None = None


class Catalog:
    """Models by id, as users write them.

    `described` are those of the configuration. One with an address of its own is whatever answers
    there: it is known, and nothing else is known of it. `has_budget` says that the configuration
    limits what a run may cost.
    """

    def __init__(
        self,
        prices: PriceTable,
        *,
        described: Mapping[str, ModelSettings] | None = None,
        has_budget: bool = False,
    ) -> None:
        self.has_budget: Final = has_budget
        self._prices = prices
        self._described = described or {}
        self._facts: dict[str, ModelFacts | None] = {}
        self._retirements: dict[str, Retirement | None] = {}
        self._near: dict[str, tuple[str, ...]] = {}

    @property
    def table(self) -> str:
        """Which table the facts are from, such as `litellm 1.106.2`."""
        return self._prices.version or "litellm"

    def find(self, model: str) -> ModelFacts | None:
        """The facts of a model; None where neither table nor configuration knows it."""
        if model not in self._facts:
            self._facts[model] = self._found(model)
        return self._facts[model]

    def price_of(self, model: str) -> Price | None:
        """What a call costs; None where that is not known."""
        return self._prices.price_of(model)

    def retirement(self, model: str) -> Retirement | None:
        """When a model is switched off, or was; None where nobody has said."""
        if model not in self._retirements:
            self._retirements[model] = self._retirement(model)
        return self._retirements[model]

    def versions(self, model: str) -> Sequence[str]:
        """The ids of single versions behind an alias, written as the alias is, the newest first.

        Only those of the same price: others are other models.
        """
        key = self._prices.key_of(model)
        if key is None:
            return ()
        tail = key.rpartition("/")[2]
        base = key.removesuffix(_LATEST)
        price = self.price_of(model)
        return [
            model.removesuffix(tail) + dated.rpartition("/")[2]
            for dated in sorted(self._versions.get(base, ()), key=_day_of, reverse=True)
            if self.price_of(dated) == price
        ]

    def near(self, model: str) -> Sequence[str]:
        """Ids that a reader may have meant, all equally near; none for many a wrong id in a run."""
        if model not in self._near:
            if len(self._near) >= _MOST_MISSES or len(model) > _MOST_LENGTH:
                return ()
            self._near[model] = tuple(self._nearest(model))
        return self._near[model]

    def age_days(self, today: date) -> int | None:
        """How many days old the table is at most: since the last day that one of its ids names.

        None without any.
        """
        latest = max((day for day in self._days if day <= today), default=None)
        return None if latest is None else (today - latest).days

    def _found(self, model: str) -> ModelFacts | None:
        settings = self._described.get(model)
        if settings is not None and settings.base_url:
            return ModelFacts(name=model)
        key = self._prices.key_of(model)
        entry = self._prices.entry_of(model)
        if key is None or entry is None:
            return None if settings is None else ModelFacts(name=model)
        provider = entry.get("litellm_provider")
        return ModelFacts(
            name=key,
            provider=provider if isinstance(provider, str) else None,
            most_input_tokens=_count(entry, "max_input_tokens"),
            most_output_tokens=_count(entry, "max_output_tokens"),
            takes_sampling=_flag(entry, "supports_sampling_params"),
            takes_system=_flag(entry, "supports_system_messages"),
            takes_tools=_flag(entry, "supports_function_calling"),
            takes_schema=_flag(entry, "supports_response_schema"),
        )

    def _retirement(self, model: str) -> Retirement | None:
        settings = self._described.get(model)
        if settings is not None and settings.base_url:
            return None
        known = self._retired.get(model) or self._retired.get(_canonical(model))
        if known is not None:
            return known
        entry = self._prices.entry_of(model)
        written = entry.get("deprecation_date") if entry else None
        try:
            return Retirement(day=date.fromisoformat(written)) if isinstance(written, str) else None
        except ValueError:
            return None

    @cached_property
    def _retired(self) -> Mapping[str, Retirement]:
        """What has been or will be switched off, by the provider's id with and without its name."""
        text = Path(__file__).with_name(_RETIRED).read_text(encoding="utf-8")
        found: dict[str, Retirement] = {}
        for part in json.loads(text):
            for model, (day, replacement) in part["models"].items():
                retirement = Retirement(
                    day=date.fromisoformat(day), replacement=replacement, source=part["source"]
                )
                found[model] = found[f"{part['provider']}/{model}"] = retirement
        return found

    @cached_property
    def _versions(self) -> Mapping[str, Sequence[str]]:
        found: dict[str, list[str]] = {}
        for key in self._prices:
            dated = _DATED.fullmatch(key)
            if dated:
                found.setdefault(dated["base"], []).append(key)
        return found

    @cached_property
    def _days(self) -> frozenset[date]:
        return frozenset(_days_in(self._prices))

    def _nearest(self, model: str) -> Iterator[str]:
        prefix, slash, name = model.rpartition("/")
        if not slash:
            known = {key for key in self._prices if "/" not in key}
            yield from closest(model, {*known, *self._described})
            return
        provider = ALIASES.get(prefix, prefix)
        names = {key.removeprefix(f"{provider}/") for key in self._prices}
        found = [
            near
            for near in (f"{prefix}/{near}" for near in closest(name, names))
            if self.find(near) is not None
        ]
        yield from found
        if not found:
            entry = self._prices.entry_of(name)
            right = f"{entry.get('litellm_provider')}/{name}" if entry else ""
            if entry is not None and self.find(right) is not None:
                yield right


def _canonical(model: str) -> str:
    """The id with the provider's name as litellm has it."""
    prefix, _, name = model.partition("/")
    return f"{ALIASES.get(prefix, prefix)}/{name}"


def _count(entry: Entry, key: str) -> int | None:
    value = entry.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _flag(entry: Entry, key: str) -> bool | None:
    value = entry.get(key)
    return value if isinstance(value, bool) else None


def _day_of(dated: str) -> str:
    """What sorts versions of one model by their age."""
    found = _DATED.fullmatch(dated)
    return found["date"].replace("-", "") if found else ""


def _days_in(names: PriceTable) -> Iterator[date]:
    for name in names:
        found = _DAY.search(name)
        if found:
            try:
                yield date(int(found[1]), int(found[2]), int(found[3]))
            except ValueError:
                continue


def closest(name: str, known: Collection[str]) -> Sequence[str]:
    """The names that differ in the fewest letters, in alphabetical order; none beyond two."""
    squeezed = _SIGNS.sub("", name.casefold())
    same = sorted(each for each in known if _SIGNS.sub("", each.casefold()) == squeezed)
    if same:
        return same
    most = 1 if len(name) < 8 else 2  # Short names are near to many.
    found: dict[int, list[str]] = {}
    for each in sorted(known):
        distance = _distance(name, each, most)
        if distance is not None:
            found.setdefault(distance, []).append(each)
    return found[min(found)] if found else ()


def _distance(one: str, other: str, most: int) -> int | None:
    """How many letters to add, drop, replace or swap make one of the other; None beyond `most`."""
    if abs(len(one) - len(other)) > most:
        return None
    before: list[int] = []
    row = list(range(len(other) + 1))
    for index, letter in enumerate(one, start=1):
        last, before, row = before, row, [index]
        for place, candidate in enumerate(other, start=1):
            cost = min(
                before[place] + 1,
                row[place - 1] + 1,
                before[place - 1] + (letter != candidate),
            )
            is_swap = (
                index > 1 < place and letter == other[place - 2] and one[index - 2] == candidate
            )
            row.append(min(cost, last[place - 2] + 1) if is_swap else cost)
        if min(row) > most:
            return None
    return row[-1] if row[-1] <= most else None

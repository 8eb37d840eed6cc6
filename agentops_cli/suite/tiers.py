"""The models of a suite: ids, and cascades of two of them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import cast

from agentops_cli.locate import Document, Route
from agentops_cli.model.finding import Finding
from agentops_cli.model.ids import TIER_MARK, Kind, kind_of
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.place import Location
from agentops_cli.model.suite import Tiers, When
from agentops_cli.suite.values import as_list

_DEFAULT_WHEN: tuple[When, ...] = ("failed",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """The models in their order, each once, a cascade by its label; `tiers` has those by that.

    `places` tells where each is named first, also the two of a cascade.
    """

    names: tuple[str, ...]
    tiers: dict[str, Tiers]
    places: dict[str, Location]


def read_models(written: Json, document: Document, *, report: Callable[[Finding], None]) -> Models:
    """Reads what the schema of a suite left of `models`."""
    names: list[str] = []
    tiers: dict[str, Tiers] = {}
    places: dict[str, Location] = {}
    for index, item in enumerate(as_list(written)):
        route: Route = ("models", index)
        if isinstance(item, str):
            small, _, large = (part.strip() for part in item.partition(TIER_MARK))
            fix = f"write a cascade as {{try: {small}, escalate: {large}}}"
            for finding in _no_id(item, route, document, fix):
                report(finding)
            names.append(item)
            places.setdefault(item, document.at(route))
        elif isinstance(item, dict) and {"try", "escalate"} <= set(item):
            cascade = _tiers(item, route, document)
            for finding in _mistakes(cascade, tiers, route, document):
                report(finding)
            tiers.setdefault(cascade.label, cascade)
            names.append(cascade.label)
            places.setdefault(cascade.label, cascade.location)
            places.setdefault(cascade.small, document.at((*route, "try")))
            places.setdefault(cascade.large, document.at((*route, "escalate")))
    return Models(names=tuple(dict.fromkeys(names)), tiers=tiers, places=places)


def _tiers(item: JsonObject, route: Route, document: Document) -> Tiers:
    when = item.get("when", [*_DEFAULT_WHEN])
    return Tiers(
        small=str(item["try"]),
        large=str(item["escalate"]),
        when=frozenset(cast("list[When]", when if isinstance(when, list) else [when])),
        location=document.at(route),
    )


def _mistakes(
    cascade: Tiers, before: dict[str, Tiers], route: Route, document: Document
) -> Iterator[Finding]:
    for key, model in (("try", cascade.small), ("escalate", cascade.large)):
        place = document.at((*route, key))
        yield from _no_id(model, (*route, key), document, "name one model: a cascade has two")
        if kind_of(model.lower()) is Kind.AGENT:
            message = f"{model} is an agent, which chooses its models itself: no cascade has one"
            fix = "name it as a model of its own"
            yield Finding(rule="bad-model", message=message, location=place, fix=fix)
    if cascade.small == cascade.large:
        message = f"{cascade.large} is tried already"
        place, fix = document.at((*route, "escalate")), "name a larger model"
        yield Finding(rule="bad-model", message=message, location=place, fix=fix)
    if cascade.label in before:
        message = f"this cascade is already written at {before[cascade.label].location}"
        fix = "keep one of them; 'when' takes a list: [failed, lowConfidence]"
        place = cascade.location
        yield Finding(rule="duplicate-model", message=message, location=place, fix=fix)


def _no_id(model: str, route: Route, document: Document, fix: str) -> Iterator[Finding]:
    """A finding for what looks like a label in place of an id."""
    if TIER_MARK in model:
        message = f"{model!r} is no model id: none has a {TIER_MARK!r} in it"
        place = document.at(route)
        yield Finding(rule="bad-model", message=message, location=place, fix=fix)

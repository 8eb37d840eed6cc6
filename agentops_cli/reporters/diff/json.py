"""A diff as JSON; the contract is `schemas/diff.schema.json`.

Everything is ASCII: what an author wrote can neither move a terminal nor break a line of a log.
"""

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Final, TextIO

from agentops_cli import __version__
from agentops_cli.diff.evaluated import EvalDiff, Evaluation, ModelDiff
from agentops_cli.diff.values import Entry, MessageDiff, Price, Rendered, SchemaChange, Side, Size
from agentops_cli.model.finding import Finding
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.money import Cost
from agentops_cli.model.place import Location
from agentops_cli.reporters.diff.page import Card, Page, Told
from agentops_cli.tokens import Tokens

if TYPE_CHECKING:
    # Most diffs put nothing to anybody, and need none of the arithmetic.
    from agentops_cli.statistics.bootstrap import Shift

SCHEMA: Final = 1
"""Raised when a key changes its meaning or goes away."""


def write(page: Page, out: TextIO) -> None:
    """Writes one object, each prompt and each problem on a line of its own."""
    head: JsonObject = {
        "schema": SCHEMA,
        "toolVersion": __version__,
        "exitCode": int(page.code),
        "before": _side(page.before),
        "after": _side(page.after),
        "lookedAt": page.looked_at,
        "levels": {level: count for level, count in page.levels.items()},  # noqa: C416 # As Json.
        "notes": [*page.notes],
        "evaluation": _evaluation(page.evaluation),
    }
    parts = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
    for name, rows in (
        ("problems", [json.dumps(_problem(each)) for each in page.problems]),
        ("prompts", [json.dumps(_card(each)) for each in page.cards]),
    ):
        listed = ",\n    ".join(rows)
        parts.append(f'"{name}": [\n    {listed}\n  ]' if rows else f'"{name}": []')
    out.write("{\n  " + ",\n  ".join(parts) + "\n}\n")


def _side(side: Side) -> JsonObject:
    return {"name": side.name, "commit": side.commit}


def _problem(problem: Finding) -> JsonObject:
    return {
        "rule": problem.rule,
        "severity": problem.severity.word,
        "message": problem.message,
        "fix": problem.fix,
        "place": _place(problem.location),
    }


def _place(place: Location | None) -> Json:
    if place is None:
        return None
    return {"path": place.path, "line": place.line, "column": place.column}


def _card(card: Card) -> JsonObject:
    versioning = card.versioning
    return {
        "name": card.name,
        "status": card.status,
        "path": card.path,
        "was": card.was,
        "kind": card.kind,
        "level": card.level,
        "version": {
            "before": versioning.before,
            "after": versioning.after,
            "required": versioning.required.word if versioning.required else None,
            "actual": versioning.actual.word if versioning.actual else None,
            "isEnough": versioning.is_enough,
            "needed": versioning.needed,
        },
        "changes": [_told(each) for each in card.changes],
        "entries": [_entry(each) for each in card.entries],
        "schemas": [_schema(each) for each in card.schemas],
        "messages": [_message(each) for each in card.messages],
        "size": {"before": _size(card.sizes[0]), "after": _size(card.sizes[1])},
        "price": {"before": _price(card.prices[0]), "after": _price(card.prices[1])},
        "suites": [*card.suites],
        "owners": [*card.owners],
        "rendered": _rendered(card.rendered),
        "evaluated": _evaluated(card.evaluated),
    }


def _told(told: Told) -> JsonObject:
    return {
        "id": told.id,
        "level": told.level,
        "bump": told.bump,
        "message": told.message,
        "why": told.why,
        "place": _place(told.place),
        "side": "before" if told.is_before else "after",
    }


def _entry(entry: Entry) -> JsonObject:
    return {
        "path": entry.path,
        "before": entry.before,
        "after": entry.after,
        "place": _place(entry.place),
    }


def _schema(found: SchemaChange) -> JsonObject:
    return {"of": found.of, "path": found.path, "what": found.what, "level": found.level}


def _message(message: MessageDiff) -> JsonObject:
    return {
        "role": message.role,
        "status": message.status,
        "lines": [
            {
                "before": line.before,
                "after": line.after,
                "mark": line.mark,
                "pieces": [[piece.mark, piece.text] for piece in line.pieces],
            }
            for line in message.lines
        ],
    }


def _rendered(rendered: Rendered | None) -> Json:
    if rendered is None:
        return None
    return {
        "case": rendered.case,
        "refusedBy": rendered.refused_by,
        "messages": [_message(each) for each in rendered.messages],
    }


def _size(size: Size | None) -> Json:
    if size is None:
        return None
    return {
        "byRole": {role: tokens.count for role, tokens in size.by_role.items()},
        "static": size.static.count,
        "total": size.total.count,
        "isEstimate": _is_estimate(*size.by_role.values(), size.static, size.total),
    }


def _is_estimate(*found: Tokens) -> bool:
    return any(tokens.is_estimate for tokens in found)


def _price(price: Price | None) -> Json:
    if price is None:
        return None
    return {
        "model": price.model,
        "calls": 1000,
        "inputTokens": price.input_tokens,
        "staticTokens": price.static_tokens,
        "outputTokens": price.output_tokens,
        "inputUsd": _usd(price.input_usd),
        "outputUsd": _usd(price.output_usd),
        "usd": _usd(price.usd),
        "assumed": [*price.assumed],
    }


def _evaluation(found: Evaluation | None) -> Json:
    if found is None:
        return None
    return {
        "exitCode": int(found.code),
        "trials": found.trials,
        "recorded": found.recorded,
        "isReplay": found.is_replay,
        "cost": _cost(found.cost),
        "judgeCost": _cost(found.judge_cost),
        "budgetUsd": _usd(found.budget_usd),
        "problems": [_problem(each) for each in found.problems],
        "notes": [*found.notes],
    }


def _cost(cost: Cost) -> JsonObject:
    return {
        "usd": f"{cost.usd:f}",
        "unpricedCalls": cost.unpriced_calls,
        "assumedCalls": cost.assumed_calls,
    }


def _evaluated(found: EvalDiff | None) -> Json:
    if found is None:
        return None
    return {
        "verdict": found.verdict,
        "models": [_model(each) for each in found.models],
        "skipped": [
            {"suite": each.suite, "case": each.case, "why": each.why} for each in found.skipped
        ],
        "gone": [*found.gone],
        "notes": [*found.notes],
    }


def _model(model: ModelDiff) -> JsonObject:
    pairs = model.pairs
    return {
        "before": model.models[0],
        "after": model.models[1],
        "verdict": model.verdict,
        "bothPass": pairs.both_pass,
        "broken": pairs.broken,
        "fixed": pairs.fixed,
        "bothFail": pairs.both_fail,
        "notJudged": model.not_judged,
        "setAside": model.set_aside,
        "passRate": {
            "before": pairs.before if pairs.total else None,
            "after": pairs.after if pairs.total else None,
            "change": pairs.change if pairs.total else None,
            "low": model.interval[0],
            "high": model.interval[1],
        },
        "midP": model.p,
        "visibleDrop": model.sees,
        "tokens": _shift(model.tokens),
        "usd": _shift(model.usd),
        "p50LatencyS": _shift(model.p50_s),
        "p95LatencyS": _shift(model.p95_s),
        "trials": model.trials,
        "recorded": model.recorded,
        "cases": [
            {
                "suite": each.suite,
                "case": each.case,
                "ending": each.ending,
                "why": each.why,
                "place": _place(each.place),
            }
            for each in model.cases
        ],
    }


def _shift(found: "Shift | None") -> Json:
    if found is None:
        return None
    return {
        "before": found.before,
        "after": found.after,
        "change": found.change,
        "low": found.low,
        "high": found.high,
        "cases": found.cases,
    }


def _usd(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"

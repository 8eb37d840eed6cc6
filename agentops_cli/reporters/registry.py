"""The prompts of a project and the versions of one, as tables and as JSON.

Everything is redacted here, and shown on one line each: what files and commits say is not ours.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Final, TypeAlias

from agentops_cli.diff.registered import (
    Authored,
    Listed,
    Listing,
    Logged,
    Rendering,
    Sized,
    VersionLog,
    version_of,
)
from agentops_cli.diff.values import Versioning
from agentops_cli.model.finding import Finding
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.money import ZERO, Price, Usage
from agentops_cli.model.tool import Tool
from agentops_cli.prompt.source import PromptFile
from agentops_cli.redact import Redact
from agentops_cli.reporters.columns import cut, width
from agentops_cli.reporters.wording import counted, dollars, flat, unheeded, visible
from agentops_cli.tokens import Tokens

SCHEMA: Final = 1
"""The version of the shape of the JSON."""

_WIDEST: Final = 40
_WIDE: Final = 200


def list_lines(listing: Listing, redact: Redact) -> Iterator[str]:
    """The prompts as a table, a line each below their heads."""
    heads = ("NAME", "VERSION", "MODEL", "OWNER", "STATUS", "TIER", "SUITES", "CHANGED")
    rows = [_list_row(each) for each in listing.prompts]
    yield from _table(heads, rows, redact)


def _list_row(one: Listed) -> Sequence[str]:
    return (
        one.name,
        one.version or "none",
        _first(one.models),
        _first(one.owners),
        one.status
        if not one.problems
        else f"{one.status}, {counted(len(one.problems), 'mistake')}",
        one.tier,
        _first([path.rpartition("/")[2] for path in one.suites]),
        _day(one.changed.date) if one.changed else "-",
    )


def list_json(listing: Listing, redact: Redact) -> JsonObject:
    """The prompts with all that is known of them."""
    return _redacted(
        {
            "schema": SCHEMA,
            "prompts": [
                {
                    "name": one.name,
                    "path": one.path,
                    "version": one.version,
                    "models": [*one.models],
                    "status": one.status,
                    "tier": one.tier,
                    "authors": [*one.authors],
                    "owners": [*one.owners],
                    "suites": [*one.suites],
                    "changed": _json_of_commit(one.changed),
                    "problems": [*map(_json_of_problem, one.problems)],
                }
                for one in listing.prompts
            ],
            "notes": [*listing.notes],
        },
        redact,
    )


def log_lines(log: VersionLog, redact: Redact) -> Iterator[str]:
    """The versions as a table, the latest first."""
    heads = ("VERSION", "BUMP", "COMMIT", "DATE", "AUTHOR", "EVAL", "NOTES")
    rows = [
        (
            one.version or "none",
            _bump(one.versioning),
            one.by.commit[:_SHORT] if one.by else "-",
            _day(one.by.date) if one.by else "-",
            one.by.author if one.by else "not committed",
            one.verdict or "-",
            "; ".join(_remarks(one, log.name)),
        )
        for one in log.versions
    ]
    yield from _table(heads, rows, redact)


def _bump(versioning: Versioning | None) -> str:
    """What went up, and what had to where that is more: `patch, needs major`."""
    if versioning is None:
        return "-"
    if versioning.before is None:
        return "first"
    actual = versioning.actual.word if versioning.actual else "none"
    if versioning.is_enough:
        return actual
    return f"{actual}, needs {versioning.required.word if versioning.required else 'none'}"


def _remarks(one: Logged, name: str) -> Iterator[str]:
    if one.tag is not None:
        yield "tagged"
    if one.was_kept:
        yield "the prompt changed under this version"
    if one.commits > 1:
        yield counted(one.commits, "commit")
    if one.name != name:
        yield f"as {one.name}"


def log_json(log: VersionLog, redact: Redact) -> JsonObject:
    """The versions with all that is known of them."""
    return _redacted(
        {
            "schema": SCHEMA,
            "name": log.name,
            "versions": [
                {
                    "version": one.version,
                    "name": one.name,
                    "path": one.path,
                    "commit": _json_of_commit(one.by),
                    "bump": _json_of_versioning(one.versioning),
                    "commits": one.commits,
                    "changedUnderVersion": one.was_kept,
                    "tag": one.tag,
                    "verdict": one.verdict,
                }
                for one in log.versions
            ],
            "notes": [*log.notes],
        },
        redact,
    )


def _json_of_versioning(versioning: Versioning | None) -> Json:
    if versioning is None:
        return None
    return {
        "before": versioning.before,
        "actual": versioning.actual.word if versioning.actual else None,
        "required": versioning.required.word if versioning.required else None,
        "isEnough": versioning.is_enough,
    }


def _json_of_commit(by: Authored | None) -> Json:
    if by is None:
        return None
    date = by.date.isoformat() if by.date else None
    return {"id": by.commit, "author": by.author, "email": by.email, "date": date}


Where: TypeAlias = tuple[str, str | None, str | None]
"""The files that a prompt is from: how people call them, their commit, the tag that leads there."""


def show_line(file: PromptFile, where: Where) -> str:
    """Which version it is and where it is from."""
    name, commit, tag = where
    version = version_of(file)
    at = f" of {tag or name}, commit {commit[:_SHORT]}" if commit else f" of {name}"
    return f"{file.name} {version or 'without a version'}: {file.path}{at}"


def show_lines(file: PromptFile, redact: Redact) -> Iterator[str]:
    """The text of a file as people may read it: nothing in it is hidden, or obeyed."""
    return _shown(file.text.removesuffix("\n"), redact)


def _shown(text: str, redact: Redact) -> Iterator[str]:
    return (unheeded(visible(line)) for line in redact(text).split("\n"))


def show_json(file: PromptFile, where: Where, redact: Redact) -> JsonObject:
    """A version with its text, and all that it says of itself."""
    name, commit, tag = where
    return _redacted(
        {
            "schema": SCHEMA,
            "name": file.name,
            "version": version_of(file),
            "path": file.path,
            "from": name,
            "commit": commit,
            "tag": tag,
            "format": file.kind,
            "meta": dict(file.meta),
            "text": file.text,
            "problems": [*map(_json_of_problem, file.problems)],
        },
        redact,
    )


def render_lines(rendering: Rendering, redact: Redact) -> Iterator[str]:
    """The messages with their lengths, and what is sent beside them."""
    for number, turn in enumerate(rendering.turns, start=1):
        if len(rendering.turns) > 1:
            yield f"turn {number}"
        for sized in turn:
            yield f"{sized.message.role} ({sized.tokens} tokens)"
            yield from (f"  {line}".rstrip() for line in _shown(sized.message.content, redact))
    beside = [("tool", _json_of_tool(tool)) for tool in rendering.tools]
    beside += [("answer", rendering.output_schema)] if rendering.output_schema else []
    for what, sent in beside:
        yield what
        yield f"  {flat(redact(json.dumps(sent, ensure_ascii=False)))}"


def price_lines(rendering: Rendering) -> Iterator[str]:
    """What a call costs, in words, with what is assumed."""
    model = rendering.model or "no model"
    tokens = _input_tokens(rendering)
    yield f"{tokens} tokens of input for {model}{_beside(rendering)}"
    limit = f"{rendering.max_tokens:,} tokens of output at most"
    if not rendering.is_limit_given:
        limit += ", which is what evals allow where the prompt sets no max_tokens"
    yield limit
    if rendering.price is None:
        yield f"no price is known of {model}"
        return
    if len(rendering.turns) > 1:
        yield "later turns cost more than this: evals send what was said before again"
    input_usd, output_usd = _costs(rendering, rendering.price)
    calls = len(rendering.turns)
    yield (
        f"{dollars(input_usd)} for the input and {dollars(output_usd)} for the output at most:"
        f" {dollars(1_000 * (input_usd + output_usd))} for 1,000 times"
        + (f" {counted(calls, 'call')}" if calls > 1 else "")
    )


def _beside(rendering: Rendering) -> str:
    parts = [
        counted(len(rendering.tools), "tool") if rendering.tools else "",
        "the schema of the answer" if rendering.output_schema else "",
    ]
    left = " and ".join(part for part in parts if part)
    return f", without {left}" if left else ""


def _input_tokens(rendering: Rendering) -> Tokens:
    sizes = [sized.tokens for turn in rendering.turns for sized in turn]
    return Tokens(
        count=sum(size.count for size in sizes), is_estimate=any(size.is_estimate for size in sizes)
    )


def _costs(rendering: Rendering, price: Price) -> tuple[Decimal, Decimal]:
    """Dollars of the input, and of as much output as may be, of all turns together."""
    inputs = wholes = ZERO
    for turn in rendering.turns:
        tokens = sum(sized.tokens.count for sized in turn)
        alone = Usage(input_tokens=tokens)
        inputs += price.cost_of(alone)
        wholes += price.cost_of(replace(alone, output_tokens=rendering.max_tokens))
    return inputs, wholes - inputs


def render_json(rendering: Rendering, redact: Redact) -> JsonObject:
    """The messages, what is sent beside them, and what a call costs; dollars as decimal text."""
    costs = _costs(rendering, rendering.price) if rendering.price else None
    return _redacted(
        {
            "schema": SCHEMA,
            "name": rendering.name,
            "version": rendering.version,
            "suite": rendering.suite,
            "model": rendering.model,
            "turns": [[_json_of_message(sized) for sized in turn] for turn in rendering.turns],
            "tools": [_json_of_tool(tool) for tool in rendering.tools],
            "outputSchema": rendering.output_schema,
            "inputTokens": _input_tokens(rendering).count,
            "isEstimate": _input_tokens(rendering).is_estimate,
            "maxTokens": rendering.max_tokens,
            "inputUsd": f"{costs[0]:f}" if costs else None,
            "maxOutputUsd": f"{costs[1]:f}" if costs else None,
        },
        redact,
    )


def _json_of_message(sized: Sized) -> JsonObject:
    return {
        "role": sized.message.role,
        "content": sized.message.content,
        "tokens": sized.tokens.count,
        "isEstimate": sized.tokens.is_estimate,
    }


def _json_of_tool(tool: Tool) -> JsonObject:
    described: JsonObject = {"description": tool.description} if tool.description else {}
    return {"name": tool.name, **described, "parameters": tool.parameters}


def _json_of_problem(problem: Finding) -> JsonObject:
    line = problem.location.line if problem.location else None
    return {"rule": problem.rule, "message": problem.message, "line": line}


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], redact: Redact) -> Iterator[str]:
    # What tells lines apart and what is said of them are worth more room than the rest.
    most = [_WIDE, *(_WIDEST for _ in heads[2:]), _WIDE]
    shown = [
        [cut(flat(redact(cell)), room) for cell, room in zip(row, most, strict=True)]
        for row in rows
    ]
    widths = [max(map(width, column)) for column in zip(heads, *shown, strict=True)]
    for row in (heads, *shown):
        cells = (cell + " " * (room - width(cell)) for cell, room in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _first(values: Sequence[str]) -> str:
    """The first of several, and how many more there are."""
    if not values:
        return "-"
    return values[0] if len(values) == 1 else f"{values[0]} +{len(values) - 1}"


def _day(date: datetime | None) -> str:
    return f"{date:%Y-%m-%d}" if date else "-"


def _redacted(value: JsonObject, redact: Callable[[str], str]) -> JsonObject:
    return {redact(key): _text_redacted(each, redact) for key, each in value.items()}


def _text_redacted(value: Json, redact: Callable[[str], str]) -> Json:
    match value:
        case str():
            return redact(value)
        case dict():
            return _redacted(value, redact)
        case list():
            return [_text_redacted(each, redact) for each in value]
    return value


_SHORT: Final = 10

"""A judge's reply, read strictly: what is not exactly what was asked for is no opinion."""

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from agentops_cli.judge.dialogue import BadReply
from agentops_cli.model.call import Completion
from agentops_cli.model.json import Json, JsonObject

REASON: JsonObject = {"type": "string", "description": "why, in one short sentence"}
EVIDENCE: JsonObject = {
    "type": "string",
    "description": 'the words of the answer that decide it, copied exactly; "" if none do',
}


def fields_of(reply: Completion, wanted: Iterable[str]) -> Mapping[str, Json]:
    """The JSON object of a reply that has exactly the wanted keys; raises `BadReply`."""
    try:
        found: object = json.loads(reply.text, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise BadReply("it is not valid JSON") from None
    if not isinstance(found, dict) or set(found) != set(wanted):
        raise BadReply(f"it is not a JSON object with exactly the keys {', '.join(wanted)}")
    return found


def text_of(fields: Mapping[str, Json], key: str) -> str:
    """A text among the fields."""
    value = fields[key]
    if not isinstance(value, str):
        raise BadReply(f"{key!r} is not text")
    return value


def reason_of(fields: Mapping[str, Json]) -> str:
    """The reason, on one line."""
    reason = folded(text_of(fields, "reason"))
    if not reason:
        raise BadReply("'reason' is blank")
    return reason


def score_of(fields: Mapping[str, Json]) -> float:
    """The score, 0 to 1."""
    value = fields["score"]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadReply("'score' is not a number")
    if not (math.isfinite(value) and 0 <= value <= 1):
        raise BadReply("'score' is not from 0 to 1")
    return float(value)


def evidence_of(fields: Mapping[str, Json], *answers: str) -> str:
    """The words that decided it, as they stand in an answer but for white space; may be none."""
    evidence = folded(text_of(fields, "evidence"))
    if not any(evidence in folded(answer) for answer in answers):
        raise BadReply("'evidence' does not stand in the answer, word for word")
    return evidence


def told(reason: str, evidence: str) -> str:
    """A reason with its evidence, for people."""
    return f'{reason} ("{evidence}")' if evidence else reason


def beside(figure: float, limit: float) -> str:
    """A figure with two decimals, or with all where two would put it on the limit's other side."""
    short = f"{figure:.2f}"
    return short if (float(short) >= limit) is (figure >= limit) else repr(figure)


def folded(text: str) -> str:
    """The text with each stretch of white space as one space, and none at its ends."""
    return " ".join(text.split())


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is given twice")
    return found


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")

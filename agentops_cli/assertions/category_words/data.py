"""An answer that is a JSON document: its strings, and whether it is an error object."""

import json
import re

from agentops_cli.model.json import Json

_FENCED = re.compile(r"\A\s*```(?:json)?\s*(?P<inside>.*?)\s*```\s*\Z", re.DOTALL)
_LONGEST = 200_000


def data_of(text: str) -> dict[str, Json] | list[Json] | None:
    """The object or array that `text` is, also in a code fence; None when it is none."""
    if len(text) > _LONGEST:
        return None
    fenced = _FENCED.match(text)
    inside = fenced["inside"] if fenced else text.strip()
    if not inside.startswith(("{", "[")):
        return None
    try:
        data = json.loads(inside)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict | list) else None


# Any other key is a finding, a label, a result: then the errors are what the agent was asked for.
_ERROR_KEYS = frozenset(
    (
        *("error", "errors", "exception", "traceback", "code", "status", "type", "title"),
        *("message", "detail", "details", "reason", "ok", "success"),
        *("request_id", "timestamp", "path", "instance"),
    )
)


def is_error_object(data: dict[str, Json] | list[Json]) -> bool:
    """Whether the document reports a failure and holds nothing else."""
    if isinstance(data, list):
        return False
    fields = {key.lower(): value for key, value in data.items()}
    if not fields.keys() <= _ERROR_KEYS:
        return False
    named = any(fields.get(key) for key in ("error", "errors", "exception", "traceback"))
    status = str(fields.get("status", "")).lower() in {"error", "failed", "failure"}
    return named or status or fields.get("success") is False or fields.get("ok") is False


_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_KEY_FOLLOWS = re.compile(r"\s*:")
_ESCAPED_BREAK = re.compile(r"\\[nrt]")


def strings_only(text: str) -> str:
    """`text` of the same length in which only the string values are left, each a paragraph."""
    kept = ["\n"] * len(text)
    for match in _STRING.finditer(text):
        if _KEY_FOLLOWS.match(text, match.end()):
            continue
        value = _ESCAPED_BREAK.sub("\n\n", match[0][1:-1])
        kept[match.start() + 1 : match.end() - 1] = value
    return "".join(kept)

"""Which assertions say what must never be: all that is said counts for them, not the last words."""

import re
from collections.abc import Iterable, Iterator

from agentops_cli.model.json import Json
from agentops_cli.model.suite import AssertionSpec

FORBIDDING = frozenset({"mustNotContain", "noSecrets", "noPii", "noPromptLeak"})
"""Kinds that say what an answer must not hold."""

# They judge the sum over all turns, negated or not.
_SUMMED = frozenset({"cost", "latency", "tokens"})

# Kinds that ask whether a text is something, or has something in it. Others are about the answer as
# a whole (its size, its language, its category), or about more than one text, as a judge sees it.
_OF_A_TEXT = FORBIDDING | {
    *("citations", "contains", "endsWith", "equals", "json", "jsonPath", "jsonSchema"),
    *("levenshtein", "mustContain", "oneOf", "regex", "startsWith"),
}


_SEEING_MARKS = frozenset({"noSecrets", "noPii"})

# One word, or an address, a digit or an escape of a regular expression anywhere.
_LIKE_HIDDEN = re.compile(r"^\S*$|[\d@\\]")


def forbids(spec: AssertionSpec) -> bool:
    """True when the assertion says what must never be, so that it belongs to every turn."""
    return _is_ban(spec) is not spec.negated and spec.kind not in _SUMMED


def forbids_text(spec: AssertionSpec) -> bool:
    """True when the assertion says what no text may be or hold, also one before a tool call."""
    return forbids(spec) and spec.kind in _OF_A_TEXT


def may_forbid_hidden(spec: AssertionSpec) -> bool:
    """True when what is forbidden may be just what redaction took out of a text.

    That is an address, a number or a key: none of them is words with spaces between them and
    without a digit. `noPii` and `noSecrets` see the marks that stand in their place.
    """
    if not forbids_text(spec) or spec.kind in _SEEING_MARKS:
        return False
    return any(_LIKE_HIDDEN.search(text) for text in _texts(spec.args.values()))


def _texts(values: Iterable[Json]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            yield from _texts(value.values())
        elif isinstance(value, list):
            yield from _texts(value)


def _is_ban(spec: AssertionSpec) -> bool:
    if spec.kind == "citations":
        return spec.args.get("max") == 0
    if spec.kind == "toolCalls":
        return spec.args.get("calls", spec.args.get("value")) == []
    return spec.kind in FORBIDDING

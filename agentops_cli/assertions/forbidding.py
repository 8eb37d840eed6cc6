"""Which assertions say what must never be: all that is said counts for them, not the last words."""

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


def forbids(spec: AssertionSpec) -> bool:
    """True when the assertion says what must never be, so that it belongs to every turn."""
    return _is_ban(spec) is not spec.negated and spec.kind not in _SUMMED


def forbids_text(spec: AssertionSpec) -> bool:
    """True when the assertion says what no text may be or hold, also one before a tool call."""
    return forbids(spec) and spec.kind in _OF_A_TEXT


def _is_ban(spec: AssertionSpec) -> bool:
    if spec.kind == "citations":
        return spec.args.get("max") == 0
    if spec.kind == "toolCalls":
        return spec.args.get("calls", spec.args.get("value")) == []
    return spec.kind in FORBIDDING

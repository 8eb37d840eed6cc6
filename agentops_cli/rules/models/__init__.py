"""The models that a prompt names: whether they are there, what they take, what they cost."""

from typing import Final

from agentops_cli.model.finding import Severity
from agentops_cli.prompt.source import Kind
from agentops_cli.rules.rule import DECLARED, NATIVE, Rule

_CLAUDE: Final[frozenset[Kind]] = frozenset({"claude-agent", "claude-command", "skill"})
_OTHERS: Final[frozenset[Kind]] = frozenset({"semantic-kernel", "llm-template", "promptfoo"})
"""Formats whose models are deployments or names of their own."""

# GitHub and Azure host models of others, and switch them off on days of their own.
_DATED: Final[frozenset[Kind]] = (DECLARED - _OTHERS - {"github-models"}) | _CLAUDE

RULES: tuple[Rule, ...] = (
    Rule(
        code="PM001",
        name="unknown-model",
        summary="no model is known by this id",
        severity=Severity.WARNING,
        kinds=(DECLARED - _OTHERS) | _CLAUDE,
        fix="unsafe",
        needs=frozenset({"models"}),
    ),
    Rule(
        code="PM002",
        name="retired-model",
        summary="the provider has switched the model off",
        kinds=_DATED,
        fix="unsafe",
        needs=frozenset({"models", "today"}),
    ),
    Rule(
        code="PM003",
        name="retiring-soon",
        summary="the provider switches the model off soon",
        severity=Severity.WARNING,
        kinds=_DATED,
        fix="unsafe",
        needs=frozenset({"models", "today"}),
    ),
    Rule(
        code="PM004",
        name="unpinned-alias",
        summary="the id means another model tomorrow, and there are ids that do not",
        severity=Severity.WARNING,
        kinds=DECLARED - _OTHERS - {"github-models"},
        fix="unsafe",
        needs=frozenset({"models", "today"}),
    ),
    Rule(
        code="PM005",
        name="context-overflow",
        summary="the prompt does not fit into what the model takes",
        kinds=DECLARED,
        needs=frozenset({"models"}),
    ),
    Rule(
        code="PM006",
        name="max-tokens-over-limit",
        summary="max_tokens is more than the model ever answers",
        kinds=DECLARED,
        fix="unsafe",
        needs=frozenset({"models"}),
    ),
    Rule(
        code="PM007",
        name="unsupported-parameter",
        summary="the model does not take a setting of the prompt",
        kinds=DECLARED,
        fix="unsafe",
        needs=frozenset({"models"}),
    ),
    Rule(
        code="PM008",
        name="price-jump",
        summary="a call costs half as much again as it did",
        severity=Severity.WARNING,
        kinds=DECLARED,
        needs=frozenset({"models", "history"}),
    ),
    Rule(
        code="PM010",
        name="missing-max-tokens",
        summary="nothing limits what an answer may cost",
        severity=Severity.WARNING,
        kinds=NATIVE,
        needs=frozenset({"models"}),
    ),
    Rule(
        code="PM011",
        name="disallowed-model",
        summary="the configuration does not allow the model",
        kinds=DECLARED | _CLAUDE,
    ),
    Rule(
        code="PM012",
        name="no-price-known",
        summary="a budget is set, and nobody knows what the model costs",
        severity=Severity.WARNING,
        kinds=NATIVE,
        needs=frozenset({"models"}),
    ),
)

"""What makes a prompt answer otherwise tomorrow, although nobody has changed it."""

from typing import Final

from agentops_cli.model.finding import Severity
from agentops_cli.prompt.source import Kind
from agentops_cli.rules.rule import DECLARED, Rule

_TEMPLATES: Final[frozenset[Kind]] = DECLARED | {"plain"}

RULES: tuple[Rule, ...] = (
    Rule(
        code="PD001",
        name="time-in-template",
        summary="the template puts the time, or chance, into the prompt",
        kinds=_TEMPLATES,
        wants=frozenset({"suites"}),
    ),
    Rule(
        code="PD002",
        name="hard-coded-date",
        summary="the prompt says what day it is, and will be wrong",
        severity=Severity.WARNING,
    ),
    Rule(
        code="PD003",
        name="relative-time",
        summary="the prompt speaks of now, which moves on",
        severity=Severity.INFO,
        profile="all",
        kinds=DECLARED,
    ),
    Rule(
        code="PD004",
        name="nondeterministic-temperature",
        summary="the temperature is too high for answers that are checked or parsed",
        severity=Severity.WARNING,
        kinds=DECLARED,
        fix="unsafe",
        wants=frozenset({"models", "suites"}),
    ),
    Rule(
        code="PD005",
        name="no-seed-where-supported",
        summary="the answer is to be the same each time, and no seed is set",
        severity=Severity.INFO,
        profile="all",
        kinds=DECLARED,
    ),
    Rule(
        code="PD006",
        name="knowledge-cutoff-claim",
        summary="the prompt says up to when the model knows the world",
        severity=Severity.WARNING,
        profile="strict",
    ),
    Rule(
        code="PD007",
        name="unbounded-history",
        summary="a conversation is put in whole, however long it gets",
        severity=Severity.WARNING,
        kinds=_TEMPLATES,
    ),
    Rule(
        code="PD008",
        name="order-dependent-loop",
        summary="a loop takes the entries of a mapping in an order that nobody fixed",
        severity=Severity.INFO,
        profile="strict",
        kinds=DECLARED,
    ),
    Rule(
        code="PD009",
        name="external-mutable-reference",
        summary="the prompt has its rules from somewhere that can change",
        severity=Severity.WARNING,
    ),
    Rule(
        code="PD010",
        name="volatile-prefix",
        summary="a variable stands before a long fixed part, which is then never cached",
        severity=Severity.INFO,
        profile="strict",
        kinds=DECLARED,
        needs=frozenset({"models"}),
    ),
)

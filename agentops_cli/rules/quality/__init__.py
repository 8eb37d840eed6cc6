"""Whether a prompt says what it means, once, and in no more words than it needs."""

from typing import Final

from agentops_cli.model.finding import Severity
from agentops_cli.prompt.source import Kind
from agentops_cli.rules.rule import DECLARED, Rule

_WITH_OUTPUT: Final[frozenset[Kind]] = frozenset({"native", "dotprompt"})
"""Formats that say what the output is."""

RULES: tuple[Rule, ...] = (
    Rule(
        code="PQ001",
        name="over-token-budget",
        summary="the prompt has more tokens than it is meant to have",
        severity=Severity.WARNING,
        kinds=DECLARED,
    ),
    Rule(
        code="PQ002",
        name="token-growth",
        summary="the prompt has grown by more than a fifth",
        severity=Severity.WARNING,
        kinds=DECLARED,
        needs=frozenset({"history"}),
    ),
    Rule(
        code="PQ003",
        name="duplicate-paragraph",
        summary="the same paragraph stands there twice",
        severity=Severity.WARNING,
        fix="unsafe",
    ),
    Rule(
        code="PQ004",
        name="contradictory-directive",
        summary="what is always to be done is never to be done elsewhere",
        severity=Severity.WARNING,
        profile="strict",
    ),
    Rule(
        code="PQ005",
        name="conflicting-output-format",
        summary="the prompt asks for two formats, each of them alone",
        severity=Severity.WARNING,
        words=frozenset(("only", "must", "exclusively", "nothing but", "exactly")),
    ),
    Rule(
        code="PQ006",
        name="conflicting-length",
        summary="no answer can be both as short and as long as the prompt asks",
        severity=Severity.WARNING,
        profile="strict",
    ),
    Rule(
        code="PQ007",
        name="missing-output-format",
        summary="the output is to be JSON, and the prompt does not say so",
        severity=Severity.WARNING,
        kinds=_WITH_OUTPUT,
        fix="unsafe",
    ),
    Rule(
        code="PQ008",
        name="vague-directive",
        summary="a directive leaves to the model what it means",
        severity=Severity.INFO,
        profile="all",
    ),
    Rule(
        code="PQ009",
        name="courtesy-filler",
        summary="words of courtesy cost tokens and change nothing",
        severity=Severity.INFO,
        profile="all",
        fix="unsafe",
    ),
    Rule(
        code="PQ010",
        name="unbalanced-xml-tag",
        summary="a tag is opened and never closed, or closed and never opened",
        severity=Severity.WARNING,
    ),
    Rule(
        code="PQ011",
        name="heading-structure",
        summary="a heading skips a level, or has nothing below it",
        severity=Severity.INFO,
        profile="all",
    ),
    Rule(
        code="PQ012",
        name="examples-missing",
        summary="the output has a form, and no example shows it",
        severity=Severity.INFO,
        profile="all",
        kinds=_WITH_OUTPUT,
    ),
    Rule(
        code="PQ013",
        name="trailing-whitespace",
        summary="white space ends a line, or no line end ends the file",
        severity=Severity.INFO,
        profile="all",
        fix="unsafe",
    ),
)

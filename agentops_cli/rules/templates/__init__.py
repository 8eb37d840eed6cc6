"""What the template does with its variables, and whether it can be rendered at all."""

from typing import Final

from agentops_cli.model.finding import Severity
from agentops_cli.prompt.source import Kind
from agentops_cli.rules.rule import DECLARED, Rule

_TEMPLATES: Final[frozenset[Kind]] = DECLARED | {"plain"}

_JINJA: Final[frozenset[Kind]] = frozenset(
    {"native", "plain", "prompty", "promptfoo", "semantic-kernel"}
)

_SCHEMA: Final[frozenset[Kind]] = frozenset({"native", "dotprompt", "prompty", "semantic-kernel"})
"""Formats that declare their variables."""

RULES: tuple[Rule, ...] = (
    Rule(
        code="PT001",
        name="syntax-error",
        summary="the template cannot be read",
        kinds=_TEMPLATES,
    ),
    Rule(
        code="PT002",
        name="undefined-variable",
        summary="the template uses a variable that is not declared",
        kinds=_SCHEMA,
        fix="unsafe",
    ),
    Rule(
        code="PT003",
        name="unused-input",
        summary="a variable is declared and never used",
        severity=Severity.WARNING,
        kinds=_SCHEMA,
        fix="unsafe",
    ),
    Rule(
        code="PT004",
        name="unknown-filter-or-test",
        summary="a filter, test or function does not exist",
        kinds=_JINJA,
        fix="unsafe",
    ),
    Rule(
        code="PT005",
        name="wrong-engine",
        summary="a tag is written for another template language",
        kinds=_TEMPLATES,
        words=frozenset(("{{#", "{{/", "{{^", "{{>", "{{~", "{{else", "{{role", "${", "{%", "|")),
    ),
    Rule(
        code="PT006",
        name="unfilled-placeholder",
        summary="a text to fill in was never filled in",
        kinds=_TEMPLATES,
        words=frozenset(
            ("TODO", "FIXME", "TBD", "XXX", "PLACEHOLDER", "INSERT", "YOUR", "FILL", "orem ipsum")
        ),
    ),
    Rule(
        code="PT007",
        name="missing-include",
        summary="an included template is not there, or includes the one that includes it",
        kinds=_TEMPLATES,
        scope="tree",
        needs=frozenset({"tree", "partials"}),
    ),
    Rule(
        code="PT008",
        name="unsafe-construct",
        summary="the template reaches for what a prompt must not have",
        kinds=_JINJA,
    ),
    Rule(
        code="PT009",
        name="non-portable-construct",
        summary="the template uses what only some runtimes have",
        severity=Severity.INFO,
        profile="all",
        kinds=_JINJA,
    ),
    Rule(
        code="PT010",
        name="unescaped-delimiter-injection",
        summary="text of a stranger can close the tag that is to hold it",
        severity=Severity.WARNING,
        profile="strict",
        kinds=frozenset({"native", "prompty"}),
        fix="unsafe",
    ),
    Rule(
        code="PT011",
        name="default-vs-schema",
        summary="the default of a variable is not what its schema takes",
        kinds=_SCHEMA,
    ),
    Rule(
        code="PT012",
        name="literal-braces-json",
        summary="JSON with doubled braces is read as a tag",
        kinds=_JINJA,
        fix="unsafe",
    ),
)

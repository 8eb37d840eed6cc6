"""Whether suites would notice a change."""

from typing import Final

from agentops_cli.model.finding import Severity
from agentops_cli.prompt.source import Kind
from agentops_cli.rules.project import Part
from agentops_cli.rules.rule import DECLARED, NATIVE, Rule

_SUITES: Final[frozenset[Part]] = frozenset({"suites"})

_PROMPTS: Final[frozenset[Kind]] = DECLARED | {"plain"}
"""What `eval` can put to a model; plain text is a prompt where the configuration says so."""

RULES: tuple[Rule, ...] = (
    Rule(
        code="PE001",
        name="no-suite",
        summary="no suite tests the prompt",
        severity=Severity.WARNING,
        kinds=_PROMPTS,
        needs=_SUITES,
    ),
    Rule(
        code="PE002",
        name="too-few-cases",
        summary="the suites of the prompt have too few cases to tell anything",
        severity=Severity.WARNING,
        kinds=_PROMPTS,
        needs=_SUITES,
    ),
    Rule(
        code="PE003",
        name="missing-prompt",
        summary="a suite names a prompt that is not there",
        scope="tree",
        needs=frozenset({"suites", "tree"}),
    ),
    Rule(
        code="PE004",
        name="unknown-input",
        summary="a case gives variables that the prompt does not take, or not those it needs",
        kinds=_PROMPTS,
        needs=_SUITES,
        wants=frozenset({"partials"}),
    ),
    Rule(
        code="PE005",
        name="no-negative-case",
        summary="no case says what an answer must never be",
        severity=Severity.WARNING,
        kinds=_PROMPTS,
        needs=_SUITES,
    ),
    Rule(
        code="PE006",
        name="no-injection-case",
        summary="the prompt takes untrusted text, and no case attacks it",
        severity=Severity.WARNING,
        kinds=NATIVE,
        needs=_SUITES,
    ),
    Rule(
        code="PE007",
        name="untested-branch",
        summary="no case takes a branch of the template, or gives a value of an enum",
        severity=Severity.INFO,
        profile="strict",
        kinds=NATIVE,
        needs=_SUITES,
    ),
    Rule(
        code="PE008",
        name="trivial-assert",
        summary="a case passes whatever the model answers",
        severity=Severity.WARNING,
        kinds=_PROMPTS,
        needs=_SUITES,
    ),
    Rule(
        code="PE009",
        name="duplicate-case",
        summary="two cases of a suite ask the same",
        severity=Severity.WARNING,
        scope="tree",
        needs=_SUITES,
    ),
    Rule(
        code="PE010",
        name="stale-suite",
        summary="the prompt changed since the base, and none of its suites did",
        severity=Severity.INFO,
        profile="strict",
        kinds=NATIVE,
        needs=frozenset({"suites", "history"}),
    ),
    Rule(
        code="PE011",
        name="model-mismatch",
        summary="no suite runs the prompt on the model that it names",
        severity=Severity.WARNING,
        kinds=_PROMPTS,
        needs=_SUITES,
    ),
    Rule(
        code="PE012",
        name="output-schema-unchecked",
        summary="the prompt promises an output schema, and no suite checks it",
        severity=Severity.INFO,
        profile="strict",
        kinds=NATIVE,
        needs=_SUITES,
    ),
)

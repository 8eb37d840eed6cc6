"""What changed against git, and whether the version tells."""

from typing import Final

from agentops_cli.model.finding import Severity
from agentops_cli.rules.project import Part
from agentops_cli.rules.rule import DECLARED, NATIVE, Rule

_HISTORY: Final[frozenset[Part]] = frozenset({"history"})

RULES: tuple[Rule, ...] = (
    Rule(
        code="PV001",
        name="version-not-semver",
        summary="the version is not a semantic version",
        kinds=DECLARED,
        fix="unsafe",
    ),
    Rule(
        code="PV002",
        name="changed-without-bump",
        summary="the prompt changed, and its version did not",
        kinds=DECLARED,
        fix="safe",
        needs=_HISTORY,
    ),
    Rule(
        code="PV003",
        name="version-went-back",
        summary="the version is lower than it was",
        kinds=DECLARED,
        needs=_HISTORY,
    ),
    Rule(
        code="PV004",
        name="bump-too-small",
        summary="the version was raised by less than the change asks for",
        kinds=DECLARED,
        fix="safe",
        needs=_HISTORY,
    ),
    Rule(
        code="PV005",
        name="version-reused",
        summary="an earlier prompt had this version already",
        profile="strict",
        kinds=DECLARED,
        needs=_HISTORY,
    ),
    Rule(
        code="PV006",
        name="changelog-missing-entry",
        summary="the changelog says nothing about this version",
        severity=Severity.WARNING,
        kinds=NATIVE,
        fix="unsafe",
        needs=frozenset({"today"}),
    ),
    Rule(
        code="PV007",
        name="changelog-stale-top",
        summary="the changelog is about a later version than this",
        severity=Severity.WARNING,
        profile="strict",
        kinds=NATIVE,
        fix="unsafe",
    ),
    Rule(
        code="PV008",
        name="deleted-still-referenced",
        summary="a prompt was deleted that others use",
        scope="tree",
        needs=frozenset({"history", "tree", "suites"}),
    ),
    Rule(
        code="PV009",
        name="renamed-without-name-kept",
        summary="a prompt was moved, and has another name now",
        severity=Severity.WARNING,
        kinds=NATIVE,
        needs=_HISTORY,
    ),
    Rule(
        code="PV010",
        name="prompt-not-in-git",
        summary="git does not know the file",
        severity=Severity.WARNING,
        kinds=NATIVE,
        needs=_HISTORY,
    ),
)

"""The table of all rules."""

from collections.abc import Mapping
from typing import Final

from agentops_cli.rules import (
    drift,
    evals,
    frontmatter,
    governance,
    linter,
    models,
    quality,
    security,
    templates,
    versioning,
)
from agentops_cli.rules.rule import Rule

_FAMILIES: Final = (
    frontmatter,
    versioning,
    templates,
    models,
    drift,
    security,
    governance,
    evals,
    quality,
    linter,
)

RULES: Final[tuple[Rule, ...]] = tuple(rule for family in _FAMILIES for rule in family.RULES)
"""Every rule, in the order of the families."""

BY_CODE: Final[Mapping[str, Rule]] = {rule.code: rule for rule in RULES}

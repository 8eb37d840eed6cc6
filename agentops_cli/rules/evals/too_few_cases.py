"""The suites of a prompt have so few cases that a change for the worse may go unseen.

With 20 cases that all pass, as many as 14 in 100 answers may still be wrong (95 % confidence); with
50 it is 6 in 100. What is asked for depends on the tier: 5 cases of a `toy`, 20 of an `mvp`, 50 for
`production`. `min_cases` in the frontmatter asks for another number. Datasets count row by row,
cases that are skipped not at all, and all suites of the prompt count together.

Quiet: about prompts without a suite (PE001 says so), and where a suite cannot be
read or has more than 5,000 cases.

Source: the rule of three's exact form, 1 - 0.05 ** (1 / n), for n cases without a failure.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from agentops_cli.model.settings import Tier
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.evals.of_file import place_of_tests, whole_suites
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit
from agentops_cli.rules.tiers import tier_of

LEAST: Final[Mapping[Tier, int]] = {"toy": 5, "mvp": 20, "production": 50}
"""The cases that a prompt of a tier needs."""


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """The number of cases, where it is below what is asked for."""
    suites = whole_suites(file, project)
    if not suites:
        return
    cases = sum(suite.cases for suite in suites)
    own = file.meta.get("min_cases")
    tier = tier_of(file, project)
    is_own = isinstance(own, int) and not isinstance(own, bool)
    least = own if isinstance(own, int) and is_own else LEAST[tier]
    if cases >= least:
        return
    where = suites[0].path if len(suites) == 1 else f"its {len(suites)} suites"
    have = f"{cases} case{'' if cases == 1 else 's'}"
    wanted = f"min_cases asks for {least}" if is_own else f"the tier {tier} asks for {least}"
    yield Hit(
        at=file.location(file.key_at("min_cases")) if is_own else place_of_tests(file),
        message=f"{where} {'has' if len(suites) == 1 else 'have'} {have}, and {wanted}",
        fix="add cases, from real use where you can",
    )

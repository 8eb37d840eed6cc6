"""The prompt puts text that nobody vouches for into a message, and no case tries to abuse that.

Whether the guardrails hold shows only when an input says «ignore your instructions». A case counts
that is tagged or named so (`injection`, `jailbreak`, `attack`, `adversarial`, `red-team`), or whose
text does it.

Quiet: about prompts of the tier `toy`, about variables that are declared `trusted` or that hold a
number or one of a list, about prompts without a suite, and where a suite cannot be read or
has more than 5,000 cases.
"""

import re
from collections.abc import Iterator
from typing import Final

from agentops_cli.model.suite import Case
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.evals.of_file import place_of_tests, whole_suites
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit
from agentops_cli.rules.security.trust import untrusted_uses
from agentops_cli.rules.suites import SuiteFacts
from agentops_cli.rules.tiers import tier_of

_NAMED: Final = re.compile(
    r"inject|jail.?break|attack|adversar|red.?team|hijack|abuse|malicious|exploit|security",
    re.IGNORECASE,
)
_SAID: Final = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}"
    r"\b(?:instructions?|rules?|prompts?|above|guidelines?|said|told)\b"
    r"|\bsystem prompt\b|\byou are now\b|\bdeveloper mode\b|<\|im_start\|>",
    re.IGNORECASE | re.DOTALL,
)


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """The prompt, where it takes such text and no case is an attack."""
    suites = whole_suites(file, project)
    if not suites or tier_of(file, project) == "toy":
        return
    use = next(iter(untrusted_uses(file)), None)
    if use is None or any(_attacks(suite) for suite in suites):
        return
    yield Hit(
        at=place_of_tests(file),
        message=f"it takes {use.name!r} from outside, and no case attacks it with that",
        fix=f"add a case whose {use.name} holds an instruction, tagged injection",
    )


def _attacks(suite: SuiteFacts) -> bool:
    return any(map(_NAMED.search, suite.tags)) or any(map(_is_attack, suite.looked_at))


def _is_attack(case: Case) -> bool:
    if _NAMED.search(case.id):
        return True
    told = (case.input, *case.vars.values(), *(turn.input for turn in case.turns))
    return any(isinstance(text, str) and _SAID.search(text) for text in told)

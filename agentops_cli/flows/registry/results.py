"""What suites have said of versions of prompts, from result files at hand."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from agentops_cli.diff.registered import Verdict
from agentops_cli.model.result import GateDecision


def verdicts(paths: Iterable[Path]) -> Mapping[str, Verdict]:
    """What the gates said, by the sha256 of the prompt's file: the gravest of all suites.

    Raises `InputError` for a file that is no result.
    """
    from agentops_cli.stores.results import ResultFile  # Most projects have none at hand.

    found: dict[str, Verdict] = {}
    for path in paths:
        with closing(ResultFile(path, name=str(path))) as file:
            for suite in file.suites:
                digest = suite.prompt_sha256
                if digest is not None:
                    mine = _verdict(suite.decision)
                    found[digest] = max(found.get(digest, mine), mine, key=_GRAVITY.index)
    return found


def _verdict(decision: GateDecision) -> Verdict:
    if decision.passed:
        return "passed"
    return "failed" if decision.certain else "no verdict"


_GRAVITY: Final[Sequence[Verdict]] = ("passed", "no verdict", "failed")

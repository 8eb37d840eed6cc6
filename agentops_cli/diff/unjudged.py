"""What a run comes to where a prompt has no verdict: no verdict is no pass."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agentops_cli.diff.evaluated import EvalDiff
from agentops_cli.diff.values import PromptDiff
from agentops_cli.errors import ExitCode
from agentops_cli.model.finding import Finding, Severity
from agentops_cli.model.place import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Unjudged:
    """The code that a run ends with, and of each prompt without a verdict why it has none."""

    code: ExitCode
    problems: tuple[Finding, ...] = ()


def unjudged(
    ended: ExitCode,
    prompts: Sequence[PromptDiff],
    told: Mapping[int, EvalDiff],
    *,
    allow_empty: bool,
) -> Unjudged:
    """Takes a yes back where no pair of some prompt was judged, by its place in `prompts`.

    A later suite may raise its own limit of errors, so that what errored is unreachable whatever
    the gate has said; only where there was nothing to judge may a caller `allow_empty`. A run that
    ended for another reason keeps it.
    """
    if ended not in {ExitCode.OK, ExitCode.EMPTY}:
        return Unjudged(code=ended)
    without = [at for at, found in told.items() if found.verdict is None]
    if not without:
        return Unjudged(code=ended)
    errored = {at for at in without if any(model.not_judged for model in told[at].models)}
    code = ExitCode.OK if allow_empty else ExitCode.EMPTY
    return Unjudged(
        code=ExitCode.UNREACHABLE if errored else code,
        problems=tuple(
            _errored(prompts[at]) if at in errored else _empty(prompts[at], is_allowed=allow_empty)
            for at in without
        ),
    )


def _errored(prompt: PromptDiff) -> Finding:
    return Finding(
        rule="nothing-judged",
        message="no case was judged on both sides, for they errored: no verdict is no pass",
        location=Location(path=prompt.pair.file.path),
        fix="mend what the cases that were not judged say, and run it again",
    )


def _empty(prompt: PromptDiff, *, is_allowed: bool) -> Finding:
    return Finding(
        rule="nothing-judged",
        message="no case was judged on both sides, for there was none to judge",
        location=Location(path=prompt.pair.file.path),
        fix="give it cases for both versions that are not skipped, xfail or in quarantine",
        severity=Severity.WARNING if is_allowed else Severity.ERROR,
    )

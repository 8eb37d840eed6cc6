"""How an assertion answers, and how it refuses arguments that mean nothing."""

import difflib
from collections.abc import Iterable

from agentops_cli.errors import InputError
from agentops_cli.model.call import Verdict
from agentops_cli.model.finding import Finding
from agentops_cli.model.suite import AssertionSpec


class CannotTell(Exception):  # noqa: N818 - an abstention is no error of anybody's
    """Raised from any depth of a check to abstain; the message says why, as a clause.

    What `assertions.build` returns turns it into a verdict, so nobody else sees it.
    """


def judged(
    spec: AssertionSpec, *, passed: bool, reason: str, score: float | None = None
) -> Verdict:
    """A yes or no; the score is 1 or 0 unless there is a finer one."""
    return Verdict(
        kind=spec.kind,
        passed=passed,
        reason=reason,
        score=float(passed) if score is None else score,
        location=spec.location,
    )


def bad_argument(spec: AssertionSpec, message: str, *, fix: str) -> InputError:
    """The error of an assertion that cannot be built from what the author wrote."""
    problem = f"{spec.kind}: {message}"
    return InputError(
        [Finding(rule="bad-argument", message=problem, location=spec.location, fix=fix)]
    )


def unknown_word(spec: AssertionSpec, word: str, known: Iterable[str], *, noun: str) -> InputError:
    """The error of a word that is none of the few that are known."""
    choices = tuple(known)
    near = difflib.get_close_matches(word, choices, n=1)
    listed = f"known: {', '.join(choices)}"
    fix = f"did you mean {near[0]!r}? {listed}" if near else listed
    return bad_argument(spec, f"unknown {noun} {word!r}", fix=fix)

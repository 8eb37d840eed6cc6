"""How an assertion answers, and how it refuses arguments that mean nothing.

A kind says yes, no or that it cannot tell, and why. `build` adds whose opinion that is.
"""

import difflib
from collections.abc import Sequence
from typing import cast

from agentops_cli.errors import InputError
from agentops_cli.expression import BadExpression, Expression, compile_expression
from agentops_cli.model.call import Verdict
from agentops_cli.model.finding import Finding
from agentops_cli.model.suite import AssertionSpec

# What finds something in each of these finds something in any answer, unless it looks around.
_LOOKS_AROUND = ("(?=", "(?!", "(?<", "(?(")
_PROBES = ("", "a", "7 b", "\n.", "\u03a9 \u00e9", "-")


class CannotTell(Exception):  # noqa: N818 - an abstention is no error of anybody's
    """Raised from any depth of a check to abstain; the message says why, as a clause.

    What `assertions.build` returns turns it into a verdict, so nobody else sees it.
    """


def judged(reason: str, *, passed: bool, score: float | None = None) -> Verdict:
    """A yes or no; the score is 1 or 0 unless there is a finer one."""
    score = float(passed) if score is None else score
    return Verdict(kind="", passed=passed, reason=reason, score=score)


def bad_argument(spec: AssertionSpec, message: str, *, fix: str) -> InputError:
    """The error of an assertion that cannot be built from what the author wrote."""
    problem = f"{spec.kind}: {message}"
    return InputError(
        [Finding(rule="bad-argument", message=problem, location=spec.location, fix=fix)]
    )


def words_of(spec: AssertionSpec, known: Sequence[str], *, noun: str) -> list[str]:
    """The `value` of a kind that takes some of a few words; raises `InputError` for any other."""
    value = cast("str | list[str]", spec.args["value"])
    words = [value] if isinstance(value, str) else value
    for word in words:
        if word not in known:
            near = difflib.get_close_matches(word, known, n=1)
            listed = f"known: {', '.join(known)}"
            fix = f"did you mean {near[0]!r}? {listed}" if near else listed
            raise bad_argument(spec, f"unknown {noun} {word!r}", fix=fix)
    return words


def expression_of(spec: AssertionSpec, source: str, *, ignore_case: bool = False) -> Expression:
    """Compiles an argument; raises `InputError` for what does not compile or cannot fail."""
    try:
        expression = compile_expression(source, ignore_case=ignore_case)
    except BadExpression as error:
        fix = "mend it; put a backslash before a character that is meant as itself"
        raise bad_argument(spec, str(error), fix=fix) from None
    looks_around = any(word in source for word in _LOOKS_AROUND)
    if not looks_around and all(map(expression.matches, _PROBES)):
        problem = f"the regular expression {source!r} matches every text, so it cannot fail"
        raise bad_argument(spec, problem, fix="make a part of it necessary: + in place of *")
    return expression

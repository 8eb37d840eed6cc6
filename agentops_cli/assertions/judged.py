"""Which assertions ask a judge, what, how often at most, and whether that was ever checked."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from agentops_cli.assertions import BUILTIN, MAY_ASK_JUDGE, NEEDS_JUDGE
from agentops_cli.model.call import Request
from agentops_cli.model.finding import Finding, Severity
from agentops_cli.model.judge import Judge
from agentops_cli.model.suite import AssertionSpec

if TYPE_CHECKING:
    from agentops_cli.judge.question import Material  # Imported where anything is asked.

_TRIES = 2
"""A reply that cannot be used is asked for once more."""


def needs_judge(spec: AssertionSpec) -> bool:
    """True when the assertion cannot do without a judge."""
    return spec.kind in NEEDS_JUDGE


def may_ask_judge(spec: AssertionSpec) -> bool:
    """True when the assertion may ask a judge: of a plugin's nothing else is known."""
    return spec.kind in MAY_ASK_JUDGE or spec.kind not in BUILTIN


def most_questions(spec: AssertionSpec, judge: Judge) -> int:
    """How many calls the assertion makes at most; a plugin's is taken to ask as a built-in does."""
    if not may_ask_judge(spec):
        return 0
    return judge.votes * (2 if _is_pair(spec) else 1) * _TRIES


def question_of(spec: AssertionSpec, judge: Judge, material: "Material") -> Request:
    """The first question that the assertion would ask about some material."""
    from agentops_cli.judge import category, rubric  # Late: most suites have no judge.
    from agentops_cli.judge.pairwise import Pair

    value = str(spec.args.get("value", ""))
    if spec.kind == "expectedCategory":
        return category.question(judge, material)
    if _is_pair(spec):
        pair = Pair(rubric=value, material=material, other=str(spec.args["against"]))
        return pair.question(judge, ours="A")
    return rubric.question(judge, value, material)


def unlike_examples(judge: Judge, specs: Iterable[AssertionSpec]) -> Finding | None:
    """A note on the questions that no example of a checked judge is like; None without any.

    Examples are rubrics that the judge's own threshold decides.
    """
    found = [(what, spec.location) for spec in specs if (what := _unlike_example(spec, judge))]
    if not found:
        return None
    kinds = " and ".join(dict.fromkeys(what for what, _ in found))
    return Finding(
        rule="untested-judge",
        message=f"the examples of {judge.path} say nothing of {kinds}: "
        f"they are rubrics at the threshold {judge.threshold:.15g}",
        location=found[0][1],
        fix="look through these opinions yourself, with --verbose, before you rely on them",
        severity=Severity.INFO,
    )


def _unlike_example(spec: AssertionSpec, judge: Judge) -> str | None:
    if spec.kind == "expectedCategory":
        return "categories ('expectedCategory')"
    if _is_pair(spec):
        return "comparisons ('against')"
    threshold = spec.args.get("threshold", judge.threshold) if spec.kind == "rubric" else None
    if isinstance(threshold, int | float) and threshold != judge.threshold:
        return f"the threshold {threshold:.15g}"
    return None


def _is_pair(spec: AssertionSpec) -> bool:
    return spec.kind == "rubric" and "against" in spec.args

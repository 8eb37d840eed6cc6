"""What is said of two versions that were put to the same cases, in the same words everywhere."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from agentops_cli.diff.evaluated import CaseDiff, EvalDiff, Evaluation, ModelDiff, Verdict
from agentops_cli.reporters.diff.page import Page
from agentops_cli.reporters.wording import costs, counted, dollars, one_line

if TYPE_CHECKING:
    # Most diffs put nothing to anybody, and need none of the arithmetic.
    from agentops_cli.statistics.bootstrap import Shift

MOST_CASES: Final = 20
_WHY: Final = 240
_PER: Final = 1_000
_LEAST_CASES: Final = 5


def verdict(evaluated: EvalDiff) -> str:
    """`worse`, `not shown`, `better`, or that there is none."""
    return evaluated.verdict or "no verdict"


def verdicts(page: Page) -> str:
    """`1 worse, 2 not shown`; "" where nothing was evaluated."""
    found = [verdict(card.evaluated) for card in page.cards if card.evaluated]
    order: tuple[Verdict | str, ...] = ("worse", "no verdict", "not shown", "better")
    return ", ".join(f"{found.count(word):,} {word}" for word in order if word in found)


def head(model: ModelDiff) -> str:
    """`worse on openai/gpt-4o-mini: 6 broken, 0 fixed, 1 fails on both sides, 5 pass`."""
    pairs = model.pairs
    before, after = model.models
    asked = before if before == after else f"{before} → {after}"
    word = model.verdict or "no verdict"
    what: str = word
    if word == "not shown":
        what = "nothing can be shown" if model.sees is None else "a difference is not shown"
    return (
        f"{what} on {asked}: {pairs.broken:,} broken, {pairs.fixed:,} fixed, "
        f"{pairs.both_fail:,} failed on both sides, {pairs.both_pass:,} passed on both"
    )


def figures(model: ModelDiff) -> Iterator[str]:
    """What was measured, a line each: how sure it is, and what could not be measured."""
    pairs = model.pairs
    if pairs.total:
        low, high = model.interval
        yield (
            f"pass rate {pairs.before:.0%} → {pairs.after:.0%}, {_points(pairs.change)} points "
            f"(95%: {_points(low)} to {_points(high)}), mid-p {_probability(model.p)}"
        )
        yield _sight(model)
    if model.not_judged:
        cases = counted(model.not_judged, "case")
        yield f"{cases} not judged: without a verdict on one side at least"
    if model.set_aside:
        yield f"{counted(model.set_aside, 'case')} set aside: xfail or in quarantine"
    yield from _shifted("tokens of one execution", model.tokens, lambda value: f"{value:,.0f}")
    yield from _shifted("price of 1,000 executions", model.usd, _thousand)
    yield from _shifted("p50 latency", model.p50_s, _seconds)
    yield from _shifted("p95 latency", model.p95_s, _seconds)
    if pairs.total and model.p50_s is None:
        yield "latency was not measured: no case was answered live on both sides"
    if model.recorded:
        yield (
            f"{model.recorded:,} of {counted(model.trials, 'execution')} without a call: "
            "the answer was recorded, or kept from earlier"
        )


def _sight(model: ModelDiff) -> str:
    total = model.pairs.total
    cases = counted(total, "case")
    if model.sees is None:
        were = "was" if total == 1 else "were"
        return (
            f"this suite cannot show anything: {cases} {were} judged, "
            f"and {_LEAST_CASES} have to break at the least"
        )
    drop = f"{model.sees * 100:.0f}"
    return f"{cases} can see a drop of {drop} points, four times in five"


def _shifted(name: str, found: "Shift | None", shown: Callable[[float], str]) -> Iterator[str]:
    if found is None:
        return

    def signed(value: float) -> str:
        sign = "" if not value else "-" if value < 0 else "+"
        return f"{sign}{shown(abs(value))}"

    if not (found.before or found.after):
        yield f"{name} {shown(0)} on both sides"
        return
    yield (
        f"{name} {shown(found.before)} → {shown(found.after)}, {signed(found.change)} "
        f"(95%: {signed(found.low)} to {signed(found.high)})"
    )


def _points(share: float) -> str:
    rounded = round(share * 100)
    return f"{rounded:+d}" if rounded else "0"


def _probability(value: float) -> str:
    return "below 0.001" if value < 0.001 else f"{value:.3f}"


def _thousand(usd: float) -> str:
    return dollars(Decimal(f"{usd * _PER:.6f}"))


def _seconds(value: float) -> str:
    return f"{value:.2f} s"


def told_cases(model: ModelDiff) -> Iterator[CaseDiff]:
    """The cases that are worth a line, as many as anybody reads; what gates nothing is not."""
    yield from _worth_a_line(model)[:MOST_CASES]


def why(case: CaseDiff) -> str:
    """What failed, on one line; "" where nothing says."""
    return one_line(case.why, _WHY) if case.why else ""


def more_cases(model: ModelDiff) -> int:
    """How many cases have no line."""
    return max(len(_worth_a_line(model)) - MOST_CASES, 0)


def _worth_a_line(model: ModelDiff) -> list[CaseDiff]:
    return [case for case in model.cases if case.ending != "set aside"]


def left_out(evaluated: EvalDiff) -> Iterator[str]:
    """What was not put to both versions, and why, a line each."""
    yield from evaluated.notes
    for case in evaluated.skipped[:MOST_CASES]:
        yield f"skipped {case.suite}: {case.case}: {one_line(case.why, _WHY)}"
    if (more := len(evaluated.skipped) - MOST_CASES) > 0:
        yield f"and {counted(more, 'more case')} skipped"
    for gone in evaluated.gone[:MOST_CASES]:
        yield f"no longer in the suite: {gone}"
    if (more := len(evaluated.gone) - MOST_CASES) > 0:
        yield f"and {counted(more, 'more case')} no longer in the suite"


def account(evaluation: Evaluation) -> str:
    """`evaluated: 24 executions for $0.0012 (budget $0.50); 12 answers kept from earlier`."""
    spent = costs(evaluation.cost + evaluation.judge_cost)
    limit = evaluation.budget_usd
    most = "" if limit is None else f" (budget {dollars(limit)})"
    text = f"evaluated: {counted(evaluation.trials, 'execution')} for {spent}{most}"
    if evaluation.is_replay:
        return f"{text}; a replay: no call was made"
    if evaluation.recorded:
        return f"{text}; {counted(evaluation.recorded, 'answer')} kept from earlier"
    return text


def lines(evaluation: Evaluation) -> Iterator[str]:
    """The run in words: what it cost, why it has no verdict, and what the guards did."""
    if evaluation.trials:
        yield account(evaluation)
    yield from problems(evaluation)
    yield from evaluation.notes


def problems(evaluation: Evaluation) -> Iterator[str]:
    """Why it has no verdict, a line each."""
    for problem in evaluation.problems:
        place = f"{problem.location}: " if problem.location else ""
        fix = f" (fix: {problem.fix})" if problem.fix else ""
        yield f"{place}{problem.severity.word}: {problem.message}{fix}"

"""Who answered where it was not simply the model that was named, in the same words everywhere."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TextIO

from agentops_cli.model.ids import models_in
from agentops_cli.model.result import Cascaded, RunResult, StoodIn, Totals, counted_together
from agentops_cli.reporters.markup import code
from agentops_cli.reporters.wording import counted, dollars, one_line

_NAME_CHARACTERS = 200


def words_of_stand_ins(run: RunResult) -> Iterator[str]:
    """`azure/gpt-4o stood in for openai/gpt-4o in 12 of 100 judged trials`."""
    together: tuple[StoodIn, ...] = ()
    for suite in run.suites:
        together = counted_together(together, suite.totals.stood_in)
    for each in together:
        of = counted(_judged_of(run, each.asked), "judged trial")
        name = one_line(each.answered_by, _NAME_CHARACTERS)
        yield f"{name} stood in for {each.asked} in {each.trials:,} of {of}"


def words_of_cascades(run: RunResult) -> Iterator[str]:
    """How the trials of each cascade were decided, and an estimate of what it saved."""
    return (words_of_cascade(label, each) for label, each in cascades_of(run).items())


def write_answerers(run: RunResult, out: TextIO) -> None:
    """Both as a Markdown list; nothing where every model answered for itself."""
    words = [*words_of_stand_ins(run), *words_of_cascades(run)]
    if words:
        out.write("\n")
        out.writelines(f"- {code(each)}\n" for each in words)


def cascades_of(run: RunResult) -> Mapping[str, Cascaded]:
    """What came of each cascade of a run, by its label, over all suites."""
    found: dict[str, Cascaded] = {}
    for suite in run.suites:
        for label, totals in suite.by_model.items():
            if totals.cascade:
                found[label] = found.get(label, Cascaded()) + totals.cascade
    return found


def words_of_cascade(label: str, cascade: Cascaded) -> str:
    """The same of one cascade."""
    small, large = models_in(label)
    judged = counted(cascade.small + cascade.large, "judged trial")
    decided = f"of {judged} {small} decided {cascade.small:,} and {large} {cascade.large:,}"
    return f"{label}: {decided}; {_saved(cascade, large)}"


def _saved(cascade: Cascaded, large: str) -> str:
    unknown = counted(cascade.unestimated, "trial")
    why = "a price or the tokens are not known"
    if cascade.unestimated and cascade.unestimated == cascade.small + cascade.large:
        return f"what that saved cannot be estimated: {why}"
    against = f"against asking {large} for everything (an estimate"
    but = f", without {unknown} of which {why})" if cascade.unestimated else ")"
    return f"{_amount(cascade.saved_usd)} {against}{but}"


def _amount(usd: Decimal) -> str:
    return f"{dollars(-usd)} lost" if usd < 0 else f"{dollars(usd)} saved"


def _judged_of(run: RunResult, asked: str) -> int:
    """How many judged trials a model was asked in, alone or as a part of a cascade."""
    parts = (part for suite in run.suites for part in suite.by_model.items())
    return sum(_asked_in(asked, label, totals) for label, totals in parts)


def _asked_in(asked: str, label: str, totals: Totals) -> int:
    cascade = totals.cascade
    if cascade is None:
        return totals.tally.judged if label == asked else 0
    small, large = models_in(label)
    return (cascade.small + cascade.large) * (asked == small) + cascade.large * (asked == large)

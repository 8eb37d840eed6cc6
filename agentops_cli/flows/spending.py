"""What earlier processes of a run spent, and what of that went down with one that was killed."""

from collections.abc import Iterable, Iterator

from agentops_cli.model.call import Tags
from agentops_cli.model.money import ZERO, Amount, Cost
from agentops_cli.model.result import TrialResult
from agentops_cli.model.spending import Spent


class Before:
    """What a ledger says was spent, handed on call by call and added up meanwhile.

    A ledger has what was limited. What kept trials took beyond it, as those of a run that was begun
    without a limit, is handed on last, suite by suite, as if it were spent just now.
    """

    def __init__(self, entries: Iterable[Spent]) -> None:
        self._entries = entries
        self._settled = Cost()
        self._under_way = Cost()
        self._kept: dict[str, Amount] = {}

    def keep(self, result: TrialResult, cost: Cost) -> None:
        """Counts a trial that is kept, with all that was paid for it; before they are handed on."""
        steps = sum(turn.steps for turn in result.turns if not turn.completion.cached)
        live = [answer for answer in result.answers if not answer.cached]
        tokens = sum(answer.usage.total_tokens for answer in live if answer.usage)
        took = Amount(usd=cost.usd, calls=steps or len(live), tokens=tokens)
        self._kept[result.suite] = self._kept.get(result.suite, Amount()) + took

    def __iter__(self) -> Iterator[Spent]:
        written: dict[str, Amount] = {}
        for entry in self._entries:
            if entry.lost:
                self._under_way += Cost(usd=entry.amount.usd, assumed_calls=1)
            else:
                self._settled += Cost(usd=entry.amount.usd)
                suite = entry.who.suite if entry.who else ""
                written[suite] = written.get(suite, Amount()) + entry.amount
            yield entry
        for suite, kept in self._kept.items():
            known = written.get(suite, Amount())
            beyond = Amount(
                usd=max(ZERO, kept.usd - known.usd),
                calls=max(0, kept.calls - known.calls),
                tokens=max(0, kept.tokens - known.tokens),
            )
            if beyond != Amount():
                yield Spent(amount=beyond, who=Tags(suite=suite, case_id=""), age_s=0.0)

    def lost(self, kept: Cost) -> Cost:
        """What was paid and is in no trial, given what all `kept` trials cost; once handed on.

        That is all that calls may have cost which were under way, and what calls did cost whose
        trial had others to make. The latter is not known where a kept trial does not know its own.
        """
        unfinished = ZERO if kept.unpriced_calls else max(ZERO, self._settled.usd - kept.usd)
        return self._under_way + Cost(usd=unfinished)

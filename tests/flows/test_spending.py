from collections.abc import Sequence
from decimal import Decimal

import pytest

from agentops_cli.flows.spending import Before
from agentops_cli.model.call import Tags
from agentops_cli.model.money import Amount, Cost, Usage
from agentops_cli.model.spending import Spent
from tests.builders import a_completion, a_conversation, a_trial, an_errored_trial


def spent(usd: str, *, lost: bool = False) -> Spent:
    return Spent(amount=Amount(usd=Decimal(usd), calls=1), who=None, age_s=1.0, lost=lost)


@pytest.mark.parametrize(
    ("entries", "kept", "lost"),
    [
        ([], Cost(), Cost()),
        ([spent("0.2")], Cost(usd=Decimal("0.2")), Cost()),
        # A turn was paid, the trial never ended.
        ([spent("0.2"), spent("0.1")], Cost(usd=Decimal("0.2")), Cost(usd=Decimal("0.1"))),
        ([spent("0.5", lost=True)], Cost(), Cost(usd=Decimal("0.5"), assumed_calls=1)),
        (
            [spent("0.2"), spent("0.1"), spent("0.5", lost=True), spent("0.5", lost=True)],
            Cost(usd=Decimal("0.2")),
            Cost(usd=Decimal("1.1"), assumed_calls=2),
        ),
        # A kept trial that does not know its cost may be what the ledger has more.
        (
            [spent("0.2"), spent("0.5", lost=True)],
            Cost(unpriced_calls=1),
            Cost(usd=Decimal("0.5"), assumed_calls=1),
        ),
        # What an agent tells of itself goes past a ledger that nothing limits.
        ([spent("0.1")], Cost(usd=Decimal("0.2")), Cost()),
    ],
)
def test_lost_is_what_was_paid_and_is_in_no_trial(
    entries: Sequence[Spent], kept: Cost, lost: Cost
) -> None:
    before = Before(entries)
    assert list(before) == list(entries)
    assert before.lost(kept) == lost


USED = Usage(input_tokens=40, output_tokens=10)


def test_what_trials_took_and_no_ledger_tells_counts_for_their_suite_as_spent_now() -> None:
    before = Before([Spent(amount=Amount(usd=Decimal("0.2"), calls=1), who=None, age_s=9.0)])
    before.keep(a_trial(suite="a", completion=a_completion(usage=USED)), Cost(usd=Decimal("0.3")))
    before.keep(a_conversation(suite="b"), Cost(usd=Decimal("0.1")))
    before.keep(a_trial(suite="c", completion=a_completion(cached=True)), Cost())
    _, a, b = before
    assert (a.who, a.age_s, a.lost) == (Tags(suite="a", case_id=""), 0.0, False)
    assert a.amount == Amount(usd=Decimal("0.3"), calls=1, tokens=50)
    assert (b.amount.usd, b.amount.calls) == (Decimal("0.1"), 3)


def test_what_the_ledger_knows_is_not_counted_again() -> None:
    who = Tags(suite="a", case_id="wishlist")
    amount = Amount(usd=Decimal("0.3"), calls=2, tokens=900)
    before = Before([Spent(amount=amount, who=who, age_s=9.0)])
    before.keep(a_trial(suite="a", completion=a_completion(usage=USED)), Cost(usd=Decimal("0.3")))
    before.keep(an_errored_trial(suite="a"), Cost())
    assert len(list(before)) == 1

"""What a run wrote down of its spending, for whoever goes on with it."""

from dataclasses import dataclass

from agentops_cli.model.call import Tags
from agentops_cli.model.money import Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What one call took, some seconds ago, and who asked.

    `lost` is True when nobody wrote down what became of it: the process ended meanwhile, and
    the amount is the most that it may have taken.
    """

    amount: Amount
    who: Tags | None
    age_s: float
    lost: bool = False

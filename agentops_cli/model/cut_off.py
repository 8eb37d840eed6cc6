"""A call that is cut off once it is under way may have to be paid all the same.

A cancellation cuts it off, or a ledger into which its next attempt cannot be written.
"""

import asyncio

from agentops_cli.errors import StoreError
from agentops_cli.model.money import Cost


class CutOffError(asyncio.CancelledError):
    """A cancellation that cost something: `cost` is what, at the most, all attempts included.

    It is the cancellation itself, which nobody stops on its way. One that came while a call merely
    waited is a plain `CancelledError`.
    """

    def __init__(self, cost: Cost) -> None:
        super().__init__()
        self.cost = cost


def cost_when_cut_off(end: BaseException) -> Cost:
    """What a call is taken to have cost that ended in this way."""
    return end.cost if isinstance(end, CutOffError | StoreError) else Cost()


def cut_off_after(end: asyncio.CancelledError | StoreError, paid: Cost) -> BaseException:
    """The same end of a call, where other attempts had been paid for before."""
    if paid == Cost():
        return end
    cost = cost_when_cut_off(end) + paid
    if isinstance(end, StoreError):
        return StoreError(end.message, fix=end.fix, cost=cost)
    return CutOffError(cost)

"""A call that is cancelled once it is under way may have to be paid all the same."""

import asyncio

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
    return end.cost if isinstance(end, CutOffError) else Cost()


def cut_off_after(end: asyncio.CancelledError, paid: Cost) -> asyncio.CancelledError:
    """The same cancellation, where other attempts had been paid for before."""
    return end if paid == Cost() else CutOffError(cost_when_cut_off(end) + paid)

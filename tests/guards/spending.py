"""A look into a purse, for tests."""

from decimal import Decimal

from agentops_cli.guards.purse import Purse


def spent(purse: Purse) -> tuple[Decimal, Decimal]:
    """What the run has spent, and what is promised beside it."""
    assert purse._run is not None
    return purse._run.spent_usd, purse._run.reserved_usd

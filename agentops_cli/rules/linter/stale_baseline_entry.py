"""The baseline expects a finding that is no longer there.

It was mended, or its line was rewritten. While the entry stays, the same mistake on an equal line
of that file would be let through again. `--write-baseline` writes the file anew.

Quiet: about files that this run did not look at, and rules that it did not run.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agentops_cli.model.place import Location
from agentops_cli.rules.rule import Hit


@dataclass(frozen=True, slots=True, kw_only=True)
class Stale:
    """An entry of the baseline, where it stands, and how many findings it is too many."""

    code: str
    path: str
    place: Location
    surplus: int


def check(stale: Sequence[Stale]) -> Iterator[Hit]:
    """Each entry that covers less than it says."""
    for each in stale:
        many = "a finding" if each.surplus == 1 else f"{each.surplus} findings"
        message = f"the baseline expects {many} more of {each.code} in {each.path}"
        yield Hit(at=each.place, message=message, fix="run lint with --write-baseline")

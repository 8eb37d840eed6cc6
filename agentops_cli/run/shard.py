"""One run cut into parts: which part a case is in, what each may spend, and when they fit together.

Nothing here depends on the machine, on the order of the cases or on chance: every part is cut by a
process of its own, and all of them must come to the same.
"""

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256
from typing import TypeAlias

from agentops_cli.model.suite import Budget

MOST_PARTS = 256
"""More files than this are not open at once everywhere; each part must make some sense, too."""

Unit: TypeAlias = tuple[str, str]
"""What is never cut apart: the path of a suite and the id of a case, on all of its models.

Pairs of models are then compared, and a cascade is followed, within one part.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How much of a whole one part has, and how much the parts before it have, 0 to 1."""

    of: Fraction
    after: Fraction

    def part_of(self, budget: Budget) -> Budget:
        """The limits of the part; those of all parts together are those of the whole."""
        return budget.part(self.of, after=self.after)


class Cut:
    """Says of each case in which of `count` parts it is, from 1.

    Cases whose seconds are known are spread so that all parts take about as long, the others by a
    hash: so a case that is added moves no other. `durations_s` must be those of cases that are
    planned, or parts would be balanced by what nobody runs.
    """

    def __init__(self, count: int, durations_s: Mapping[Unit, float] | None = None) -> None:
        self._count = count
        self._known = _balanced(durations_s or {}, count)

    def number_of(self, suite: str, case_id: str) -> int:
        """The part that a case is in."""
        unit = (suite, case_id)
        return self._known.get(unit) or _hash_of(unit) % self._count + 1


def _balanced(durations_s: Mapping[Unit, float], count: int) -> Mapping[Unit, int]:
    """The longest first, each into the part that has least so far.

    R. L. Graham, SIAM Journal on Applied Mathematics 17 (1969), 416-429: the longest part is then
    at most a third longer than it must be.
    """
    loads = [(0.0, number) for number in range(1, count + 1)]
    found: dict[Unit, int] = {}
    for unit in sorted(durations_s, key=lambda unit: (-durations_s[unit], unit)):
        load, number = loads[0]
        found[unit] = number
        heapq.heapreplace(loads, (load + durations_s[unit], number))
    return found


def _hash_of(unit: Unit) -> int:
    """A number that is the same in every process, unlike what `hash` gives."""
    text = "\0".join(unit).encode("utf-8", "surrogatepass")
    return int.from_bytes(sha256(text).digest()[:8])


def share_of(weights: Sequence[Decimal | int], number: int) -> Share:
    """The share of part `number`, from 1, in proportion to its weight; equal without weights."""
    exact = [Fraction(weight) for weight in weights]
    if not any(exact):
        exact = [Fraction(1)] * len(exact)
    total = sum(exact, Fraction(0))
    before = sum(exact[: number - 1], Fraction(0))
    return Share(of=exact[number - 1] / total, after=before / total)

"""Where the lines of a file stand that belong together, in 16 bytes a line at most."""

from array import array
from collections.abc import Iterator
from itertools import repeat


class Places:
    """The lines of a file that follow one another, each of some owner, which is a number from 0.

    Nothing else may be written between them.
    """

    def __init__(self) -> None:
        self._starts = array("Q")
        self._end = 0
        # By line and by owner: the number of its line before, of its last line; from 1, 0 is none.
        self._before = array("I")
        self._last = array("I")

    def add(self, owner: int, start: int, length: int) -> None:
        """Takes note of the next line."""
        if (missing := owner + 1 - len(self._last)) > 0:
            self._last.extend(repeat(0, missing))
        self._before.append(self._last[owner])
        self._starts.append(start)
        self._last[owner] = len(self._starts)
        self._end = start + length

    def of(self, owner: int) -> Iterator[tuple[int, int]]:
        """Start and length of each line of an owner, the last one first."""
        number = self._last[owner] if owner < len(self._last) else 0
        while number:
            start = self._starts[number - 1]
            is_last = number == len(self._starts)
            yield start, (self._end if is_last else self._starts[number]) - start
            number = self._before[number - 1]

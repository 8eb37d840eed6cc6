"""Which of several versions a user asks for."""

from collections.abc import Collection, Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from agentops_cli.errors import UsageError

if TYPE_CHECKING:
    from agentops_cli.prompt.ranges import Order, Range


def highest_first(versions: Iterable[str]) -> list[str]:
    """The texts of versions in their order; what is no version comes last."""
    from agentops_cli.prompt.ranges import order_of  # As late as in `Choice`.

    parsed = [(text, order_of(text)) for text in versions]
    known = [(version, text) for text, version in parsed if version is not None]
    return [text for _, text in sorted(known, reverse=True)] + [t for t, v in parsed if v is None]


class Choice:
    """What versions a user asks for. A text that stands for itself means that one first."""

    def __init__(self, text: str) -> None:
        self.text = text
        if not text.strip():
            raise UsageError("the version is empty", fix="leave out the '@'")

    def best(self, versions: Collection[str]) -> str | None:
        """The text of the version that fits best; None where none does."""
        if self.text in versions:
            return self.text
        if self._range is None:
            return None
        from agentops_cli.prompt.ranges import order_of  # Whoever names a version needs none.

        parsed: dict[str, Order] = {}
        for each in versions:
            version = order_of(each)
            if version is not None and self._range.has(version):
                parsed[each] = version
        return max(parsed, key=parsed.__getitem__, default=None)

    @property
    def is_range(self) -> bool:
        """Whether it can mean other versions than one that is written just so."""
        return self._range is not None

    @cached_property
    def _range(self) -> "Range | None":
        from agentops_cli.prompt.ranges import read_range  # As above.

        return read_range(self.text)

"""Regular expressions that users write, whose every search ends.

Python's own `re` cannot be interrupted: `(a+)+$` on forty letters runs for hours, and takes the
run with it. The `regex` package reads the same syntax, and more, and gives up after a time.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

TIMEOUT_S = 1.0

# `(?R)`, `(?1)`, `(?&name)`, `(?P>name)`: what `regex` has beyond `re`.
_RECURSION = re.compile(r"\(\?(?:R|[0-9]|&|P>)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """A compiled regular expression; as text, its source between slashes.

    A search that takes more than a second of computing raises `TimeoutError`: whether the text
    matches is then not known, and must not be guessed.
    """

    source: str
    compiled: Any  # regex.Pattern: the package ships no types.

    def spans(self, text: str, group: int = 0) -> Iterator[tuple[int, int]]:
        """Where it matches, or a group of it, from the left and without overlaps."""
        try:
            for match in self.compiled.finditer(text, timeout=TIMEOUT_S):
                yield match.span(group)
        except TimeoutError:
            why = f"{self} takes more than {TIMEOUT_S:g} s on {len(text)} characters"
            raise TimeoutError(f"{why}; mend its nested repetitions") from None

    def matches(self, text: str) -> bool:
        """True when it matches somewhere."""
        return any(True for _ in self.spans(text))

    def __str__(self) -> str:
        return f"/{self.source}/"


class BadExpression(ValueError):  # noqa: N818 - named for what the author wrote
    """A regular expression does not compile; the message says why and where."""


def compile_expression(source: str, *, ignore_case: bool = False) -> Expression:
    """Compiles what a user wrote; raises `BadExpression`.

    It is searched for anywhere; `^` and `$` are the ends of the text unless `(?m)` says otherwise.
    """
    if _RECURSION.search(source):
        message = f"the regular expression {source!r} contains itself, which has no bound in memory"
        raise BadExpression(message)
    import regex  # type: ignore[import-untyped] # 45 ms: paid by users of expressions.

    try:
        compiled = regex.compile(source, regex.IGNORECASE if ignore_case else 0)
    except (regex.error, ValueError, OverflowError, RecursionError) as error:
        message = f"the regular expression {source!r} does not compile: {error}"
        raise BadExpression(message) from None
    return Expression(source=source, compiled=compiled)

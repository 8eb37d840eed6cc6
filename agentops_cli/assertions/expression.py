"""Regular expressions whose every search ends.

Python's own `re` cannot be interrupted: `(a+)+$` on forty letters runs for hours, and takes the
run with it. The `regex` package reads the same syntax, and more, and gives up after a time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from agentops_cli.assertions.excerpt import shortened
from agentops_cli.assertions.verdict import CannotTell, bad_argument
from agentops_cli.model.suite import AssertionSpec

_TIMEOUT_S = 1.0

# An expression with none of these and a match for "" matches at the start of any text.
_CONDITIONS = (
    *("^", "$", "(?=", "(?!", "(?<", "(?("),
    *("\\b", "\\B", "\\A", "\\Z", "\\m", "\\M", "\\G"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """A compiled regular expression.

    A search that takes more than a second of computing abstains (`CannotTell`): whether the text
    matches is then not known, and must not be guessed.
    """

    source: str
    compiled: Any  # regex.Pattern: the package ships no types.

    @property
    def label(self) -> str:
        """What a reason calls it: its source between slashes, on one line."""
        return f"/{shortened(self.source)}/"

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where it matches, from the left, without overlaps."""
        for match in self._matches(text):
            yield match.span()

    def groups(self, text: str) -> Iterator[tuple[str, int]]:
        """The first group of each match, the whole match where it has none, and its place."""
        for match in self._matches(text):
            group = min(1, self.compiled.groups)
            if match[group]:
                yield match[group], match.start(group)

    def matches(self, text: str) -> bool:
        """True when it matches somewhere."""
        return any(True for _ in self._matches(text))

    def _matches(self, text: str) -> Iterator[Any]:
        try:
            yield from self.compiled.finditer(text, timeout=_TIMEOUT_S)
        except TimeoutError:
            why = f"{self.label} takes more than {_TIMEOUT_S:g} s on {len(text)} characters"
            raise CannotTell(f"{why}; mend its nested repetitions") from None


class BadExpression(ValueError):  # noqa: N818 - named for what the author wrote
    """A regular expression does not compile; the message says why and where."""


def compile_expression(
    spec: AssertionSpec, source: str, *, ignore_case: bool = False
) -> Expression:
    """Compiles what an author wrote; raises `InputError` for what does not compile or cannot fail.

    It is searched for anywhere; `^` and `$` are the ends of the text unless `(?m)` says otherwise.
    """
    try:
        expression = compile_source(source, ignore_case=ignore_case)
    except BadExpression as error:
        fix = "mend it; put a backslash before a character that is meant as itself"
        raise bad_argument(spec, str(error), fix=fix) from None
    if expression.compiled.match("") and not any(word in source for word in _CONDITIONS):
        problem = f"the regular expression {source!r} matches every text, so it cannot fail"
        raise bad_argument(spec, problem, fix="make a part of it necessary: + in place of *")
    return expression


def compile_source(source: str, *, ignore_case: bool = False) -> Expression:
    """Compiles an expression, whatever it matches; raises `BadExpression`."""
    import regex  # type: ignore[import-untyped] # 45 ms: paid by suites that use expressions.

    try:
        compiled = regex.compile(source, regex.IGNORECASE if ignore_case else 0)
    except (regex.error, ValueError, OverflowError, RecursionError) as error:
        message = f"the regular expression {source!r} does not compile: {error}"
        raise BadExpression(message) from None
    return Expression(source=source, compiled=compiled)

"""Suggestions for misspelt names."""

from collections.abc import Iterable

MAX_LENGTH = 60
MAX_NAMES = 500


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """`did you mean 'x'?`, or `None` when nothing is near.

    Long names are not suggested, nor any of a long list: comparing takes the square of the length.
    """
    names = [other for other in known if len(other) <= MAX_LENGTH]
    if len(names) > MAX_NAMES:
        return None
    import difflib  # Wanted by mistakes only.

    near = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {near[0]!r}?" if near else None

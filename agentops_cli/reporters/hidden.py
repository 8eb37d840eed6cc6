"""What nobody should read of a text, so that parts of the text can be shown."""

from collections.abc import Iterable, Iterator
from typing import Final

from agentops_cli.patterns import Hit
from agentops_cli.redact import Redact

TOLD: Final = "secret"
"""The kind of what is secret without having the form of it."""


def hidden_in(text: str, redact: Redact, told: Iterable[Hit] = ()) -> tuple[Hit, ...]:
    """All stretches to hide, in reading order: what is secret by its form, and what was `told`."""
    return joined([*_secrets(text, redact), *told])


def joined(hits: Iterable[Hit]) -> tuple[Hit, ...]:
    """The hits in reading order; of those that overlap one is made, under the mark of a form."""
    found: list[Hit] = []
    for hit in sorted(hits, key=lambda hit: hit.start):
        if found and hit.start < found[-1].end:
            last = found.pop()
            kind = hit.kind if last.kind == TOLD else last.kind
            found.append(Hit(kind=kind, start=last.start, end=max(last.end, hit.end)))
        else:
            found.append(hit)
    return tuple(found)


def _secrets(text: str, redact: Redact) -> Iterator[Hit]:
    """Everything to hide; what stood beside a hit is searched again, as `Redact` does it."""
    while hits := redact.hits(text):
        yield from hits
        parts: list[str] = []
        at = 0
        for hit in hits:
            parts += (text[at : hit.start], " " * (hit.end - hit.start))  # Offsets stay right.
            at = hit.end
        text = "".join((*parts, text[at:]))

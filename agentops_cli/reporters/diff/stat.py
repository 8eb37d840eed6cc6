"""A line for each prompt that differs: how grave, what version it needs, how much of it."""

from collections.abc import Iterator
from typing import Final, TextIO

from agentops_cli.reporters.columns import cut, width
from agentops_cli.reporters.diff import versions, words
from agentops_cli.reporters.diff.page import Card, Page
from agentops_cli.reporters.diff.text import STYLES, VERDICTS, problem_lines, write_lines
from agentops_cli.reporters.painted import Part, Parts
from agentops_cli.reporters.wording import flat

_NAME: Final = 40


def write(page: Page, out: TextIO) -> None:
    """Writes the lines without colours."""
    write_lines(lines(page), out)


def lines(page: Page) -> Iterator[Parts]:
    """What could not be compared, then the prompts, the gravest first."""
    yield from problem_lines(page)
    names = [cut(flat(card.name), _NAME) for card in page.cards]
    versions = [cut(flat(words.versions(card)), _NAME) for card in page.cards]
    name_size, version_size = (max(map(width, each), default=0) for each in (names, versions))
    for card, name, version in zip(page.cards, names, versions, strict=True):
        yield (
            Part(f"{name}{' ' * (name_size - width(name))}  ", "bold"),
            Part(f"{version}{' ' * (version_size - width(version))}  "),
            Part(f"{card.level:<8}  ", STYLES[card.level]),
            *_amounts(card),
            Part(f"  {flat(words.need(card))}", "" if card.versioning.is_enough else "error"),
            *_verdict(card),
        )
        for note in card.evaluated.notes if card.evaluated else ():
            yield (Part(f"  {flat(note)}", "dim"),)


def _verdict(card: Card) -> Parts:
    """What its cases show, where they were asked."""
    if card.evaluated is None:
        return ()
    word = versions.verdict(card.evaluated)
    return (Part(f"  {word}", VERDICTS[word]),)


def _amounts(card: Card) -> Parts:
    added, removed = card.lines
    before, after = card.sizes
    grown = after.total.count - before.total.count if before and after else 0
    tokens = f"{grown:+,} tokens" if grown else ""
    return (
        Part(f"{f'+{added:,}':>6}", "added" if added else "dim"),
        Part(f" {f'-{removed:,}':>6}", "removed" if removed else "dim"),
        Part(f"  {tokens:>14}"),
    )

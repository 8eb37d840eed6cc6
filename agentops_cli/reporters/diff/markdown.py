"""GitHub-flavoured Markdown for a comment on a pull request; what is foreign stays text.

A comment on GitHub holds 65,536 characters. So the gravest prompts come first, each with what it
means and then its text, and what does not fit is counted. Foreign text stands in code spans, in
fences that nothing in it can end, and in `<code>`: in none of them GitHub finds a mention.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import islice
from typing import Final, TextIO

from agentops_cli.diff.evaluated import EvalDiff
from agentops_cli.diff.values import Line, MessageDiff
from agentops_cli.model.finding import Finding
from agentops_cli.prompt.change_kinds import Level
from agentops_cli.reporters.diff import versions, words
from agentops_cli.reporters.diff.hunks import Gap, hunks
from agentops_cli.reporters.diff.page import Card, Page
from agentops_cli.reporters.diff.text import Look, styled
from agentops_cli.reporters.markup import cell, code, table
from agentops_cli.reporters.painted import plain
from agentops_cli.reporters.wording import counted, one_line

MARKER: Final = "<!-- agentops prompt diff -->"
"""By this whoever keeps one comment up to date finds it."""

MOST: Final = 65_000

_OF_TABLE: Final = MOST // 3
_OF_LIST: Final = MOST // 10
_TEXTS: Final = 12
"""How many prompts have room for their text at the least, where there are that many."""

_FENCE: Final = 32
"""What stands around a text, unless what it says takes a longer fence."""

_MOST_ROWS: Final = 20
_NAME: Final = 80
_ICONS: Final[dict[Level, str]] = {"breaking": "🔴", "risky": "🟡", "safe": "🟢"}
_VERDICTS: Final = {"worse": "🔴", "no verdict": "⚠️", "not shown": "⚪", "better": "🟢"}
_HEADS: Final = (
    "prompt",
    "version",
    "level",
    "needs",
    "tokens",
    "price of 1,000 calls",
    "approval",
)


def write(page: Page, out: TextIO) -> None:
    """Writes what the diff means, and as much of it as one comment holds."""
    parts = [MARKER, "\n", *_head(page)]
    if page.cards:
        parts += ["\n", *_table(page.cards)]
        parts += _details(page.cards, MOST - _size(parts))
    out.writelines(parts)


def _size(parts: Iterable[str]) -> int:
    """How long a text is where characters are counted as JavaScript does it."""
    return sum(len(part.encode("utf-16-le", "replace")) // 2 for part in parts)


def _head(page: Page) -> Iterator[str]:
    yield f"## Prompt diff: {_verdict(page)}\n\n"
    sides = f"{_side(words.called(page.before))} → {_side(words.called(page.after))}"
    yield f"{sides}: {words.summary(page)}.\n"
    if page.problems:
        yield f"\n**{counted(len(page.problems), 'problem')}: this is not the whole diff**\n\n"
        yield from _fitting(map(_problem, page.problems), "problem")
    if page.notes:
        yield "\n"
        yield from _fitting((f"- {code(note)}\n" for note in page.notes), "note")
    if page.evaluation:
        yield "\n"
        run = versions.lines(page.evaluation)
        yield from _fitting((f"- {code(line)}\n" for line in run), "line")


def _problem(problem: Finding) -> str:
    place = f" at {code(str(problem.location))}" if problem.location else ""
    fix = f" Fix: {code(problem.fix)}" if problem.fix else ""
    what = f"{problem.severity.word} {code(problem.rule)}{place}: {code(problem.message)}"
    return f"- {what}{fix}\n"


def _fitting(items: Iterable[str], noun: str) -> Iterator[str]:
    """The first items, and how many more there are."""
    room = _OF_LIST
    left = 0
    for item in items:
        room -= _size([item])
        if room < 0:
            left += 1
        else:
            yield item
    yield from _rest(left, noun)


def _verdict(page: Page) -> str:
    if not page.cards:
        return "⚠️ no verdict" if page.problems else "✅ no prompt has changed"
    [level, *_] = page.levels
    short = sum(not card.versioning.is_enough for card in page.cards)
    has = f", {counted(short, 'version')} to raise" if short else ""
    found = versions.verdicts(page)
    judged = f"; on their cases {found}" if found else ""
    changed = f"{counted(len(page.cards), 'prompt')} changed, the gravest {level}"
    return f"{_ICONS[level]} {changed}{has}{judged}"


def _side(name: str) -> str:
    return code(one_line(name, _NAME))


def _table(cards: Sequence[Card]) -> Iterator[str]:
    """A row for each prompt, as far as that is a third of the whole."""
    room = _OF_TABLE
    shown = -2  # What is above the rows is two lines.
    for line in table(_HEADS, map(_row, cards), words=len(_HEADS)):
        room -= _size([line])
        if room < 0:
            break
        shown += 1
        yield line
    yield from _rest(len(cards) - shown, "prompt")


def _row(card: Card) -> tuple[str, ...]:
    total = next((row.change for row in words.token_rows(card) if row.head == "total"), "")
    return (
        cell(one_line(card.name, _NAME)),
        cell(one_line(words.versions(card), _NAME)),
        f"{_ICONS[card.level]} {card.level}",
        cell(one_line(words.need(card), _NAME)) if words.need(card) else "",
        total,
        cell(one_line(words.price(card), _NAME)) if words.price(card) else "",
        " ".join(cell(one_line(owner, _NAME)) for owner in card.owners[:3]),
    )


def _rest(count: int, noun: str) -> Iterator[str]:
    if count > 0:
        yield f"\n… and {counted(count, f'more {noun}')}: see `agentops prompt diff`.\n"


def _details(cards: Sequence[Card], room: int) -> Iterator[str]:
    """A prompt after the other, whole, else without its text, until there is no room."""
    room -= 200  # For what is said in the place of those that are left out.
    share = room // min(len(cards), _TEXTS)
    for at, card in enumerate(cards):
        text = _folded(card, share, room)
        if text is None:
            yield f"\nNo room for the details of {counted(len(cards) - at, 'prompt')}:"
            yield " see `agentops prompt diff`.\n"
            return
        room -= _size([text])
        yield text


def _folded(card: Card, share: int, room: int) -> str | None:
    """A prompt with as much of its text as its share and the room allow; None without room."""
    bare = "".join(_card(card, 0))
    left = room - _size([bare])
    if left < 0:
        return None
    shown = len(card.messages) + (len(card.rendered.messages) if card.rendered else 0)
    text = "".join(_card(card, min(share, left - shown * _FENCE)))
    return text if _size([text]) <= room else bare


def _card(card: Card, of_text: int) -> Iterator[str]:
    """What there is to say of a prompt, with so many characters of its text."""
    # GitHub reads Markdown inside of `details` only after a blank line.
    title = f"<code>{escape(one_line(card.name, _NAME))}</code>"
    yield f"\n<details><summary>{_ICONS[card.level]} {title} {card.level}</summary>\n\n"
    renamed = f", renamed from {code(card.was)}" if card.was else ""
    yield f"{code(card.path)}{renamed}\n\n"
    yield from _changes(card)
    yield from _tables(card)
    yield f"Suites: {_listed(card.suites) or 'none'}\n\n"
    yield f"To be approved by: {_listed(card.owners) or 'nobody in particular'}\n\n"
    if card.evaluated:
        told = [*_evaluated(card.evaluated)]
        of_text = max(of_text - _size(told), 0)
        yield from told
    rendered = card.rendered
    yield from _texts(card.messages, of_text if rendered is None else of_text // 2)
    if rendered:
        note = words.refused(rendered) or _same(rendered.messages)
        yield f"What the model sees of case {code(rendered.case)}{f': {note}' if note else ''}\n\n"
        yield from _texts(rendered.messages, of_text // 2)
    yield "</details>\n"


def _evaluated(found: EvalDiff) -> Iterator[str]:
    """What both versions made of the cases, the verdict first."""
    for model in found.models:
        icon = _VERDICTS[model.verdict or "no verdict"]
        yield f"{icon} {code(versions.head(model))}\n\n"
        yield from (f"- {code(line)}\n" for line in versions.figures(model))
        yield "\n"
        rows = (
            (each.ending, cell(each.case), cell(versions.why(each)))
            for each in versions.told_cases(model)
        )
        size = min(len(model.cases), versions.MOST_CASES)
        yield from _few(("case", "id", "why"), rows, words=3, of=size)
        yield from _rest(versions.more_cases(model), "case")
    yield from (f"- {code(line)}\n" for line in versions.left_out(found))
    yield "\n"


def _changes(card: Card) -> Iterator[str]:
    for told in card.changes[:_MOST_ROWS]:
        side = " (before)" if told.is_before else ""
        place = f" at {code(str(told.place))}{side}" if told.place else ""
        why = f": {told.why}" if told.level != "safe" else ""
        yield f"- {_ICONS[told.level]} `{told.id}` {code(told.message)}{place}{why}\n"
    yield from _rest(len(card.changes) - _MOST_ROWS, "change")
    yield "\n"


def _tables(card: Card) -> Iterator[str]:
    entries = (
        (cell(each.path), cell(words.short(each.before)), cell(words.short(each.after)))
        for each in card.entries
    )
    yield from _few(("metadata", "before", "after"), entries, words=3, of=len(card.entries))
    schemas = (
        (cell(f"{each.of}.{each.path}"), each.level, cell(each.what)) for each in card.schemas
    )
    yield from _few(("schema", "level", "what"), schemas, words=3, of=len(card.schemas))
    rows = [row for row in words.token_rows(card) if row.change]
    tokens = ((cell(row.head), row.before, row.after, row.change) for row in rows)
    yield from _few(("tokens", "before", "after", "change"), tokens, words=1, of=len(rows))
    if price := words.price(card):
        assumed = "; ".join(map(code, words.assumptions(card)))
        told = f"{code(price)}, {code(words.models(card))}, {words.cacheable(card)}"
        yield f"Price of 1,000 calls: {told}"
        yield f" (assumed: {assumed})\n\n" if assumed else "\n\n"


def _few(
    heads: Sequence[str], rows: Iterable[Sequence[str]], *, words: int, of: int
) -> Iterator[str]:
    if of:
        yield from table(heads, islice(rows, _MOST_ROWS), words=words)
        yield from _rest(of - _MOST_ROWS, "row")
        yield "\n"


def _same(messages: Iterable[MessageDiff]) -> str:
    is_same = all(each.status == "same" for each in messages)
    return "the same on both sides" if is_same else ""


def _texts(messages: Iterable[MessageDiff], room: int) -> Iterator[str]:
    for message in messages:
        if message.status != "same":
            text = "".join(_fenced(message, room))
            room -= len(text)
            yield f"{code(words.role(message))}\n\n{text}\n"


def _fenced(message: MessageDiff, room: int) -> Iterator[str]:
    """The changed lines in a fence that nothing in them can end."""
    rows: list[str] = []
    texts = [_line_of(row) for row in hunks(message.lines)]
    for text in texts:
        room -= _size([text])
        if room < 0:
            break
        rows.append(text)
    fence = "`" * max(
        3, 1 + max((len(run) for row in rows for run in _RUNS.findall(row)), default=0)
    )
    if rows:
        yield f"{fence}diff\n{''.join(rows)}{fence}\n"
    if words.has_moved(message):
        yield f"\n`{words.MOVED}`\n"
    yield from _rest(len(texts) - len(rows), "line")


_RUNS: Final = re.compile("`+")


def _line_of(row: Line | Gap) -> str:
    if isinstance(row, Gap):
        return f"@@ {row} @@\n"
    return plain(styled(row, Look(), sign=True)).rstrip() + "\n"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_ROWS
    return ", ".join(map(code, names[:_MOST_ROWS])) + (f" and {more:,} more" if more > 0 else "")

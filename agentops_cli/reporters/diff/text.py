"""A diff for a terminal: what it means first, then the words that changed."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TextIO

from agentops_cli.diff.evaluated import Ending, EvalDiff
from agentops_cli.diff.values import Line, Mark, MessageDiff, Rendered
from agentops_cli.model.json import Json
from agentops_cli.prompt.change_kinds import Level
from agentops_cli.reporters.diff import versions, words
from agentops_cli.reporters.diff.hunks import SIGNS, Gap, hunks, is_partly, number_width
from agentops_cli.reporters.diff.page import Card, Page, Told
from agentops_cli.reporters.diff.sides import beside
from agentops_cli.reporters.painted import Part, Parts, Style, plain
from agentops_cli.reporters.wording import counted, flat

VERDICTS: Final[dict[str, Style]] = {
    "worse": "error",
    "no verdict": "warning",
    "not shown": "",
    "better": "good",
}
"""How what is shown of a later version looks."""

_ENDINGS: Final[dict[Ending, Style]] = {"broken": "error", "fixed": "good", "not judged": "warning"}

STYLES: Final[dict[Level, Style]] = {"breaking": "error", "risky": "warning", "safe": "good"}

_LINES: Final[dict[Mark, Style]] = {
    "same": "",
    "removed": "removed",
    "added": "added",
    "moved-from": "moved",
    "moved-to": "moved",
}
_WORDS: Final[dict[Mark, Style]] = {
    **_LINES,
    "removed": "word-removed",
    "added": "word-added",
}
_INDENT: Final = Part("    ")
_BRACKETS: Final[dict[Mark, tuple[str, str]]] = {"removed": ("[-", "-]"), "added": ("{+", "+}")}
"""What stands around changed words where no colour shows them, as `git diff --word-diff` has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How lines are laid out. Both versions stand beside one another in so many `columns`."""

    has_colours: bool = False
    columns: int | None = None


def write(page: Page, out: TextIO) -> None:
    """Writes the page without colours, one version below the other."""
    write_lines(lines(page, Look()), out)


def write_lines(shown: Iterable[Parts], out: TextIO) -> None:
    """Writes lines without their colours."""
    out.write("".join(f"{plain(line).rstrip()}\n" for line in shown))


def lines(page: Page, look: Look) -> Iterator[Parts]:
    """The page line by line; of a diff in which nothing differs there is none."""
    if not page.cards and not page.problems:
        return
    sides = f"{words.called(page.before)} → {words.called(page.after)}"
    yield (Part(flat(sides), "dim"),)
    yield ()
    yield from problem_lines(page)
    for card in page.cards:
        yield from _card(card, look)


def problem_lines(page: Page) -> Iterator[Parts]:
    """What could not be compared, why, and what to do about it."""
    for problem in page.problems:
        place = f"{flat(str(problem.location))}  " if problem.location else ""
        word = problem.severity.word
        yield (
            Part(place, "bold"),
            Part(word, "error" if word == "error" else "warning"),
            Part(f"  {flat(problem.message)}  "),
            Part(f"[{flat(problem.rule)}]", "dim"),
        )
        if problem.fix:
            yield (Part(f"  fix: {flat(problem.fix)}"),)
        yield ()


def _card(card: Card, look: Look) -> Iterator[Parts]:
    yield from head(card)
    sections = (
        ("metadata", _entries(card)),
        ("changes", _changes(card)),
        ("tokens", _tokens(card)),
        ("price of 1,000 calls", _price(card)),
        ("schema", _schemas(card)),
        *((words.role(each), text_lines(each, look)) for each in _changed(card.messages)),
    )
    for name, section in sections:
        yield from _section(name, section)
    yield from _listed("suites", card.suites or ("none",))
    yield from _listed("to be approved by", card.owners or ("nobody in particular",))
    if card.evaluated:
        yield from _section("on the same cases", _evaluated(card.evaluated))
    if card.rendered:
        yield from _rendered(card.rendered, look)
    yield ()


def _evaluated(found: EvalDiff) -> Iterator[Parts]:
    """What both versions made of the cases: the verdict first, and then what broke."""
    for model in found.models:
        word = model.verdict or "no verdict"
        yield (Part(flat(versions.head(model)), VERDICTS[word]),)
        for line in versions.figures(model):
            yield (Part(f"  {flat(line)}"),)
        for case in versions.told_cases(model):
            place = f"  {flat(str(case.place))}" if case.place else ""
            yield (
                Part(f"  {case.ending:<10}  ", _ENDINGS.get(case.ending, "")),
                Part(f"{flat(case.case)}  ", "bold"),
                Part(versions.why(case)),
                Part(place, "dim"),
            )
        if more := versions.more_cases(model):
            yield (Part(f"  and {counted(more, 'more case')}", "dim"),)
    for line in versions.left_out(found):
        yield (Part(flat(line), "dim"),)


def _rendered(rendered: Rendered, look: Look) -> Iterator[Parts]:
    yield (Part(f"  what the model sees of case {flat(rendered.case)}", "bold"),)
    changed = _changed(rendered.messages)
    if refused := words.refused(rendered):
        yield (Part(f"    {refused}", "warning"),)
    elif not changed:
        yield (Part("    the same on both sides"),)
    for each in changed:
        yield from _section(words.role(each), text_lines(each, look))


def head(card: Card) -> Iterator[Parts]:
    """The name, the versions, how grave it is and what version it needs; then where it is."""
    need = words.need(card)
    line = [
        Part(flat(card.name), "bold"),
        Part(f"  {flat(words.versions(card))}  "),
        Part(card.level, STYLES[card.level]),
    ]
    if need:
        line.append(Part(f"  {flat(need)}", "" if card.versioning.is_enough else "error"))
    yield tuple(line)
    renamed = f"  ({flat(words.status(card))})" if card.was else ""
    yield (Part(f"{flat(card.path)}{renamed}", "dim"),)


def _section(name: str, section: Iterable[Parts]) -> Iterator[Parts]:
    for at, line in enumerate(section):
        if not at:
            yield (Part(f"  {name}", "bold"),)
        yield (_INDENT, *line)


def _entries(card: Card) -> Iterator[Parts]:
    size = max((len(flat(each.path)) for each in card.entries), default=0)
    for each in card.entries:
        yield Part(f"{flat(each.path):<{min(size, 32)}}  "), *_became(each.before, each.after)


def _became(before: Json, after: Json) -> Parts:
    return (
        Part(words.short(before), "removed"),
        Part(" → "),
        Part(words.short(after), "added"),
    )


def _changes(card: Card) -> Iterator[Parts]:
    explained: set[str] = set()
    for told in card.changes:
        yield _change(told)
        if told.id not in explained and told.level != "safe":  # Once is enough.
            explained.add(told.id)
            yield (Part(f"  {flat(told.why)}", "dim"),)


def _change(told: Told) -> Parts:
    side = " (before)" if told.is_before else ""
    place = f"{flat(str(told.place))}{side}  " if told.place else ""
    return (
        Part(f"{told.level:<8}  ", STYLES[told.level]),
        Part(f"{flat(told.message)}  "),
        Part(f"{place}[{told.id}]", "dim"),
    )


def _tokens(card: Card) -> Iterator[Parts]:
    rows = [row for row in words.token_rows(card) if row.change]
    if not rows:
        return
    name, before, after = (
        max(len(getattr(row, key)) for row in rows) for key in ("head", "before", "after")
    )
    for row in rows:
        figures = f"{row.head:<{name}}  {row.before:>{before}} → {row.after:>{after}}"
        yield (Part(flat(f"{figures}  {row.change}".rstrip())),)


def _price(card: Card) -> Iterator[Parts]:
    price = words.price(card)
    if price:
        yield Part(f"{flat(price)}  "), Part(flat(words.models(card)), "dim")
        yield (Part(words.cacheable(card), "dim"),)
        for each in words.assumptions(card):
            yield (Part(f"assumed: {flat(each)}", "dim"),)


def _schemas(card: Card) -> Iterator[Parts]:
    for each in card.schemas:
        path = f"{each.of}.{each.path}" if each.path else each.of
        yield (
            Part(f"{each.level:<8}  ", STYLES[each.level]),
            Part(f"{flat(path)}: {flat(each.what)}"),
        )


def _listed(name: str, members: Iterable[str]) -> Iterator[Parts]:
    if text := ", ".join(map(flat, members)):
        yield Part(f"  {name}  ", "bold"), Part(text)


def _changed(messages: Iterable[MessageDiff]) -> list[MessageDiff]:
    return [each for each in messages if each.status != "same"]


def text_lines(message: MessageDiff, look: Look) -> Iterator[Parts]:
    """The changed lines of a message with those around them."""
    yield from _rows([*hunks(message.lines)], look)
    if words.has_moved(message):
        yield (Part(words.MOVED, "dim"),)


def _rows(rows: Sequence[Line | Gap], look: Look) -> Iterator[Parts]:
    if look.columns is not None:
        yield from beside(rows, look.columns - 4, lambda line: styled(line, look))
        return
    size = number_width(rows)
    for row in rows:
        if isinstance(row, Gap):
            yield (Part(f"{'':{2 * size + 1}}  ⋯ {row}", "dim"),)
            continue
        before, after = (f"{number or '':>{size}}" for number in (row.before, row.after))
        yield Part(f"{before} {after} ", "dim"), *styled(row, look, sign=True)


def styled(line: Line, look: Look, *, sign: bool = False) -> Parts:
    """The words of a line in their colours, or with marks where it has none."""
    style = _LINES[line.mark]
    head = (Part(f"{SIGNS[line.mark]} ", style),) if sign else ()
    if not is_partly(line):
        return (*head, Part(line.text, style))
    parts: list[Part] = []
    for piece in line.pieces:
        text = piece.text
        if piece.mark == "same":
            parts.append(Part(text, style))
        elif look.has_colours:
            parts.append(Part(text, _WORDS[piece.mark]))
        else:
            before, after = _BRACKETS.get(piece.mark, ("", ""))
            parts.append(Part(f"{before}{text}{after}", style))
    return (*head, *parts)

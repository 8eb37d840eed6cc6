"""A diff as one HTML file that loads nothing; what is foreign is escaped everywhere."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Final, TextIO

from agentops_cli.diff.evaluated import EvalDiff
from agentops_cli.diff.values import Line, Mark, MessageDiff
from agentops_cli.reporters.diff import versions, words
from agentops_cli.reporters.diff.hunks import SIGNS, Gap, hunks
from agentops_cli.reporters.diff.page import Card, Page
from agentops_cli.reporters.wording import counted, flat

_STYLE: Final = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881;
  --red: #d1242f; --amber: #9a6700; --green: #1a7f37; --violet: #8250df;
  --gone: #ff818240; --come: #4ac26b40; --moved: #a475f930 }
@media (prefers-color-scheme: dark) { :root {
  --red: #ff7b72; --amber: #e3b341; --green: #56d364; --violet: #d2a8ff } }
* { box-sizing: border-box }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.4rem } h3 { font-size: 1rem; margin: 1.2rem 0 .4rem }
code, .text { font: 13px/1.5 ui-monospace, monospace; overflow-wrap: anywhere }
table { border-collapse: collapse; margin: .5rem 0; max-width: 100% }
th, td { border-bottom: 1px solid var(--line); padding: .25rem .6rem; text-align: left;
  vertical-align: top }
details { border: 1px solid var(--line); border-radius: 6px; margin: .8rem 0; padding: .6rem 1rem }
summary { cursor: pointer }
.breaking, .problem { color: var(--red) } .risky { color: var(--amber) }
.safe { color: var(--green) } .why, .n { opacity: .7 }
.text { width: 100% } .text td { border: 0; padding: 0 .4rem; white-space: pre-wrap }
.text .n { text-align: right; width: 1%; white-space: nowrap; user-select: none }
.text .s { width: 1%; user-select: none }
.removed { background: var(--gone) } .added { background: var(--come) }
.moved-from, .moved-to { background: var(--moved) } .gap { background: var(--soft) }
del { background: var(--gone); text-decoration: line-through }
ins { background: var(--come); text-decoration: underline }
"""

_HEAD: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Prompt diff</title>
<style>{style}</style>
</head>
<body>
"""

_HEADS: Final = (
    "prompt",
    "version",
    "level",
    "needs",
    "tokens",
    "price of 1,000 calls",
    "approval",
)

_VERDICTS: Final = {"worse": "breaking", "no verdict": "risky", "not shown": "", "better": "safe"}
"""The class by which each is coloured."""

_TAGS: Final[dict[Mark, str]] = {"removed": "del", "added": "ins"}


def write(page: Page, out: TextIO) -> None:
    """Writes the page: what the diff means, then each prompt, the gravest first."""
    out.write(_HEAD.format(style=_STYLE))
    out.writelines(_body(page))
    out.write("</body>\n</html>\n")


def _body(page: Page) -> Iterator[str]:
    yield "<h1>Prompt diff</h1>\n"
    sides = f"{_code(words.called(page.before))} → {_code(words.called(page.after))}"
    yield f"<p>{sides}: {_text(words.summary(page))}</p>\n"
    for problem in page.problems:
        place = f"{_code(str(problem.location))} " if problem.location else ""
        fix = f"<br>Fix: {_text(problem.fix)}" if problem.fix else ""
        what = f"{_text(problem.message)} [{_text(problem.rule)}]"
        yield f'<p class="problem">{place}{problem.severity.word}: {what}{fix}</p>\n'
    for note in page.notes:
        yield f"<p>{_text(note)}</p>\n"
    for line in versions.lines(page.evaluation) if page.evaluation else ():
        yield f"<p>{_text(line)}</p>\n"
    if page.cards:
        yield from _table(_HEADS, (_row(at, card) for at, card in enumerate(page.cards)))
    for at, card in enumerate(page.cards):
        yield from _card(at, card)


def _row(at: int, card: Card) -> Sequence[str]:
    total = next((row.change for row in words.token_rows(card) if row.head == "total"), "")
    return (
        f'<a href="#p{at}">{_code(card.name)}</a>',
        _text(words.versions(card)),
        _level(card.level),
        _text(words.need(card)),
        total,
        _text(words.price(card)),
        _text(", ".join(card.owners)),
    )


def _card(at: int, card: Card) -> Iterator[str]:
    is_open = " open" if card.level != "safe" else ""
    yield f'<details id="p{at}"{is_open}><summary>{_code(card.name)} {_level(card.level)} '
    yield f"{_text(words.versions(card))} {_text(words.need(card))}</summary>\n"
    renamed = f" (renamed from {_code(card.was)})" if card.was else ""
    yield f"<p>{_code(card.path)}{renamed}</p>\n"
    yield from _changes(card)
    yield from _tables(card)
    for name, members, nothing in (
        ("Suites", card.suites, "none"),
        ("To be approved by", card.owners, "nobody in particular"),
    ):
        yield f"<p>{name}: {', '.join(map(_code, members)) or nothing}</p>\n"
    if card.evaluated:
        yield from _evaluated(card.evaluated)
    yield from _messages(card.messages)
    if card.rendered:
        yield f"<h3>What the model sees of case {_code(card.rendered.case)}</h3>\n"
        if refused := words.refused(card.rendered):
            yield f'<p class="problem">{refused}</p>\n'
        yield from _messages(card.rendered.messages)
    yield "</details>\n"


def _evaluated(found: EvalDiff) -> Iterator[str]:
    """What both versions made of the cases, the verdict first."""
    yield "<h3>On the same cases</h3>\n"
    for model in found.models:
        style = _VERDICTS[model.verdict or "no verdict"]
        yield f'<p><b class="{style}">{_text(versions.head(model))}</b></p>\n<ul>\n'
        yield from (f"<li>{_text(line)}</li>\n" for line in versions.figures(model))
        yield "</ul>\n"
        yield from _table(
            ("case", "id", "why", "asserted at"),
            (
                (
                    each.ending,
                    _code(each.case),
                    _text(versions.why(each)),
                    _code(str(each.place)) if each.place else "",
                )
                for each in versions.told_cases(model)
            ),
        )
        if more := versions.more_cases(model):
            yield f"<p>and {counted(more, 'more case')}</p>\n"
    for line in versions.left_out(found):
        yield f'<p class="why">{_text(line)}</p>\n'


def _changes(card: Card) -> Iterator[str]:
    yield "<ul>\n"
    for told in card.changes:
        side = " (before)" if told.is_before else ""
        place = f" <code>{_text(str(told.place))}</code>{side}" if told.place else ""
        why = f' <span class="why">{_text(told.why)}</span>' if told.level != "safe" else ""
        what = f"{_level(told.level)} <code>{told.id}</code> {_text(told.message)}"
        yield f"<li>{what}{place}{why}</li>\n"
    yield "</ul>\n"


def _tables(card: Card) -> Iterator[str]:
    yield from _table(
        ("metadata", "before", "after"),
        (
            (_code(each.path), _code(words.short(each.before)), _code(words.short(each.after)))
            for each in card.entries
        ),
    )
    yield from _table(
        ("schema", "level", "what"),
        (
            (_code(f"{each.of}.{each.path}"), _level(each.level), _text(each.what))
            for each in card.schemas
        ),
    )
    yield from _table(
        ("tokens", "before", "after", "change"),
        (
            (_text(row.head), row.before, row.after, row.change)
            for row in words.token_rows(card)
            if row.change
        ),
    )
    if price := words.price(card):
        assumed = "; ".join(map(_text, words.assumptions(card)))
        told = f"{_text(price)}, {_code(words.models(card))}, {words.cacheable(card)}"
        yield f"<p>Price of 1,000 calls: {told}{f' (assumed: {assumed})' if assumed else ''}</p>\n"


def _messages(messages: Iterable[MessageDiff]) -> Iterator[str]:
    for message in messages:
        if message.status == "same":
            continue
        yield f'<h3>{_text(words.role(message))}</h3>\n<table class="text">\n'
        yield from map(_line, hunks(message.lines))
        yield "</table>\n"
        if words.has_moved(message):
            yield f'<p class="why">{escape(words.MOVED)}</p>\n'


def _line(row: Line | Gap) -> str:
    if isinstance(row, Gap):
        return (
            f'<tr class="gap"><td class="n"></td><td class="n"></td><td></td><td>{row}</td></tr>\n'
        )
    numbers = "".join(f'<td class="n">{number or ""}</td>' for number in (row.before, row.after))
    sign = f'<td class="s">{escape(SIGNS[row.mark])}</td>'
    return f'<tr class="{row.mark}">{numbers}{sign}<td>{_words(row)}</td></tr>\n'


def _words(line: Line) -> str:
    if all(piece.mark == line.mark for piece in line.pieces):
        return escape(line.text)
    parts = []
    for piece in line.pieces:
        tag = _TAGS.get(piece.mark)
        parts.append(f"<{tag}>{escape(piece.text)}</{tag}>" if tag else escape(piece.text))
    return "".join(parts)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table of markup; nothing where there is no row."""
    made = [f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>\n" for row in rows]
    if made:
        yield f"<table>\n<tr>{''.join(f'<th>{head}</th>' for head in heads)}</tr>\n"
        yield from made
        yield "</table>\n"


def _level(level: str) -> str:
    return f'<b class="{level}">{level}</b>'


def _code(text: str) -> str:
    return f"<code>{_text(text)}</code>"


def _text(text: str) -> str:
    return escape(flat(text))

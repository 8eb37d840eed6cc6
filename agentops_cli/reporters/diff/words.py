"""What is said of a diff in every format for people, in the same words."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from agentops_cli.diff.values import MessageDiff, Price, Rendered, Side
from agentops_cli.model.json import Json
from agentops_cli.reporters.columns import spelled
from agentops_cli.reporters.diff.page import Card, Page
from agentops_cli.reporters.diff.versions import verdicts
from agentops_cli.reporters.wording import counted, dollars, one_line
from agentops_cli.tokens import Tokens

NOTHING = "-"
"""What stands for a value that is not there."""

_STATUSES = {"added": "new", "deleted": "deleted", "renamed": "renamed", "changed": ""}
_COMMIT = 12
_VALUE = 120


def called(side: Side) -> str:
    """`v1.2.0 (a1b2c3d4e5f6)`, or the name alone where it is no commit, or is its own id."""
    if side.commit is None or side.commit.startswith(side.name):
        return side.name
    return f"{side.name} ({side.commit[:_COMMIT]})"


def summary(page: Page) -> str:
    """`2 of 40 prompts differ: 1 breaking, 1 safe`; never that nothing does where that is open."""
    if page.cards:
        levels = ", ".join(f"{count:,} {level}" for level, count in page.levels.items())
        verb = "differs" if len(page.cards) == 1 else "differ"
        text = f"{len(page.cards):,} of {counted(page.looked_at, 'prompt')} {verb}: {levels}"
    elif page.problems:
        text = f"{counted(page.looked_at, 'prompt')}: no change found"
    else:
        text = f"{counted(page.looked_at, 'prompt')}: no prompt has changed"
    if page.problems:
        text += f"; {counted(len(page.problems), 'problem')}: this is not the whole diff"
    found = verdicts(page)
    return f"{text}; on their cases {found}" if found else text


def versions(card: Card) -> str:
    """`1.2.0 → 1.3.0`, `new, 1.0.0`, `1.2.0`."""
    before, after = card.versioning.before, card.versioning.after
    if card.status == "added":
        return f"new, {after}" if after else "new"
    if card.status == "deleted":
        return f"deleted, {before}" if before else "deleted"
    if before == after:
        return before or "no version"
    return f"{before or NOTHING} → {after or NOTHING}"


def need(card: Card) -> str:
    """`needs major (2.0.0), has minor`; "" where nothing is asked of the version."""
    versioning = card.versioning
    required, actual = versioning.required, versioning.actual
    if required is None:
        return "" if versioning.is_enough else f"needs {versioning.needed or 'its version'} again"
    least = f" ({versioning.needed})" if versioning.needed else ""
    has = actual.word if actual else "none"
    return f"needs {required.word}{least}, has {has}"


def status(card: Card) -> str:
    """`new`, `deleted`, `renamed from x`; "" for a file that only changed."""
    word = _STATUSES[card.status]
    return f"{word} from {card.was}" if card.was else word


def short(found: Json) -> str:
    """A value of the frontmatter on one line, as YAML would take it; `-` for one that is not there.

    A long one is cut.
    """
    if found is None:
        return NOTHING
    is_plain = isinstance(found, str) and found == found.strip() and found.isprintable()
    text = found if isinstance(found, str) and is_plain else json.dumps(found, ensure_ascii=False)
    return one_line(spelled(text or '""'), _VALUE)


def role(message: MessageDiff) -> str:
    """`system message`, `user message (new)`, `text`."""
    name = f"{message.role} message" if message.role else "text"
    told = {"added": " (new)", "removed": " (removed)"}
    return f"{name}{told.get(message.status, '')}"


MOVED = "< was moved from here, > was moved to here"
"""What the signs of moved lines mean."""


def refused(rendered: Rendered) -> str:
    """That one version cannot be given the case; "" where both can."""
    side = {"before": "earlier", "after": "later"}.get(rendered.refused_by or "")
    return f"the {side} version cannot be given this case: its variables are others" if side else ""


def has_moved(message: MessageDiff) -> bool:
    """Whether lines of a message stand in another place now, word for word."""
    return any(line.mark.startswith("moved") for line in message.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A figure on both sides, and by how much it changed."""

    head: str
    before: str
    after: str
    change: str


def token_rows(card: Card) -> Iterator[Row]:
    """How many tokens the prompt has by role, what of it is static, and all together."""
    before, after = card.sizes
    of_before = {**before.by_role, "static": before.static, "total": before.total} if before else {}
    of_after = {**after.by_role, "static": after.static, "total": after.total} if after else {}
    roles = [*(before.by_role if before else ()), *(after.by_role if after else ())]
    for name in dict.fromkeys((*roles, "static", "total")):
        if name in of_before or name in of_after:
            yield _row(name, of_before.get(name), of_after.get(name))


def _row(head: str, before: Tokens | None, after: Tokens | None) -> Row:
    change = ""
    if before is not None and after is not None:
        change = _signed(after.count - before.count, before.count)
    return Row(head=head, before=_tokens(before), after=_tokens(after), change=change)


def _tokens(found: Tokens | None) -> str:
    return NOTHING if found is None else str(found)


def _signed(change: int, of: int) -> str:
    if not change:
        return ""
    return f"{change:+,}" + (f" ({change / of:+.0%})" if of else "")


def price(card: Card) -> str:
    """`$1.20 → $1.44 (+20%)` for 1,000 calls; "" where none is told, or nothing of it changed."""
    before, after = card.prices
    if before == after:
        return ""
    shown = dict.fromkeys(_usd(each) for each in (before, after) if each is not None)
    return f"{' → '.join(shown)}{_risen(before, after)}"


def cacheable(card: Card) -> str:
    """`82% → 79% of the input could be cached`; "" where no price is told."""
    shares = dict.fromkeys(f"{each.static_share:.0%}" for each in card.prices if each)
    return f"{' → '.join(shares)} of the input could be cached" if shares else ""


def _usd(found: Price) -> str:
    return f"unknown price of {found.model}" if found.usd is None else dollars(found.usd)


def _risen(before: Price | None, after: Price | None) -> str:
    then, now = before.usd if before else None, after.usd if after else None
    if then is None or now is None or then == now or not then:
        return ""
    return f" ({float((now - then) / then):+.0%})" if abs(now - then) >= then / Decimal(200) else ""


def assumptions(card: Card) -> Sequence[str]:
    """What the prices assume; what only one of two does is told with its side."""
    before, after = (price.assumed if price else () for price in card.prices)
    if not all(card.prices):
        return (*before, *after)
    common = [each for each in before if each in after]
    return (
        *common,
        *(f"{each} (before)" for each in before if each not in common),
        *(f"{each} (after)" for each in after if each not in common),
    )


def models(card: Card) -> str:
    """The model, or both, that the prices are of."""
    return " → ".join(dict.fromkeys(each.model for each in card.prices if each))

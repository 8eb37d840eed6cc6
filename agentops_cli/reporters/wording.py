"""Figures and foreign text in words, the same in every report."""

import re
from decimal import Decimal

from agentops_cli.model.money import Cost

# What shows nothing, moves the cursor, reorders or breaks lines, or may not stand in XML 1.0:
# controls but tab and line feed, line and paragraph separators, bidirectional marks, lone
# surrogates and the two noncharacters of the basic plane.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


# What CI servers obey in the log of a job: GitHub `::error::` where a line begins; it and Azure
# Pipelines `##[error]` and `##vso[…]`, and TeamCity `##teamcity[…]`, wherever they stand.
_ORDERS = re.compile(r"^\s*:(?=:)|##(?=\w*\[)", re.MULTILINE)

ORDER_MARKS = ("::", "##")
"""A text without any of these gives no order."""


def unheeded(text: str) -> str:
    """The text with a blank in all that a CI server would take for an order: `: :error::`."""
    return _ORDERS.sub(r"\g<0> ", text) if "::" in text or "##" in text else text


def orders_in(text: str) -> tuple[int, ...]:
    """Where `unheeded` puts its blanks, for whoever has the text in parts."""
    if "::" in text or "##" in text:
        return tuple(found.end() for found in _ORDERS.finditer(text))
    return ()


def visible(text: str) -> str:
    """The text with every character that cannot be seen spelled out: `␛[31m`, `\\u202e`.

    Lines end in `\\n` afterwards; tabs stay.
    """
    if text.isprintable() or text.replace("\n", "").isprintable():
        return text  # As nearly always; to search it takes several times as long.
    return _UNSEEN.sub(_spelled, text.replace("\r\n", "\n"))


def _spelled(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\N{SYMBOL FOR DELETE}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def shortened(text: str, limit: int) -> str:
    """The first `limit` characters, and how many are missing."""
    missing = len(text) - limit
    return text if missing <= 0 else f"{text[:limit]} … [{counted(missing, 'more character')}]"


def one_line(text: str, limit: int) -> str:
    """The text, shortened and flat."""
    return flat(shortened(text, limit))


def flat(text: str) -> str:
    """The text on one line for people: visible, unheeded, with its line ends as `⏎`."""
    if not text.isprintable():  # As line ends and tabs are not.
        text = visible(text).replace("\n", "⏎").replace("\t", " ")
    return unheeded(text)


def counted(number: int, noun: str) -> str:
    """`1 case`, `2 cases`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def percent(share: float | None) -> str:
    """`75.0%`, or a dash where there is nothing to share. Only none is `0.0%`, all is `100.0%`."""
    if share is None:
        return "-"
    if 0 < share < 0.001:
        return "<0.1%"
    return "99.9%" if 0.999 <= share < 1 else f"{share:.1%}"


def seconds(value: float | None) -> str:
    """`0.81 s`, or a dash where nothing was measured."""
    return "-" if value is None else f"{value:.2f} s"


def dollars(amount: Decimal) -> str:
    """`$12.34`, `$0.50`, `$0.000038`: never so few digits that a cost looks like none."""
    if amount == 0:
        return "$0"
    if amount >= 1:
        return f"${amount:,.2f}"
    text = f"{amount:.{2 - amount.adjusted()}f}"
    return "$" + re.sub(r"(?<=\.\d\d)(\d*?)0+$", r"\1", text)


def costs(cost: Cost) -> str:
    """`$0.0123`, `$0.0123 + 4 calls of unknown cost`: what is unknown never reads as free.

    Of such a call no price is known, or it failed, may have been charged, and nobody says how much.
    `$0.0123 (2 calls assumed)` has those that failed at the most that they may have cost.
    """
    known = dollars(cost.usd)
    if cost.assumed_calls:
        known += f" ({counted(cost.assumed_calls, 'call')} assumed)"
    if not cost.unpriced_calls:
        return known
    unknown = f"{counted(cost.unpriced_calls, 'call')} of unknown cost"
    return f"{known} + {unknown}" if cost.usd else unknown

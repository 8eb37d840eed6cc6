from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops_cli.model.money import Cost
from agentops_cli.reporters.wording import (
    costs,
    counted,
    dollars,
    flat,
    one_line,
    percent,
    seconds,
    shortened,
    unheeded,
    visible,
)
from tests.strategies import any_text


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("plain é 漢 \N{PARTY POPPER}", "plain é 漢 \N{PARTY POPPER}"),
        ("\x1b[31mred", "␛[31mred"),
        ("\x00\x07\x7f", "␀␇␡"),
        ("\x85\x9b", "\\x85\\x9b"),
        ("\ud83d\ufffe\uffff", "\\ud83d\\ufffe\\uffff"),
        ("\u202eevil\u2066\u200f", "\\u202eevil\\u2066\\u200f"),
        ("a\r\nb\nc\td", "a\nb\nc\td"),
        ("over\rwritten", "over␍written"),
        ("a\u2028b\x0bc\x0cd", "a\\u2028b␋c␌d"),
    ],
)
def test_what_cannot_be_seen_is_spelled_out(text: str, seen: str) -> None:
    assert visible(text) == seen


@given(any_text)
def test_making_visible_twice_changes_nothing(text: str) -> None:
    assert visible(visible(text)) == visible(text)


@given(any_text)
def test_a_visible_text_is_utf_8_and_has_no_line_end_but_one(text: str) -> None:
    seen = visible(text)
    assert seen.encode("utf-8").decode("utf-8") == seen
    assert len(seen.splitlines()) in (seen.count("\n"), seen.count("\n") + 1)


@given(any_text)
def test_one_line_is_one_line(text: str) -> None:
    assert len(one_line(text, 100).splitlines()) <= 1


def test_a_shortened_text_says_how_much_is_missing() -> None:
    assert shortened("x" * 12_003, 3) == "xxx … [12,000 more characters]"
    assert shortened("xxx", 3) == "xxx"


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        ("0", "$0"),
        ("1234.5", "$1,234.50"),
        ("1", "$1.00"),
        ("0.5", "$0.50"),
        ("0.999", "$0.999"),
        ("0.0123456", "$0.0123"),
        ("0.01", "$0.01"),
        ("0.0000384", "$0.0000384"),
        ("1E-9", "$0.000000001"),
    ],
)
def test_dollars_keep_the_digits_that_matter(amount: str, written: str) -> None:
    assert dollars(Decimal(amount)) == written


@given(st.decimals(min_value="1e-12", max_value="1e6", places=12))
def test_a_cost_never_reads_as_none(amount: Decimal) -> None:
    shown = Decimal(dollars(amount).lstrip("$").replace(",", ""))
    assert shown == pytest.approx(amount, rel=Decimal("0.006"))


@pytest.mark.parametrize(
    ("cost", "written"),
    [
        (Cost(), "$0"),
        (Cost(usd=Decimal("0.0123")), "$0.0123"),
        (Cost(unpriced_calls=1), "1 call of unknown cost"),
        (Cost(usd=Decimal("0.0123"), assumed_calls=2), "$0.0123 (2 calls assumed)"),
        (
            Cost(usd=Decimal("0.0123"), assumed_calls=1, unpriced_calls=1),
            "$0.0123 (1 call assumed) + 1 call of unknown cost",
        ),
        (
            Cost(usd=Decimal("0.0123"), unpriced_calls=4),
            "$0.0123 + 4 calls of unknown cost",
        ),
    ],
)
def test_an_unknown_price_is_never_zero(cost: Cost, written: str) -> None:
    assert costs(cost) == written


@pytest.mark.parametrize(
    ("share", "written"),
    [
        (None, "-"),
        (0.0, "0.0%"),
        (0.0004, "<0.1%"),
        (0.75, "75.0%"),
        (0.9996, "99.9%"),
        (1.0, "100.0%"),
        (1.034, "103.4%"),
    ],
)
def test_only_all_is_100_percent_and_only_none_is_0(share: float | None, written: str) -> None:
    assert percent(share) == written


def test_a_number_of_things_has_its_plural() -> None:
    assert [counted(number, "case") for number in (0, 1, 2, 1200)] == [
        "0 cases",
        "1 case",
        "2 cases",
        "1,200 cases",
    ]


def test_what_was_not_measured_is_a_dash() -> None:
    assert (seconds(None), seconds(0.8123)) == ("-", "0.81 s")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a\n::error::b", "a⏎::error::b"),
        ("::error::b", ": :error::b"),
        ("  ::add-mask::b", "  : :add-mask::b"),
        ("see ##[error]b", "see ## [error]b"),
        ("see ##vso[task.complete]b", "see ## vso[task.complete]b"),
        ("std::vector and ## heading", "std::vector and ## heading"),
        ("a\tb\r\nc", "a b⏎c"),
    ],
)
def test_a_flat_text_is_one_line_that_no_ci_server_obeys(text: str, written: str) -> None:
    assert flat(text) == written


def test_an_order_is_unheeded_on_every_line() -> None:
    assert unheeded("a\n::error::b\n ::c::") == "a\n: :error::b\n : :c::"

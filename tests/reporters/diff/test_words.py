from dataclasses import replace
from decimal import Decimal

import pytest

from agentops_cli.diff.values import Price, Side
from agentops_cli.model.json import Json
from agentops_cli.reporters.diff import words
from agentops_cli.reporters.diff.page import Card
from tests.reporters.diff.made import COMMIT, a_page, a_problem, a_prompt

USUAL = Price(
    model="openai/gpt-5.4-mini",
    input_tokens=400,
    static_tokens=300,
    output_tokens=100,
    input_usd=Decimal(1),
    output_usd=Decimal("0.5"),
    assumed=("the median case", "max_tokens"),
)


def _card(before: Price | None, after: Price | None) -> Card:
    return a_page(a_prompt(prices=(before, after))).cards[0]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (USUAL, replace(USUAL, input_usd=Decimal("1.5")), "$1.50 → $2.00 (+33%)"),
        (USUAL, replace(USUAL, input_usd=Decimal("0.5")), "$1.50 → $1.00 (-33%)"),
        (USUAL, replace(USUAL, input_usd=Decimal("1.0001")), "$1.50"),
        (USUAL, USUAL, ""),
        (None, None, ""),
        (None, USUAL, "$1.50"),
        (USUAL, replace(USUAL, model="x/y", input_usd=None), "$1.50 → unknown price of x/y"),
        (
            replace(USUAL, input_usd=Decimal(0), output_usd=Decimal(0)),
            USUAL,
            "$0 → $1.50",
        ),
    ],
)
def test_a_price_is_told_where_anything_of_it_changed(
    before: Price | None, after: Price | None, expected: str
) -> None:
    assert words.price(_card(before, after)) == expected


def test_what_only_one_price_assumes_is_told_with_its_side() -> None:
    other = replace(USUAL, assumed=("the only case", "max_tokens"))
    assert words.assumptions(_card(USUAL, other)) == (
        "max_tokens",
        "the median case (before)",
        "the only case (after)",
    )
    assert words.assumptions(_card(None, USUAL)) == USUAL.assumed


def test_how_much_could_be_cached_is_told_once_where_it_is_the_same() -> None:
    assert words.cacheable(_card(USUAL, USUAL)) == "75% of the input could be cached"
    less = replace(USUAL, static_tokens=200)
    assert words.cacheable(_card(USUAL, less)) == "75% → 50% of the input could be cached"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "-"),
        ("", '""'),
        ("1.10", "1.10"),
        (" x", '" x"'),
        ("a\nb", '"a\\nb"'),
        (True, "true"),
        (0.2, "0.2"),
        ([], "[]"),
        ("zero\u200bwidth", '"zero\\u200bwidth"'),
        ("x" * 200, f"{'x' * 120} … [80 more characters]"),
    ],
)
def test_a_value_is_told_on_one_line(value: Json, expected: str) -> None:
    assert words.short(value) == expected


def test_a_side_that_is_its_own_commit_is_named_once() -> None:
    assert words.called(Side(name="v1", commit=COMMIT)) == f"v1 ({COMMIT[:12]})"
    assert words.called(Side(name=COMMIT[:8], commit=COMMIT)) == COMMIT[:8]
    assert words.called(Side(name="the index")) == "the index"


def test_the_summary_says_no_change_only_where_all_was_compared() -> None:
    assert words.summary(a_page()) == "40 prompts: no prompt has changed"
    assert words.summary(a_page(problems=(a_problem(),))) == (
        "40 prompts: no change found; 1 problem: this is not the whole diff"
    )
    assert words.summary(a_page(a_prompt(), looked_at=1)) == "1 of 1 prompt differs: 1 risky"

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops_cli.assertions.excerpt import excerpt, listed, opening, quote, shortened, shown
from tests.strategies import any_text


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("plain é 中 🎉", '"plain é 中 🎉"'),
        ("a\x1b[31m\x00\x7f\x9b", r'"a\x1b[31m\x00\x7f\x9b"'),
        ("one\r\ntwo\tthree", r'"one\r\ntwo\tthree"'),
        ("right \u202e left \u2066 \u200b", r'"right \u202e left \u2066 \u200b"'),
        ("half \ud83d", r'"half \ud83d"'),
        ("no\xa0break", '"no\xa0break"'),
        ("x" * 81, f'"{"x" * 80}…"'),
        ("x" * 80, f'"{"x" * 80}"'),
    ],
)
def test_a_text_is_quoted_on_one_line_and_obeyed_by_no_terminal(text: str, quoted: str) -> None:
    assert quote(text) == quoted


def test_an_excerpt_shows_what_is_around_and_that_there_is_more() -> None:
    text = "a" * 50 + "HERE" + "b" * 50
    assert excerpt(text, 50, 54) == f'"…{"a" * 30}HERE{"b" * 30}…"'


def test_an_excerpt_at_the_ends_has_no_mark() -> None:
    assert excerpt("HERE", 0, 4) == '"HERE"'


@given(any_text.map(lambda text: text * 50), st.integers(0, 1500), st.integers(0, 1500))
def test_an_excerpt_is_short_whatever_is_excerpted(text: str, start: int, end: int) -> None:
    start, end = sorted((min(start, len(text)), min(end, len(text))))
    assert len(excerpt(text, start, end)) <= 10 * (80 + 2 * 30) + 4


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("", "an empty answer"),
        (" \n", "an empty answer"),
        ("Yes.", '"Yes."'),
        ("x" * 200, f'"{"x" * 80}…" (200 characters)'),
    ],
)
def test_an_answer_is_named_by_its_opening(answer: str, words: str) -> None:
    assert opening(answer) == words


def test_a_long_message_loses_its_middle() -> None:
    assert shortened(f"{'x' * 500} is not of type 'integer'").endswith(
        "xx is not of type 'integer'"
    )
    assert len(shortened("x" * 500)) == 161


def test_a_value_is_shown_as_json() -> None:
    assert shown({"ä": [None, True, 1.5]}) == '{"ä": [null, true, 1.5]}'
    assert shown("\u202e") == r'"\u202e"'


def test_a_list_says_how_much_it_leaves_out() -> None:
    assert listed(["a", "b", "c"]) == "a, b, c"
    assert listed(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"

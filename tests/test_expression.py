import time
from contextlib import suppress

import pytest

from agentops_cli.expression import BadExpression, compile_expression

BOMBS = [
    (r"(a+)+$", "a" * 40 + "!"),
    (r"(a*)*b\1", "a" * 5_000),
    (r"^(([a-z])+.)+[A-Z]([a-z])+$", "a" * 5_000),
    (r"(.*?,){30}P", "1," * 5_000),
]


@pytest.mark.parametrize(("source", "text"), BOMBS)
def test_no_search_takes_longer_than_its_time(source: str, text: str) -> None:
    started = time.process_time()
    with suppress(TimeoutError):
        assert not compile_expression(source).matches(text)
    assert time.process_time() - started < 5


def test_a_search_that_ran_out_of_time_says_neither_yes_nor_no() -> None:
    with pytest.raises(TimeoutError, match=r"takes more than 1 s on 71 characters"):
        compile_expression(r"(a|aa)+$").matches("a" * 70 + "!")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("(a", "missing ) at position 2"),
        ("a)", "unbalanced parenthesis at position 1"),
        ("[a", "unterminated character set at position 2"),
        (r"\p{Nope}", "unknown property at position 8"),
    ],
)
def test_what_does_not_compile_is_named_with_its_place(source: str, message: str) -> None:
    with pytest.raises(BadExpression) as error:
        compile_expression(source)
    assert str(error.value) == f"the regular expression {source!r} does not compile: {message}"

"""The tables of the registry, and what a rendering costs in words."""

from datetime import UTC, datetime
from decimal import Decimal

from agentops_cli.diff.registered import Authored, Logged, Rendering, Sized, VersionLog
from agentops_cli.model.money import Price, Rates
from agentops_cli.model.prompt import Message
from agentops_cli.redact import Redact
from agentops_cli.reporters.registry import log_lines, price_lines, render_json
from agentops_cli.tokens import Tokens

PRICE = Price(rates=Rates(input_usd=Decimal("0.001"), output_usd=Decimal("0.01")))


def _rendering(*sizes: Tokens, price: Price | None = PRICE, limit: int = 10) -> Rendering:
    return Rendering(
        name="greet",
        version="1.0.0",
        turns=tuple(
            (Sized(message=Message(role="user", content="x"), tokens=each),) for each in sizes
        ),
        model="openai/m",
        price=price,
        max_tokens=limit,
        is_limit_given=True,
    )


def _tokens(count: int, *, is_estimate: bool = False) -> Tokens:
    return Tokens(count=count, is_estimate=is_estimate)


def test_a_price_is_of_the_input_and_of_as_much_output_as_may_be() -> None:
    tokens, limit, price = price_lines(_rendering(_tokens(100)))
    assert tokens == "100 tokens of input for openai/m"
    assert limit == "10 tokens of output at most"
    assert price == (
        "$0.10 for the input and $0.10 for the output at most: $200.00 for 1,000 times"
    )


def test_turns_are_priced_together_and_one_estimate_makes_the_sum_one() -> None:
    rendering = _rendering(_tokens(100), _tokens(50, is_estimate=True))
    tokens, _, warning, price = price_lines(rendering)
    assert "later turns cost more" in warning
    assert tokens == "about 150 tokens of input for openai/m"
    assert price.endswith("for 1,000 times 2 calls")
    data = render_json(rendering, Redact())
    assert (data["inputTokens"], data["isEstimate"]) == (150, True)
    assert (data["inputUsd"], data["maxOutputUsd"]) == ("0.150", "0.200")


def test_without_a_price_there_is_no_figure() -> None:
    *_, last = price_lines(_rendering(_tokens(1), price=None))
    assert last == "no price is known of openai/m"


def test_a_long_cell_is_cut_and_a_wide_one_is_aligned() -> None:
    by = Authored(
        commit="0123456789abcdef",
        author="漢字" * 40,
        email="",
        date=datetime(2026, 1, 2, tzinfo=UTC),
    )
    one = Logged(version="1.0.0", name="a", path="a", by=by, versioning=None, tag="t")
    head, line = log_lines(VersionLog(name="a", versions=[one]), Redact())
    assert line.startswith("1.0.0    -     0123456789  2026-01-02  漢字")
    assert line.endswith("…  -     tagged")
    assert head.index("EVAL") == line.index("-     tagged") + line.count("漢") + line.count("字")

"""How long a prompt is, and what 1,000 calls of it cost."""

from decimal import Decimal

import pytest

from agentops_cli.diff.prices import UsualCall, price_of
from agentops_cli.diff.sizes import estimated, size_of
from agentops_cli.model.call import DEFAULT_MAX_TOKENS
from agentops_cli.model.money import Price, Rates
from agentops_cli.prompt.formats import read_file
from agentops_cli.prompt.source import PromptFile
from agentops_cli.tokens import Tokens

PRICE = Price(rates=Rates(input_usd=Decimal("0.001"), output_usd=Decimal("0.01")))


def file(body: str, more: str = "", path: str = "prompts/a.prompt.md") -> PromptFile:
    return read_file(
        f"---\nversion: 1.0.0\nmodel: m\n{more}---\n{body}\n", path=path, is_declared=True
    )


def letters(text: str, _model: str | None) -> Tokens:
    return Tokens(count=len(text), is_estimate=False)


@pytest.mark.parametrize(
    ("body", "static", "total"),
    [
        ("abcd", 4, 4),
        ("ab{{ x }}cd", 2, 4),
        ("ab{# no model sees it #}cd{{ x }}ef", 4, 6),
        ("{{ x }}abcd", 0, 4),
        ("ab{% if x %}cd{% else %}ef{% endif %}", 2, 6),
        ("abcd\n\nuser:\nef{{ x }}gh", 7, 8),
        ("ab{{ x }}cd\n\nuser:\nef", 2, 6),
    ],
)
def test_a_size_has_what_is_the_same_in_every_call(body: str, static: int, total: int) -> None:
    size = size_of(file(body), "m", letters)
    assert (size.static.count, size.total.count) == (static, total)


@pytest.mark.parametrize("path", ["prompts/a.prompt", "prompts/a.prompty"])
def test_tags_of_other_formats_are_no_text_either(path: str) -> None:
    found = read_file("---\nmodel: m\n---\nuser:\nab{{x}}cd\n", path=path, is_declared=True)
    size = size_of(found, "m", letters)
    assert size.total.count - size.static.count == len("cd")


def test_a_size_is_told_by_role() -> None:
    size = size_of(file("abcd\n\nuser:\nef\n\nassistant:\ng\n\nuser:\nh"), "m", letters)
    assert {role: found.count for role, found in size.by_role.items()} == {
        "system": 4,
        "user": len("ef\nh"),
        "assistant": 1,
    }


def test_an_estimate_needs_no_vocabulary() -> None:
    assert estimated("abcde", None) == Tokens(count=2, is_estimate=True)


def test_a_price_is_that_of_the_usual_call_and_the_longest_answer() -> None:
    prompt = file("abcd", "max_tokens: 20\n")
    size = size_of(prompt, "m", letters)
    usual = UsualCall(input_tokens=10, cases=3)
    found = price_of(prompt, size, model="m", price=PRICE, usual=usual)
    assert (found.input_tokens, found.static_tokens, found.output_tokens) == (10, 4, 20)
    assert (found.input_usd, found.output_usd) == (Decimal(10), Decimal(200))
    assert found.usd == Decimal(210)
    assert found.static_share == pytest.approx(0.4)
    assert found.assumed == (
        "input: 10 tokens, the median of 3 cases",
        "output: 20 tokens, its max_tokens",
    )


def test_without_cases_variables_are_empty_and_without_a_limit_the_cap_holds() -> None:
    prompt = file("ab{{ x }}")
    found = price_of(prompt, size_of(prompt, "m", letters), model="m", price=None, usual=None)
    assert (found.input_tokens, found.output_tokens) == (2, DEFAULT_MAX_TOKENS)
    assert found.usd is None
    assert "all variables empty" in found.assumed[0]
    assert "sets no max_tokens" in found.assumed[1]


def test_a_prompt_without_text_has_no_share() -> None:
    prompt = file("{{ x }}")
    found = price_of(prompt, size_of(prompt, "m", letters), model="m", price=PRICE, usual=None)
    assert found.static_share == 0.0

import os
from pathlib import Path

import pytest

from agentops_cli import tokens
from agentops_cli.tokens import Tokens, count_tokens, most_tokens


@pytest.mark.parametrize(
    ("model", "is_estimate"),
    [
        ("openai/gpt-4o", False),
        ("gpt-4o-mini-2024-07-18", False),
        ("openai/gpt-4", False),
        ("anthropic/claude-opus-5", True),
        ("nobody/knows", True),
        (None, True),
    ],
)
def test_a_count_is_exact_for_models_of_a_public_vocabulary(
    model: str | None, is_estimate: bool
) -> None:
    found = count_tokens("Say hello to everyone in the room.", model)
    assert found == Tokens(count=8, is_estimate=is_estimate)


def test_the_vocabulary_is_that_of_the_model() -> None:
    text = "Добро пожаловать"
    assert count_tokens(text, "gpt-4").count > count_tokens(text, "gpt-4o").count


@pytest.mark.parametrize("text", ["", "hello", "a" * 100, "Grüße 👋🏽", "<|endoftext|>", "\ud800"])
def test_no_text_has_more_tokens_than_bytes(text: str) -> None:
    assert count_tokens(text, "gpt-4o").count <= most_tokens(text)


def test_a_long_text_without_spaces_takes_no_time() -> None:
    assert count_tokens("a" * 500_000, "gpt-4o").count > 50_000


def test_where_tiktoken_looks_is_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", "/somewhere")
    tokens._encoding.cache_clear()
    count_tokens.cache_clear()
    assert not count_tokens("hello", "gpt-4o").is_estimate
    assert os.environ["TIKTOKEN_CACHE_DIR"] == "/somewhere"


def test_without_litellm_a_token_is_four_characters(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tokens, "find_spec", lambda _: None)
    tokens._encoding.cache_clear()
    count_tokens.cache_clear()
    try:
        assert count_tokens("a" * 9, "gpt-4o") == Tokens(count=3, is_estimate=True)
    finally:
        tokens._encoding.cache_clear()
        count_tokens.cache_clear()


def test_an_estimate_says_so() -> None:
    assert str(Tokens(count=1234, is_estimate=True)) == "about 1,234"
    assert str(Tokens(count=1234, is_estimate=False)) == "1,234"

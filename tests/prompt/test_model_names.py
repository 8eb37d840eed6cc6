"""Which models are of one family, by their ids alone."""

import pytest

from agentops_cli.prompt.model_names import family, spelled, unpinned


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("openai/gpt-4o", "azure/gpt-4o-2024-08-06"),
        ("openai/gpt-4o", "openai/gpt-4.1"),
        ("openai/gpt-5", "gpt-5.1"),
        ("openai/gpt-4o-mini", "openai/gpt-4.1-mini"),
        ("openai/o1", "openai/o3"),
        ("openai/o3-mini", "openai/o4-mini"),
        ("anthropic/claude-sonnet-4-5", "claude-sonnet-4-20250514"),
        ("anthropic/claude-3-5-sonnet-latest", "anthropic/claude-sonnet-4-5"),
        ("claude-opus-4-6", "opus"),
        ("gemini/gemini-2.5-pro", "vertex_ai/gemini-3-pro-preview"),
        ("groq/llama-3.1-70b-instruct", "ollama/llama-3.3-70b-instruct"),
        ("mistral/mistral-large-2411", "mistral/mistral-large-latest"),
    ],
)
def test_successors_are_of_one_family(one: str, other: str) -> None:
    assert family(one) == family(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("openai/gpt-4o", "openai/gpt-4o-mini"),
        ("openai/gpt-4o", "openai/o3"),
        ("openai/gpt-4o", "anthropic/claude-sonnet-4-5"),
        ("claude-sonnet-4-5", "claude-haiku-4-5"),
        ("gemini/gemini-2.5-pro", "gemini/gemini-2.5-flash"),
        ("groq/llama-3.1-70b-instruct", "groq/llama-3.1-8b-instruct"),
        ("sonnet", "opus"),
    ],
)
def test_others_are_not(one: str, other: str) -> None:
    assert family(one) != family(other)


def test_one_model_has_several_spellings() -> None:
    assert spelled("azure/GPT-4o") == spelled("openai/gpt-4o")
    assert unpinned("openai/gpt-4o-2024-08-06") == unpinned("gpt-4o")
    assert unpinned("anthropic.claude-3-haiku-20240307-v1:0") == "anthropic.claude-3-haiku"

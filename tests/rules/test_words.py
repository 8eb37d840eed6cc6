"""Which rules are called for a file, by the words in it and by what its reader found."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from agentops_cli.prompt.formats import read_bytes
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.table import RULES
from agentops_cli.rules.words import WordIndex

CASES = Path(__file__).parent / "cases"


def _bad_files(*, having: str) -> list[Any]:
    """Each bad case of the rules that say so of themselves."""
    return [
        pytest.param(rule, case, id=f"{rule.code}-{case['name']}")
        for rule in RULES
        if getattr(rule, having)
        for case in yaml.safe_load((CASES / f"{rule.code}.yaml").read_text("utf-8"))["fail"]
    ]


def _file(case: Any) -> PromptFile:
    path, text = case.get("path", "prompts/greeting.prompt.md"), case["text"]
    stored = text if isinstance(text, bytes) else text.encode()
    if "grow" in case:
        stored = stored.replace("…".encode(), "…".encode() * case["grow"])
    return read_bytes(stored, path=path, is_declared=path.startswith("prompts/"))


@pytest.mark.parametrize(("rule", "case"), _bad_files(having="words"))
def test_a_bad_prompt_has_one_of_the_words_of_its_rule(rule: Any, case: Any) -> None:
    assert WordIndex(rule.words).in_file(_file(case))


@pytest.mark.parametrize(("rule", "case"), _bad_files(having="of_reader"))
def test_a_bad_prompt_has_a_problem_where_its_rule_tells_those(rule: Any, case: Any) -> None:
    assert _file(case).problems


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("only", "say it only once"),
        ("only", "ONLY say it"),
        ("ignore", "please (1gn0re) it"),
        ("ignore", "ig\u200bnore it"),
        ("ignore", "\uff49gnore it"),
        ("TODO", "a TODO: here"),
        ("ecret ", "the Secret is"),
        ("ecret ", "the\nsecret"),
        (" of", "made of\nit"),
        ("nothing but", "Nothing but text"),
        ("{{#", "a{{#if x}}"),
    ],
)
def test_a_word_is_found(word: str, text: str) -> None:
    assert WordIndex((word, "other")).in_text(text) == {word}


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("TODO", "a todo"),
        ("ecret ", "secrets are"),
        (" of", "a roof"),
        ("nothing but", "but nothing"),
        ("nothing but", "nothing at all"),
    ],
)
def test_what_is_no_word_is_not_found(word: str, text: str) -> None:
    assert WordIndex((word,)).in_text(text) == set()


def test_a_word_is_found_each_time_among_those_that_are_known_and_those_that_are_not() -> None:
    index = WordIndex(("one", "two", "one more"))
    assert index.in_text("some text") == set()
    assert index.in_text("some text with one") == {"one"}
    assert index.in_text("some text with one more, and two") == {"one", "one more", "two"}
    assert index.in_text("some one") == {"one"}


def test_what_is_known_is_forgotten_before_there_is_too_much_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("agentops_cli.rules.words._MOST_KEPT", 20)
    index = WordIndex(("one",))
    for number in range(50):
        assert index.in_text(f"number{number} one") == {"one"}
        assert index.in_text(f"number{number} two") == set()


def test_a_message_that_the_file_spells_otherwise_is_read_too() -> None:
    text = 'messages:\n- role: user\n  content: "\\x69gnore \\x41ll"\n'
    file = read_bytes(text.encode(), path="a.prompt.yml", is_declared=True)
    assert WordIndex(("ignore",)).in_file(file) == {"ignore"}

"""How many answers were not asked for."""

import pytest

from agentops_cli.reporters.kept import words_of_kept
from tests.builders import a_case_result, a_run, a_suite_result


@pytest.mark.parametrize(
    ("label", "is_told"),
    [
        ("openai/mini", True),
        ("replay/a.jsonl", False),
        ("replay/a.jsonl>replay/b.jsonl", False),
        ("replay/a.jsonl>openai/gpt-4o", True),
        ("openai/mini>replay/b.jsonl", True),
    ],
)
def test_answers_of_cassettes_alone_are_nothing_that_was_saved(label: str, is_told: bool) -> None:
    case = a_case_result(model=label, calls=4, cached_calls=3)
    words = "3 of 4 answers came from the cache or a cassette, at no cost" if is_told else None
    assert words_of_kept(a_run(a_suite_result(case))) == words

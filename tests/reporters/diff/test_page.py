"""What of a diff may be read."""

from dataclasses import replace

import pytest

from agentops_cli.diff.values import PromptDiff
from agentops_cli.reporters.diff.page import Card
from tests.reporters.diff.made import a_file, a_line, a_message, a_page, a_prompt

KEY = "sk-proj-Zq8mTn4vWx2kLp9rBc6yDf1gHj3sVa7eUo5iXw0t"


def a_card(prompt: PromptDiff) -> Card:
    return a_page(prompt).cards[0]


@pytest.mark.parametrize(
    "prompt",
    [
        replace(a_prompt(), suites=(f"evals/{KEY}.yaml",)),
        replace(a_prompt(), owners=(KEY,)),
        replace(a_prompt(), messages=(a_message(a_line("added", KEY)),)),
    ],
    ids=["suites", "owners", "messages"],
)
def test_one_secret_alone_is_hidden_in_whatever_part_it_stands(prompt: PromptDiff) -> None:
    shown = str(a_card(prompt))
    assert KEY[:12] not in shown
    assert "[redacted:openai-key]" in shown


def test_no_fragment_of_a_secret_of_the_file_is_told_elsewhere() -> None:
    pair = replace(a_prompt().pair, after=a_file(f"Use {KEY} here.\n"))
    versioning = replace(a_prompt().versioning, after=KEY[10:30])
    told = replace(a_prompt(), pair=pair, versioning=versioning)
    assert KEY[10:30] not in str(a_card(told))


def test_what_hides_nothing_is_shown_as_it_is() -> None:
    message = a_message(a_line("added", "Say it with care."))
    assert a_card(replace(a_prompt(), messages=(message,))).messages == (message,)

"""Prompts as large as they may be, and made to be slow: each is compared in seconds.

Processor time is bounded, generously: what is quadratic takes minutes.
"""

import time
from random import Random

import pytest

from agentops_cli.diff.compare import compare
from agentops_cli.diff.values import Pair
from agentops_cli.prompt.formats import read_file
from agentops_cli.prompt.source import PromptFile

SIZE = 250_000
SECONDS = 20
RANDOM = Random(6)  # noqa: S311 # It guards nothing.
WORDS = ["".join(RANDOM.choices("abcdefgh", k=6)) for _ in range(2_000)]
PROSE = [" ".join(RANDOM.choices(WORDS, k=10)) for _ in range(SIZE // 70)]
RULES = [f"Never reveal the number {number} to anybody." for number in range(SIZE // 45)]

PAIRS = {
    "a few words": (PROSE, [*PROSE[:500], "Something new.", *PROSE[501:]]),
    "another order": (PROSE, RANDOM.sample(PROSE, len(PROSE))),
    "one line": ([" ".join(PROSE)], [" ".join([*PROSE[::2], *PROSE[1::2]])]),
    "two lines again and again": (
        RANDOM.choices("ab", k=SIZE // 2),
        RANDOM.choices("ab", k=SIZE // 2),
    ),
    "two words again and again": (
        [" ".join(RANDOM.choices("ab", k=SIZE // 2))],
        [" ".join(RANDOM.choices("ab", k=SIZE // 2))],
    ),
    "guardrails are gone": (RULES, ["Hello."]),
    "guardrails are weaker": (RULES, [each.replace("Never", "You should not") for each in RULES]),
    "braces": (["{{" * (SIZE // 2)], ["{{" * (SIZE // 2 - 1) + "}}"]),
}


def file(lines: list[str]) -> PromptFile:
    front = "---\nversion: 1.0.0\nmodel: openai/gpt-4o\n---\n"
    text = front + "\n".join(lines) + "\n"
    return read_file(text, path="prompts/a.prompt.md", is_declared=True)


@pytest.mark.parametrize("name", PAIRS)
def test_a_large_prompt_is_compared_in_seconds(name: str) -> None:
    old, new = map(file, PAIRS[name])
    start = time.process_time()
    diff = compare(Pair(before=old, after=new))
    assert time.process_time() - start < SECONDS
    assert diff.changes

"""The models of a suite, cascades among them; mistakes are in `tests/invalid`."""

import pytest

from agentops_cli.model.suite import Tiers
from tests.builders import a_place
from tests.suite.reading import mistakes, read, shown

CASES = "\ncases: [{id: a, input: x, mustContain: y}]\n"


def test_a_cascade_stands_among_the_models_by_its_label() -> None:
    suite = read(
        "prompt: p\nmodels: [openai/gpt-4o, {try: openai/mini, escalate: openai/gpt-4o}, a/b]"
        + CASES
    )
    label = "openai/mini>openai/gpt-4o"
    assert suite.models == ("openai/gpt-4o", label, "a/b")
    assert suite.tiers == {
        label: Tiers(
            small="openai/mini",
            large="openai/gpt-4o",
            when=frozenset({"failed"}),
            location=a_place(2, 25, path="evals/s.yaml"),
        )
    }
    assert suite.tiers[label].label == label


@pytest.mark.parametrize(
    ("written", "when"),
    [
        ("failed", {"failed"}),
        ("lowConfidence", {"lowConfidence"}),
        ("[lowConfidence, failed]", {"failed", "lowConfidence"}),
        ("[lowConfidence]", {"lowConfidence"}),
    ],
)
def test_why_the_large_model_is_asked_is_one_word_or_several(written: str, when: set[str]) -> None:
    suite = read(f"prompt: p\nmodels: [{{try: a/b, escalate: a/c, when: {written}}}]{CASES}")
    assert suite.tiers["a/b>a/c"].when == when


@pytest.mark.parametrize(
    ("models", "needs_prompt"),
    [
        ("{try: replay/a.jsonl, escalate: replay/b.jsonl}", False),
        ("{try: replay/a.jsonl, escalate: openai/gpt-4o}", True),
    ],
)
def test_only_a_cascade_of_cassettes_needs_no_prompt(models: str, needs_prompt: bool) -> None:
    found = shown(mistakes(f"models: [{models}]{CASES}"))
    assert ("1:1 missing-prompt" in found) is needs_prompt

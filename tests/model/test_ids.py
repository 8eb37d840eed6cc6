"""What is read off the id of a model, and off the label of a cascade."""

import pytest

from agentops_cli.model.ids import Kind, agent_of, cassette_of, kind_of, may_stand_in, models_in


@pytest.mark.parametrize(
    ("model", "kind", "agent", "cassette"),
    [
        ("agent/support-bot", Kind.AGENT, "support-bot", None),
        ("replay/../rec/a.jsonl", Kind.REPLAY, None, "../rec/a.jsonl"),
        ("local/smollm2-135m-instruct", Kind.LOCAL, None, None),
        ("scripted/echo", Kind.SCRIPTED, None, None),
        ("openai/gpt-4o", Kind.PROVIDED, None, None),
        ("openrouter/local/x", Kind.PROVIDED, None, None),
        ("gpt-4o", Kind.PROVIDED, None, None),
        # No slash, no kind; and every other way to write the word is somebody else's.
        ("agent", Kind.PROVIDED, None, None),
        ("replay", Kind.PROVIDED, None, None),
        ("local", Kind.PROVIDED, None, None),
        ("Agent/bot", Kind.PROVIDED, None, None),
        ("agents/bot", Kind.PROVIDED, None, None),
        ("/x", Kind.PROVIDED, None, None),
        ("", Kind.PROVIDED, None, None),
    ],
)
def test_the_first_word_of_an_id_says_what_answers(
    model: str, kind: Kind, agent: str | None, cassette: str | None
) -> None:
    assert kind_of(model) is kind
    assert (agent_of(model), cassette_of(model)) == (agent, cassette)


def test_a_label_is_made_of_its_models_and_an_id_of_itself() -> None:
    assert models_in("a/b>c/d") == ("a/b", "c/d")
    assert models_in("a/b") == ("a/b",)


@pytest.mark.parametrize(
    ("model", "may"),
    [
        ("openai/gpt-4o", True),
        ("gpt-4o", True),
        ("local/smollm2-135m-instruct", True),
        ("scripted/echo", True),
        ("agent/bot", False),
        ("replay/a.jsonl", False),
        ("openai/mini>openai/gpt-4o", False),
    ],
)
def test_agents_cassettes_and_cascades_stand_in_for_nothing(model: str, may: bool) -> None:
    assert may_stand_in(model) is may

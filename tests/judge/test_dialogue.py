import pytest

from agentops_cli.judge.dialogue import Dialogue, begin
from agentops_cli.model.call import Ask, Tags, Verdict
from tests.builders import a_completion, a_request, a_verdict


def test_a_dialogue_without_a_question_is_its_verdict() -> None:
    def silent() -> Dialogue[Verdict]:
        return a_verdict()
        yield a_request()

    assert begin(silent(), of=a_request()) == a_verdict()


def a_talk() -> Dialogue[Verdict]:
    yield a_request()
    yield a_request(repeat=1)
    return a_verdict(reason="fine")


@pytest.mark.parametrize(
    ("cached", "reason"),
    [
        ((True, True), "cached: fine"),
        ((True, False), "fine"),
        ((False, True), "fine"),
        ((False, False), "fine"),
    ],
)
def test_a_verdict_says_when_nobody_was_asked_for_it(
    cached: tuple[bool, bool], reason: str
) -> None:
    step = begin(a_talk(), of=a_request())
    for each in cached:
        assert isinstance(step, Ask)
        step = step.settle(a_completion(cached=each))
    assert isinstance(step, Verdict)
    assert step.reason == reason


def test_questions_have_the_time_and_the_purse_of_what_they_are_about() -> None:
    def twice() -> Dialogue[Verdict]:
        first = yield a_request(model="openai/judge")
        second = yield a_request(model="openai/judge", repeat=1)
        return a_verdict(reason=f"{first.text} {second.text}")

    tags = Tags(suite="evals/s.yaml", case_id="a")
    about = a_request(timeout_s=7.0, tags=tags)
    first = begin(twice(), of=about)
    assert isinstance(first, Ask)
    second = first.settle(a_completion("one"))
    assert isinstance(second, Ask)
    for ask in (first, second):
        assert (ask.request.timeout_s, ask.request.tags) == (7.0, tags)
        assert ask.request.model == "openai/judge"
    assert second.settle(a_completion("two")) == a_verdict(reason="one two")

from dataclasses import fields, replace

import pytest

from agentops_cli.judge import rubric
from agentops_cli.judge.pairwise import Pair
from agentops_cli.judge.question import Material
from agentops_cli.model.call import Completion, FaultKind, Finish, Purpose, Request
from agentops_cli.model.cassette import Cassette
from agentops_cli.model.prompt import Message
from agentops_cli.model.tool import ToolCall
from agentops_cli.redact import Redact, redact_completion
from agentops_cli.run.tool_loop import Injection, StandIns
from tests.builders import a_case, a_completion, a_request, a_tool_call
from tests.guards.recorded import SUITE, TODAY, asking, recording, recordings
from tests.judge.asking import a_judge

ASKED = asking()
ADDRESS = "jane.doe@corp.net"
SAID = f"Write to {ADDRESS}."


def user(text: str) -> Message:
    return Message(role="user", content=text)


def test_what_was_recorded_is_found_as_a_cached_answer() -> None:
    held = recordings(recording(ASKED, served_model="gpt-4o-mini-2024", finish=Finish.LENGTH))
    found = held.find(held.call_of(ASKED), ASKED)
    assert found is not None
    assert (found.text, found.cached, found.latency_s) == ("Hello", True, 0.0)
    assert (found.model, found.finish) == ("gpt-4o-mini-2024", Finish.LENGTH)


def test_another_request_another_case_and_another_suite_find_nothing() -> None:
    held = recordings(recording(ASKED))
    other = replace(ASKED, messages=(user("Another"),))
    assert held.find(held.call_of(other), other) is None
    assert recordings().find(held.call_of(ASKED), ASKED) is None


def test_a_renamed_case_finds_what_was_recorded_under_its_old_name() -> None:
    held = recordings(recording(ASKED))
    renamed = asking("b")
    assert held.find(held.call_of(renamed), renamed) is not None
    assert [*held.unused(SUITE)] == []


def test_two_cases_that_ask_the_same_find_each_its_own() -> None:
    one, two = asking("one"), asking("two")
    held = recordings(recording(one, "1"), recording(two, "2"))
    found = [held.find(held.call_of(each), each) for each in (one, two)]
    assert [answer.text for answer in found if answer] == ["1", "2"]


def test_a_run_that_records_all_finds_nothing_of_before() -> None:
    held = recordings(recording(ASKED), replays=False)
    assert held.find(held.call_of(ASKED), ASKED) is None


def test_another_cassette_answers_before_the_own_one_and_what_differs_is_counted() -> None:
    other = replace(ASKED, messages=(user("Another"),))
    held = recordings(recording(ASKED, "today"))
    earlier = (recording(ASKED, "earlier"), recording(other, "only there"))
    other_cassette = Cassette(path="evals/cassettes/a.jsonl", recordings=earlier)
    assert held.put_first(SUITE, other_cassette) == 1
    found = [held.find(held.call_of(each), each) for each in (ASKED, other)]
    assert [answer.text for answer in found if answer] == ["earlier", "only there"]


def test_what_is_remembered_stands_for_a_cassette_that_is_not_there() -> None:
    held = recordings(cassette=None)
    assert held.put_first(SUITE, Cassette(path="x.jsonl", recordings=(recording(ASKED),))) == 0
    assert held.find(held.call_of(ASKED), ASKED) is not None
    assert held.reels[SUITE].cassette is not None


def kept(request: Request, completion: Completion) -> Completion | None:
    held = recordings(replays=False, prompt_sha="new")
    call = held.call_of(request)
    held.keep(call, request, completion)
    return held.find(call, request)


def test_an_answer_is_kept_with_all_that_tells_it_from_others() -> None:
    held = recordings(replays=False, prompt_sha="new")
    call = held.call_of(request := asking(repeat=2, turn=1, step=3))
    tools = (ToolCall(id="1", name="t", arguments="{}"),)
    held.keep(call, request, a_completion("Hi", tool_calls=tools, answered_by="openai/gpt-4o"))
    [made] = held.made.values()
    assert (made.key, made.suite, made.case_id) == (request.fingerprint(), SUITE, "a")
    assert (made.model, made.served_model) == (request.model, "gpt-4o-mini-2024-07-18")
    assert (made.slot, made.prompt_sha, made.recorded_at) == (("a", 2, 1, 3), "new", TODAY)
    assert (made.text, made.tool_calls, made.answered_by) == ("Hi", tools, "openai/gpt-4o")


def test_only_an_answer_to_the_prompt_has_the_hash_of_its_file() -> None:
    held = recordings(replays=False, prompt_sha="new")
    tags = replace(ASKED.tags, prompt=None) if ASKED.tags else None
    for request in (asking(purpose=Purpose.JUDGE, max_tokens=1), replace(ASKED, tags=tags)):
        held.keep(held.call_of(request), request, a_completion())
    assert [one.prompt_sha for one in held.made.values()] == [None, None]


def test_a_call_that_is_to_be_measured_takes_no_answer_of_its_own_run() -> None:
    assert kept(ASKED, a_completion()) is not None
    assert kept(replace(ASKED, live=True), a_completion()) is None


def test_what_is_kept_is_redacted() -> None:
    tools = (ToolCall(id="1", name="mail", arguments=f'{{"to": "{ADDRESS}"}}'),)
    found = kept(ASKED, a_completion(SAID, tool_calls=tools))
    assert found is not None
    assert found.text == "Write to [redacted:email]."
    assert found.tool_calls[0].arguments == '{"to": "[redacted:email]"}'


def test_what_is_said_after_a_redacted_answer_is_found_as_it_will_be_replayed() -> None:
    live, later = recordings(replays=False), recordings()
    live.keep(live.call_of(ASKED), ASKED, a_completion(SAID))

    def next_turn(answer: str) -> Request:
        said = (user("Who?"), Message(role="assistant", content=answer), user("Sure?"))
        return asking(messages=said, turn=1)

    def question(answer: str) -> Request:
        return asking(messages=(user(f"===== ANSWER\n{answer}\n===== END"),), purpose=Purpose.JUDGE)

    for ask in (next_turn, question):
        assert live.call_of(ask(SAID)) == later.call_of(ask("Write to [redacted:email]."))


@pytest.mark.parametrize("about", ["one answer", "a talk", "a pair"])
@pytest.mark.parametrize("said", [SAID, f'He said\n"mail {ADDRESS}", in short'])
def test_the_question_about_a_redacted_answer_is_found_as_it_will_be_replayed(
    said: str, about: str
) -> None:
    call = ToolCall(id="1", name="mail", arguments=f'{{"to": "{ADDRESS}"}}')
    came = a_completion(said, tool_calls=(call,))
    live, later = recordings(replays=False), recordings()
    live.keep(live.call_of(ASKED), ASKED, came)

    def question(answer: Completion) -> Request:
        # The author writes the same words as the model.
        talk = (
            user(said),
            Message(role="assistant", content=answer.text, tool_calls=answer.tool_calls),
        )
        material = Material(
            answer=answer.text,
            input=said,
            vars={"wanted": said},
            conversation=talk if about == "a talk" else (),
        )
        pair = Pair(rubric=said, material=material, other="Ask somebody.")
        asked = (
            pair.question(a_judge(), ours="B")
            if about == "a pair"
            else rubric.question(a_judge(), said, material)
        )
        return replace(asked, tags=ASKED.tags)

    kept = redact_completion(came, Redact())
    assert live.call_of(question(came)) == later.call_of(question(kept))


def test_an_address_of_the_author_stays_part_of_what_is_asked() -> None:
    live = recordings(replays=False)
    live.keep(live.call_of(ASKED), ASKED, a_completion(SAID))
    one, other = (asking(messages=(user(f"Who is {name}@corp.net?"),)) for name in ("ann", "bob"))
    assert live.call_of(one) != live.call_of(other)


def test_what_no_call_asks_for_is_out_of_use() -> None:
    asked, hand, skipped = asking("asked"), asking("hand"), asking("skipped")
    stale, failed = asking("stale"), asking("failed")
    held = recordings(
        recording(asked),
        recording(hand, key=None),
        recording(skipped),
        recording(stale, line=7),
        recording(failed),
    )
    held.find(held.call_of(asked), asked)
    held.lose(held.call_of(failed))
    assert [one.line for one in held.unused(SUITE, skipped={"skipped"})] == [7]


def test_a_case_with_a_miss_is_told_by_that() -> None:
    changed = replace(ASKED, max_tokens=7)
    held = recordings(recording(ASKED), recording(asking(turn=1)))
    fault = held.miss(held.call_of(changed), changed)
    assert fault.kind is FaultKind.MISS
    assert [*held.unused(SUITE)] == []


def test_a_call_that_got_an_answer_at_last_is_not_lost() -> None:
    held = recordings()
    call = held.call_of(ASKED)
    held.lose(call)
    held.keep(call, ASKED, a_completion())
    assert not held.lost
    held.lose(call)
    assert not held.lost


def test_a_request_of_nobody_has_a_call_too() -> None:
    assert recordings().call_of(a_request()).case_id == ""


_OF_ONE_CALL = {"cost", "latency_s", "cached", "retries", "limits"}
"""What is about how a call was made; an answer that is replayed has none of it."""

_NEVER_OF_A_GATEWAY = {"said"}
"""What the engine puts together of several answers."""


def test_all_of_an_answer_is_replayed_but_how_it_was_come_by() -> None:
    whole = a_completion(
        "Hi",
        tool_calls=(ToolCall(id="1", name="t", arguments="{}"),),
        failure="exit code 1",
        trace={"steps": [1]},
        stopped_after=8,
        provider_faults=2,
        met={"t": 1},
        answered_by="openai/gpt-4o",
    )
    usual = Completion(text="", finish=Finish.UNKNOWN, model="", latency_s=0.0)
    found = kept(ASKED, whole)
    for name in {each.name for each in fields(Completion)} - _OF_ONE_CALL - _NEVER_OF_A_GATEWAY:
        assert getattr(whole, name) != getattr(usual, name), f"{name} is not tried here"
        assert getattr(found, name) == getattr(whole, name)


def test_the_step_after_a_tool_call_with_a_hidden_number_is_found_again() -> None:
    came = a_completion(tool_calls=(a_tool_call("pay", arguments='{"card": 4539578763621486}'),))
    case = a_case(stubs={"pay": "paid"})
    live, later = recordings(replays=False), recordings()
    live.keep(live.call_of(ASKED), ASKED, came)

    def next_step(answer: Completion) -> Request:
        tools = StandIns(case=case, tools={}, injection=Injection(()))
        return asking(messages=(user("pay"), *tools.reply(answer, first=0)), step=1)

    kept = redact_completion(came, Redact())
    assert "4539578763621486" not in kept.tool_calls[0].arguments
    assert live.call_of(next_step(came)) == later.call_of(next_step(kept))

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops_cli.errors import InputError
from agentops_cli.model.call import Finish, Purpose
from agentops_cli.model.cassette import Recording
from agentops_cli.model.cassette_lines import line_of, read_cassette, text_of
from agentops_cli.model.money import Usage
from agentops_cli.model.tool import ToolCall

PATH = "evals/cassettes/product-manager.jsonl"
KEY = "0f3a" * 16
ONE = {"caseId": "one", "text": "1"}
RECORDED = {"key": KEY, "caseId": "one", "text": "1"}
FULL = Recording(
    key=KEY,
    suite="evals/product-manager.yaml",
    case_id="wishlist",
    model="openai/gpt-4o-mini",
    served_model="gpt-4o-mini-2024-07-18",
    answered_by="openai/gpt-4o",
    repeat=1,
    turn=2,
    step=3,
    purpose=Purpose.JUDGE,
    prompt_sha="9c1d",
    text="As a user I want a wishlist.",
    tool_calls=(ToolCall(id="call_1", name="get_order", arguments='{"id": "812"}'),),
    finish=Finish.LENGTH,
    usage=Usage(input_tokens=20, output_tokens=7, cached_input_tokens=12, reasoning_tokens=3),
    failure="exit code 3",
    trace={"steps": [1, "two", None]},
    stopped_after=8,
    provider_faults=2,
    met={"get_order": 1},
    recorded_at="2026-01-02",
    line=1,
)


def a_recording(text: str = "Hello", **changes: Any) -> Recording:
    return Recording(**{"case_id": "a", "text": text, "line": 1, **changes})


def read(*lines: str) -> tuple[Recording, ...]:
    return read_cassette("\n".join(lines), PATH).recordings


def test_an_entry_is_one_line_whose_keys_stand_in_one_order() -> None:
    assert line_of(FULL) == (
        f'{{"key": "{KEY}", "suite": "evals/product-manager.yaml", "caseId": "wishlist", '
        '"model": "openai/gpt-4o-mini", "servedModel": "gpt-4o-mini-2024-07-18", '
        '"answeredBy": "openai/gpt-4o", "repeat": 1, "turn": 2, "step": 3, "purpose": "judge", '
        '"promptSha": "9c1d", "text": "As a user I want a wishlist.", '
        '"toolCalls": [{"id": "call_1", "name": "get_order", "arguments": "{\\"id\\": '
        '\\"812\\"}"}], "finish": "length", "usage": {"inputTokens": 20, "outputTokens": 7, '
        '"cachedInputTokens": 12, "reasoningTokens": 3}, "failure": "exit code 3", '
        '"trace": {"steps": [1, "two", null]}, "stoppedAfter": 8, "providerFaults": 2, '
        '"met": {"get_order": 1}, "recordedAt": "2026-01-02"}'
    )


def test_what_is_absent_or_usual_is_left_out() -> None:
    line = '{"caseId": "a", "repeat": 0, "turn": 0, "step": 0, "text": "Hello", "finish": "stop"}'
    assert line_of(a_recording()) == line


@pytest.mark.parametrize("recording", [FULL, a_recording(), a_recording("", usage=Usage())])
def test_what_is_written_is_read_back(recording: Recording) -> None:
    assert read(line_of(recording)) == (recording,)


@given(st.text(st.characters(), max_size=40))
def test_any_text_is_one_line_of_utf_8_that_is_read_back(text: str) -> None:
    line = line_of(a_recording(text))
    assert len(line.splitlines()) == 1
    assert read(line.encode().decode()) == (a_recording(text),)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Grüße, 你好, 🙂", "Grüße, 你好, 🙂"),
        ("a\u2028b\u2029c\x85d", "a\\u2028b\\u2029c\\u0085d"),
        ("\x1b[31m\x9b31m\x7f", "\\u001b[31m\\u009b31m\\u007f"),
        ("\ud800 and \udfff", "\\ud800 and \\udfff"),
        ("ab\u202edc\u2066", "ab\\u202edc\\u2066"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("tag \U000e0041", "tag \\udb40\\udc41"),
        ("no-break\xa0space", "no-break\\u00a0space"),
    ],
)
def test_letters_stand_as_they_are_and_the_unseen_is_spelled_out(text: str, written: str) -> None:
    assert f'"text": "{written}"' in line_of(a_recording(text))


def test_entries_are_sorted_whatever_their_order_was() -> None:
    places = [
        ("a", Purpose.SUBJECT, "m", 0, 0, 0),
        ("a", Purpose.SUBJECT, "m", 0, 0, 1),
        ("a", Purpose.SUBJECT, "m", 0, 1, 0),
        ("a", Purpose.SUBJECT, "m", 1, 0, 0),
        ("a", Purpose.SUBJECT, "n", 0, 0, 0),
        ("a", Purpose.JUDGE, "j", 0, 0, 0),
        ("b", Purpose.SUBJECT, "m", 0, 0, 0),
    ]
    recordings = [
        a_recording(case_id=case, purpose=purpose, model=model, repeat=repeat, turn=turn, step=step)
        for case, purpose, model, repeat, turn, step in places
    ]
    text = text_of(reversed(recordings))
    assert text == text_of(recordings) == "".join(f"{line_of(one)}\n" for one in recordings)


def test_changing_one_answer_changes_one_line() -> None:
    recordings = [a_recording(case_id=f"c{n}") for n in range(9)]
    before = text_of(recordings).splitlines()
    recordings[4] = a_recording("Hello\nthere", case_id="c4")
    after = text_of(recordings).splitlines()
    assert [n for n in range(9) if before[n] != after[n]] == [4]


def test_two_cases_may_have_asked_the_same() -> None:
    first, second = RECORDED, RECORDED | {"caseId": "two"}
    assert len(read(json.dumps(first), json.dumps(second))) == 2


def test_answers_of_several_models_and_of_judges_stand_in_one_file() -> None:
    entries = [ONE | {"model": "a/b"}, ONE | {"model": "c/d"}, ONE | {"purpose": "judge"}]
    assert len(read(*map(json.dumps, entries))) == 3


def test_null_is_no_value() -> None:
    entry = dict.fromkeys(json.loads(line_of(FULL))) | {"caseId": "a", "text": "Hello"}
    assert read(json.dumps(entry)) == (a_recording(),)


def test_arguments_of_a_tool_call_may_be_written_as_an_object() -> None:
    entry = ONE | {"toolCalls": [{"name": "get_order", "arguments": {"id": "812"}}]}
    [recording] = read(json.dumps(entry))
    assert recording.tool_calls == (ToolCall(id="", name="get_order", arguments='{"id": "812"}'),)


def test_a_line_of_many_megabytes_is_read() -> None:
    [recording] = read(json.dumps(ONE | {"text": "x" * 20_000_000}))
    assert len(recording.text) == 20_000_000


def test_a_value_that_is_wrong_is_quoted_in_few_words() -> None:
    with pytest.raises(InputError) as raised:
        read(json.dumps(ONE | {"finish": "\x1b" * 1_000_000}))
    [finding] = raised.value.findings
    assert len(finding.message) < 200


def test_windows_line_ends_and_empty_lines_are_no_entries() -> None:
    text = '\n{"caseId": "a", "text": "1"}\r\n   \n{"caseId": "b", "text": "2\\u2028"}'
    assert read_cassette(text, PATH).case_ids == {"a", "b"}


@pytest.mark.parametrize(
    ("line", "place", "words", "fix"),
    [
        ('{"caseId": "a", text: "1"}', f"{PATH}:3:17", "not JSON", "one line"),
        ("[" * 200_000, f"{PATH}:3", "not JSON", "one line"),
        ('["a", "1"]', f"{PATH}:3", "must be an object", "one line"),
        ('{"text": "1"}', f"{PATH}:3", "'caseId' is missing", "'caseId'"),
        ('{"caseId": "a"}', f"{PATH}:3", "'text' is missing", "'text'"),
        ('{"caseId": "a", "text": null}', f"{PATH}:3", "'text' is missing", "'text'"),
        ('{"caseId": "a", "text": 7}', f"{PATH}:3", "'text' must be text, not 7", "'text'"),
        ('{"caseId": 7, "text": "1"}', f"{PATH}:3", "'caseId' must be text, not 7", "'caseId'"),
        ('{"caseID": "a", "text": "1"}', f"{PATH}:3", "unknown key 'caseID'", "'caseId'"),
        ('{"caseId": "a", "text": "1", "zzz": 1}', f"{PATH}:3", "key 'zzz'", "recordedAt"),
        ('{"caseId": "a", "text": "1", "repeat": -1}', f"{PATH}:3", "from 0, not -1", "'repeat'"),
        ('{"caseId": "a", "text": "1", "turn": true}', f"{PATH}:3", "from 0, not True", "'turn'"),
        ('{"caseId": "a", "text": "1", "step": "x"}', f"{PATH}:3", "from 0, not 'x'", "'step'"),
        ('{"caseId": "a", "text": "1", "repeat": 1.0}', f"{PATH}:3", "not 1.0", "'repeat'"),
        ('{"caseId": "a", "text": "1", "finish": "done"}', f"{PATH}:3", "length", "'finish'"),
        ('{"caseId": "a", "text": "1", "finish": []}', f"{PATH}:3", "one of stop", "'finish'"),
        ('{"caseId": "a", "text": "1", "usage": 7}', f"{PATH}:3", "must be an object", "'usage'"),
        (
            '{"caseId": "a", "text": "1", "usage": {"prompt_tokens": 7}}',
            f"{PATH}:3",
            "'prompt_tokens': 7",
            "inputTokens",
        ),
        (
            '{"caseId": "a", "text": "1", "usage": {"inputTokens": "7"}}',
            f"{PATH}:3",
            "'inputTokens': '7'",
            "whole numbers",
        ),
        *(
            (
                f'{{"caseId": "a", "text": "1", "usage": {{"outputTokens": {count}}}}}',
                f"{PATH}:3",
                f"'outputTokens': {count}",
                "whole numbers from 0 to 1,000,000,000",
            )
            for count in ("1000000001", "9007199254740992", "-1", "7.0")
        ),
        ('{"caseId": "a", "text": "1", "toolCalls": {}}', f"{PATH}:3", "a list", "'toolCalls'"),
        ('{"caseId": "a", "text": "1", "toolCalls": [7]}', f"{PATH}:3", "without a name", "name"),
        ('{"caseId": "a", "text": "1", "key": "0F"}', f"{PATH}:3", "64 hexadecimal", "'key'"),
        ('{"caseId": "a", "text": "1", "key": 7}', f"{PATH}:3", "64 hexadecimal", "'key'"),
        ('{"caseId": "a", "text": "1", "purpose": "jury"}', f"{PATH}:3", "judge", "'purpose'"),
        ('{"caseId": "a", "text": "1", "met": {"t": -1}}', f"{PATH}:3", "'t': -1", "whole number"),
        ('{"caseId": "a", "text": "1", "met": []}', f"{PATH}:3", "an object", "'met'"),
        ('{"caseId": "a", "text": "1", "repeat": 9007199254740992}', f"{PATH}:3", "from 0", "mend"),
        ('{"caseId": "a", "text": "1", "trace": NaN}', f"{PATH}:3", "NaN", "one line"),
        ('{"caseId": "a", "text": "1", "trace": 1e999}', f"{PATH}:3", "number 1e999", "one line"),
        ('{"caseId": "a", "text": "1", "trace": [-1e999]}', f"{PATH}:3", "-1e999", "one line"),
        (
            '{"caseId": "a", "text": "1", "answeredBy": "x\\n::error file=a"}',
            f"{PATH}:3",
            "the id of one model",
            "'answeredBy'",
        ),
        ('{"caseId": "a", "text": "1", "answeredBy": "b/c, d/e"}', f"{PATH}:3", "one model", "By'"),
        ('{"caseId": "a", "text": "1", "servedModel": "a\\rb"}', f"{PATH}:3", "one line", "mend"),
        ('{"caseId": "a", "text": "1", "model": "a\\u2028b"}', f"{PATH}:3", "one line", "mend"),
        (f'{{"caseId": "a", "text": "1", "repeat": {"9" * 5000}}}', f"{PATH}:3", "not JSON", "one"),
        ('{"caseId": "a", "text": "1", "text": "2"}', f"{PATH}:3", "'text' stands there", "delete"),
        ("<<<<<<< HEAD", f"{PATH}:3", "a merge conflict of git", "both sides"),
        (">>>>>>> main", f"{PATH}:3", "a merge conflict of git", "both sides"),
        (json.dumps(RECORDED), f"{PATH}:3", "the first is on line 2", "delete one"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_its_mending(
    line: str, place: str, words: str, fix: str
) -> None:
    with pytest.raises(InputError) as raised:
        read_cassette(f"{json.dumps(ONE)}\n{json.dumps(RECORDED)}\n{line}\n", PATH)
    [finding] = raised.value.findings
    assert str(finding.location) == place
    assert words in finding.message
    assert fix in (finding.fix or "")


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(InputError) as raised:
        read_cassette('{\n{"caseId": "a"}\n{"caseId": "b", "text": "1"}\n[]\n', PATH)
    places = [finding.location.line for finding in raised.value.findings if finding.location]
    assert places == [1, 2, 4]

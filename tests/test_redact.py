from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops_cli.assertions.excerpt import excerpt
from agentops_cli.model.call import Fault, FaultKind
from agentops_cli.model.json import Json
from agentops_cli.model.tool import ToolCall
from agentops_cli.redact import (
    Redact,
    RedactQuotes,
    redact_completion,
    redact_json,
    redact_trial,
    secrets_in,
)
from tests.builders import (
    a_completion,
    a_tool_call,
    a_trial,
    a_turn,
    a_verdict,
    an_errored_trial,
)
from tests.strategies import any_text
from tests.test_patterns import AFTER, BEFORE, KEYS, PERSONAL

KNOWN = 'p4ss/w0rd "quoted" ü'

# Text that is made of what redaction looks for, whole and in pieces.
PIECES = st.lists(
    st.sampled_from(
        [
            *KEYS.values(),
            *BEFORE.values(),
            *(value for values in PERSONAL.values() for value in values),
            *("[redacted:email]", "[redacted:", "]", "redacted", "sk-", "@roe.org", "+", " ", "\n"),
            KNOWN,
        ]
    )
    | any_text,
    max_size=6,
).map("".join)
SECRETS = st.lists(st.sampled_from([KNOWN, "redacted", "redacted:email", "[redacted"]))


@pytest.mark.parametrize(("kind", "value"), KEYS.items())
def test_a_key_becomes_a_mark_of_its_kind(kind: str, value: str) -> None:
    before, after = BEFORE.get(kind, ""), AFTER.get(kind, "")
    redacted = Redact()(f"Use {before}{value}{after} now")
    assert redacted == f"Use {before}[redacted:{kind}]{after} now"


@pytest.mark.parametrize("kind", PERSONAL)
def test_personal_data_becomes_a_mark_of_its_kind(kind: str) -> None:
    assert Redact()(f"It is {PERSONAL[kind][0]}.") == f"It is [redacted:{kind}]."


def test_a_text_without_secrets_stays_the_same_object() -> None:
    text = "A user story, risk-free, for 12 people @home."
    assert Redact([KNOWN])(text) is text


@given(PIECES, SECRETS)
def test_redacting_again_changes_nothing(text: str, secrets: list[str]) -> None:
    redact = Redact(secrets)
    once = redact(text)
    assert redact(once) == once


@given(any_text, any_text)
def test_a_known_secret_never_stays(before: str, after: str) -> None:
    assert KNOWN not in Redact([KNOWN])(before + KNOWN + after)


@pytest.mark.parametrize(
    "written",
    [KNOWN, r"p4ss/w0rd \"quoted\" \u00fc", "p4ss%2Fw0rd%20%22quoted%22%20%C3%BC"],
)
def test_a_known_secret_is_known_as_json_and_in_a_url_too(written: str) -> None:
    assert Redact([KNOWN])(f"<{written}>") == "<[redacted:secret]>"


def test_a_secret_that_holds_another_goes_as_a_whole() -> None:
    redact = Redact(["s3cret-part", "s3cret-part-and-more"])
    assert redact("s3cret-part-and-more") == "[redacted:secret]"


def test_a_short_value_is_no_secret() -> None:
    assert Redact(["pass"])("pass the salt") == "pass the salt"


def test_existing_marks_stay_as_they_are() -> None:
    assert Redact(["redacted"])("[redacted:email] redacted") == "[redacted:email] [redacted:secret]"


ENVIRON = {
    "OPENAI_API_KEY": "k3y-of-openai-1",
    "MY_GATEWAY": "k3y-of-gateway-2",
    "DB_PASSWORD": "k3y-of-db-3456",
    "github_token": "k3y-of-github-4",
    "TOKENIZERS_PARALLELISM": "parallel-as-can-be",
    "KEYBOARD": "de-latin1-nodeadkeys",
    "PATH": "/usr/local/bin:/bin",
    "SHORT_KEY": "abc123",
    "LOCAL_API_KEY": "dummy-key-for-ollama",
}


def test_secrets_of_an_environment_are_known_by_the_names_of_their_variables() -> None:
    assert secrets_in(ENVIRON) == ("k3y-of-db-3456", "k3y-of-github-4", "k3y-of-openai-1")


def test_a_variable_that_the_configuration_names_holds_a_secret() -> None:
    assert "k3y-of-gateway-2" in secrets_in(ENVIRON, ["MY_GATEWAY", "NOT_SET"])


SECRET = KEYS["openai-key"]
CARD = PERSONAL["card"][0]


def test_every_text_of_a_trial_is_redacted() -> None:
    trial = a_trial(
        completion=a_completion(
            f"Key {SECRET}",
            tool_calls=(ToolCall(id="1", name="mail", arguments=f'{{"key": "{SECRET}"}}'),),
        ),
        verdicts=(a_verdict(reason=f'found "{SECRET}"'), a_verdict(reason="clean")),
    )
    redacted = redact_trial(trial, Redact())
    assert redacted.completion is not None
    assert redacted.completion.text == "Key [redacted:openai-key]"
    assert redacted.completion.tool_calls[0].arguments == '{"key": "[redacted:openai-key]"}'
    assert [verdict.reason for verdict in redacted.verdicts] == [
        'found "[redacted:openai-key]"',
        "clean",
    ]
    assert SECRET not in repr(redacted)


def test_what_the_small_model_of_a_cascade_said_is_redacted_too() -> None:
    verdict = a_verdict(passed=False, reason=f'found "{SECRET}"')
    tried = a_trial(completion=a_completion(f"Key {SECRET}"), verdicts=(verdict,))
    redacted = redact_trial(a_trial(tried=tried), Redact())
    assert SECRET not in repr(redacted)
    assert redacted.tried is not None
    assert redacted.tried.completion is not None
    assert redacted.tried.completion.text == "Key [redacted:openai-key]"


def test_what_is_said_in_a_turn_is_redacted() -> None:
    answer = a_completion(
        f"Key {SECRET}",
        said=(f"I try {SECRET}", "I look it up"),
        failure=f"raised ValueError: {SECRET}",
        tool_calls=(ToolCall(id=SECRET, name=SECRET, arguments=f'"{SECRET}"'),),
        trace=[{"steps": [f"called {SECRET}"]}],
    )
    trial = an_errored_trial(turns=(a_turn(f"My key is {SECRET}", completion=answer),))
    [turn] = redact_trial(trial, Redact()).turns
    assert turn.input == "My key is [redacted:openai-key]"
    assert SECRET not in repr(turn)
    assert turn.completion.said == ("I try [redacted:openai-key]", "I look it up")
    assert turn.completion.failure == "raised ValueError: [redacted:openai-key]"
    assert turn.completion.trace == [{"steps": ["called [redacted:openai-key]"]}]
    assert turn.completion.tool_calls[0].arguments == '"[redacted:openai-key]"'


@pytest.mark.parametrize("said", ["input", "before"])
def test_a_secret_that_is_only_in_what_was_said_first_is_redacted(said: str) -> None:
    answer = a_completion(said=(SECRET,) if said == "before" else ())
    trial = a_trial(turns=(a_turn(SECRET if said == "input" else "Hi", completion=answer),))
    assert SECRET not in repr(redact_trial(trial, Redact()))


@pytest.mark.parametrize(
    ("trace", "redacted"),
    [
        (f"k {SECRET}", "k [redacted:openai-key]"),
        ({SECRET: 1}, {"[redacted:openai-key]": 1}),
        ([int(CARD.replace(" ", "")), 7], ["[redacted:card]", 7]),
        ([[SECRET], None, True, 1.5], [["[redacted:openai-key]"], None, True, 1.5]),
    ],
)
def test_a_trace_is_redacted_in_its_keys_its_texts_and_its_numbers(
    trace: Json, redacted: Json
) -> None:
    trial = a_trial(completion=a_completion(trace=trace))
    answer = redact_trial(trial, Redact()).completion
    assert answer is not None
    assert answer.trace == redacted


def test_a_secret_at_the_bottom_of_a_deep_trace_stays_in_the_process() -> None:
    trace: Json = SECRET
    for _ in range(100_000):
        trace = [trace]
    answer = redact_trial(a_trial(completion=a_completion(trace=trace)), Redact()).completion
    assert answer is not None
    assert SECRET not in repr(answer.trace)
    assert "nested too deeply" in repr(answer.trace)


def test_a_fragment_of_what_an_earlier_turn_hides_leaves_no_reason() -> None:
    turn = a_turn(completion=a_completion(f"It is {SECRET}."))
    verdict = a_verdict(reason=f'found it: "…{SECRET[6:20]}…"', turn=0)
    trial = a_trial(turns=(turn, a_turn()), verdicts=(verdict,))
    [left] = redact_trial(trial, Redact()).verdicts
    assert SECRET[6:20] not in left.reason


def test_a_fault_is_redacted() -> None:
    fault = Fault(kind=FaultKind.AUTH, message=f"401 for {SECRET}", fix=f"revoke {SECRET}")
    redacted = redact_trial(an_errored_trial(fault=fault), Redact())
    assert redacted.fault == replace(
        fault, message="401 for [redacted:openai-key]", fix="revoke [redacted:openai-key]"
    )


def test_a_trial_without_secrets_is_equal_to_what_it_was() -> None:
    assert redact_trial(a_trial(), Redact([KNOWN])) == a_trial()


@pytest.mark.parametrize("value", [SECRET, CARD, KEYS["private-key"], KNOWN, KEYS["jwt"]])
def test_no_excerpt_of_an_answer_lets_a_part_of_a_secret_out(value: str) -> None:
    """An excerpt may begin or end within a secret, which has then lost its prefix."""
    answer = f"The first words, then {value} and some words after it that end here."
    redact = Redact([KNOWN])
    for start in range(len(answer)):
        verdict = a_verdict(reason=f"found it: {excerpt(answer, start, start + 3)}")
        trial = a_trial(completion=a_completion(answer), verdicts=(verdict,))
        [left] = redact_trial(trial, redact).verdicts
        parts = [value[at : at + 8] for at in range(len(value) - 7)]
        assert not [part for part in parts if part in left.reason]


def test_a_short_password_in_a_url_leaves_no_reason_either() -> None:
    answer = "See postgresql://u:9z@db.internal/x"
    verdict = a_verdict(reason=f"found it: {excerpt(answer, 18, 20)}")
    trial = a_trial(completion=a_completion(answer), verdicts=(verdict,))
    assert ":9z" not in repr(redact_trial(trial, Redact()))


@pytest.mark.parametrize("value", ["aB3$kd9!mQ2zT7w", "p{as}s-2-words", "a<b>c....d9"])
def test_a_secret_of_the_environment_may_hold_any_sign(value: str) -> None:
    assert secrets_in({"GATEWAY_KEY": value}) == (value,)
    assert value not in Redact(secrets_in({"GATEWAY_KEY": value}))(f"the key is {value}, it says")


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ('{"card": 4539578763621486, "n": 2}', '{"card": "[redacted:card]", "n": 2}'),
        ('{"of": ["\\" a", 4539578763621486]}', '{"of": ["\\" a", "[redacted:card]"]}'),
        ("4539578763621486", '"[redacted:card]"'),
        ('{"card": "4539578763621486"}', '{"card": "[redacted:card]"}'),
        ("{card: 4539578763621486}", "{card: [redacted:card]}"),
        ('{"card": 1}', '{"card": 1}'),
    ],
)
def test_arguments_that_are_json_are_json_with_their_marks(arguments: str, shown: str) -> None:
    completion = a_completion(tool_calls=(a_tool_call(arguments=arguments),))
    [call] = redact_completion(completion, Redact()).tool_calls
    assert call.arguments == shown


def test_of_what_a_text_quotes_no_fragment_of_a_secret_is_left() -> None:
    key = "sk-proj-" + "Zk3vR8qLw2Xn5Bt7Yc1Md4Fg6Hj9Ks0P"
    quotes = RedactQuotes(Redact(), [f"Use {key} here."])
    assert quotes(f"it says 'Use {key[:20]}…'") == "it says 'Use [redacted:openai-key]…'"
    assert quotes("it says 'here.'") == "it says 'here.'"


def test_a_json_value_is_redacted_in_keys_and_texts_however_deep() -> None:
    key = "sk-proj-" + "Zk3vR8qLw2Xn5Bt7Yc1Md4Fg6Hj9Ks0P"
    mark = "[redacted:openai-key]"
    assert redact_json({key: [1, {"a": key}]}, Redact()) == {mark: [1, {"a": mark}]}

"""What tells which part of a request is another one than before."""

from typing import Any

import pytest

from agentops_cli.model.call import Purpose, Tags
from agentops_cli.model.prints import differing, prints_of
from agentops_cli.model.prompt import Message, Sampling
from tests.builders import a_request

WORDS = "the plan for the merger"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({}, ()),
        ({"messages": (Message(role="user", content="Hi"),)}, ("messages",)),
        ({"model": "openai/gpt-4o", "max_tokens": 9}, ("maxTokens", "model")),
        ({"sampling": Sampling(temperature=0.0)}, ("temperature",)),
        ({"sampling": Sampling(stop=("END",), seed=1)}, ("seed", "stop")),
        ({"weights": "b179"}, ("weights",)),
        ({"repeat": 1, "turn": 2, "step": 3}, ("repeat", "step", "turn")),
        ({"tags": Tags(suite="s", case_id="c"), "purpose": Purpose.JUDGE, "live": True}, ()),
    ],
)
def test_the_parts_that_changed_are_named(changes: dict[str, Any], named: tuple[str, ...]) -> None:
    one, other = prints_of(a_request()), prints_of(a_request(**changes))
    assert differing(one, other) == differing(other, one) == named


def test_requests_with_one_fingerprint_have_the_same_prints_and_no_others() -> None:
    requests = [a_request(), a_request(max_tokens=1), a_request(sampling=Sampling(temperature=0))]
    for one in requests:
        for other in requests:
            same = one.fingerprint() == other.fingerprint()
            assert (differing(prints_of(one), prints_of(other)) == ()) is same


def test_nothing_of_a_message_can_be_read_in_them() -> None:
    request = a_request(messages=(Message(role="user", content=WORDS),))
    assert WORDS.rsplit(maxsplit=1)[-1] not in str(prints_of(request))
    assert all(len(value) == 8 for value in prints_of(request).values())

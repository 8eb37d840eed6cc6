from dataclasses import replace
from typing import Any

import pytest

from agentops_cli.guards.misses import why_missing
from agentops_cli.model.call import AgentInput, FaultKind, Purpose, Request
from agentops_cli.model.cassette import Recording
from tests.guards.recorded import PATH, a_reel, asking, recording

JUDGE = {"purpose": Purpose.JUDGE, "model": "openai/gpt-4o"}
ASKED = asking()
OTHER = "f" * 64
AGENT = AgentInput(input="Hello", conversation="")


def miss(request: Request, *recorded: Recording, **changes: Any) -> str:
    fault = why_missing(request, a_reel(*recorded, **changes))
    assert (fault.kind, fault.billed, fault.final) == (FaultKind.MISS, False, True)
    assert fault.fix == "record it: agentops eval evals/s.yaml --record missing"
    return fault.message


def test_a_cassette_that_is_not_there_is_named() -> None:
    assert miss(ASKED, cassette=None) == (
        f"evals/s.yaml has no cassette: {PATH} does not exist, "
        "so there is no answer of openai/gpt-4o-mini"
    )


@pytest.mark.parametrize(
    ("request_", "recorded", "words"),
    [
        (ASKED, recording(asking("z")), "answer of openai/gpt-4o-mini for case 'a'"),
        (asking("late-parcel"), recording(asking("late-parcels")), "nearest case in it is 'late-"),
        (ASKED, recording(ASKED, key=None), f"the one at {PATH}:1 has no key"),
        (ASKED, recording(ASKED, key=OTHER, model="a/b"), "case 'a', only of a/b"),
        (
            asking(repeat=2),
            recording(ASKED, key=OTHER),
            "case 'a', repeat 2; it has repeat 0 (they count from 0)",
        ),
        (asking(step=1), recording(ASKED, key=OTHER), "turn 0, step 1; it has turn/step 0/0"),
        (
            ASKED,
            recording(ASKED, key=OTHER, prompt_sha="older"),
            f"the one of 2026-01-02 ({PATH}:1) was asked with another version of the prompt echo",
        ),
        (
            ASKED,
            recording(ASKED, key=OTHER),
            (
                "was asked otherwise: compare the input, variables, model parameters, tools and "
                "the base URL (none is set now)"
            ),
        ),
        (
            replace(ASKED, base_url="http://gateway/v1"),
            recording(ASKED),
            "was asked at the provider's own address, not at http://gateway/v1",
        ),
        (
            replace(ASKED, base_url="http://gateway/v1"),
            recording(ASKED, key=OTHER),
            "the base URL (it is asked at http://gateway/v1 now)",
        ),
        (
            asking(turn=1),
            recording(asking(turn=1), key=OTHER),
            "compare the input, variables, what was said before it, model",
        ),
        (
            asking(agent=AGENT, model="agent/bot"),
            recording(asking(agent=AGENT, model="agent/bot"), key=OTHER),
            "compare the input, variables, faults and maxSteps",
        ),
        (
            asking(**JUDGE),
            recording(asking(**JUDGE), key=OTHER),
            (
                "opinion of openai/gpt-4o for case 'a' about this: since 2026-01-02 "
                f"({PATH}:1) the answer, the rubric, the judge or where it is asked has changed"
            ),
        ),
        (asking(**JUDGE), recording(ASKED), "no opinion of openai/gpt-4o for case 'a'"),
    ],
)
def test_a_miss_tells_what_is_recorded_instead(
    request_: Request, recorded: Recording, words: str
) -> None:
    message = miss(request_, recorded)
    assert message.startswith(f"{PATH} has no ")
    assert words in message


def test_a_weight_of_a_local_model_may_have_changed() -> None:
    request = asking(model="local/smollm2-135m-instruct", weights="1" * 64)
    assert "the weights of the model" in miss(request, recording(request, key=OTHER))


def test_no_more_than_a_few_places_are_listed() -> None:
    recorded = [recording(asking(repeat=n), key=f"{n:064x}", line=n) for n in range(20)]
    assert "repeat 0, 1, 2, 3, 4, 5, 14 more" in miss(asking(repeat=99), *recorded)

"""`similar` without its model: the vectors are ours, so that the similarity is known."""

import math
from typing import Any

import pytest

from agentops_cli.assertions.build import build
from agentops_cli.errors import InputError
from agentops_cli.locate import parse_yaml
from agentops_cli.model.call import Ask, Completion, Evidence, Finish, Purpose, Tags, Verdict
from agentops_cli.model.embedding import EMBEDDING_MODEL, vectors_to_text
from agentops_cli.model.suite import AssertionSpec
from agentops_cli.validate import check_part
from tests.assertions.conftest import KINDS, PLACE
from tests.builders import a_case, a_completion, a_request

WANTED = "You can return it within 30 days."


def told(answer: str | Completion, args: dict[str, Any], *, negated: bool = False) -> Verdict | Ask:
    """What the kind says of an answer before any model is asked."""
    spec = AssertionSpec(kind="similar", args=args, location=PLACE, negated=negated)
    completion = a_completion(answer) if isinstance(answer, str) else answer
    request = a_request(tags=Tags(suite="evals/x.yaml", case_id="a"), timeout_s=7.0)
    evidence = Evidence(case=a_case(), request=request, completion=completion)
    return build(spec, KINDS).check(evidence)


def settled(
    answer: str, args: dict[str, Any], *similarities: float | str, negated: bool = False
) -> Verdict:
    """The verdict when the answer is so similar to the texts, or a text has no vector."""
    ask = told(answer, args, negated=negated)
    assert isinstance(ask, Ask)
    others = [one if isinstance(one, str) else _at(one) for one in similarities]
    verdict = ask.settle(a_completion(vectors_to_text([_at(1.0), *others])))
    assert isinstance(verdict, Verdict)
    return verdict


def _at(cosine: float) -> tuple[float, float]:
    """A vector of length 1 whose cosine to `(1, 0)` this is."""
    return (cosine, math.sqrt(1 - cosine**2))


def test_it_asks_the_embedding_model_for_the_answer_and_every_text() -> None:
    ask = told("Thirty days.", {"value": [WANTED, "No returns."]})
    assert isinstance(ask, Ask)
    request = ask.request
    assert (request.model, request.purpose) == (EMBEDDING_MODEL, Purpose.JUDGE)
    assert [m.content for m in request.messages] == ["Thirty days.", WANTED, "No returns."]
    assert (request.timeout_s, request.tags) == (7.0, Tags(suite="evals/x.yaml", case_id="a"))


@pytest.mark.parametrize(
    ("similarity", "threshold", "passed", "shown"),
    [
        (0.75, None, True, "similarity 0.75 "),
        (0.749, None, False, "similarity 0.749 "),
        # What is shown is what is judged.
        (0.7496, None, True, "similarity 0.75 "),
        (0.9, 0.95, False, "similarity 0.9 "),
        (1.0, 1, True, "similarity 1 "),
        (-0.25, 0.3, False, "similarity -0.25 "),
    ],
)
def test_the_similarity_is_held_against_the_threshold(
    similarity: float, threshold: float | None, passed: bool, shown: str
) -> None:
    args = {"value": "Thirty days."} | ({"threshold": threshold} if threshold else {})
    verdict = settled("A month.", args, similarity)
    assert verdict.passed is passed
    assert verdict.score == pytest.approx(max(0.0, similarity), abs=0.001)
    assert verdict.reason == (
        f'{shown}to "Thirty days.", wanted at least {threshold or 0.75:g}: "A month."'
    )


def test_any_of_several_texts_will_do_and_the_nearest_is_named() -> None:
    verdict = settled("A month.", {"value": ["Never.", "Thirty days."]}, 0.1, 0.8)
    assert verdict.passed is True
    assert verdict.reason.startswith('similarity 0.8 to "Thirty days."')
    assert settled("A month.", {"value": ["Never.", "Thirty days."]}, 0.1, 0.2).passed is False


def test_it_can_be_negated() -> None:
    verdict = settled("It rains.", {"value": WANTED}, 0.1, negated=True)
    assert verdict.passed is True
    assert verdict.score == pytest.approx(0.9)
    assert settled("Thirty days.", {"value": WANTED}, 0.8, negated=True).passed is False


@pytest.mark.parametrize(
    ("answer", "wanted", "warning"),
    [
        ("not approved", "approved", 'only one of them has "not"'),
        ("It is approved.", "It isn't approved.", 'only one of them has "isn\'t"'),
        ("Approved without delay", "Approved", 'only one of them has "without"'),
        ("It is not approved.", "It is never approved.", None),
        ("Within 90 days.", "Within 30 days.", "the answer does not have the number 30"),
        ("$1,500 by 2 May", "$1,500 by 2 May, 9.30", "the answer does not have the number 9.30"),
        ("Within 30 days, as of 2026.", "Within 30 days.", None),
        ("It is now knotted.", "It is noted.", None),
        (
            "Not within 90 days.",
            "Within 30 days.",
            'only one of them has "Not" and the answer does not have the number 30',
        ),
    ],
)
def test_a_pass_warns_of_what_similarity_does_not_see(
    answer: str, wanted: str, warning: str | None
) -> None:
    reason = settled(answer, {"value": wanted}, 0.84).reason
    assert ("mind" in reason) is (warning is not None)
    if warning:
        assert reason.endswith(f"; mind that {warning}, which similarity does not see")
    assert "mind" not in settled(answer, {"value": wanted}, 0.5).reason


@pytest.mark.parametrize("negated", [False, True])
def test_a_text_that_the_model_does_not_read_whole_is_not_compared(negated: bool) -> None:
    why = "has 300 tokens, and the embedding model reads 254"
    ask = told("A long answer.", {"value": WANTED}, negated=negated)
    assert isinstance(ask, Ask)
    verdict = ask.settle(a_completion(vectors_to_text([why, _at(0.9)])))
    assert isinstance(verdict, Verdict)
    assert verdict.passed is None
    assert verdict.reason == f'cannot tell: the answer {why}: "A long answer."'
    assert settled("yes", {"value": WANTED}, why, negated=negated).passed is None


@pytest.mark.parametrize("negated", [False, True])
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("Мы вернём деньги.", "is not in Latin letters"),
        ("三十日以内", "is not in Latin letters"),
        ("\N{GRINNING FACE}", "has neither letters nor digits"),
    ],
)
def test_an_answer_in_a_script_that_the_model_confuses_is_an_abstention(
    answer: str, words: str, negated: bool
) -> None:
    verdict = told(answer, {"value": WANTED}, negated=negated)
    assert isinstance(verdict, Verdict)
    assert verdict.passed is None
    assert words in verdict.reason


@pytest.mark.parametrize(
    ("completion", "words"),
    [
        (a_completion(" "), "an empty answer"),
        (a_completion("", finish=Finish.FILTERED), "the provider's content filter stopped it"),
    ],
)
def test_an_empty_answer_is_similar_to_nothing_and_no_proof_of_the_contrary(
    completion: Completion, words: str
) -> None:
    verdict = told(completion, {"value": WANTED})
    assert isinstance(verdict, Verdict)
    assert verdict.passed is False
    assert verdict.reason == f'nothing is similar to "{WANTED}": {words}'
    negated = told(completion, {"value": WANTED}, negated=True)
    assert isinstance(negated, Verdict)
    assert negated.passed is None


@pytest.mark.parametrize("text", ["Мы вернём деньги.", "\N{GRINNING FACE}", " "])
def test_a_text_that_cannot_be_compared_is_refused_before_the_run(text: str) -> None:
    with pytest.raises(InputError) as error:
        told("yes", {"value": ["fine", text]})
    [finding] = error.value.findings
    assert finding.fix == "write English, or assert it with another kind"
    assert finding.location == PLACE


@pytest.mark.parametrize(
    "args",
    [
        {},
        {"value": ""},
        {"value": []},
        {"value": "x", "threshold": 0},
        {"value": "x", "threshold": 1.5},
        {"value": "x", "min": 0.5},
    ],
    ids=str,
)
def test_arguments_of_another_shape_are_refused(args: dict[str, Any]) -> None:
    assert check_part(parse_yaml("", path="x"), args, KINDS.get("similar").schema, ())

import re
from asyncio import CancelledError
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops_cli.assertions.broken import BrokenCheck
from agentops_cli.assertions.build import build
from agentops_cli.assertions.verdict import CannotTell
from agentops_cli.errors import PluginError
from agentops_cli.model.call import Ask, Completion, Evidence, Verdict
from agentops_cli.model.json import JsonObject
from agentops_cli.model.suite import AssertionSpec
from agentops_cli.ports import AssertionType
from agentops_cli.registry import Registry
from tests.assertions.conftest import KINDS, PLACE, judge_answer
from tests.builders import a_case, a_completion, a_request, a_verdict

EVIDENCE = Evidence(case=a_case(), request=a_request(), completion=a_completion("yes"))


class Judged:
    """A plugin that lets a model judge; it abstains when the model says nothing."""

    schema: JsonObject = {"type": "object"}  # noqa: RUF012 - as a plugin writes it

    def __init__(self, spec: AssertionSpec, /) -> None:
        self.spec = spec

    def check(self, evidence: Evidence) -> Ask:
        return Ask(request=evidence.request, settle=self.settle)

    def settle(self, reply: Completion) -> Verdict:
        if not reply.text:
            raise CannotTell("the judge said nothing")
        verdict = a_verdict(kind="other", passed=reply.text == "yes", score=0.75)
        return replace(verdict, reason=reply.model, unsure=reply.text == "perhaps")


def plugins() -> Registry[AssertionType]:
    return Registry("agentops.none", {"judged": f"{__name__}:Judged"}, noun="assertion")


def spec_of(kind: str, **changes: bool) -> AssertionSpec:
    return replace(AssertionSpec(kind=kind, args={}, location=PLACE), **changes)  # type: ignore[arg-type] # flags


@pytest.mark.parametrize("negated", [False, True])
def test_an_opinion_that_is_unsure_stays_so(negated: bool) -> None:
    assert settled("perhaps", negated=negated).unsure
    assert not settled("yes", negated=negated).unsure


def settled(text: str, *, reason: str = "so it says", **changes: bool) -> Verdict:
    ask = build(spec_of("judged", **changes), plugins()).check(EVIDENCE)
    assert isinstance(ask, Ask)
    verdict = ask.settle(a_completion(text, model=reason))
    assert isinstance(verdict, Verdict)
    return verdict


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The registry imports a plugin by name, which tests have none of."""
    import sys

    monkeypatch.setitem(sys.modules, __name__, sys.modules[Judged.__module__])


@given(st.text(max_size=40), st.text("ab ", min_size=1, max_size=3).filter(str.strip))
def test_negation_turns_every_verdict_round(answer: str, needle: str) -> None:
    plain = judge_answer("mustContain", answer, {"value": needle})
    negated = judge_answer("mustContain", answer, {"value": needle}, negated=True)
    assert negated.passed is (not plain.passed)
    assert negated.score == 1 - plain.score
    assert negated.reason == f"not: {plain.reason}"


@given(st.text(max_size=40), st.text("ab ", min_size=1, max_size=3).filter(str.strip))
def test_must_not_contain_is_the_opposite_of_must_contain(answer: str, needle: str) -> None:
    wanted = judge_answer("mustContain", answer, {"value": needle})
    forbidden = judge_answer("mustNotContain", answer, {"value": needle})
    assert forbidden.passed is (not wanted.passed)


@pytest.mark.parametrize("negated", [False, True])
def test_an_abstention_stays_one_when_negated(negated: bool) -> None:
    verdict = judge_answer("language", "42", {"value": "en"}, negated=negated)
    assert verdict.passed is None
    assert verdict.score == 0
    assert verdict.reason == 'cannot tell: the language is not clear: "42"'


def test_an_advisory_verdict_says_so() -> None:
    assert judge_answer("json", "no", {}, advisory=True).advisory
    assert not judge_answer("json", "no", {}).advisory


def test_a_verdict_says_where_its_assertion_is_written() -> None:
    assert judge_answer("json", "{}", {}).location == PLACE


def test_a_model_judged_assertion_is_finished_when_the_model_has_spoken() -> None:
    verdict = settled("yes", advisory=True)
    assert (verdict.kind, verdict.passed, verdict.score) == ("judged", True, 0.75)
    assert verdict.advisory
    assert verdict.location == PLACE


def test_a_model_judged_assertion_can_be_negated() -> None:
    verdict = settled("yes", negated=True)
    assert (verdict.passed, verdict.score, verdict.reason) == (False, 0.25, "not: so it says")


def test_a_model_judged_assertion_can_abstain() -> None:
    assert settled("", negated=True).passed is None


def test_a_reason_is_one_short_line_whoever_gives_it() -> None:
    reason = settled("yes", reason="two\nlines \x1b[31m" + "x" * 20_000).reason
    assert reason.startswith(r"two\nlines \x1b[31mxxx")
    assert len(reason) < 1_100


def test_a_kind_that_there_is_not_is_named_with_its_nearest() -> None:
    with pytest.raises(PluginError) as error:
        build(spec_of("mustContains"), KINDS)
    [finding] = error.value.findings
    assert finding.location == PLACE
    assert finding.fix is not None
    assert finding.fix.startswith("did you mean 'mustContain'?")


class Careless:
    """A plugin that answers as no type checker would let it."""

    schema: JsonObject = {"type": "object"}  # noqa: RUF012 - as a plugin writes it

    def __init__(self, spec: AssertionSpec, /) -> None:
        self.said = spec.args["said"]

    def check(self, evidence: Evidence) -> Any:
        if isinstance(self.said, BaseException):
            raise self.said
        return self.said


@pytest.mark.parametrize("said", [None, True, "yes", {"passed": True}])
def test_what_is_no_verdict_is_not_taken_for_one(said: Any) -> None:
    with pytest.raises(BrokenCheck, match=r"^returned .*, which is neither Verdict nor Ask"):
        careless(said)


@pytest.mark.parametrize("passed", [0, 1, "no", [], 0.0])
@pytest.mark.parametrize("negated", [False, True])
def test_neither_is_what_is_only_like_a_yes_or_a_no(passed: Any, negated: bool) -> None:
    with pytest.raises(BrokenCheck, match="neither True, False nor None"):
        careless(a_verdict(passed=passed), negated=negated)


@pytest.mark.parametrize("score", [-0.01, 1.01, 85, float("nan"), True, "1", None])
@pytest.mark.parametrize("passed", [True, False, None])
def test_a_score_is_from_0_to_1(score: Any, passed: bool | None) -> None:
    with pytest.raises(BrokenCheck, match="no number from 0 to 1"):
        careless(a_verdict(passed=passed, score=score))


@pytest.mark.parametrize("reason", ["", " \n", None, 7])
def test_a_verdict_says_why(reason: Any) -> None:
    with pytest.raises(BrokenCheck, match="gives no reason"):
        careless(a_verdict(reason=reason))


@pytest.mark.parametrize(
    "error",
    [ValueError("boom"), SystemExit(0), SystemExit("boom"), BaseException(), CancelledError()],
)
def test_whatever_a_check_raises_is_an_ordinary_error_with_its_place(error: BaseException) -> None:
    with pytest.raises(BrokenCheck) as caught:
        careless(error)
    told = re.escape(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)
    assert re.fullmatch(rf"raised {told} \(\S*test_build\.py:\d+\)", str(caught.value))


class Exits(Judged):
    """A plugin that ends the program when the judge has spoken."""

    def settle(self, reply: Completion) -> Verdict:
        raise SystemExit(0)


def test_so_is_what_it_raises_when_the_judge_has_spoken() -> None:
    kinds: Registry[AssertionType] = Registry(
        "agentops.none", {"exits": f"{__name__}:Exits"}, noun="assertion"
    )
    ask = build(spec_of("exits"), kinds).check(EVIDENCE)
    assert isinstance(ask, Ask)
    with pytest.raises(BrokenCheck, match="raised SystemExit: 0"):
        ask.settle(a_completion("yes"))


def test_ctrl_c_is_nobodys_mistake() -> None:
    with pytest.raises(KeyboardInterrupt):
        careless(KeyboardInterrupt())


def test_an_assertion_is_called_by_its_kind() -> None:
    assert str(build(spec_of("judged"), plugins())) == "'judged'"


def careless(said: Any, *, negated: bool = False) -> object:
    kinds: Registry[AssertionType] = Registry(
        "agentops.none", {"careless": f"{__name__}:Careless"}, noun="assertion"
    )
    spec = AssertionSpec(kind="careless", args={"said": said}, location=PLACE, negated=negated)
    return build(spec, kinds).check(EVIDENCE)

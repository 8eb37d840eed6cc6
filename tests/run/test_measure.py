from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from agentops_cli.metrics import BUILTIN
from agentops_cli.model.json import Json
from agentops_cli.model.metric import MetricResult, MetricSpec
from agentops_cli.model.result import Outcome, PlannedCase, TrialResult
from agentops_cli.model.suite import Quarantine
from agentops_cli.ports import MetricType
from agentops_cli.registry import Registry
from agentops_cli.run.measure import Measure
from tests.builders import (
    a_case,
    a_completion,
    a_place,
    a_planned_case,
    a_trial,
    an_errored_trial,
)

TODAY = date(2026, 1, 2)
SUITE = "evals/s.yaml"
SPEC = MetricSpec(
    kind="classification",
    name="triage",
    args={"labels": ["bug", "other"]},
    location=a_place(),
    by="lang",
)


def case(index: int, label: str, lang: str = "en", model: str = "m", **changes: Any) -> PlannedCase:
    references: dict[str, Json] = {"triage": label}
    own = a_case(references=references, tags=frozenset({f"lang:{lang}"}))
    return a_planned_case(index=index, suite=SUITE, model=model, case=replace(own, **changes))


def answer(planned: PlannedCase, text: str, **changes: Any) -> TrialResult:
    result = a_trial(index=planned.index, suite=planned.suite, completion=a_completion(text))
    return replace(result, **changes)


def measure_of(planned: Sequence[PlannedCase], *specs: MetricSpec) -> Measure:
    kinds: Registry[MetricType] = Registry("agentops.metrics", BUILTIN, noun="metric")
    return Measure(planned, {SUITE: specs or (SPEC,)}, kinds=kinds, today=TODAY)


def counted(
    planned: Sequence[PlannedCase], trials: Sequence[TrialResult], models: Sequence[str] = ("m",)
) -> tuple[MetricResult, ...]:
    measure = measure_of(planned)
    for trial in trials:
        measure.add(measure.measured(trial))
    return measure.results(SUITE, models)


def accuracy(result: MetricResult) -> float | None:
    figure = result.figure("accuracy")
    assert figure
    return figure.value


def test_all_cases_come_before_their_slices() -> None:
    planned = [case(0, "bug", "en"), case(1, "other", "de"), case(2, "other", "en")]
    results = counted(planned, [answer(one, "other") for one in planned])
    assert [(r.slice, r.n, accuracy(r)) for r in results] == [
        (None, 3, 2 / 3),
        ("lang:de", 1, 1.0),
        ("lang:en", 2, 0.5),
    ]


def test_each_model_is_measured_by_itself() -> None:
    planned = [case(0, "bug", model="m"), case(1, "bug", model="n")]
    results = counted(planned, [answer(planned[0], "bug"), answer(planned[1], "other")], ("m", "n"))
    whole = [result for result in results if result.slice is None]
    assert [(r.model, accuracy(r)) for r in whole] == [("m", 1.0), ("n", 0.0)]


def test_every_repeat_is_an_observation() -> None:
    planned = [case(0, "bug", repeat=3)]
    trials = [answer(planned[0], text, repeat=n) for n, text in enumerate(["bug", "other", "bug"])]
    whole = counted(planned, trials)[0]
    assert (whole.n, whole.unjudged, accuracy(whole)) == (3, 0, 2 / 3)


def test_a_trial_without_a_verdict_counts_nowhere_and_is_told() -> None:
    planned = [case(0, "bug", repeat=2), case(1, "other"), case(2, "other")]
    trials = [
        answer(planned[0], "bug"),
        an_errored_trial(index=0, repeat=1),
        # It was answered, but whether rightly could not be told: it may be asked again.
        answer(planned[1], "other", outcome=Outcome.ERRORED),
    ]
    whole = counted(planned, trials)[0]
    assert (whole.n, whole.unjudged) == (1, 3), "the last case never began"


def test_a_trial_that_failed_counts() -> None:
    planned = [case(0, "bug"), case(1, "bug")]
    trials = [
        answer(planned[0], "bug", outcome=Outcome.FAILED),
        answer(planned[1], "", outcome=Outcome.FAILED, completion=None),
    ]
    whole = counted(planned, trials)[0]
    assert (whole.n, accuracy(whole)) == (2, 0.5), "no answer is no right answer"


def test_a_case_in_quarantine_is_not_measured_until_the_quarantine_ends() -> None:
    watched = Quarantine(reason="flaky", owner="@a", until=date(2026, 1, 2))
    ended = replace(watched, until=date(2026, 1, 1))
    planned = [case(0, "bug", quarantine=watched), case(1, "bug", quarantine=ended)]
    whole = counted(planned, [answer(one, "bug") for one in planned])[0]
    assert (whole.n, whole.unjudged) == (1, 0)


def test_a_case_that_is_expected_to_fail_is_measured() -> None:
    planned = [case(0, "bug", xfail="the model says other")]
    whole = counted(planned, [answer(planned[0], "other", outcome=Outcome.FAILED)])[0]
    assert (whole.n, accuracy(whole)) == (1, 0.0)


def test_skipped_cases_and_those_without_a_reference_are_not_measured() -> None:
    planned = [case(0, "bug", skip="no"), case(1, "bug", references={}), case(2, "bug")]
    whole = counted(planned, [answer(one, "bug") for one in planned[1:]])[0]
    assert (whole.n, whole.unjudged) == (1, 0)


def test_a_model_without_a_measured_case_has_a_result_that_says_nothing() -> None:
    [whole] = counted([case(0, "bug", references={})], [])
    assert whole.n == 0
    assert accuracy(whole) is None


def test_a_slice_whose_trials_all_lack_a_verdict_is_not_forgotten() -> None:
    planned = [case(0, "bug", "en"), case(1, "other", "de")]
    results = counted(planned, [answer(planned[0], "bug"), an_errored_trial(index=1)])
    [german] = [result for result in results if result.slice == "lang:de"]
    recall = german.figure("recall.other")
    assert (german.n, german.unjudged) == (0, 1)
    assert german.figure("recall.bug") is None, "nothing there was to be a bug"
    assert recall
    assert recall.value is None


def test_a_suite_without_metrics_has_none() -> None:
    measure = Measure(
        [case(0, "bug")],
        {},
        kinds=Registry("agentops.metrics", BUILTIN, noun="metric"),
        today=TODAY,
    )
    measure.add(measure.measured(answer(case(0, "bug"), "bug")))
    assert measure.results(SUITE, ["m"]) == ()


def test_the_order_of_trials_changes_nothing() -> None:
    planned = [case(n, "bug" if n % 3 else "other", "de" if n % 2 else "en") for n in range(30)]
    trials = [answer(one, "bug" if one.index % 4 else "other") for one in planned]
    assert counted(planned, trials) == counted(planned, trials[::-1])

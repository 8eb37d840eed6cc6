from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from agentops_cli.model.call import FaultKind
from agentops_cli.model.result import Outcome, PlannedCase, Tally, Trial
from agentops_cli.run.fold import judge_repeats
from agentops_cli.run.repeats import Rounds, spared, wanting
from tests.builders import a_case, a_fault, a_planned_case, a_trial

P, F, E = Outcome.PASSED, Outcome.FAILED, Outcome.ERRORED
ENDS = st.lists(st.sampled_from([P, F, E]), min_size=1, max_size=9)


def a_plan(*cases: tuple[int, int], skip: str | None = None) -> list[PlannedCase]:
    """Cases that pass when k of n repeats do, given as (k, n)."""
    return [
        a_planned_case(
            index=index,
            case=a_case(id=f"c{index}", repeat=n, repeat_pass=k, repeat_auto=True, skip=skip),
        )
        for index, (k, n) in enumerate(cases)
    ]


def run(rounds: Rounds, ends: dict[int, list[Outcome]]) -> list[list[tuple[int, int]]]:
    """Runs all rounds; `ends` says how each repeat of a case ends. Gives what was in each round."""
    ran = []
    for trials in rounds:
        now: list[Trial] = list(trials)
        ran.append([(trial.planned.index, trial.repeat) for trial in now])
        for index, repeat in ran[-1]:
            rounds.add(a_trial(index=index, repeat=repeat, outcome=ends[index][repeat]))
    return ran


def tally_of(ends: list[Outcome], of: int) -> Tally:
    return Tally(
        passed=ends.count(P), failed=ends.count(F), errored=ends.count(E), skipped=of - len(ends)
    )


def test_a_majority_of_five_ends_after_three_that_agree() -> None:
    assert run(Rounds(a_plan((3, 5))), {0: [P, P, P, F, F]}) == [[(0, 0), (0, 1), (0, 2)]]
    assert run(Rounds(a_plan((3, 5))), {0: [F, F, F, P, P]}) == [[(0, 0), (0, 1), (0, 2)]]


def test_as_many_are_run_as_are_wanting_whichever_way_they_end() -> None:
    ran = run(Rounds(a_plan((3, 5))), {0: [P, P, F, F, P]})
    assert ran == [[(0, 0), (0, 1), (0, 2)], [(0, 3)], [(0, 4)]]


def test_a_case_that_must_always_pass_ends_at_its_first_failure() -> None:
    ran = run(Rounds(a_plan((3, 3), (3, 3))), {0: [F, P, P], 1: [P, P, P]})
    assert ran == [[(0, 0), (1, 0)], [(1, 1)], [(1, 2)]]


def test_one_that_must_pass_once_ends_at_its_first_pass() -> None:
    ran = run(Rounds(a_plan((1, 3))), {0: [F, P, P]})
    assert ran == [[(0, 0)], [(0, 1)]]


def test_an_errored_repeat_decides_nothing_and_another_one_is_run() -> None:
    ran = run(Rounds(a_plan((2, 3))), {0: [P, E, P]})
    assert ran == [[(0, 0), (0, 1)], [(0, 2)]]
    assert run(Rounds(a_plan((1, 1))), {0: [E]}) == [[(0, 0)]]


def test_a_case_that_is_skipped_is_never_run() -> None:
    assert run(Rounds(a_plan((1, 1), skip="no key")), {}) == []


def test_what_was_run_before_is_counted_and_not_run_again() -> None:
    before = {(0, 0): P, (0, 2): P}
    rounds = Rounds(a_plan((3, 5)), is_done=lambda *place: place in before)
    for (index, repeat), outcome in before.items():
        rounds.add(a_trial(index=index, repeat=repeat, outcome=outcome))
    assert run(rounds, {0: [P, F, P, P, F]}) == [[(0, 1)], [(0, 3)]]


def test_a_decided_case_is_told_from_one_that_errors_left_open() -> None:
    plan = a_plan((2, 3), (2, 3))
    rounds = Rounds(plan)
    run(rounds, {0: [P, P, E], 1: [P, E, E]})
    assert [rounds.decided(planned) for planned in plan] == [True, False]


@given(ends=ENDS, data=st.data())
def test_the_verdict_is_that_of_all_repeats_and_nothing_was_run_in_vain(
    ends: list[Outcome], data: st.DataObject
) -> None:
    n = len(ends)
    k = data.draw(st.integers(1, n))
    [planned] = plan = a_plan((k, n))
    rounds = Rounds(plan)
    ran = [ends[repeat] for trials in run(rounds, {0: ends}) for _, repeat in trials]
    assert ran == ends[: len(ran)]
    whole = judge_repeats(tally_of(ends, n), needed=k)
    part = judge_repeats(tally_of(ran, n), needed=k)
    good = {Outcome.PASSED, Outcome.FLAKY}
    assert (part in good) == (whole in good)
    assert (part is Outcome.FAILED) == (whole is Outcome.FAILED)
    # It ended at the first repeat that decided it: the last one that was run was not in vain.
    decided = wanting(planned.case, passed=ran.count(P), failed=ran.count(F)) == 0
    assert decided or len(ran) == n
    before = ran[:-1]
    assert wanting(planned.case, passed=before.count(P), failed=before.count(F)) > 0
    assert rounds.decided(planned) == decided


def test_only_a_case_that_was_decided_early_spared_repeats() -> None:
    case = a_planned_case(case=a_case(repeat=5, repeat_pass=3, repeat_auto=True)).case
    assert spared(case, passed=3, failed=0, begun=3) == 2
    assert spared(case, passed=2, failed=0, begun=2) == 0
    assert spared(replace(case, repeat_auto=False), passed=3, failed=0, begun=3) == 0


def test_a_case_that_the_budget_refused_gets_no_other_repeat_in_this_process() -> None:
    refused = a_fault(kind=FaultKind.BUDGET)
    rounds = Rounds(a_plan((3, 5), (3, 5)))
    first = next(iter(rounds))
    places = [(trial.planned.index, trial.repeat) for trial in first]
    for index, repeat in places:
        outcome = P if index or not repeat else E
        fault = refused if outcome is E else None
        rounds.add(a_trial(index=index, repeat=repeat, outcome=outcome, fault=fault))
    assert [*iter(rounds)] == []
    # In the next process it does.
    rounds = Rounds(a_plan((3, 5)), is_done=lambda _, repeat: repeat == 0)
    rounds.add(a_trial(index=0, repeat=0, outcome=P), kept=True)
    for repeat in (1, 2):
        rounds.add(a_trial(index=0, repeat=repeat, outcome=E, fault=refused), kept=True)
    assert [(t.planned.index, t.repeat) for t in next(iter(rounds))] == [(0, 1), (0, 2)]

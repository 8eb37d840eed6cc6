"""Values for tests: each builder gives a plain, sensible one, and takes what a test cares about."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from agentops_cli.errors import ExitCode
from agentops_cli.model.call import Completion, Fault, FaultKind, Finish, Request, Verdict
from agentops_cli.model.finding import Finding
from agentops_cli.model.money import Cost, Usage
from agentops_cli.model.place import Location
from agentops_cli.model.prompt import Message
from agentops_cli.model.result import (
    CaseResult,
    GateDecision,
    GitStamp,
    Outcome,
    PlannedCase,
    RunResult,
    SuiteResult,
    Tally,
    TrialResult,
    TurnResult,
)
from agentops_cli.model.settings import Accounting
from agentops_cli.model.suite import Case, Gate, Turn
from agentops_cli.model.tool import ToolCall
from agentops_cli.model.totals import totals_by_model

MINI = "openai/gpt-4o-mini"
SONNET = "anthropic/claude-sonnet-4-5"
BOT, LEGACY = "agent/support-bot", "agent/legacy"
JUDGE = "openai/gpt-4o"
Trials = Iterable[Iterable[TrialResult]]


def a_place(line: int | None = 12, column: int | None = None, **changes: Any) -> Location:
    """A place in a suite file."""
    place = Location(path="evals/product-manager.yaml", line=line, column=column)
    return replace(place, **changes)


def a_case(**changes: Any) -> Case:
    """A case as an author writes it."""
    return replace(Case(id="wishlist", location=a_place(), input="Add a wishlist"), **changes)


def a_request(**changes: Any) -> Request:
    """A request of one user message."""
    request = Request(
        model=MINI, messages=(Message(role="user", content="Add a wishlist"),), max_tokens=256
    )
    return replace(request, **changes)


def a_planned_case(**changes: Any) -> PlannedCase:
    """A case on a model, ready to run."""
    planned = PlannedCase(
        index=0, suite="product-manager", case=a_case(), model=MINI, request=a_request()
    )
    return replace(planned, **changes)


def a_completion(text: str = "As a user I want a wishlist.", **changes: Any) -> Completion:
    """An answer that was paid for."""
    completion = Completion(
        text=text,
        finish=Finish.STOP,
        model="gpt-4o-mini-2024-07-18",
        latency_s=0.812,
        usage=Usage(input_tokens=120, output_tokens=34),
        cost=Cost(usd=Decimal("0.0000384")),
    )
    return replace(completion, **changes)


def a_tool_call(name: str = "get_order", **changes: Any) -> ToolCall:
    """A call of a tool that looks an order up."""
    return replace(ToolCall(id="call_1", name=name, arguments='{"id": "0812"}'), **changes)


def a_turn(said: str = "Where is my order 0812?", **changes: Any) -> TurnResult:
    """A turn that took a tool call and an answer."""
    answer = a_completion("It is shipped.", tool_calls=(a_tool_call(),))
    return replace(TurnResult(input=said, completion=answer, steps=2), **changes)


def a_verdict(**changes: Any) -> Verdict:
    """An assertion that holds."""
    verdict = Verdict(
        kind="mustContain",
        passed=True,
        score=1.0,
        reason="found 'wishlist'",
        location=a_place(line=15, column=20),
    )
    return replace(verdict, **changes)


def a_lost_verdict(**changes: Any) -> Verdict:
    """An assertion that does not hold."""
    verdict = a_verdict(
        passed=False, score=0.0, reason="'acceptance criteria' is not in the answer"
    )
    return replace(verdict, **changes)


def a_fault(**changes: Any) -> Fault:
    """A call that gave nothing."""
    fault = Fault(
        kind=FaultKind.RATE_LIMIT,
        message="HTTP 429 after 5 attempts",
        fix="lower --concurrency, or raise the limit of the key",
    )
    return replace(fault, **changes)


def a_trial(**changes: Any) -> TrialResult:
    """A trial that passed."""
    trial = TrialResult(
        index=0,
        suite="product-manager",
        case_id="wishlist",
        model=MINI,
        repeat=0,
        outcome=Outcome.PASSED,
        completion=a_completion(),
        verdicts=(a_verdict(),),
    )
    return replace(trial, **changes)


def a_lost_trial(**changes: Any) -> TrialResult:
    """A trial that was judged and lost."""
    trial = a_trial(
        outcome=Outcome.FAILED, completion=a_completion("No."), verdicts=(a_lost_verdict(),)
    )
    return replace(trial, **changes)


def an_errored_trial(**changes: Any) -> TrialResult:
    """A trial without an answer."""
    trial = a_trial(outcome=Outcome.ERRORED, completion=None, verdicts=(), fault=a_fault())
    return replace(trial, **changes)


def a_conversation(*turns: TurnResult, **changes: Any) -> TrialResult:
    """A trial of several turns that passed; without any it has two."""
    turns = turns or (a_turn(), a_turn("When?", completion=a_completion("On Friday."), steps=1))
    answers = [turn.completion for turn in turns]
    whole = replace(
        answers[-1],
        cost=sum((answer.cost for answer in answers), Cost()),
        usage=sum((answer.usage for answer in answers if answer.usage), Usage()),
        latency_s=sum(answer.latency_s for answer in answers),
    )
    return a_trial(completion=whole, turns=turns, **changes)


def a_case_of_turns(*said: str, **changes: Any) -> Case:
    """A case in which so much is said, a turn each."""
    turns = tuple(Turn(input=text, location=a_place(20 + place)) for place, text in enumerate(said))
    return a_case(input=None, turns=turns, **changes)


def a_case_result(trials: Iterable[TrialResult] | None = None, **changes: Any) -> CaseResult:
    """A case folded over its trials; unless they agree, a test says what `outcome` it has."""
    trials = (a_trial(),) if trials is None else tuple(trials)
    first = trials[0] if trials else a_trial(outcome=Outcome.SKIPPED)
    answers = [answer for trial in trials for answer in trial.answers]
    live = [answer.latency_s for answer in answers if not answer.cached]
    calls = [
        (steps, answer.cached)
        for trial in trials
        for steps, answer in [(turn.steps, turn.completion) for turn in trial.turns]
        or [(1, answer) for answer in trial.answers]
    ]
    result = CaseResult(
        index=first.index,
        case=a_case(id=first.case_id, repeat=max(1, len(trials)), repeat_pass=max(1, len(trials))),
        model=first.model,
        outcome=first.outcome,
        tally=a_tally(trials),
        cost=sum((answer.cost for answer in answers), Cost()),
        judge_cost=sum((trial.judge_cost for trial in trials), Cost()),
        usage=sum((answer.usage for answer in answers if answer.usage), Usage()),
        calls=sum(steps for steps, _ in calls),
        cached_calls=sum(steps for steps, cached in calls if cached),
        latency_s=sum(live) if live else None,
    )
    return replace(result, **changes)


def a_tally(trials: Iterable[TrialResult]) -> Tally:
    """Trials, counted."""
    trials = tuple(trials)
    stopping = {FaultKind.BUDGET, FaultKind.BREAKER}

    def ended(outcome: Outcome) -> int:
        return sum(trial.outcome is outcome for trial in trials)

    return Tally(
        passed=ended(Outcome.PASSED),
        failed=ended(Outcome.FAILED),
        errored=ended(Outcome.ERRORED),
        skipped=ended(Outcome.SKIPPED),
        answered=sum(bool(trial.answers) for trial in trials),
        cached=sum(
            bool(trial.answers) and all(answer.cached for answer in trial.answers)
            for trial in trials
        ),
        stopped=sum(trial.fault is not None and trial.fault.kind in stopping for trial in trials),
        unreached=sum(
            trial.fault is not None and trial.fault.kind is FaultKind.BREAKER for trial in trials
        ),
    )


def a_suite_result(*cases: CaseResult, **changes: Any) -> SuiteResult:
    """A suite whose gate says yes; without cases it has one that passed. It is counted anew."""
    suite = SuiteResult(
        name="product-manager",
        path="evals/product-manager.yaml",
        prompt_name="product-manager",
        prompt_version="1.2.0",
        prompt_sha256="5f1d" * 16,
        cases=cases or (a_case_result(),),
        by_model={},
        gate=Gate(),
        decision=GateDecision(passed=True, certain=True),
        p50_latency_s=0.812,
        p95_latency_s=1.204,
    )
    suite = replace(suite, **changes)
    return replace(suite, by_model=totals_by_model(suite.cases))


def a_run(*suites: SuiteResult, **changes: Any) -> RunResult:
    """A run whose verdict is yes; without suites it has one of one case."""
    run = RunResult(
        run_id="20260102-030405-7c1a",
        started=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        finished=datetime(2026, 1, 2, 3, 5, 17, 250_000, tzinfo=UTC),
        tool_version="0.1.0",
        prices_version="litellm 1.106.2",
        git=GitStamp(commit="8d3f0c2b" * 5, branch="main", dirty=False),
        config_digest="c0ffee" * 4,
        suites=suites or (a_suite_result(),),
        exit_code=ExitCode.OK,
        budget_usd=Decimal("0.50"),
    )
    return replace(run, **changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """A run and its trials, in the order in which they finished."""

    run: RunResult
    trials: tuple[TrialResult, ...]


def an_evaluation(*suites: SuiteResult, trials: Trials = (), **changes: Any) -> Evaluation:
    """A run whose cases are numbered in plan order; `trials` are given case by case."""
    numbered, kept, index = [], list[TrialResult](), 0
    of_cases = iter(trials)
    for suite in suites:
        cases = []
        for case in suite.cases:
            cases.append(replace(case, index=index))
            kept += (
                replace(
                    trial, index=index, suite=suite.name, case_id=case.case.id, model=case.model
                )
                for trial in next(of_cases, ())
            )
            index += 1
        numbered.append(replace(suite, cases=tuple(cases)))
    return Evaluation(run=a_run(suites=tuple(numbered), **changes), trials=tuple(kept))


HOSTILE = (
    "\x1b[31mred\x1b[0m \N{PARTY POPPER} ]]> <b>bold</b> & `code` ``two`` | pipe @octocat #1\r\n"
    "## A heading\n\n[link](https://example.invalid) [[ATTACHMENT|/etc/passwd]]\x00\ud83d\u202e"
)


def an_eventful_evaluation() -> Evaluation:
    """Every outcome, repeats, faults, hostile answers, unpriced calls, conversations, agents.

    Three suites, two models and two agents.
    """
    cases: list[CaseResult] = []
    trials: list[tuple[TrialResult, ...]] = []

    def add(
        case: Case,
        outcome: Outcome,
        *ended: TrialResult,
        model: str = MINI,
        note: str | None = None,
        path: str = "evals/product-manager.yaml",
        judge: str | None = None,
    ) -> None:
        place = a_place(10 + 7 * len(cases), path=path)
        case = replace(case, location=place)
        result = a_case_result(ended, case=case, model=model, outcome=outcome, note=note)
        cases.append(replace(result, judge_model=judge))
        trials.append(ended)

    good = [a_trial(repeat=repeat) for repeat in range(4)]
    bad = a_lost_trial(
        completion=a_completion(HOSTILE, model="claude-sonnet-4-5-20250929"),
        verdicts=(
            a_verdict(),
            a_lost_verdict(location=a_place(31, 22)),
            a_lost_verdict(kind="jsonPath", reason="$.a|b is `1`, not 2", location=a_place(33, 9)),
            a_lost_verdict(kind="latency", reason="9.1 s is above 4 s", advisory=True),
        ),
    )
    undecided = a_fault(
        kind=FaultKind.UNDECIDED,
        message="expectedCategory: cannot tell whether the answer is a refusal",
        fix="configure a judge, or assert something else",
    )
    cut_off = a_fault(kind=FaultKind.BUDGET, message="the budget of $0.50 is spent", fix=None)
    recorded = a_completion(
        cached=True,
        cost=Cost(),
        usage=None,
        finish=Finish.TOOL,
        tool_calls=(ToolCall(id="1", name="get_order", arguments='{"id": "812"}'),),
    )
    unpriced = a_completion(cost=Cost(unpriced_calls=1))
    dollars = Cost(usd=Decimal("0.0021"))
    slow = a_lost_verdict(kind="latency", reason="9.1 s is above 4 s", advisory=True)
    wishlist, export = a_case(id="wishlist"), a_case(id="export")
    refund = a_case(id="refund", repeat=5, repeat_pass=4, tags=frozenset({"smoke", "money"}))

    add(wishlist, Outcome.PASSED, a_trial())
    judged = a_trial(completion=unpriced, judge_cost=dollars)
    add(wishlist, Outcome.PASSED, judged, model=SONNET, judge=JUDGE)
    add(refund, Outcome.FLAKY, *good, a_lost_trial(repeat=4))
    lost = (replace(bad, repeat=3), replace(bad, repeat=4))
    add(refund, Outcome.FAILED, *good[:3], *lost, model=SONNET)
    add(export, Outcome.ERRORED, an_errored_trial())
    unsure = an_errored_trial(
        completion=a_completion(), verdicts=(a_verdict(passed=None),), fault=undecided
    )
    add(export, Outcome.ERRORED, unsure, model=SONNET)
    in_first_suite = len(cases)
    replayed = a_trial(completion=recorded, verdicts=(a_verdict(), slow))
    triage = "evals/support/triage.yaml"
    for case, outcome, ended, note in (
        (a_case(id="billing"), Outcome.PASSED, [replayed], None),
        (a_case(id="legacy"), Outcome.SKIPPED, [], "the endpoint is gone"),
        (a_case(id="spanish"), Outcome.XFAILED, [a_lost_trial()], "no Spanish yet"),
        (a_case(id="emoji", xfail="no emoji"), Outcome.FAILED, [a_trial()], "xfail, but passed"),
        (a_case(id="injection"), Outcome.QUARANTINED, [a_lost_trial()], "flaky (@platform)"),
        (a_case(id="late"), Outcome.ERRORED, [an_errored_trial(fault=cut_off)], None),
    ):
        add(case, outcome, *ended, note=note, path=triage)

    in_second_suite = len(cases)
    support = "evals/support-bot.yaml"
    talk = a_case_of_turns("How long?", "Where is my order 0812?", "And when?", id="talk")
    looping = a_completion(
        HOSTILE,
        model=BOT,
        tool_calls=(a_tool_call(), a_tool_call(), a_tool_call(HOSTILE, arguments=HOSTILE)),
        trace=[{"thought": HOSTILE}],
        stopped_after=8,
        said=("I look that up.", HOSTILE),
    )
    spoken = (
        a_turn("How long?", completion=a_completion("30 days.", model=BOT), steps=1),
        a_turn(completion=looping, steps=1),
        a_turn(HOSTILE, completion=a_completion("On Friday.", model=BOT), steps=1, conversation=1),
    )
    loop = a_lost_verdict(
        kind="maxSteps",
        reason="stopped after 8 steps: called get_order 8 times",
        location=a_place(21, 9, path=support),
        turn=1,
    )
    failed = (a_verdict(turn=0), loop)
    add(
        talk,
        Outcome.FAILED,
        a_conversation(*spoken, outcome=Outcome.FAILED, verdicts=failed),
        model=BOT,
        path=support,
    )
    add(
        replace(talk, id="hung up"),
        Outcome.ERRORED,
        an_errored_trial(turns=spoken[:1]),
        model=BOT,
        path=support,
    )
    crash = a_completion(
        "",
        model=LEGACY,
        usage=None,
        cost=Cost(usd=Decimal("0.02")),
        failure=f"exit code 3: {HOSTILE}",
    )
    raised = a_lost_verdict(
        kind="agent", reason=f"the agent failed: exit code 3: {HOSTILE}", location=None
    )
    add(
        a_case(id="crash"),
        Outcome.FAILED,
        a_lost_trial(completion=crash, verdicts=(raised,)),
        model=LEGACY,
        path=support,
    )

    too_few = Finding(
        rule="gate-pass-rate",
        message="3 of 4 judged cases passed (75.0%), 100.0% must",
        location=a_place(5, 8),
        fix="mend the prompt, or lower gate.minPassRate",
    )
    stopped = Finding(rule="budget-spent", message="the budget cut off 1 case", location=None)
    return an_evaluation(
        a_suite_result(
            *cases[:in_first_suite],
            decision=GateDecision(passed=False, certain=True, reasons=(too_few,)),
        ),
        a_suite_result(
            *cases[in_first_suite:in_second_suite],
            name="triage",
            path=triage,
            prompt_name=None,
            prompt_version=None,
            prompt_sha256=None,
            decision=GateDecision(passed=False, reasons=(stopped,)),
            p50_latency_s=None,
            p95_latency_s=None,
        ),
        a_suite_result(
            *cases[in_second_suite:],
            name="support-bot",
            path=support,
            prompt_name=None,
            prompt_version=None,
            prompt_sha256=None,
            decision=GateDecision(passed=False, certain=True),
            accounting={BOT: Accounting.ENFORCED, LEGACY: Accounting.DECLARED},
            max_usd_per_call={LEGACY: Decimal("0.02")},
        ),
        trials=trials,
        exit_code=ExitCode.REJECTED,
        reasons=(too_few, stopped),
    )

"""The event loop: trials to results, many at once, each judged as soon as it is answered."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import TypeVar

from agentops_cli.assertions.broken import BrokenCheck
from agentops_cli.errors import GatewayError, StoreError
from agentops_cli.model.call import (
    Ask,
    Completion,
    Evidence,
    Fault,
    FaultKind,
    Purpose,
    Request,
    Verdict,
)
from agentops_cli.model.cut_off import cost_when_cut_off
from agentops_cli.model.money import Cost
from agentops_cli.model.result import Outcome, PlannedCase, Trial, TrialResult
from agentops_cli.model.suite import AssertionSpec
from agentops_cli.ports import Assertion, Fixture, Gateway
from agentops_cli.run.cascade import climb
from agentops_cli.run.conversation import Answered, Conversation, summed
from agentops_cli.run.outcome import outcome_of

_MOST_ASKS = 50
_About = TypeVar("_About", Evidence, Completion)


class Engine:
    """Runs trials through a gateway; cannot tell how many guards the gateway wears.

    `checks_of` gives the assertions of one turn of a planned case, counted from 0, or those of the
    case itself where the turn is None; in order. `on_result` is called from the loop once for each
    trial that was begun, also for those that a cancellation cut off. `conversation_id` names the
    state of an agent by its trial and the number of times that it was dropped. `fixture` stands
    around each trial.
    """

    def __init__(
        self,
        gateway: Gateway,
        *,
        checks_of: Callable[[PlannedCase, int | None], Sequence[Assertion]],
        on_result: Callable[[TrialResult], None],
        conversation_id: Callable[[Trial, int], str],
        concurrency: int,
        fixture: Fixture | None = None,
    ) -> None:
        self._gateway = gateway
        self._checks_of = checks_of
        self._on_result = on_result
        self._conversation_id = conversation_id
        self._concurrency = concurrency
        self._fixture = fixture

    async def run(self, trials: Iterable[Trial]) -> None:
        """Works the trials off; returns when all have ended, raises what `on_result` raises.

        A fixed number of workers shares one iterator, so that memory does not grow with trials.
        """
        waiting = iter(trials)

        async def work() -> None:
            for trial in waiting:
                result = await climb(trial, self._attempt)
                self._on_result(result)
                if result.completion is None or result.completion.cached:
                    # It may not have waited for anything; give the loop its turn, for a Ctrl-C.
                    await asyncio.sleep(0)

        async with asyncio.TaskGroup() as workers:
            for _ in range(self._concurrency):
                workers.create_task(work())

    async def _attempt(self, trial: Trial, tried: TrialResult | None = None) -> TrialResult:
        """Runs a trial on one model; `tried` is what came of a smaller one before."""
        progress = _Progress(trial, lambda restarts: self._conversation_id(trial, restarts), tried)
        try:
            async with self._fixture(trial) if self._fixture else nullcontext():
                await self._converse(progress)
        except GatewayError as error:
            progress.stop(error.fault)
        except (asyncio.CancelledError, StoreError) as end:
            progress.interrupt(cost_when_cut_off(end))
            self._on_result(progress.result())
            raise
        return progress.result()

    async def _converse(self, progress: "_Progress") -> None:
        """Asks and judges turn by turn; a turn that is lost does not keep the rest from being said.

        Nothing follows a call without an answer, nor a judge's.
        """
        conversation = progress.conversation
        try:
            while (request := conversation.request) is not None:
                answered = conversation.take(await self._complete(request, progress))
                if answered is not None:
                    progress.verdicts += answered.findings
                    await self._judge(answered, progress)
        except GatewayError as error:
            progress.stop(error.fault)

    async def _complete(self, request: Request, progress: "_Progress") -> Completion:
        """Makes one call; one that is cut off in the middle of it may have been charged for."""
        progress.under_way = request
        completion = await self._gateway.complete(request)
        progress.under_way = None
        return completion

    async def _judge(self, answered: Answered, progress: "_Progress") -> None:
        """Free verdicts first: no money goes to a question that is already settled."""
        asks: list[tuple[Assertion, Ask, int | None]] = []
        planned = progress.trial.planned
        for evidence, turn in _evidence(answered, planned, progress.tried):
            for check in self._checks_of(planned, turn):
                opinion = progress.hear(check, check.check, evidence)
                if isinstance(opinion, Ask):
                    asks.append((check, opinion, turn))
                else:
                    progress.keep(opinion, turn)
        for check, ask, turn in asks:
            if not progress.lost:
                progress.keep(await self._settle(check, ask, progress), turn)

    async def _settle(self, check: Assertion, ask: Ask, progress: "_Progress") -> Verdict | None:
        """Pays for a question, and for those that its answers raise; None when the check broke."""
        for _ in range(_MOST_ASKS):
            try:
                reply = await self._complete(ask.request, progress)
            except GatewayError as error:
                # Counted with the judges' calls; a billed fault of a trial is its subject's.
                progress.judge_cost += error.fault.cost
                if ask.spec and ask.spec.advisory:
                    return _unheard(ask.spec, error.fault)
                raise GatewayError(_asked_by(ask.spec, error.fault)) from error
            progress.judge_cost += reply.cost
            opinion = progress.hear(check, ask.settle, reply)
            if not isinstance(opinion, Ask):
                return opinion
            ask = opinion
        progress.broken = _broken(check, f"has no verdict after {_MOST_ASKS} questions")
        return None


class _Progress:
    """What has come of a trial so far; at any moment it can be told as its result."""

    def __init__(
        self, trial: Trial, conversation_id: Callable[[int], str], tried: TrialResult | None
    ) -> None:
        self.trial = trial
        self.tried = tried
        self.conversation = Conversation(trial, conversation_id)
        self.verdicts: list[Verdict] = []
        self.judge_cost = Cost()
        self.broken: Fault | None = None
        self.under_way: Request | None = None
        self._stopped: Fault | None = None

    @property
    def lost(self) -> bool:
        """True when a binding verdict is no: nothing that follows can change the outcome."""
        return any(verdict.passed is False for verdict in self._binding())

    def stop(self, fault: Fault) -> None:
        """Keeps why the trial ended early; the first reason is the one that counts."""
        self._stopped = self._stopped or fault

    def interrupt(self, cost: Cost) -> None:
        """Ends the trial where it is; `cost` is what the call under way is taken to have cost."""
        call = self.under_way
        if call is not None and call.purpose is Purpose.JUDGE:
            self.judge_cost += cost
            cost = Cost()
        message = "interrupted while it ran"
        self.stop(Fault(kind=FaultKind.INTERRUPTED, message=message, earlier=cost))

    def hear(
        self, check: Assertion, opinion: Callable[[_About], Verdict | Ask], about: _About
    ) -> Verdict | Ask | None:
        """What a check says; None when it broke, which keeps the trial from passing."""
        try:
            return opinion(about)
        except Exception as error:  # noqa: BLE001 # A plugin's bug must not end the run, nor pass.
            clause = isinstance(error, BrokenCheck)
            problem = str(error) if clause else f"raised {type(error).__name__}: {error}"
            self.broken = _broken(check, problem)
            return None

    def keep(self, verdict: Verdict | None, turn: int | None) -> None:
        """Keeps what was said of a turn, or of the case where that is None."""
        if verdict is not None:
            self.verdicts.append(verdict if turn is None else replace(verdict, turn=turn))

    def result(self) -> TrialResult:
        """The trial as it is now."""
        planned, conversation = self.trial.planned, self.conversation
        outcome, fault = self._conclusion()
        return TrialResult(
            index=planned.index,
            suite=planned.suite,
            case_id=planned.case.id,
            model=planned.model,
            repeat=self.trial.repeat,
            outcome=outcome,
            completion=conversation.completion,
            verdicts=tuple(self.verdicts),
            judge_cost=self.judge_cost,
            fault=fault,
            turns=() if conversation.was_one_call else conversation.turns,
            tier=self.trial.requests[0].model if planned.escalation else None,
            tried=self.tried,
        )

    def _conclusion(self) -> tuple[Outcome, Fault | None]:
        """The outcome, and why it is not another one where the verdicts do not say it."""
        fault = self._stopped or self.broken
        has_answer = self.conversation.completion is not None
        outcome = outcome_of(self.verdicts, fault, has_answer=has_answer)
        if outcome is Outcome.FAILED:
            return outcome, self._stopped  # A check that broke would have changed nothing.
        if outcome is Outcome.ERRORED and fault is None:
            doubts = (verdict.reason for verdict in self._binding() if verdict.passed is None)
            fault = Fault(kind=FaultKind.UNDECIDED, message=next(doubts, "there is no answer"))
        return outcome, fault

    def _binding(self) -> Iterator[Verdict]:
        return (verdict for verdict in self.verdicts if not verdict.advisory)


def _evidence(
    answered: Answered, planned: PlannedCase, tried: TrialResult | None
) -> Iterator[tuple[Evidence, int | None]]:
    """What the assertions of a turn may see, and after the last one those of the case."""
    evidence_of = partial(
        Evidence,
        case=answered.case,
        request=answered.request,
        judge=planned.judge,
        transcript=answered.transcript,
    )
    if planned.case.turns:
        yield evidence_of(completion=answered.completion), answered.number
    if answered.whole is not None:
        yield evidence_of(completion=_with_tried(answered.whole, tried)), None


def _with_tried(answer: Completion, tried: TrialResult | None) -> Completion:
    """The answer with what a smaller model took before: who waits and pays does so for both."""
    if tried is None:
        return answer
    answers = (*tried.answers, answer)
    # Where one of them was not made, nothing can be said of what all of them take.
    return replace(summed(answers), cached=any(one.cached for one in answers))


def conversation_ids(run: str) -> Callable[[Trial, int], str]:
    """Names the states of agents, so that no two trials of any two runs share one.

    What a trial left behind that was cut off is not taken up by its next attempt either.
    """

    def name(trial: Trial, restarts: int) -> str:
        again = f"-again{trial.attempt}" if trial.attempt else ""
        return f"{run}-{trial.planned.index}-{trial.repeat}-{restarts}{again}"

    return name


def trials_of(planned: Iterable[PlannedCase]) -> Iterable[Trial]:
    """Every execution of the cases that are not skipped, in plan order, repeats side by side."""
    for item in planned:
        if item.case.skip is None:
            yield from (trial_of(item, repeat) for repeat in range(item.case.repeat))


def trial_of(planned: PlannedCase, repeat: int, *, attempt: int = 0) -> Trial:
    """One execution of a case.

    Each repeat has a seed of its own, the prompt's plus the repeat number, for all of its turns.
    """
    requests = (planned.request, *planned.later)
    if repeat:
        requests = tuple(one.in_repeat(repeat) for one in requests)
    return Trial(planned=planned, repeat=repeat, requests=requests, attempt=attempt)


def _unheard(spec: AssertionSpec, fault: Fault) -> Verdict:
    """The verdict of an assertion whose question nobody answered."""
    return Verdict(
        kind=spec.kind,
        passed=None,
        reason=f"cannot tell: {fault.message}",
        score=0.0,
        advisory=spec.advisory,
        location=spec.location,
    )


def _asked_by(spec: AssertionSpec | None, fault: Fault) -> Fault:
    """The fault of a question, with the place of who asked; it is not billed to the subject."""
    whose = f"{spec.kind} at {spec.location}: " if spec else ""
    return replace(fault.paid_elsewhere(), message=f"{whose}{fault.message}")


def _broken(check: Assertion, problem: str) -> Fault:
    message = f"the assertion {check} {problem}"
    fix = "report it to whoever wrote the assertion"
    return Fault(kind=FaultKind.INTERNAL, message=message, fix=fix)

"""The event loop: trials to results, many at once, each judged as soon as it is answered."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from agentops_cli.errors import GatewayError
from agentops_cli.model.call import Ask, Completion, Evidence, Fault, FaultKind, Verdict
from agentops_cli.model.money import Cost
from agentops_cli.model.result import Outcome, PlannedCase, Trial, TrialResult
from agentops_cli.ports import Assertion, Gateway


class Engine:
    """Runs trials through a gateway; cannot tell how many guards the gateway wears.

    `checks_of` gives the assertions of a planned case, in order. `on_result` is called from the
    loop once for each trial that was begun, also for those that a cancellation cut off.
    """

    def __init__(
        self,
        gateway: Gateway,
        *,
        checks_of: Callable[[PlannedCase], Sequence[Assertion]],
        on_result: Callable[[TrialResult], None],
        concurrency: int,
    ) -> None:
        self._gateway = gateway
        self._checks_of = checks_of
        self._on_result = on_result
        self._concurrency = concurrency

    async def run(self, trials: Iterable[Trial]) -> None:
        """Works the trials off; returns when all have ended, raises what `on_result` raises.

        A fixed number of workers shares one iterator, so that memory does not grow with trials.
        """
        waiting = iter(trials)

        async def work() -> None:
            for trial in waiting:
                result = await self._attempt(trial)
                self._on_result(result)
                if result.completion is None or result.completion.cached:
                    # It may not have waited for anything; give the loop its turn, for a Ctrl-C.
                    await asyncio.sleep(0)

        async with asyncio.TaskGroup() as workers:
            for _ in range(self._concurrency):
                workers.create_task(work())

    async def _attempt(self, trial: Trial) -> TrialResult:
        try:
            return await self._execute(trial)
        except asyncio.CancelledError:
            fault = Fault(kind=FaultKind.INTERRUPTED, message="interrupted while it ran")
            self._on_result(_result(trial, Outcome.ERRORED, fault=fault))
            raise

    async def _execute(self, trial: Trial) -> TrialResult:
        try:
            completion = await self._gateway.complete(trial.requests[0])
        except GatewayError as error:
            return _result(trial, Outcome.ERRORED, fault=error.fault)
        case = trial.planned.case
        evidence = Evidence(case=case, request=trial.requests[0], completion=completion)
        judged = await self._judge(evidence, self._checks_of(trial.planned))
        outcome, fault = judged.conclusion()
        return _result(
            trial,
            outcome,
            completion=completion,
            verdicts=tuple(judged.verdicts),
            judge_cost=judged.cost,
            fault=fault,
        )

    async def _judge(self, evidence: Evidence, checks: Sequence[Assertion]) -> "_Judgement":
        """Free verdicts first: no money goes to a question that is already settled."""
        judgement = _Judgement()
        asks: list[Ask] = []
        for check in checks:
            try:
                answer = check.check(evidence)
            except Exception as error:  # noqa: BLE001 # A plugin's bug must not end the run, nor pass.
                judgement.fault = _broken(check, error)
                continue
            if isinstance(answer, Ask):
                asks.append(answer)
            else:
                judgement.verdicts.append(answer)
        for ask in () if judgement.lost else asks:
            try:
                reply = await self._gateway.complete(ask.request)
            except GatewayError as error:
                judgement.fault = error.fault
                break
            judgement.cost = judgement.cost + reply.cost
            settled = ask.settle(reply)
            if isinstance(settled, Verdict):
                judgement.verdicts.append(settled)
        return judgement


class _Judgement:
    """Verdicts of one answer as they come in."""

    def __init__(self) -> None:
        self.verdicts: list[Verdict] = []
        self.cost = Cost()
        self.fault: Fault | None = None

    @property
    def lost(self) -> bool:
        """True when a binding verdict is no: nothing that follows can change the outcome."""
        return any(verdict.passed is False for verdict in self._binding())

    def conclusion(self) -> tuple[Outcome, Fault | None]:
        """A no is certain; without one, a check that could not tell leaves no verdict."""
        if self.lost:
            return Outcome.FAILED, None
        if self.fault:
            return Outcome.ERRORED, self.fault
        unsure = next((v for v in self._binding() if v.passed is None), None)
        if unsure:
            return Outcome.ERRORED, Fault(kind=FaultKind.UNDECIDED, message=unsure.reason)
        return Outcome.PASSED, None

    def _binding(self) -> list[Verdict]:
        return [verdict for verdict in self.verdicts if not verdict.advisory]


def trials_of(planned: Iterable[PlannedCase]) -> Iterable[Trial]:
    """Every execution of the cases that are not skipped, in plan order, repeats one after another.

    Each repeat has a seed of its own, the prompt's plus the repeat number.
    """
    for item in planned:
        if item.case.skip is not None:
            continue
        for repeat in range(item.case.repeat):
            request, seed = item.request, item.request.sampling.seed
            if repeat:
                sampling = request.sampling
                if seed is not None:
                    sampling = replace(sampling, seed=seed + repeat)
                request = replace(request, repeat=repeat, sampling=sampling)
            yield Trial(planned=item, repeat=repeat, requests=(request,))


def _result(
    trial: Trial,
    outcome: Outcome,
    *,
    completion: Completion | None = None,
    verdicts: tuple[Verdict, ...] = (),
    judge_cost: Cost = Cost(),
    fault: Fault | None = None,
) -> TrialResult:
    planned = trial.planned
    return TrialResult(
        index=planned.index,
        suite=planned.suite,
        case_id=planned.case.id,
        model=planned.model,
        repeat=trial.repeat,
        outcome=outcome,
        completion=completion,
        verdicts=verdicts,
        judge_cost=judge_cost,
        fault=fault,
    )


def _broken(check: Assertion, error: Exception) -> Fault:
    problem = f"the assertion {type(check).__name__} raised {type(error).__name__}: {error}"
    fix = "report it to whoever wrote the assertion"
    return Fault(kind=FaultKind.INTERNAL, message=problem, fix=fix)

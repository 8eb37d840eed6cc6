"""Names and values that a JUnit report carries beside its verdicts."""

from collections.abc import Mapping, Sequence

from agentops_cli.model.money import Cost
from agentops_cli.model.result import (
    CaseResult,
    Outcome,
    RunResult,
    SuiteResult,
    Totals,
    TrialResult,
)
from agentops_cli.reporters.accounting import word_of
from agentops_cli.reporters.answerers import words_of_cascade
from agentops_cli.reporters.dialogue import calls_of
from agentops_cli.reporters.metrics import metric_properties
from agentops_cli.run.estimates import repeat_figures


def suite_properties(run: RunResult, suite: SuiteResult, model: str) -> Mapping[str, str]:
    """What holds for all cases of a suite on one model."""
    totals = suite.by_model[model]
    cost = totals.cost + totals.judge_cost
    return _present(
        {
            "run_id": run.run_id,
            "commit": run.git.commit if run.git else None,
            "dirty": str(run.git.dirty).lower() if run.git else None,
            "tool_version": run.tool_version,
            "prices_version": run.prices_version,
            "model": model,
            **_prompt_properties(suite),
            "accounting": word_of(suite, model),
            "cost_usd": _dollars(cost),
            "unpriced_calls": str(cost.unpriced_calls),
            "assumed_calls": str(cost.assumed_calls) if cost.assumed_calls else None,
            "shard": f"{run.shard.number}/{run.shard.count}" if run.shard else None,
            "gate": _gate(run, suite),
            "flaky_cases": str(totals.outcomes.get(Outcome.FLAKY, 0)),
            **_repeat_properties(totals),
            "cascade": words_of_cascade(model, totals.cascade) if totals.cascade else None,
            "stood_in": _stood_in(totals),
            **metric_properties(suite, model),
        }
    )


def _gate(run: RunResult, suite: SuiteResult) -> str:
    """A part of a run may know that the gate says no; that it says yes is for the whole to tell."""
    if run.shard and not suite.decision.certain:
        return f"not judged: {run.shard}"
    return "passed" if suite.decision.passed else "not passed"


def _repeat_properties(totals: Totals) -> Mapping[str, str]:
    """`pass@5`, that one of five tries is good enough, and `pass^5`, that all are; for the most."""
    figures = [*repeat_figures(totals.ends)]
    if not figures:
        return {}
    most = figures[-1]
    return {
        f"pass@{most.k}": f"{most.any_passes:.6f}",
        f"pass^{most.k}": f"{most.all_pass:.6f}",
    }


def case_properties(
    suite: SuiteResult, case: CaseResult, trials: Sequence[TrialResult]
) -> Mapping[str, str]:
    """What is known of one case beside its outcome and its answers."""
    served = dict.fromkeys(trial.completion.model for trial in trials if trial.completion)
    called = [call.name for trial in trials for call in calls_of(trial)]
    usage, cascade, cost = case.usage, case.cascade, case.cost + case.judge_cost
    return _present(
        {
            "outcome": case.outcome.value,
            "model": case.model,
            "served_model": ", ".join(served) or None,
            "answered_by": _answered_by(case, trials),
            "escalated": f"{cascade.large} of {cascade.small + cascade.large}" if cascade else None,
            **_prompt_properties(suite),
            "tags": ", ".join(sorted(case.case.tags)) or None,
            "repeats": str(case.case.repeat),
            "repeats_needed": str(case.case.repeat_pass),
            "repeats_passed": str(case.tally.passed),
            "repeats_spared": str(case.tally.spared) if case.tally.spared else None,
            "flaky": "true" if case.outcome is Outcome.FLAKY else None,
            "turns": str(len(case.case.turns)) if case.case.turns else None,
            "tool_calls": str(len(called)) if called else None,
            "tools_called": ", ".join(dict.fromkeys(called)) or None,
            # None reported is not none used.
            "input_tokens": str(usage.input_tokens) if usage.input_tokens else None,
            "output_tokens": str(usage.output_tokens) if usage.output_tokens else None,
            "accounting": word_of(suite, case.model),
            "cost_usd": _dollars(case.cost),
            "judge_model": case.judge_model,
            "judge_cost_usd": _dollars(case.judge_cost),
            "unpriced_calls": str(cost.unpriced_calls),
            "assumed_calls": str(cost.assumed_calls) if cost.assumed_calls else None,
            "cached_answers": str(case.tally.cached),
        }
    )


def _answered_by(case: CaseResult, trials: Sequence[TrialResult]) -> str | None:
    """Whose answers decided, where these were not all the model's that the case is on."""
    names = dict.fromkeys(
        answer.answered_by or trial.asked for trial in trials for answer in trial.answers
    )
    return None if set(names) <= {case.model} else ", ".join(names)


def _stood_in(totals: Totals) -> str | None:
    each = (f"{one.answered_by} for {one.asked} in {one.trials}" for one in totals.stood_in)
    return "; ".join(each) or None


def _prompt_properties(suite: SuiteResult) -> Mapping[str, str | None]:
    return {
        "prompt": suite.prompt_name,
        "prompt_version": suite.prompt_version,
        "prompt_sha256": suite.prompt_sha256,
        "prompt_commit": suite.prompt_commit,
    }


def _present(properties: Mapping[str, str | None]) -> Mapping[str, str]:
    return {name: value for name, value in properties.items() if value is not None}


def _dollars(cost: Cost) -> str:
    """An exact figure, or what is known of one that has parts without a price."""
    if not cost.unpriced_calls:
        return f"{cost.usd:f}"
    return f"at least {cost.usd:f}" if cost.usd else "unknown"

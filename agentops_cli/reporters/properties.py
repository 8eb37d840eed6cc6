"""Names and values that a JUnit report carries beside its verdicts."""

from collections.abc import Iterable, Mapping, Sequence

from agentops_cli.model.money import Cost
from agentops_cli.model.result import (
    CaseResult,
    Outcome,
    RunResult,
    SuiteResult,
    TrialResult,
    total_cost,
)
from agentops_cli.reporters.accounting import word_of
from agentops_cli.reporters.dialogue import calls_of
from agentops_cli.reporters.metrics import metric_properties


def suite_properties(
    run: RunResult, suite: SuiteResult, model: str, cases: Iterable[CaseResult]
) -> Mapping[str, str]:
    """What holds for all cases of a suite on one model."""
    cost = total_cost(cases)
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
            "gate": "passed" if suite.decision.passed else "not passed",
            **metric_properties(suite, model),
        }
    )


def case_properties(
    suite: SuiteResult, case: CaseResult, trials: Sequence[TrialResult]
) -> Mapping[str, str]:
    """What is known of one case beside its outcome and its answers."""
    served = dict.fromkeys(trial.completion.model for trial in trials if trial.completion)
    called = [call.name for trial in trials for call in calls_of(trial)]
    usage = case.usage
    return _present(
        {
            "outcome": case.outcome.value,
            "model": case.model,
            "served_model": ", ".join(served) or None,
            **_prompt_properties(suite),
            "tags": ", ".join(sorted(case.case.tags)) or None,
            "repeats": str(case.case.repeat),
            "repeats_needed": str(case.case.repeat_pass),
            "repeats_passed": str(case.tally.passed),
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
            "unpriced_calls": str((case.cost + case.judge_cost).unpriced_calls),
            "cached_answers": str(case.tally.cached),
        }
    )


def _prompt_properties(suite: SuiteResult) -> Mapping[str, str | None]:
    return {
        "prompt": suite.prompt_name,
        "prompt_version": suite.prompt_version,
        "prompt_sha256": suite.prompt_sha256,
    }


def _present(properties: Mapping[str, str | None]) -> Mapping[str, str]:
    return {name: value for name, value in properties.items() if value is not None}


def _dollars(cost: Cost) -> str:
    """An exact figure, or what is known of one that has parts without a price."""
    if not cost.unpriced_calls:
        return f"{cost.usd:f}"
    return f"at least {cost.usd:f}" if cost.usd else "unknown"

"""How many answers were not asked for, in the same words in every report."""

from agentops_cli.model.ids import Kind, kind_of, models_in
from agentops_cli.model.result import RunResult
from agentops_cli.reporters.wording import counted


def words_of_kept(run: RunResult) -> str | None:
    """How many answers of models cost nothing, as they were kept; None where none did.

    Those of `replay/…` models are left out: nobody takes them for calls.
    """
    groups = [
        totals
        for suite in run.suites
        for model, totals in suite.by_model.items()
        if any(kind_of(one) is not Kind.REPLAY for one in models_in(model))
    ]
    kept = sum(totals.cached_calls for totals in groups)
    if not kept:
        return None
    total = counted(sum(totals.calls for totals in groups), "answer")
    return f"{kept:,} of {total} came from the cache or a cassette, at no cost"

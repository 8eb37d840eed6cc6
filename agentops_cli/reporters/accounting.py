"""How the dollars of agents under test are known, in the same words in every report."""

from collections.abc import Mapping
from decimal import Decimal

from agentops_cli.model.ids import agent_of
from agentops_cli.model.money import Cost
from agentops_cli.model.result import RunResult, SuiteResult, Totals
from agentops_cli.model.settings import Accounting
from agentops_cli.reporters.wording import counted, dollars

_NONE = Totals()

CAVEAT = "Only an enforced cost is never over budget; a reported or declared one is believed."


def word_of(suite: SuiteResult, model: str) -> str | None:
    """`enforced`, `reported`, `declared` or `not known`; None for a model, which has prices."""
    if agent_of(model) is None:
        return None
    how = suite.accounting.get(model)
    return how.value if how else "not known"


def words_of_agents(run: RunResult) -> Mapping[str, str]:
    """How the dollars of each agent of a run are known: `enforced by the meter`."""
    found: dict[str, str] = {}
    for suite in run.suites:
        for model in filter(agent_of, suite.models):
            found.setdefault(model, _words(run, suite, model))
    return found


def _words(run: RunResult, suite: SuiteResult, agent: str) -> str:
    how, most = suite.accounting.get(agent), suite.max_usd_per_call.get(agent)
    cost = sum((each.by_model.get(agent, _NONE).cost for each in run.suites), Cost())
    words = _WORDS[how] if how is not Accounting.DECLARED else _declared(most)
    if how is None or not cost.unpriced_calls:
        return words
    return f"{words}, but for {counted(cost.unpriced_calls, 'call')} of unknown cost"


_WORDS: Mapping[Accounting | None, str] = {
    Accounting.ENFORCED: "cost enforced by the meter",
    Accounting.REPORTED: "cost reported by the agent itself, not measured",
    None: "cost not known: no meter, no usage, no declared maximum",
}


def _declared(most: Decimal | None) -> str:
    amount = "a maximum" if most is None else f"at most {dollars(most)}"
    return f"cost declared: {amount} a call, not measured"

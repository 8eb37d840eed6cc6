from decimal import Decimal

import pytest

from agentops_cli.model.money import Cost
from agentops_cli.reporters.cost import CostJson, CostMarkdown
from agentops_cli.reporters.lost import words_of_lost
from agentops_cli.reporters.markdown import Markdown
from agentops_cli.reporters.run_json import RunJson
from tests.builders import a_run, an_evaluation
from tests.reporters.written import written

EARLY = "lost with a process that ended early"
CALLS = "for calls of trials that were not kept"
AT_MOST = "counted at the most that"
LOST = Cost(usd=Decimal("0.0123"), assumed_calls=2)


@pytest.mark.parametrize(
    ("lost", "words"),
    [
        (Cost(), None),
        (Cost(usd=Decimal("0.5")), f"{EARLY}: $0.50 {CALLS}"),
        (
            LOST,
            f"{EARLY}: up to $0.0123 {CALLS}, 2 of them {AT_MOST} they may have cost",
        ),
        (
            Cost(assumed_calls=1),
            f"{EARLY}: up to $0 {CALLS}, 1 of them {AT_MOST} it may have cost",
        ),
    ],
)
def test_what_was_lost_is_told_and_nothing_else(lost: Cost, words: str | None) -> None:
    assert words_of_lost(a_run(lost=lost)) == words


@pytest.mark.parametrize("reporter", [Markdown(), CostMarkdown(), CostJson(), RunJson()])
def test_every_report_that_tells_dollars_tells_those_that_were_lost(
    reporter: Markdown | CostMarkdown | CostJson | RunJson,
) -> None:
    assert "0.0123" in written(reporter, an_evaluation(lost=LOST))
    assert "lost with" not in written(reporter, an_evaluation())

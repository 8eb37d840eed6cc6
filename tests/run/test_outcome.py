import pytest

from agentops_cli.model.call import Fault
from agentops_cli.model.result import Outcome
from agentops_cli.run.outcome import outcome_of
from tests.builders import a_fault, a_verdict

YES, NO, DOUBT = True, False, None


@pytest.mark.parametrize(
    ("said", "fault", "has_answer", "outcome"),
    [
        ([YES], None, True, Outcome.PASSED),
        ([], None, True, Outcome.PASSED),
        ([YES, NO], None, True, Outcome.FAILED),
        ([NO, DOUBT], a_fault(), False, Outcome.FAILED),
        ([YES, DOUBT], None, True, Outcome.ERRORED),
        ([YES], a_fault(), True, Outcome.ERRORED),
        ([YES], None, False, Outcome.ERRORED),
        ([], None, False, Outcome.ERRORED),
    ],
)
def test_a_no_is_certain_and_only_an_answer_without_fault_or_doubt_passes(
    said: list[bool | None], fault: Fault | None, has_answer: bool, outcome: Outcome
) -> None:
    verdicts = [a_verdict(passed=passed) for passed in said]
    assert outcome_of(verdicts, fault, has_answer=has_answer) is outcome


@pytest.mark.parametrize("passed", [NO, DOUBT])
def test_what_is_advisory_decides_nothing(passed: bool | None) -> None:
    verdicts = [a_verdict(), a_verdict(passed=passed, advisory=True)]
    assert outcome_of(verdicts, None, has_answer=True) is Outcome.PASSED

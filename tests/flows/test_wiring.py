import pytest

from agentops_cli.flows.wiring import Checks, Router, assertion_kinds
from agentops_cli.gateways.scripted import Scripted
from agentops_cli.model.result import PlannedCase
from agentops_cli.model.suite import AssertionSpec
from tests.builders import a_case, a_place, a_planned_case


def spec(value: str) -> AssertionSpec:
    return AssertionSpec(kind="mustContain", args={"value": [value]}, location=a_place())


def planned(*specs: AssertionSpec) -> PlannedCase:
    return a_planned_case(case=a_case(assertions=specs))


def test_an_assertion_that_cases_share_is_built_once() -> None:
    checks, shared = Checks(assertion_kinds()), spec("shared")
    [first, _] = checks.of(planned(shared, spec("a")), None)
    [_, second] = checks.of(planned(spec("b"), shared), None)
    assert first is second


def test_assertions_of_very_many_cases_are_not_kept() -> None:
    checks = Checks(assertion_kinds())
    for number in range(3_000):
        [check] = checks.of(planned(spec(f"{number}")), None)
        assert str(check) == "'mustContain'"
    assert len(checks._built) <= 1_000


async def test_a_gateway_that_cannot_be_closed_leaves_no_other_open() -> None:
    class Stuck(Scripted):
        async def close(self) -> None:
            await super().close()
            raise OSError("stuck")

    gateways = {"first": Scripted("x"), "second": Stuck("x"), "third": Scripted("x")}
    with pytest.raises(OSError, match="stuck"):
        await Router(gateways).close()
    assert [gateway.closed for gateway in gateways.values()] == [True] * 3

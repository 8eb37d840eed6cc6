from collections.abc import Callable

import pytest

from agentops_cli.ports import Reporter
from agentops_cli.registry import Registry
from agentops_cli.reporters import BUILTIN
from tests.builders import an_evaluation
from tests.reporters.written import written


@pytest.mark.parametrize("name", BUILTIN)
def test_every_name_in_the_table_is_a_reporter_that_writes_a_run_without_cases(name: str) -> None:
    reporters = Registry[Callable[[], Reporter]]("agentops.reporters", BUILTIN, noun="report")
    text = written(reporters.get(name)(), an_evaluation())
    assert text.endswith("\n")

"""Findings are kept as long as what their rule needs is the same, so it has to say what that is."""

import inspect
import re
from typing import get_args

import pytest

from agentops_cli.rules.project import Part
from agentops_cli.rules.table import BY_CODE

_PARTS = re.compile(rf"\bproject\.({'|'.join(get_args(Part))})\b")


@pytest.mark.parametrize("code", sorted(BY_CODE))
def test_a_rule_names_every_part_of_the_project_that_it_reads(code: str) -> None:
    rule = BY_CODE[code]
    read = set(_PARTS.findall(inspect.getsource(rule.module())))
    # The table of models is part of the cache's key, so a rule may do without it, or with it.
    assert read - {"models"} <= rule.needs | rule.wants

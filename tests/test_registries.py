"""Every string in every built-in table names something that is there.

Nothing imports these strings before a user asks for them, so nothing else would notice.
"""

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest

import agentops_cli
from agentops_cli.registry import Registry

PACKAGE = Path(agentops_cli.__file__).parent
TARGET = re.compile(r"agentops_cli(\.\w+)+:\w+")


def tables() -> dict[str, str]:
    """Every `package.module:attribute` string of the package, by where it stands."""
    return {
        f"{path.relative_to(PACKAGE)}:{node.lineno}": node.value
        for path in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and TARGET.fullmatch(node.value)
    }


def test_there_are_tables() -> None:
    assert len(tables()) > 20


@pytest.mark.parametrize(("place", "target"), tables().items())
def test_a_string_of_a_table_resolves(place: str, target: str) -> None:
    module, _, attribute = target.partition(":")
    assert hasattr(import_module(module), attribute), f"{place} names nothing"


@pytest.mark.parametrize("shelf", ["assertions", "gateways", "metrics", "reporters"])
def test_a_shelf_loads_each_of_its_members(shelf: str) -> None:
    builtin: dict[str, str] = import_module(f"agentops_cli.{shelf}").BUILTIN
    registry: Registry[object] = Registry(f"agentops.{shelf}", builtin, noun=shelf)
    for name in builtin:
        assert callable(registry.get(name)), name

"""The examples in the documentation of the kinds are accepted by the reader of suites."""

import inspect
import re
from typing import Any

import pytest

from agentops_cli.assertions import BUILTIN
from agentops_cli.locate import parse_yaml
from agentops_cli.model.finding import Finding
from agentops_cli.suite.specs import SpecReader
from agentops_cli.suite.texts import Texts
from agentops_cli.template import Limits, Templates
from tests.assertions.conftest import KINDS, PLACE

EXAMPLE = re.compile(r"\*Example\*\n\n```yaml\n(.*?)```", re.DOTALL)


@pytest.mark.parametrize("kind", BUILTIN)
def test_the_example_of_a_kind_is_one(kind: str) -> None:
    [text] = EXAMPLE.findall(inspect.getdoc(KINDS.get(kind)) or "")
    document = parse_yaml(text, path="example")
    assert isinstance(document.data, dict)
    findings: list[Finding] = []
    reader = SpecReader(
        document,
        kinds=KINDS,
        texts=Texts(Templates(limits=Limits(), clock=lambda: 0.0)),
        report=findings.append,
    )
    scope: Any = {"row": {"label": "bug", "product": "Acme"}, "vars": {}, "input": ""}
    specs = [reader.complete(raw, scope, PLACE) for raw in reader.read(document.data, ())]
    assert not findings
    assert kind in {spec.kind for spec in specs}


@pytest.mark.parametrize("kind", BUILTIN)
def test_every_argument_is_described(kind: str) -> None:
    properties: Any = KINDS.get(kind).schema["properties"]
    assert all(argument["description"] for argument in properties.values())
    assert "value" in properties
    assert KINDS.get(kind).schema["additionalProperties"] is False

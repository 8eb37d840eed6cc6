"""What holds for every kind of metric."""

import inspect
import re

import pytest

from agentops_cli.metrics import BUILTIN
from agentops_cli.ports import MetricType
from agentops_cli.registry import Registry
from tests.suite.reading import read

KINDS: Registry[MetricType] = Registry("agentops.metrics", BUILTIN, noun="metric")
ROWS = "label,lang,invoice,total,body\n" + "".join(
    f"{label},{lang},A-{lang},12.50,x\n"
    for label in ("billing", "bug", "other")
    for lang in ("de", "en")
)


@pytest.mark.parametrize("kind", BUILTIN)
def test_its_documentation_has_the_four_parts(kind: str) -> None:
    text = inspect.getdoc(KINDS.get(kind)) or ""
    parts = re.findall(r"^\*(.*)\*$", text, re.MULTILINE)
    assert parts == ["What it checks", "Why it matters", "Example", "Fix"]


@pytest.mark.parametrize("kind", BUILTIN)
def test_its_example_works(kind: str) -> None:
    [example] = re.findall(r"```yaml\n(.*?)```", inspect.getdoc(KINDS.get(kind)) or "", re.DOTALL)
    suite = (
        f"prompt: p\n{example}datasets: [{{file: t.csv, input: body, assert: [{{json: true}}]}}]\n"
    )
    found = read(suite, {"evals/t.csv": ROWS})
    assert [spec.kind for spec in found.metrics] == [kind]
    assert len(found.gate.metrics) == 2
    assert all(case.references for case in found.cases)


@pytest.mark.parametrize("kind", BUILTIN)
def test_every_argument_is_described(kind: str) -> None:
    properties = KINDS.get(kind).schema["properties"]
    assert isinstance(properties, dict)
    for name, part in properties.items():
        assert isinstance(part, dict)
        assert part.get("description"), name

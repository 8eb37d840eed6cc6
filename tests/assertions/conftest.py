"""What tests of assertions share: a judge that goes the way of a suite."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from agentops_cli.assertions import BUILTIN
from agentops_cli.assertions.build import build
from agentops_cli.assertions.script import ScriptKind
from agentops_cli.errors import InputError
from agentops_cli.locate import parse_yaml
from agentops_cli.model.call import Completion, Evidence, Verdict
from agentops_cli.model.place import Location
from agentops_cli.model.suite import AssertionSpec
from agentops_cli.ports import AssertionType
from agentops_cli.registry import Registry
from agentops_cli.validate import check_part
from tests.builders import a_case, a_completion, a_request

Judge = Callable[..., Verdict]

KINDS: Registry[AssertionType] = Registry(
    "agentops.assertions",
    BUILTIN,
    noun="assertion",
    ready={"script": ScriptKind(lambda _: lambda _answer, _context: True)},
)
PLACE = Location(path="evals/x.yaml", line=7, column=9)


def judge_answer(
    kind: str,
    answer: str | Completion,
    args: Mapping[str, Any],
    *,
    negated: bool = False,
    advisory: bool = False,
    case: Mapping[str, Any] | None = None,
    request: Mapping[str, Any] | None = None,
) -> Verdict:
    """What a kind says of an answer; raises `InputError` as the reader of suites does."""
    document = parse_yaml("", path=PLACE.path)
    wrong = check_part(document, dict(args), KINDS.get(kind).schema, ())
    if wrong:
        raise InputError(wrong)
    spec = AssertionSpec(kind=kind, args=args, location=PLACE, negated=negated, advisory=advisory)
    completion = a_completion(answer) if isinstance(answer, str) else answer
    evidence = Evidence(
        case=a_case(**(case or {})), request=a_request(**(request or {})), completion=completion
    )
    verdict = build(spec, KINDS).check(evidence)
    assert isinstance(verdict, Verdict)
    return verdict


@pytest.fixture
def judge() -> Judge:
    """What a kind says of an answer."""
    return judge_answer

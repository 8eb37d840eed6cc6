"""A case passes whatever the model answers, so it tests nothing and only costs.

That is a case without an assertion that could fail, and one whose only `mustContain` is its whole
input, which a model that merely repeats what it is told passes.

Quiet: about a `mustContain` that is a part of the input: finding just that part is what prompts
that extract are for. About cases that an output schema of the prompt holds. About assertions beside
others that could fail.
"""

from collections.abc import Iterator
from typing import Final

from agentops_cli.model.finding import Severity
from agentops_cli.model.json import Json
from agentops_cli.model.suite import AssertionSpec, Case
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.evals.of_file import suites_of
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit
from agentops_cli.rules.suites import specs_of

_MOST: Final = 20


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """The first such cases of each suite."""
    for suite in suites_of(file, project):
        if "schema" not in _mapping(file.meta.get("output")):
            for problem in suite.unasserted[:_MOST]:
                if problem.location is not None:
                    yield Hit(
                        at=problem.location,
                        message=problem.message,
                        fix=problem.fix or "add an assertion",
                        severity=Severity.ERROR,  # `eval` refuses it.
                    )
        found = (hit for case in suite.looked_at for hit in _of_case(case))
        for _, hit in zip(range(_MOST), found, strict=False):
            yield hit


def _of_case(case: Case) -> Iterator[Hit]:
    specs = [spec for spec in specs_of(case) if spec.effective and not spec.advisory]
    if not specs:
        return
    whys = [_why(spec, case) for spec in specs]
    if all(whys):
        yield Hit(
            at=specs[0].location,
            message=f"the case {case.id!r} shows nothing: {whys[0]}",
            fix="assert what only a good answer has",
        )


def _why(spec: AssertionSpec, case: Case) -> str | None:
    """Why an assertion cannot fail; None where it can, as far as that is known."""
    if spec.negated:
        return None
    if spec.kind == "mustContain" and case.input:
        value = spec.args.get("value")
        needles = [value] if isinstance(value, str) else value
        if isinstance(needles, list) and needles == [case.input]:
            return "it only repeats the input"
    return None


def _mapping(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}

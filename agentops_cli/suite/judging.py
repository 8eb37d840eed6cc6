"""The judge of a suite: what its key says, and which of its assertions cannot do without one."""

from collections.abc import Iterable, Iterator

from agentops_cli.assertions.judged import needs_judge
from agentops_cli.errors import InputError, UnreadableError
from agentops_cli.judge_keys import judge_findings, judge_of
from agentops_cli.locate import Document
from agentops_cli.model.finding import Finding
from agentops_cli.model.json import Json
from agentops_cli.model.judge import Judge
from agentops_cli.model.place import Location
from agentops_cli.model.suite import Case
from agentops_cli.ports import Source
from agentops_cli.suite.values import Report, Values

_ROUTE = ("judge",)


def judge_of_suite(
    written: Json, document: Document, *, source: Source, values: Values, report: Report
) -> Judge | None:
    """The judge that a suite's valid `judge:` key means; None after its mistakes are reported."""
    place = document.at(_ROUTE)
    if isinstance(written, dict) and isinstance(written.get("model"), str):
        wrong = list(judge_findings(written, lambda key: document.at((*_ROUTE, key))))
        for finding in wrong:
            report(finding)
        return None if wrong else judge_of(written, location=place)
    if not isinstance(written, str):
        return None
    from agentops_cli.judge.files import JudgeFiles  # Late: most suites name none.

    try:
        return JudgeFiles(source).get(values.beside(written)).judge
    except UnreadableError as error:
        fix = error.fix or f"name a judge file, or write judge: {{model: {written}}}"
        report(Finding(rule="missing-file", message=error.message, location=place, fix=fix))
    except InputError as error:
        for finding in error.findings:
            report(finding)
    return None


def places_of_rubrics(case: Case) -> Iterator[Location]:
    """Where the assertions of a case stand that cannot do without a judge."""
    for specs in (case.assertions, *(turn.assertions for turn in case.turns)):
        yield from (spec.location for spec in specs if needs_judge(spec))


def without_judge(places: Iterable[Location]) -> Iterator[Finding]:
    """A finding for each place, in a suite without a judge, where something needs one."""
    for place in places:
        yield Finding(
            rule="no-judge",
            message="a rubric is judged by a model, and no judge is named",
            location=place,
            fix="add judge: {model: openai/gpt-4o} to the suite, or name a judge file there",
        )

"""JUnit XML, the xunit2 flavour that CI servers read.

One `testsuite` for each suite and model, one `testcase` for each case: its repeats are folded.
FAILED is `failure`, ERRORED is `error`; SKIPPED, XFAILED and QUARANTINED are `skipped`; FLAKY
passes and says so. The schema has no properties for a testcase, so what is known of a case stands
at the top of its output as `[[PROPERTY|name=value]]` lines, which is an established convention.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TextIO

from agentops_cli.errors import ExitCode
from agentops_cli.model.finding import Finding
from agentops_cli.model.result import (
    GOOD,
    CaseResult,
    Outcome,
    RunResult,
    SuiteResult,
    Totals,
    TrialResult,
)
from agentops_cli.ports import Trials
from agentops_cli.reporters.account import (
    REASON_CHARACTERS,
    Problem,
    account_of,
    name_of,
    problem_of,
)
from agentops_cli.reporters.dialogue import dialogue_of, is_dialogue
from agentops_cli.reporters.incidents import words_of_incidents
from agentops_cli.reporters.properties import case_properties, suite_properties
from agentops_cli.reporters.wording import ORDER_MARKS, flat, one_line, shortened, unheeded
from agentops_cli.reporters.xml import XmlWriter

_ELEMENTS: Mapping[Outcome, str | None] = {
    Outcome.PASSED: None,
    Outcome.FLAKY: None,
    Outcome.FAILED: "failure",
    Outcome.ERRORED: "error",
    Outcome.SKIPPED: "skipped",
    Outcome.XFAILED: "skipped",
    Outcome.QUARANTINED: "skipped",
}
_EXCERPT_CHARACTERS = 1_000
_OUTPUT_CHARACTERS = 4_000  # Shared by the answers of a case's repeats,
_LEAST_CHARACTERS = 200  # each of which gets this much.

# What GitLab, Jenkins and others obey when they find it in a test's output. `_properties` may say
# it, an answer may not.
_DIRECTIVE = re.compile(r"\[\[(?=/?\w+[|\]])")
_OBEYED = ("[[", *ORDER_MARKS)


class JUnit:
    """The report that CI servers show.

    A gate may refuse for the cost or the latency of cases that all passed, and a run may end
    before any case ran. A server that shows nothing but this file must not show green then, so
    a verdict that is not yes, and that no testcase shows, gets a testcase of its own.
    """

    def write(self, run: RunResult, trials: Trials, out: TextIO) -> None:
        """Writes the report, holding one case at a time."""
        groups = tuple(_groups(run))
        counts = sum((group.counts for group in groups), Counter[str | None]())
        is_yes = run.exit_code is ExitCode.OK  # A part of a run leaves the yes to the whole.
        hidden = not is_yes and not counts["failure"] and not counts["error"]
        verdict = "failure" if run.exit_code is ExitCode.REJECTED else "error"
        if hidden:
            counts[verdict] += 1
        xml = XmlWriter(out)
        with xml.element(
            "testsuites",
            name="agentops",
            tests=counts.total(),
            failures=counts["failure"],
            errors=counts["error"],
            time=_time(run.totals.latency_s),
        ):
            for group in groups:
                _write_group(xml, run, group, trials)
            if hidden:
                _write_verdict(xml, run, element=verdict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """The cases of one suite on one model.

    `shared` is True when the suite has several models. The name of a case then tells which: some
    servers keep one result for each class and name, so of two that share them one would hide the
    other.
    """

    suite: SuiteResult
    model: str
    shared: bool
    classname: str

    @property
    def totals(self) -> Totals:
        """Its cases in numbers."""
        return self.suite.by_model[self.model]

    @property
    def cases(self) -> Iterable[CaseResult]:
        """Its cases, in plan order."""
        if not self.shared:
            return self.suite.cases
        return (case for case in self.suite.cases if case.model == self.model)

    @property
    def counts(self) -> Counter[str | None]:
        """Cases by the element that shows them."""
        counts: Counter[str | None] = Counter()
        for outcome, number in self.totals.outcomes.items():
            counts[_ELEMENTS[outcome]] += number
        return counts

    def name_of(self, case: CaseResult) -> str:
        """The case's id, with the model where the id alone would not do."""
        return f"{case.case.id} [{self.model}]" if self.shared else case.case.id


def _groups(run: RunResult) -> Iterator[_Group]:
    dotted = {suite.path: _dotted(suite.path) for suite in run.suites}
    times = Counter(dotted.values())
    for suite in run.suites:
        name = dotted[suite.path]
        for model in suite.models:
            yield _Group(
                suite=suite,
                model=model,
                shared=len(suite.models) > 1,
                classname=name if times[name] == 1 else suite.path,
            )


def _dotted(path: str) -> str:
    """`evals/support/triage.yaml` as `evals.support.triage`, so that servers show a tree."""
    parts = PurePosixPath(path).with_suffix("").parts
    return ".".join(part for part in parts if part not in {"/", ".", ".."}) or path


def _write_group(xml: XmlWriter, run: RunResult, group: _Group, trials: Trials) -> None:
    counts = group.counts
    with xml.element(
        "testsuite",
        name=f"{group.suite.name} [{group.model}]",
        tests=counts.total(),
        failures=counts["failure"],
        errors=counts["error"],
        skipped=counts["skipped"],
        time=_time(group.totals.latency_s),
        timestamp=run.started.isoformat(timespec="seconds"),
        file=group.suite.path,
    ):
        with xml.element("properties"):
            for name, value in suite_properties(run, group.suite, group.model).items():
                xml.leaf("property", name=name, value=value)
        for case in group.cases:
            _write_case(xml, group, case, trials.of(case))
        if run.incidents:
            xml.leaf("system-out", _harmless("\n".join(words_of_incidents(run))))
        if group.suite.decision.reasons:
            xml.leaf("system-err", "\n".join(map(_reason, group.suite.decision.reasons)))


def _write_case(
    xml: XmlWriter, group: _Group, case: CaseResult, trials: Sequence[TrialResult]
) -> None:
    place = case.case.location
    with xml.element(
        "testcase",
        classname=group.classname,
        name=group.name_of(case),
        time=_time(case.latency_s),
        file=place.path,
        line=place.line,
    ):
        element = _ELEMENTS[case.outcome]
        if element == "skipped":
            account = "\n".join(account_of(case, trials))
            message = one_line(_why_skipped(case, trials), REASON_CHARACTERS)
            xml.leaf(element, _harmless(account), type=case.outcome, message=message)
        elif element:
            problem = problem_of(case, trials)
            message = one_line(problem.message, REASON_CHARACTERS)
            text = _harmless(_told(case, trials, problem))
            xml.leaf(element, text, type=problem.kind, message=message)
        xml.leaf("system-out", _output(group.suite, case, trials))


def _told(case: CaseResult, trials: Sequence[TrialResult], problem: Problem) -> str:
    """Everything that is wrong, line by line, then the answer it is about."""
    lines = [*account_of(case, trials)]
    if not lines:
        lines.append(flat(f"{problem.location}: {problem.kind}: {problem.message}"))
    came = [*_came(case, problem.trial, _EXCERPT_CHARACTERS)] if problem.trial else []
    if came:
        lines += ["", "what came:", *came]
    return "\n".join(lines)


def _came(case: CaseResult, trial: TrialResult, characters: int) -> Iterator[str]:
    """The answer of a trial as it is, or a line for each thing that was said and called in it."""
    if is_dialogue(trial):
        limit = max(_LEAST_CHARACTERS, characters // max(1, 2 * len(trial.turns)))
        yield from map(str, dialogue_of(case, trial, limit=limit))
    elif trial.completion:
        yield shortened(trial.completion.text, characters)


def _why_skipped(case: CaseResult, trials: Sequence[TrialResult]) -> str:
    """`xfailed: no Spanish yet`; a case that was never run tells what prevented it."""
    faults = (trial.fault.message for trial in trials if trial.fault)
    reason = case.note or next(faults, "not run")
    return f"{case.outcome}: {reason}"


def _output(suite: SuiteResult, case: CaseResult, trials: Sequence[TrialResult]) -> str:
    """What is known of a case, what its good outcome hides, and its answers."""
    properties = _shown(case_properties(suite, case, trials))
    lines = [f"[[PROPERTY|{name}={value}]]" for name, value in properties.items()]
    if case.outcome in GOOD:
        lines += map(_harmless, account_of(case, trials))
    each = max(_LEAST_CHARACTERS, _OUTPUT_CHARACTERS // max(1, len(trials)))
    for trial in trials:
        if came := [*_came(case, trial, each)]:
            lines += ["", f"{name_of(trial, case)} ({trial.outcome}):", *map(_harmless, came)]
    return "\n".join(lines)


def _shown(properties: Mapping[str, str]) -> Mapping[str, str]:
    """The properties of a case with harmless values, each on one line."""
    together = " ".join(properties.values())
    is_short = len(together) <= REASON_CHARACTERS
    if is_short and together.isprintable() and not any(map(together.__contains__, _OBEYED)):
        return properties  # As nearly always: none of them needs a look of its own.
    return {
        name: _harmless(one_line(value, REASON_CHARACTERS)) for name, value in properties.items()
    }


def _time(seconds: float | None) -> str:
    return f"{seconds or 0.0:.3f}"


def _harmless(text: str) -> str:
    """The text with its directives broken up, also those that are obeyed where it is printed."""
    return unheeded(_DIRECTIVE.sub("[ [", text) if "[[" in text else text)


def _write_verdict(xml: XmlWriter, run: RunResult, *, element: str) -> None:
    """A testcase for the verdict itself, where no case shows it."""
    counts = {"failures": int(element == "failure"), "errors": int(element == "error")}
    why = "; ".join(reason.message for reason in run.reasons) or run.meaning
    with (
        xml.element("testsuite", name="agentops", tests=1, **counts, skipped=0),
        xml.element("testcase", classname="agentops", name="verdict", time=_time(None)),
    ):
        xml.leaf(
            element,
            "\n".join(map(_reason, run.reasons)),
            type=run.exit_code.name.lower(),
            message=one_line(why, REASON_CHARACTERS),
        )


def _reason(finding: Finding) -> str:
    place = f"{finding.location}: " if finding.location else ""
    fix = f"\n  fix: {_harmless(flat(finding.fix))}" if finding.fix else ""
    return f"{_harmless(flat(f'{place}{finding.rule}: {finding.message}'))}{fix}"

"""The judges of a run: the configured one, and what there is to say before one is asked."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from agentops_cli.errors import InputError, UnreadableError
from agentops_cli.flows.listener import Served
from agentops_cli.flows.load import near
from agentops_cli.flows.world import World
from agentops_cli.model.finding import Finding, Severity
from agentops_cli.model.judge import Judge
from agentops_cli.model.place import Location
from agentops_cli.model.settings import Config
from agentops_cli.ports import Source
from agentops_cli.run.plan import Plan

if TYPE_CHECKING:
    from agentops_cli.judge.files import JudgeFiles


class Judges:
    """Judges as the configuration and the judge files of a tree describe them."""

    def __init__(self, config: Config, source: Source, world: World) -> None:
        self._config = config
        self._world = world
        self._source = source

    @cached_property
    def _files(self) -> "JudgeFiles":
        from agentops_cli.judge.files import JudgeFiles  # Late: most runs have none.

        return JudgeFiles(self._source)

    def configured(self) -> Judge | None:
        """The judge of suites that name none; raises `InputError` when its file is wrong."""
        written = self._config.judge
        if not isinstance(written, str):
            return written
        try:
            return self._files.get(near(written, self._config, self._world)).judge
        except UnreadableError as error:
            place = Location(path=self._config.path or "")
            fix = error.fix or f"name a judge file, or write judge: {{model: {written}}}"
            finding = Finding(
                rule="missing-file", message=f"judge: {error.message}", location=place, fix=fix
            )
            raise InputError([finding]) from error

    def doubt_of(self, judge: Judge) -> Finding | None:
        """What forbids a judge file to judge; of a judge without examples, that it has none.

        The judge has the base URL that it is to be asked at.
        """
        if judge.path is not None:
            return self._files.why_unchecked(judge.path, base_url=judge.base_url)
        return Finding(
            rule="untested-judge",
            message=f"how well the judge {judge.model} agrees with people is not known: "
            "it has no labelled examples",
            location=judge.location,
            fix="name a judge file with examples, and run: agentops judge check",
            severity=Severity.INFO,
        )

    def checked_models(self, plan: Plan) -> Mapping[str, tuple[str, ...]]:
        """What the judge files of a plan were served as when they were checked, by their paths."""
        paths = {judge.path for judge in plan.outline.judges.values()}
        return {path: self._files.checked_models(path) for path in paths if path is not None}


def served_otherwise(
    plan: Plan, served: Served, checked: Mapping[str, Sequence[str]]
) -> Iterator[Finding]:
    """A warning for each judge file that was served as a model that it was not checked as.

    `checked` has the models that judge files were served as then, by their paths.
    """
    told: set[str] = set()
    for suite, judge in plan.outline.judges.items():
        path = judge.path
        if path is None or path not in checked or path in told:
            continue
        others = served.get((suite, judge.model), set()).difference(checked[path])
        if others:
            told.add(path)
            yield Finding(
                rule="judge-changed",
                message=f"judge {judge.model} was served as {', '.join(sorted(others))}, "
                f"it was checked as {', '.join(checked[path])}",
                location=Location(path=path, line=1),
                fix=f"run: agentops judge check {path}",
                severity=Severity.WARNING,
            )

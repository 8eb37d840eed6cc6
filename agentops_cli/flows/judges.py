"""The judges of a run: the configured one, and what there is to say before one is asked."""

from agentops_cli.errors import InputError, UnreadableError
from agentops_cli.flows.load import near
from agentops_cli.flows.world import World
from agentops_cli.judge.files import JudgeFiles
from agentops_cli.model.finding import Finding, Severity
from agentops_cli.model.judge import Judge
from agentops_cli.model.place import Location
from agentops_cli.model.settings import Config
from agentops_cli.ports import Source


class Judges:
    """Judges as the configuration and the judge files of a tree describe them."""

    def __init__(self, config: Config, source: Source, world: World) -> None:
        self._config = config
        self._world = world
        self._files = JudgeFiles(source)

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
        """What forbids a judge file to judge; of a judge without examples, that it has none."""
        if judge.path is not None:
            return self._files.why_unchecked(judge.path)
        return Finding(
            rule="untested-judge",
            message=f"how well the judge {judge.model} agrees with people is not known: "
            "it has no labelled examples",
            location=judge.location,
            fix="name a judge file with examples, and run: agentops judge check",
            severity=Severity.INFO,
        )

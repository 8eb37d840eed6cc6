"""Judge files as suites: each example is a case whose answer is known."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from agentops_cli.gateways.replay import Replay
from agentops_cli.model.call import Request, Tags
from agentops_cli.model.cassette import Cassette, Recording
from agentops_cli.model.ids import Kind
from agentops_cli.model.judge import JudgeFile
from agentops_cli.model.prompt import Message
from agentops_cli.model.result import PlannedCase
from agentops_cli.model.settings import Config
from agentops_cli.model.suite import AssertionSpec, Case, Gate, Suite
from agentops_cli.ports import Gateway
from agentops_cli.run.plan import LoadedSuite, Plan


def plan_examples(files: Sequence[JudgeFile], config: Config) -> Plan:
    """A plan with a suite for each judge file and a case for each example, in order."""
    cases = [case for file in files for case in _cases(file, config)]
    numbered = (replace(case, index=index) for index, case in enumerate(cases))
    return Plan(suites=tuple(map(_suite, files)), cases=tuple(numbered), notes=())


def _suite(file: JudgeFile) -> LoadedSuite:
    path, place = file.judge.path or "", file.judge.location
    suite = Suite(
        name=PurePosixPath(path).stem,
        path=path,
        location=place,
        prompt=None,
        prompt_location=place,
        models=(),
        models_location=place,
        cases=(),
        # Whether the judge is good enough is not for a gate to say.
        gate=Gate(min_pass_rate=0.0, max_errored=len(file.examples)),
    )
    return LoadedSuite(suite=suite, renderer=None)


def _cases(file: JudgeFile, config: Config) -> Iterator[PlannedCase]:
    path = file.judge.path or ""
    for number, example in enumerate(file.examples, start=1):
        case = Case(
            id=_case_id(number),
            location=example.location,
            input=example.input,
            assertions=(
                AssertionSpec(
                    kind="rubric", args={"value": example.rubric}, location=example.location
                ),
            ),
        )
        request = Request(
            model=_subject(path),
            messages=(Message(role="user", content=example.input or ""),),
            # Of an answer that is known: no tokenizer makes more tokens than there are bytes.
            max_tokens=len(example.answer.encode("utf-8", "surrogatepass")),
            timeout_s=config.timeout_s,
            tags=Tags(suite=path, case_id=case.id),
        )
        yield PlannedCase(
            index=0, suite=path, case=case, model=request.model, request=request, judge=file.judge
        )


def _case_id(number: int) -> str:
    return f"example {number}"


def _subject(path: str) -> str:
    """The model that the labelled answers are taken to come from."""
    return f"{Kind.REPLAY}/{path}"


def answers_in(files: Sequence[JudgeFile]) -> Mapping[str, Gateway]:
    """Gateways to the labelled answers, by the models that they are taken to come from."""
    return {_subject(file.judge.path or ""): _answers(file) for file in files}


def _answers(file: JudgeFile) -> Replay:
    recordings = tuple(
        Recording(case_id=_case_id(number), text=example.answer, line=example.location.line or 0)
        for number, example in enumerate(file.examples, start=1)
    )
    path = file.judge.path or ""
    return Replay(Cassette(path=path, recordings=recordings))

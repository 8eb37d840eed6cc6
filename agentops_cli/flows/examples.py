"""Judge files as suites: each example is a case whose answer is known."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from agentops_cli.flows.wiring import Gateways, Stack
from agentops_cli.flows.world import World
from agentops_cli.gateways.endpoints import base_url_of
from agentops_cli.gateways.replay import Replay
from agentops_cli.model.call import Completion, Purpose, Request, Tags
from agentops_cli.model.cassette import Cassette, Recording
from agentops_cli.model.judge import JudgeFile
from agentops_cli.model.prompt import Message
from agentops_cli.model.result import PlannedCase
from agentops_cli.model.settings import Config, ModelSettings
from agentops_cli.model.suite import AssertionSpec, Case, Gate, Suite
from agentops_cli.ports import Gateway, ResponseCache, Source
from agentops_cli.prices import PriceTable
from agentops_cli.run.plan import LoadedSuite, Plan


def plan_examples(files: Sequence[JudgeFile], config: Config, world: World) -> Plan:
    """A plan with a suite for each judge file and a case for each example, in order."""
    cases = [case for file in files for case in _cases(file, config, world)]
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


def _cases(file: JudgeFile, config: Config, world: World) -> Iterator[PlannedCase]:
    model, path = file.judge.model, file.judge.path or ""
    settings = config.models.get(model, ModelSettings())
    judge = replace(file.judge, base_url=base_url_of(model, settings, world.environ))
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
            index=0, suite=path, case=case, model=request.model, request=request, judge=judge
        )


def _case_id(number: int) -> str:
    return f"example {number}"


def _subject(path: str) -> str:
    """The model that the labelled answers are taken to come from."""
    return f"replay/{path}"


class Bench(Gateways):
    """Gateways where the answers come from judge files, and somebody listens to who judges.

    `served` is told, by judge file, the models that the judge's replies came from.
    """

    def __init__(
        self,
        plan: Plan,
        config: Config,
        source: Source,
        world: World,
        *,
        files: Sequence[JudgeFile],
        served: Mapping[str, set[str]],
    ) -> None:
        answers = {_subject(file.judge.path or ""): _answers(file) for file in files}
        super().__init__(plan, config, source, world, answers=answers)
        self._served = served

    async def open(
        self, prices: PriceTable, plan: Plan, *, cache: ResponseCache | None = None
    ) -> Stack:
        """The whole stack, and around it whoever listens."""
        stack = await super().open(prices, plan, cache=cache)
        return replace(stack, gateway=_Listener(stack.gateway, self._served))


def _answers(file: JudgeFile) -> Replay:
    recordings = (
        Recording(case_id=_case_id(number), text=example.answer, line=example.location.line or 0)
        for number, example in enumerate(file.examples, start=1)
    )
    path = file.judge.path or ""
    return Replay(Cassette(path=path, recordings={each.slot: each for each in recordings}))


class _Listener:
    """A gateway that remembers by judge file which models the judge's replies came from."""

    def __init__(self, inner: Gateway, served: Mapping[str, set[str]]) -> None:
        self._inner = inner
        self._served = served

    async def complete(self, request: Request) -> Completion:
        """Answers through the inner gateway."""
        completion = await self._inner.complete(request)
        if request.purpose is Purpose.JUDGE and request.tags:
            self._served[request.tags.suite].add(completion.model)
        return completion

    async def close(self) -> None:
        """Closes the inner gateway."""
        await self._inner.close()

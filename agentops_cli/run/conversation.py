"""One trial as a conversation: which request comes next, and what came of each turn.

It is given answers and gives requests; it neither waits nor pays nor judges what a suite asserts.
What goes wrong by itself (a loop, a wrong tool call, a failure that was never tried, an agent that
failed) it finds as verdicts.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from agentops_cli.assertions.calls import counted_calls, identity
from agentops_cli.assertions.excerpt import counted, shortened
from agentops_cli.model.call import Completion, Request, Verdict
from agentops_cli.model.money import Cost, Usage
from agentops_cli.model.place import Location
from agentops_cli.model.prompt import Message
from agentops_cli.model.result import Trial, TurnResult
from agentops_cli.model.suite import Case, InjectedFault, Window
from agentops_cli.run.tool_loop import Injection, StandIns, wrong_call

_LONGEST_REASON = 1_000
_BYTES_PER_TOKEN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A turn that has ended, as it is judged.

    `case` has the input and the variables of the turn, `request` is its last. `number` counts from
    0. `whole` is the conversation's completion after its last turn, None before it.
    """

    number: int
    case: Case
    request: Request
    completion: Completion
    findings: tuple[Verdict, ...]
    whole: Completion | None


@dataclass(frozen=True, slots=True)
class _Exchange:
    """What was said in a turn and what was answered, as later turns are told of it."""

    messages: tuple[Message, Message]

    @property
    def tokens(self) -> int:
        """An estimate: four UTF-8 bytes each, rounded up."""
        size = sum(len(one.content.encode("utf-8", "surrogatepass")) for one in self.messages)
        return -(-size // _BYTES_PER_TOKEN)


class Conversation:
    """The exchange of one trial, from its first request to its last answer.

    `request` is the one to make next, None when the conversation is over; `take` is given its
    answer. `conversation_id` names the state of an agent by the number of times that it was
    dropped. A call that cannot be answered ends nothing by itself: `turns` then has what came so
    far, the turn that was under way included.
    """

    def __init__(self, trial: Trial, conversation_id: Callable[[int], str]) -> None:
        self._requests = trial.requests
        self._case = trial.planned.case
        self._conversation_id = conversation_id
        self._injection = Injection(self._case.faults)
        self._ended: list[TurnResult] = []
        self._past: list[_Exchange] = []
        self._steps: list[Completion] = []
        self._problems: list[str] = []
        self._restarts = 0
        self._calls = 0
        self.request: Request | None = self._opening()

    @property
    def turns(self) -> tuple[TurnResult, ...]:
        """Every turn that got an answer, also when its last one is missing."""
        under_way = (self._turn_result(),) if self._steps else ()
        return (*self._ended, *under_way)

    @property
    def completion(self) -> Completion | None:
        """The last answer with the sums of all turns; None before the conversation is over."""
        if self.request is not None:
            return None
        return summed([turn.completion for turn in self._ended])

    @property
    def was_one_call(self) -> bool:
        """True when one call was all that the case wanted."""
        return not self._case.turns and self.request is None and self._ended[0].steps == 1

    def take(self, completion: Completion) -> Answered | None:
        """Takes the answer to `request`; gives the turn when it has ended.

        Raises `GatewayError` when a tool is called that the case has no stub for.
        """
        request = self.request
        assert request is not None  # noqa: S101 # Whoever takes has asked.
        self._steps.append(completion)
        if request.agent is None and completion.tool_calls:
            further = self._after_calls(request, completion)
            if further is not None:
                self.request = further
                return None
        return self._end_turn(request)

    def _opening(self) -> Request:
        """The first request of the next turn, with the history that comes before its message."""
        number = len(self._ended)
        request = self._requests[number]
        if number == 0 and request.agent is None:
            return request
        if self._case.ttl_turns and number and number % self._case.ttl_turns == 0:
            self._restarts += 1
            self._past.clear()
        agent = request.agent and replace(
            request.agent,
            conversation=self._conversation_id(self._restarts),
            faults=self._injection.left(),
        )
        head, own = _split(request.messages)
        kept = windowed(self._past, self._case.window)
        past = [one for exchange in kept for one in exchange.messages]
        return replace(request, messages=(*head, *past, *own), turn=number, agent=agent)

    def _after_calls(self, request: Request, completion: Completion) -> Request | None:
        """What to ask when the tools have answered; None when they do not."""
        stand_ins = StandIns(
            case=self._case,
            tools={tool.name: tool for tool in request.tools},
            injection=self._injection,
        )
        for call in completion.tool_calls:
            if problem := stand_ins.problem_of(call):
                self._problems.append(wrong_call(call, problem, completion.finish))
        if self._case.stubs is None or len(self._steps) >= self._case.max_steps:
            return None
        said = stand_ins.reply(completion, first=self._calls)
        self._calls += len(completion.tool_calls)
        return replace(request, messages=(*request.messages, *said), step=len(self._steps))

    def _end_turn(self, request: Request) -> Answered:
        number, turn = len(self._ended), self._turn_result()
        findings = [*self._found(request, turn, number)]
        self._ended.append(turn)
        self._steps, self._problems = [], []
        if len(self._ended) < len(self._requests):
            self._past.append(_exchange(self._requests[number], turn.completion))
            self.request = self._opening()
        else:
            self.request = None
            called = {c.name for one in self._ended for c in one.completion.tool_calls}
            findings += (_untried(fault, called) for fault in self._injection.unmet())
        return Answered(
            number=number,
            case=case_in_turn(self._case, number),
            request=request,
            completion=turn.completion,
            findings=tuple(findings),
            whole=self.completion,
        )

    def _turn_result(self) -> TurnResult:
        number = len(self._ended)
        return TurnResult(
            input=_input_of(self._case, self._requests[number], number),
            completion=merged(self._steps),
            steps=len(self._steps),
            conversation=self._restarts,
        )

    def _found(self, request: Request, turn: TurnResult, number: int) -> Iterator[Verdict]:
        """What is wrong with a turn whatever the suite asserts."""
        case, completion = self._case, turn.completion
        place = case.turns[number].location if case.turns else case.location
        shown = number if case.turns else None
        for words in dict.fromkeys(self._problems):
            times = self._problems.count(words)
            again = f" ({times} times)" if times > 1 else ""
            yield _lost("tools", f"{words}{again}", place, shown)
        if loop := self._loop(request, turn):
            yield _lost("maxSteps", loop, place, shown)
        if request.agent is not None:
            self._injection.see(completion)
        if completion.failure is not None and not self._expects_category(number):
            yield _lost("agent", f"the agent failed: {completion.failure}", place, shown)

    def _loop(self, request: Request, turn: TurnResult) -> str | None:
        """Why a turn was a loop, None when it was none.

        An agent that nobody meters is taken to loop when it makes the same call again and again.
        """
        calls, most = turn.completion.tool_calls, self._case.max_steps
        stopped = turn.completion.stopped_after
        if request.agent is None and self._case.stubs is not None and self._steps[-1].tool_calls:
            stopped = turn.steps
        if stopped is not None:
            called = f": called {counted_calls(calls)}" if calls else ""
            return f"stopped after {counted(stopped, 'step')}{called}"
        if (
            request.agent is not None
            and calls
            and max(Counter(map(identity, calls)).values()) > most
        ):
            return f"made the same call more than {most} times: called {counted_calls(calls)}"
        return None

    def _expects_category(self, number: int) -> bool:
        """True when an assertion says which category the answer must have: a failure is one."""
        case = self._case
        specs = case.turns[number].assertions if case.turns else ()
        if number == len(self._requests) - 1:
            specs = (*specs, *case.assertions)
        return any(spec.kind == "expectedCategory" and not spec.advisory for spec in specs)


def windowed(past: Sequence[_Exchange], window: Window) -> list[_Exchange]:
    """The newest turns that fit into a window, each whole, in their order."""
    kept: list[_Exchange] = []
    tokens = 0
    for exchange in reversed(past):
        tokens += exchange.tokens
        is_too_much = window.tokens is not None and tokens > window.tokens
        if len(kept) == window.turns or is_too_much:
            break
        kept.append(exchange)
    return kept[::-1]


def merged(steps: Sequence[Completion]) -> Completion:
    """The answer of a turn: the last step's, with the tool calls and the sums of all steps."""
    if len(steps) == 1:
        return steps[0]
    calls = tuple(call for step in steps for call in step.tool_calls)
    return replace(summed(steps), tool_calls=calls)


def summed(answers: Sequence[Completion]) -> Completion:
    """The last of some answers with the tokens, dollars and seconds of all.

    Tokens that one of them does not tell are not known for all; it was recorded if all were.
    """
    if len(answers) == 1:
        return answers[0]
    usages = [answer.usage for answer in answers if answer.usage is not None]
    return replace(
        answers[-1],
        usage=sum(usages, Usage()) if len(usages) == len(answers) else None,
        cost=sum((answer.cost for answer in answers), Cost()),
        latency_s=sum(answer.latency_s for answer in answers),
        cached=all(answer.cached for answer in answers),
    )


def case_in_turn(case: Case, number: int) -> Case:
    """The case as an assertion of one turn sees it: with the turn's input and variables."""
    if not case.turns:
        return case
    turn = case.turns[number]
    return replace(case, input=turn.input, vars={**case.vars, **turn.vars})


def _split(messages: tuple[Message, ...]) -> tuple[tuple[Message, ...], tuple[Message, ...]]:
    """What comes before the history and what after it: the last message of the user, and on."""
    places = [place for place, one in enumerate(messages) if one.role == "user"]
    place = places[-1] if places else len(messages) - 1
    return messages[:place], messages[place:]


def _exchange(request: Request, answer: Completion) -> _Exchange:
    said = _split(request.messages)[1][0]
    return _Exchange((said, Message(role="assistant", content=answer.text)))


def _input_of(case: Case, request: Request, number: int) -> str:
    if case.turns:
        return case.turns[number].input
    if case.input is not None:
        return case.input
    return request.messages[-1].content if request.messages else ""


def _untried(fault: InjectedFault, called: Collection[str]) -> Verdict:
    """That a failure was not tried, and why: of a tool that was called no call got an answer."""
    what = f"{fault.target} was never called"
    if fault.target is None:
        what = "the provider was never asked"
    elif fault.target in called:
        what = f"no call of {fault.target} was right, or got an answer"
    reason = f"{what}, so its failure ({fault.error}) was not tried"
    return _lost("faults", reason, fault.location, None)


def _lost(kind: str, reason: str, location: Location, turn: int | None) -> Verdict:
    return Verdict(
        kind=kind,
        passed=False,
        reason=shortened(reason, _LONGEST_REASON),
        score=0.0,
        location=location,
        turn=turn,
    )

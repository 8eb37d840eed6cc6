"""One trial as a conversation: which request comes next, and what came of each turn.

It is given answers and gives requests; it neither waits nor pays nor judges what a suite asserts.
What goes wrong by itself (a loop, a wrong tool call, a failure that was never tried, an agent that
failed) it finds as verdicts.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from agentops_cli.assertions.calls import counted_calls
from agentops_cli.assertions.excerpt import counted, shortened
from agentops_cli.model.call import Completion, Request, Verdict
from agentops_cli.model.money import Cost, Usage
from agentops_cli.model.place import Location
from agentops_cli.model.prompt import Message
from agentops_cli.model.result import Trial, TurnResult
from agentops_cli.model.suite import Case, InjectedFault, Window
from agentops_cli.run.tool_loop import MOST_CALLS, Injection, StandIns, undeclared, wrong_call

_LONGEST_REASON = 1_000
_BYTES_PER_TOKEN = 4

NO_ANSWER = "(no answer)"
"""What an assistant is told to have said in an earlier turn in which it said nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A turn that has ended, as it is judged.

    `case` has the input and the variables of the turn, `request` is its last, `transcript` is all
    that was said in the trial before the answer. `number` counts from 0. `whole` is the
    conversation's completion after its last turn, None before it.
    """

    number: int
    case: Case
    request: Request
    transcript: tuple[Message, ...]
    completion: Completion
    findings: tuple[Verdict, ...]
    whole: Completion | None


@dataclass(frozen=True, slots=True)
class _Exchange:
    """What was said in a turn, which tools were called, and what was answered.

    So are later turns told of it.
    """

    messages: tuple[Message, ...]

    @property
    def tokens(self) -> int:
        """An estimate: four UTF-8 bytes each, rounded up."""
        size = sum(len(text.encode("utf-8", "surrogatepass")) for text in self._texts())
        return -(-size // _BYTES_PER_TOKEN)

    def _texts(self) -> Iterator[str]:
        for message in self.messages:
            yield message.content
            for call in message.tool_calls:
                yield call.name + call.arguments


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
        self._tools = trial.planned.agent_tools
        self._conversation_id = conversation_id
        self._injection = Injection(self._case.faults)
        self._ended: list[TurnResult] = []
        self._past: list[_Exchange] = []
        self._said: tuple[Message, ...] = ()
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
        if self._tools is not None:
            for call in completion.tool_calls:
                if problem := undeclared(call, self._tools):
                    self._problems.append(wrong_call(call, problem, completion.finish))
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
        is_last = len(self._steps) >= self._case.max_steps
        if self._case.stubs is None or is_last or len(completion.tool_calls) > MOST_CALLS:
            return None
        said = stand_ins.reply(completion, first=self._calls)
        self._calls += len(completion.tool_calls)
        return replace(request, messages=(*request.messages, *said), step=len(self._steps))

    def _end_turn(self, request: Request) -> Answered:
        number, turn = len(self._ended), self._turn_result()
        findings = [*self._found(request, turn, number)]
        # Of earlier turns the request has what the window leaves.
        said = request.messages if self._case.messages else _split(request.messages)[1]
        transcript, answer = (*self._said, *said), self._steps[-1]
        self._ended.append(turn)
        self._steps, self._problems = [], []
        if len(self._ended) < len(self._requests):
            self._said = (*transcript, _as_said(answer))
            self._past.append(_exchange(self._requests[number], said, answer))
            self.request = self._opening()
        else:
            self.request = None
            findings += self._on_faults(request)
        return Answered(
            number=number,
            case=case_in_turn(self._case, number),
            request=request,
            transcript=transcript,
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

        Of an agent that nobody meters the steps are not known: its calls are counted instead.
        """
        calls, most = turn.completion.tool_calls, self._case.max_steps
        stopped = turn.completion.stopped_after
        at_once = len(self._steps[-1].tool_calls)
        if request.agent is None and self._case.stubs is not None and at_once:
            if at_once > MOST_CALLS:
                limit = f"made {at_once} calls in one answer, of which no more than {MOST_CALLS}"
                return f"{limit} can be answered: called {counted_calls(calls)}"
            stopped = turn.steps
        if stopped is not None:
            called = f": called {counted_calls(calls)}" if calls else ""
            return f"stopped after {counted(stopped, 'step')}{called}"
        is_metered = turn.completion.met is not None
        if request.agent is not None and not is_metered and len(calls) > most:
            return f"more than {counted(most, 'call')} in one turn: called {counted_calls(calls)}"
        return None

    def _on_faults(self, request: Request) -> Iterator[Verdict]:
        """Which failures were not tried, and which may not have been, for all that one can see."""
        if not self._case.faults:
            return
        answers = [turn.completion for turn in self._ended]
        called = {call.name for answer in answers for call in answer.tool_calls}
        is_watched = all(answer.met is not None for answer in answers)
        for fault, met in self._injection.outcomes():
            if not met:
                yield _untried(fault, called, is_watched=is_watched)
            elif request.agent is not None and fault.target is not None and not is_watched:
                yield _unseen(fault, request.model)

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
    """The answer of a turn: the last step's, with the texts, tool calls and sums of all steps."""
    if len(steps) == 1:
        return steps[0]
    calls = tuple(call for step in steps for call in step.tool_calls)
    said = tuple(step.text for step in steps[:-1] if step.text.strip())
    return replace(summed(steps), tool_calls=calls, said=said)


def summed(answers: Sequence[Completion]) -> Completion:
    """The last of some answers with the tokens, dollars, seconds and retries of all.

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
        retries=sum(answer.retries for answer in answers),
        answered_by=", ".join(_stand_ins(answers)) or None,
    )


def _stand_ins(answers: Sequence[Completion]) -> Iterator[str]:
    """The models that stood in for the one that was asked, each once."""
    several = (answer.answered_by.split(", ") for answer in answers if answer.answered_by)
    yield from dict.fromkeys(name for names in several for name in names)


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


def _exchange(planned: Request, said: tuple[Message, ...], answer: Completion) -> _Exchange:
    """What a turn adds to the history: the user's message, the steps of the tools, the answer.

    How the prompt begins the answer is left out, and so are calls that got no result: providers
    refuse them, and an assistant that says nothing.
    """
    [_, own] = _split(planned.messages)
    text = answer.text if answer.text.strip() else NO_ANSWER
    return _Exchange((*said[:1], *said[len(own) :], Message(role="assistant", content=text)))


def _as_said(answer: Completion) -> Message:
    return Message(role="assistant", content=answer.text, tool_calls=answer.tool_calls)


def _input_of(case: Case, request: Request, number: int) -> str:
    if case.turns:
        return case.turns[number].input
    if case.input is not None:
        return case.input
    return request.messages[-1].content if request.messages else ""


def _untried(fault: InjectedFault, called: Collection[str], *, is_watched: bool) -> Verdict:
    """That a failure was not tried, and why: of a tool that was called no call got an answer.

    A meter watches what becomes of the calls of an agent.
    """
    failure = f"its failure ({fault.error})"
    reason = f"{fault.target} was never called, so {failure} was not tried"
    if fault.target is None:
        reason = f"the provider was never asked, so {failure} was not tried"
    elif fault.target in called and is_watched:
        reason = f"{fault.target} was called, but {failure} never reached the model"
    elif fault.target in called:
        what = f"no call of {fault.target} was right, or got an answer"
        reason = f"{what}, so {failure} was not tried"
    return _lost("faults", reason, fault.location, None)


def _unseen(fault: InjectedFault, model: str) -> Verdict:
    """That an agent was to make its tool fail by itself; its word is all that there is."""
    return Verdict(
        kind="faults",
        passed=None,
        reason=f"{model} was told that {fault.target} fails; nothing shows whether it did",
        score=0.0,
        advisory=True,
        location=fault.location,
    )


def _lost(kind: str, reason: str, location: Location, turn: int | None) -> Verdict:
    return Verdict(
        kind=kind,
        passed=False,
        reason=shortened(reason, _LONGEST_REASON),
        score=0.0,
        location=location,
        turn=turn,
    )

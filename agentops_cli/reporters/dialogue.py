"""What was said and called in a trial, line by line, in the same words in every report."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from agentops_cli.assertions.calls import identity, told
from agentops_cli.model.call import Completion
from agentops_cli.model.result import CaseResult, TrialResult
from agentops_cli.model.tool import ToolCall
from agentops_cli.reporters.account import lost
from agentops_cli.reporters.wording import one_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that was said or done: `label` is ours, `text` is foreign, visible, on one line.

    `turn` counts from 0 and is None where there are no turns to tell apart.
    """

    label: str
    text: str
    turn: int | None = None

    @property
    def head(self) -> str:
        """`turn 2, called`, or `called` alone."""
        return self.label if self.turn is None else f"turn {self.turn + 1}, {self.label}"

    def __str__(self) -> str:
        return f"{self.head}: {self.text}"


def is_dialogue(trial: TrialResult) -> bool:
    """True when the answer alone does not tell what came."""
    answer = trial.completion
    return bool(trial.turns) or (
        answer is not None and bool(answer.tool_calls or answer.failure is not None)
    )


def dialogue_of(
    case: CaseResult, trial: TrialResult, *, limit: int, turns: Collection[int] | None = None
) -> Iterator[Line]:
    """What was said in a trial: in each turn the user's words, the tools called, and the answer.

    What was said beside the tool calls comes first, all of it in one line.

    Of a case without turns the user's words are left out: nothing else was ever said. No text is
    longer than about `limit` characters. `turns` picks some of them; None is all.
    """
    if not trial.turns:
        if trial.completion:
            yield from _answer(trial.completion, None, limit)
        return
    several = bool(case.case.turns) or len(trial.turns) > 1
    before = 0
    for number, turn in enumerate(trial.turns):
        if turns is None or number in turns:
            place = number if several else None
            if several:
                anew = " (conversation begun anew)" if turn.conversation != before else ""
                yield Line(label=f"user{anew}", text=_shown(turn.input, limit), turn=place)
            yield from _answer(turn.completion, place, limit)
        before = turn.conversation


def telling_turns(trial: TrialResult, most: int) -> Collection[int]:
    """The turns that say most about a trial: those that lost, then the last ones."""
    lost_in = {verdict.turn for verdict in lost(trial)}
    numbers = range(len(trial.turns))
    return sorted(numbers, key=lambda number: (number not in lost_in, -number))[:most]


def calls_of(trial: TrialResult) -> tuple[ToolCall, ...]:
    """Every tool call of a trial, in order."""
    if trial.turns:
        return tuple(call for turn in trial.turns for call in turn.completion.tool_calls)
    return trial.completion.tool_calls if trial.completion else ()


def _answer(answer: Completion, turn: int | None, limit: int) -> Iterator[Line]:
    if answer.said:
        yield Line(label="said first", text=_shown("\n".join(answer.said), limit), turn=turn)
    if answer.tool_calls:
        calls = _shown(", ".join(_called(answer.tool_calls)), limit)
        yield Line(label="called", text=calls, turn=turn)
    if answer.failure is not None:
        yield Line(label="failed", text=_shown(answer.failure, limit), turn=turn)
    if answer.failure is None or answer.text.strip() not in answer.failure:
        yield Line(label="answer", text=_shown(answer.text, limit), turn=turn)


def _called(calls: Iterable[ToolCall]) -> Iterator[str]:
    """Each call; those that follow each other and are the same only once."""
    for _, same in groupby(calls, key=identity):
        call, *more = same
        yield f"{told(call)} {len(more) + 1} times" if more else told(call)


def _shown(text: str, limit: int) -> str:
    return one_line(text, limit) if text.strip() else "(empty)"

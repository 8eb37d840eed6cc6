"""Cases of suites, put to both versions of a prompt, as `eval` would put them."""

import time
from collections.abc import Sequence
from statistics import median_low
from typing import Final, Literal

from agentops_cli.diff.prices import UsualCall
from agentops_cli.diff.texts import Told, message_diffs
from agentops_cli.diff.values import Pair, Rendered
from agentops_cli.errors import AgentopsError
from agentops_cli.model.finding import Finding
from agentops_cli.model.prompt import Message
from agentops_cli.model.suite import Case
from agentops_cli.ports import Source
from agentops_cli.prompt.pairing import paired
from agentops_cli.prompt.read import read_prompt
from agentops_cli.prompt.render import Renderer
from agentops_cli.prompt.source import Passage, PromptFile
from agentops_cli.rules.suites import SuiteFacts
from agentops_cli.run.messages import messages_of
from agentops_cli.tokens import count_tokens

_MOST: Final = 51
"""So many cases tell what is usual, taken evenly from all."""

Asked = Sequence[tuple[Message, ...]]
"""The messages of each request of a case."""


class Putting:
    """Both versions of one prompt; what each includes is what its own state has."""

    def __init__(self, pair: Pair, before: Source, after: Source) -> None:
        self._pair = pair
        self._before = None if pair.before is None else _renderer(pair.before, before)
        self._after = None if pair.after is None else _renderer(pair.after, after)

    def usual(
        self, suites: Sequence[SuiteFacts], model: str | None
    ) -> tuple[UsualCall | None, UsualCall | None]:
        """What a call of each version is usually like, by the cases that both can be given."""
        old: list[int] = []
        new: list[int] = []
        for case in _some([case for facts in suites for case in facts.looked_at]):
            before, after = self._asked(case)
            if (before or self._before is None) and (after or self._after is None):
                old += [_tokens(before[0], model)] if before else []
                new += [_tokens(after[0], model)] if after else []
        return _usual(old), _usual(new)

    def rendered(self, suites: Sequence[SuiteFacts], wanted: str) -> Rendered | None:
        """What the model would see of the case of an id; None where no version can be given it."""
        cases = (case for facts in suites for case in facts.looked_at if case.id == wanted)
        for case in cases:
            before, after = self._asked(case)
            if before or after:
                pairs = paired(_passages(before), _passages(after))
                told = [(_told(one), _told(other)) for one, other in pairs]
                return Rendered(
                    case=wanted,
                    messages=message_diffs(told),
                    refused_by=self._refused_by(before, after),
                )
        return None

    def _refused_by(self, before: Asked, after: Asked) -> Literal["before", "after"] | None:
        if not before and self._pair.before is not None:
            return "before"
        return "after" if not after and self._pair.after is not None else None

    def _asked(self, case: Case) -> tuple[Asked, Asked]:
        """The requests of a case on both sides; none where it cannot be put to that version."""
        before, after = (
            () if renderer is None else _asked(case, renderer)
            for renderer in (self._before, self._after)
        )
        return before, after


def _renderer(file: PromptFile, source: Source) -> Renderer | None:
    """The version as `eval` renders it; None where `eval` refuses it."""
    try:
        prompt = read_prompt(file.stored.characters, path=file.path)
        return Renderer(prompt, clock=time.monotonic, source=source)
    except AgentopsError:
        return None


def _asked(case: Case, renderer: Renderer) -> Asked:
    problems: list[Finding] = []
    try:
        asked = messages_of(case, renderer, problems.append)
    except AgentopsError:
        return ()
    return () if problems or not all(asked) else asked


def _some(cases: Sequence[Case]) -> Sequence[Case]:
    return cases[:: -(-len(cases) // _MOST)] if cases else ()


def _usual(counts: Sequence[int]) -> UsualCall | None:
    return UsualCall(input_tokens=median_low(counts), cases=len(counts)) if counts else None


def _tokens(messages: Sequence[Message], model: str | None) -> int:
    return sum(count_tokens(message.content, model).count for message in messages)


def _passages(asked: Asked) -> tuple[Passage, ...]:
    return tuple(
        Passage(role=message.role, text=message.content, segments=((0, 0),))
        for messages in asked
        for message in messages
    )


def _told(passage: Passage | None) -> Told | None:
    if passage is None:
        return None
    numbers = range(1, passage.text.count("\n") + 2)
    return Told(role=passage.role, text=passage.text, numbers=numbers)

"""The requests and tokens that one model sees in any minute, and how long one more has to wait."""

from collections import deque
from dataclasses import dataclass

from agentops_cli.model.call import Request

# A minute, and by how much two calls may differ in the time they take to arrive.
_WINDOW_S = 61.0

_BYTES_PER_TOKEN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """How long a call has to wait as things are, and why.

    `or_reply` where the end of any other call may end it, too.
    """

    s: float
    why: str
    or_reply: bool = False


class Minute:
    """The calls and tokens of one model in the last minute, against its limits."""

    def __init__(self, *, rpm: int | None, tpm: int | None) -> None:
        self._rpm = rpm
        self._tpm = tpm
        self._turns: deque[Turn] = deque()
        self.tokens = 0

    def wait(self, request: Request, now: float) -> Wait | None:
        """How long until one more call fits; one that is larger than a minute's waits for none."""
        turns = self._turns
        while turns and turns[0].begun <= now - _WINDOW_S:
            turns.popleft().leave()
        if self._rpm and len(turns) >= self._rpm:
            return Wait(s=turns[0].begun + _WINDOW_S - now, why=f"rpm is {self._rpm:,}")
        over = self.tokens + _likely_tokens(request) - self._tpm if self._tpm else 0
        leaves = now
        for turn in turns:
            if over <= 0:
                break
            over -= turn.tokens
            leaves = turn.begun + _WINDOW_S
        if leaves <= now:
            return None
        return Wait(s=leaves - now, why=f"tpm is {self._tpm:,}", or_reply=True)

    def begin(self, request: Request, now: float) -> "Turn":
        """Counts a call that begins now, with what it is likely to use."""
        turn = Turn(self, now, _likely_tokens(request) if self._tpm else 0)
        self.tokens += turn.tokens
        self._turns.append(turn)
        return turn


class Turn:
    """One call of the last minute, and the tokens that it counts with."""

    __slots__ = ("_minute", "begun", "tokens")

    def __init__(self, minute: Minute, begun: float, tokens: int) -> None:
        self._minute: Minute | None = minute
        self.begun = begun
        self.tokens = tokens

    def settle(self, tokens: int) -> None:
        """Counts what was used, in place of what was likely."""
        if self._minute is not None:
            self._minute.tokens += tokens - self.tokens
            self.tokens = tokens

    def leave(self) -> None:
        """Counts no more."""
        if self._minute is not None:
            self._minute.tokens -= self.tokens
            self._minute = None


def _likely_tokens(request: Request) -> int:
    """What OpenAI counts a request with before it is answered: its text, and all it may answer.

    https://platform.openai.com/docs/guides/rate-limits ("reduce max_tokens").
    """
    size = sum(len(message.content.encode("utf-8", "replace")) for message in request.messages)
    return size // _BYTES_PER_TOKEN + request.max_tokens

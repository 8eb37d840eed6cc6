"""Questions to a judge as a dialogue: asked one after another, until there is a verdict.

A dialogue is a generator that yields a request and is sent the reply. It reads as the list of steps
that it is, and the engine sees it as a chain of `Ask`s.
"""

from collections.abc import Callable, Generator
from dataclasses import replace
from typing import TypeAlias, TypeVar

from agentops_cli.model.call import Ask, Completion, Finish, Request, Verdict
from agentops_cli.model.prompt import Message

T = TypeVar("T")

Dialogue: TypeAlias = Generator[Request, Completion, T]


class BadReply(Exception):  # noqa: N818 - the model's mistake, and an abstention in the end
    """A reply that cannot be taken for an opinion; the message says why, as a clause."""


def begin(dialogue: Dialogue[Verdict], *, of: Request) -> Verdict | Ask:
    """The first question of a dialogue; `settle` of each leads to the next one or to the verdict.

    The questions have as much time as the request `of` that they are about, and are paid for by its
    suite. Each may be settled once: a dialogue does not go back. A verdict of replies that are kept
    from earlier says so.
    """
    return _step(lambda: next(dialogue), dialogue, of)


def _step(
    advance: Callable[[], Request],
    dialogue: Dialogue[Verdict],
    of: Request,
    *,
    kept: bool | None = None,
) -> Verdict | Ask:
    """Goes on to the next question; `kept` is whether all replies so far were, None before any."""
    try:
        request = advance()
    except StopIteration as end:
        verdict: Verdict = end.value
        return replace(verdict, reason=f"cached: {verdict.reason}") if kept else verdict

    def settle(reply: Completion) -> Verdict | Ask:
        all_kept = reply.cached and kept is not False
        return _step(lambda: dialogue.send(reply), dialogue, of, kept=all_kept)

    return Ask(request=replace(request, timeout_s=of.timeout_s, tags=of.tags), settle=settle)


def answered(request: Request, read: Callable[[Completion], T]) -> Dialogue[T]:
    """Asks, and once more with what was wrong with the reply; then raises `BadReply`.

    `read` raises `BadReply` for a reply that it cannot take.
    """
    reply = yield request
    try:
        return _read(reply, read)
    except BadReply as why:
        reply = yield _repaired(request, reply, why)
    try:
        return _read(reply, read)
    except BadReply as why:
        raise BadReply(f"no usable reply in two tries: {why}") from None


def _read(reply: Completion, read: Callable[[Completion], T]) -> T:
    if reply.finish is Finish.FILTERED:
        raise BadReply("the provider's content filter stopped it")
    if reply.finish is Finish.LENGTH:
        raise BadReply("it was cut off")
    return read(reply)


def _repaired(request: Request, reply: Completion, why: BadReply) -> Request:
    # Some providers refuse a message without a text.
    said = Message(role="assistant", content=reply.text or "(nothing)")
    wanted = f"That reply cannot be used: {why}. Reply again, with the JSON object alone."
    return replace(
        request, messages=(*request.messages, said, Message(role="user", content=wanted))
    )

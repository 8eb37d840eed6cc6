"""`agentops cache explain`: which calls of a run would be answered from the cache, and why not."""

import asyncio
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Literal

from agentops_cli.errors import GatewayError
from agentops_cli.flows.cache import kept_answers
from agentops_cli.flows.cache_folder import suite_name
from agentops_cli.flows.evaluate import Prepared
from agentops_cli.flows.wiring import Checks
from agentops_cli.guards.cache import may_be_kept
from agentops_cli.model.call import Completion, Fault, FaultKind, Purpose, Request
from agentops_cli.model.embedding import EMBEDDING_MODEL
from agentops_cli.model.json import JsonObject
from agentops_cli.model.prints import differing, prints_of
from agentops_cli.run.engine import Engine, conversation_ids, trials_of
from agentops_cli.stores.answer_rows import Kept, fresh_since
from agentops_cli.stores.answers import Answers

_MISS = Fault(kind=FaultKind.MISS, message="no such answer is kept")

Status = Literal["hit", "miss", "live", "never"]
"""From the cache; made, and kept; made in any case, and kept; made, and never kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One call that a run would make, and whether it would.

    `why` is None for a hit. `fields` are the parts of the request that are not as in the nearest
    one that is kept.
    """

    suite: str
    case_id: str
    model: str
    purpose: Purpose
    repeat: int
    turn: int
    step: int
    status: Status
    why: str | None = None
    fields: tuple[str, ...] = ()


def explain_cache(prepared: Prepared) -> tuple[Explained, ...]:
    """Every call of a run in its order, as far as one can see.

    The run is gone through with what is kept: what would be asked after an answer that is not
    there, nobody knows. No call is made. Raises `StoreError` when the cache cannot be read.
    """
    calls: list[Explained] = []
    with kept_answers(prepared.config) as answers:
        gateway = _Looking(prepared, answers, calls.append)
        engine = Engine(
            gateway,
            checks_of=Checks(prepared.kinds).of,
            on_result=lambda _: None,
            conversation_id=conversation_ids("explain"),
            concurrency=1,
        )
        broken: BaseException | None = None
        try:
            asyncio.run(engine.run(trials_of(prepared.plan.cases)))
        except* sqlite3.Error as group:
            broken = group.exceptions[0]
        if broken is not None:
            raise broken
    return tuple(calls)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What came of looking for an answer."""

    status: Status
    why: str | None = None
    fields: tuple[str, ...] = ()
    completion: Completion | None = None


class _Looking:
    """A gateway that answers from what is kept, and tells of each request what it found."""

    def __init__(
        self, prepared: Prepared, answers: Answers | None, tell: Callable[[Explained], None]
    ) -> None:
        cases = {planned.case.id for planned in prepared.plan.cases}
        self._answers = answers
        self._tell = tell
        self._name_of = cache(partial(suite_name, prepared.config, prepared.world))
        self._most_days = prepared.config.cache.most_days
        now = prepared.world.now().timestamp()
        self._made_since = fresh_since(now=now, most_days=self._most_days)
        self._kept: dict[str | None, list[Kept]] = defaultdict(list)
        for kept in answers.asked() if answers else ():
            if kept.case_id in cases:
                self._kept[kept.case_id].append(kept)

    async def complete(self, request: Request) -> Completion:
        """The answer that is kept; else a fault ends the trial."""
        if request.model == EMBEDDING_MODEL:
            raise GatewayError(_MISS)  # Nobody asks a provider, nor pays.
        look, tags = self._look(request), request.tags
        self._tell(
            Explained(
                suite=tags.suite if tags else "",
                case_id=tags.case_id if tags else "",
                model=request.model,
                purpose=request.purpose,
                repeat=request.repeat,
                turn=request.turn,
                step=request.step,
                status=look.status,
                why=look.why,
                fields=look.fields,
            )
        )
        if look.completion is None:
            raise GatewayError(_MISS)
        return replace(look.completion, cached=True)

    async def close(self) -> None:
        """Has nothing to release."""

    def _look(self, request: Request) -> _Look:
        if not may_be_kept(request):
            return _Look(status="never", why="answers of this kind are not kept")
        found = self._answers.find(request.fingerprint()) if self._answers else None
        is_old = found is not None and found.made_at < self._made_since
        completion = found.completion if found and not is_old else None
        if request.live:
            # What follows it can be told all the same, where the answer stays as it was.
            return _Look(status="live", why="it is to be measured", completion=completion)
        if completion:
            return _Look(status="hit", completion=completion)
        if is_old:
            return _Look(status="miss", why=f"kept for more than {self._most_days:g} days")
        fields = self._differing(request)
        if fields is None:
            return _Look(status="miss", why="nothing is kept for this case")
        if not fields:
            return _Look(status="miss", why="what is kept is damaged")
        why = f"it differs from what is kept in {_listed(fields)}"
        return _Look(status="miss", why=why, fields=fields)

    def _differing(self, request: Request) -> tuple[str, ...] | None:
        """What is not as in the nearest request of the same case; None where there is none."""
        tags, prints = request.tags, prints_of(request)
        same = [
            k for k in self._kept[tags.case_id if tags else None] if k.purpose is request.purpose
        ]
        suite = self._name_of(tags.suite) if tags else None
        found = ((kept.suite != suite, differing(kept.prints, prints)) for kept in same)
        nearest = min(found, key=lambda each: (each[0], len(each[1])), default=None)
        return nearest[1] if nearest else None


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def json_of_explained(calls: Sequence[Explained]) -> JsonObject:
    """The same as `--format json` prints it."""
    return {
        "schema": 1,
        "hits": sum(call.status == "hit" for call in calls),
        "calls": [
            {
                "suite": call.suite,
                "caseId": call.case_id,
                "model": call.model,
                "purpose": call.purpose.value,
                "repeat": call.repeat,
                "turn": call.turn,
                "step": call.step,
                "status": call.status,
                "why": call.why,
                "fields": [*call.fields],
            }
            for call in calls
        ],
    }

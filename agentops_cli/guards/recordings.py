"""The recorded answers of a run in memory: those that were there before, and those of the run."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace

from agentops_cli.guards.hidden import Hidden
from agentops_cli.guards.misses import why_missing
from agentops_cli.model.call import Completion, Fault, Purpose, Request
from agentops_cli.model.cassette import Call, Cassette, Recording, Reel, key_of


class Recordings:
    """Finds and keeps answers by what was asked; used from one event loop.

    `reels` are by the suite's path. With `replays`, what was there before the run is found too;
    else only what the run itself has asked. `redacted` gives an answer as it may be kept, `today`
    is the day that new ones are dated with.

    What is kept is redacted, while the run goes on with the answer as it came. So what is said
    later in the same case may hold an answer as nobody will see it again: it is known by its
    redacted form, which is what it will hold when it is replayed.
    """

    def __init__(
        self,
        reels: Mapping[str, Reel],
        *,
        redacted: Callable[[Completion], Completion],
        today: str,
        replays: bool,
    ) -> None:
        self.reels = dict(reels)
        self.made: dict[Call, Recording] = {}
        self.lost: set[Call] = set()
        self.used: dict[Call, Recording] = {}
        self._redacted = redacted
        self._today = today
        self._replays = replays
        self._hidden: dict[tuple[str, str], Hidden] = {}
        self._old: dict[Call, Recording] = {}
        self._renamed: dict[tuple[str, str], Recording] = {}
        self._first: dict[Call, Recording] = {}
        self._first_renamed: dict[tuple[str, str], Recording] = {}
        self._missed: set[tuple[str, str]] = set()
        for suite, reel in reels.items():
            for recording in reel.cassette.recordings if reel.cassette else ():
                if recording.key is not None:
                    self._old[Call(suite, recording.case_id, recording.key)] = recording
                    self._renamed.setdefault((suite, recording.key), recording)

    def put_first(self, suite: str, cassette: Cassette) -> int:
        """Finds what another cassette of a suite has before what its own has, renamed cases too.

        Gives how many calls both have an answer to, and not the same one.
        """
        reel = self.reels[suite]
        self.reels[suite] = replace(reel, cassette=reel.cassette or cassette)
        for recording in cassette.recordings:
            if recording.key is not None:
                self._first[Call(suite, recording.case_id, recording.key)] = recording
                self._first_renamed.setdefault((suite, recording.key), recording)
        return sum(
            call.suite == suite and call in self._old and not one.says_the_same(self._old[call])
            for call, one in self._first.items()
        )

    def call_of(self, request: Request) -> Call:
        """What a request is known by."""
        suite = request.tags.suite if request.tags else ""
        case_id = request.tags.case_id if request.tags else ""
        if hidden := self._hidden.get((suite, case_id)):
            request = hidden.in_request(request)
        return Call(suite, case_id, key_of(request))

    def find(self, call: Call, request: Request) -> Completion | None:
        """The answer to a request; one of the run itself before one that was there.

        A case that has been renamed finds what was recorded under its old name. What an agent
        answered in this run is no answer for a later conversation, as its state has moved on; nor
        is any for a call that is made to be measured.
        """
        found = None if request.agent or request.live else self.made.get(call)
        if found is None and self._replays:
            asked = (call.suite, call.key)
            found = (
                self._first.get(call)
                or self._first_renamed.get(asked)
                or self._old.get(call)
                or self._renamed.get(asked)
            )
            if found is not None:
                self.used[Call(call.suite, found.case_id, call.key)] = found
        return None if found is None else found.completion(request.model)

    def keep(self, call: Call, request: Request, completion: Completion) -> None:
        """Keeps an answer, in place of an earlier one to the same call."""
        kept = self._shown(call, completion)
        reel = self.reels[call.suite]
        is_subject = request.purpose is Purpose.SUBJECT
        of_prompt = is_subject and request.tags is not None and request.tags.prompt is not None
        self.lost.discard(call)
        self.made[call] = Recording(
            case_id=call.case_id,
            text=kept.text,
            line=0,
            key=call.key,
            suite=reel.name,
            repeat=request.repeat,
            turn=request.turn,
            step=request.step,
            purpose=request.purpose,
            model=request.model,
            served_model=kept.model,
            prompt_sha=reel.prompt_sha if of_prompt else None,
            finish=kept.finish,
            usage=kept.usage,
            tool_calls=kept.tool_calls,
            recorded_at=self._today,
            failure=kept.failure,
            trace=kept.trace,
            stopped_after=kept.stopped_after,
            provider_faults=kept.provider_faults,
            met=kept.met,
            answered_by=kept.answered_by,
        )

    def lose(self, call: Call) -> None:
        """Remembers a call that gave no answer: what is recorded of it is not out of use."""
        if call not in self.made:
            self.lost.add(call)

    def miss(self, call: Call, request: Request) -> Fault:
        """Why a request has no recorded answer, as precisely as that can be told."""
        self.lose(call)
        self._missed.add((call.suite, call.case_id))
        return why_missing(request, self.reels[call.suite])

    def unused(self, suite: str, *, skipped: Collection[str] = ()) -> Iterator[Recording]:
        """What was there and no call asked for, in the order of the file.

        Not what was written by hand, nor what belongs to a case of which nothing or not all was
        asked: it is `skipped`, or missed an answer, which is told already.
        """
        cassette = self.reels[suite].cassette
        for recording in cassette.recordings if cassette else ():
            case_id = recording.case_id
            if recording.key is None or case_id in skipped or (suite, case_id) in self._missed:
                continue
            call = Call(suite, case_id, recording.key)
            if not (call in self.used or call in self.made or call in self.lost):
                yield recording

    def _shown(self, call: Call, completion: Completion) -> Completion:
        """The answer as it may be shown, remembered where that differs from how it came."""
        kept = self._redacted(completion)
        if kept != completion:
            self._hidden.setdefault((call.suite, call.case_id), Hidden()).learn(completion, kept)
        return kept

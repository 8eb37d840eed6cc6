"""The cassettes of a run: where they are, what they are used for, and what is said of them."""

import os
import posixpath
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path, PurePosixPath

from agentops_cli.errors import InputError, UnreadableError
from agentops_cli.flows.world import World
from agentops_cli.guards.record import is_recorded
from agentops_cli.guards.recordings import Recordings
from agentops_cli.model.call import Purpose
from agentops_cli.model.cassette import Call, Cassette, CassetteUse, Recording, Reel
from agentops_cli.model.cassette_lines import read_cassette
from agentops_cli.model.finding import Finding, Severity
from agentops_cli.model.ids import models_in
from agentops_cli.model.place import Location
from agentops_cli.model.result import Outcome, TrialResult
from agentops_cli.model.settings import Config, secret_variables
from agentops_cli.patterns import marks
from agentops_cli.ports import Source
from agentops_cli.redact import Redact, redact_completion, secrets_in
from agentops_cli.run.plan import LoadedSuite, Plan
from agentops_cli.sources import YAML_SUFFIXES
from agentops_cli.stores.cassettes import Merged, demand_place, merge

SHOWN_RECORDINGS = 10


def cassette_path(suite: str) -> str:
    """The cassette of a suite, beside it: `evals/a.yaml` has `evals/cassettes/a.jsonl`."""
    folder, name = posixpath.split(suite)
    return posixpath.join(folder, "cassettes", f"{PurePosixPath(name).stem}.jsonl")


class Cassettes:
    """The cassettes of the suites of a plan that ask anything.

    Raises `InputError` when it is constructed and one cannot be read, or belongs to two suites. A
    cassette that is not there is as one that is empty. A run that `is_whole` asks everything that
    its suites have to ask, so that what it does not ask is out of use.
    """

    def __init__(
        self,
        plan: Plan,
        config: Config,
        source: Source,
        world: World,
        *,
        use: CassetteUse,
        is_whole: bool,
    ) -> None:
        self.use = use
        self._cwd = world.cwd
        self._is_whole = is_whole
        self._skipped: set[tuple[str, str]] = set()
        self._cut_short: set[tuple[str, str, str, int]] = set()
        self._failed: set[tuple[str, str]] = set()
        asking: set[str] = set()
        for case in plan.cases:
            if case.case.skip is not None:
                self._skipped.add((case.suite, case.case.id))
            elif case.judge or any(map(is_recorded, models_in(case.model))):
                asking.add(case.suite)
        suites = [item for item in plan.suites if item.suite.path in asking]
        redact = Redact(secrets_in(world.environ, secret_variables(config)))
        self.recordings = Recordings(
            _reels(suites, config, source, world),
            redacted=partial(redact_completion, redact=redact),
            today=world.now().date().isoformat(),
            replays=use is not CassetteUse.RECORD,
        )

    @property
    def is_replay(self) -> bool:
        """True when no call is made."""
        return self.use is CassetteUse.REPLAY

    @property
    def replayed(self) -> list[str]:
        """The cassettes that the answers come from, if they do."""
        reels = self.recordings.reels.values()
        return [reel.path for reel in reels] if self.is_replay else []

    @property
    def notes(self) -> list[Finding]:
        """The suites whose every call will be a miss."""
        if not self.is_replay:
            return []
        return [
            Finding(
                rule="missing-cassette",
                message=f"{reel.suite} has no cassette, so nothing of it can be replayed: "
                f"{reel.path} does not exist",
                location=Location(path=reel.suite),
                fix=f"record it: agentops eval {reel.suite} --record",
                severity=Severity.WARNING,
            )
            for reel in self.recordings.reels.values()
            if reel.cassette is None
        ]

    def put_first(self, earlier: Source) -> dict[str, str]:
        """Answers from the cassettes of an earlier tree, and only what they lack from those of now.

        So nobody changes what was recorded of an earlier version by changing its cassette later.
        Gives by suite what is to be said where somebody did.
        """
        told: dict[str, str] = {}
        for reel in [*self.recordings.reels.values()]:
            with suppress(UnreadableError, InputError):  # It may have had none.
                cassette = read_cassette(earlier.read(reel.path), path=reel.path)
                if others := self.recordings.put_first(reel.suite, cassette):
                    are = "is not that" if others == 1 else "are not those"
                    told[reel.suite] = (
                        f"{reel.path}: {_counted(others)} {are} of the earlier side, "
                        "whose answers count"
                    )
        return told

    def demand_places(self) -> None:
        """Raises `StoreError` where what is about to be paid for could not be written down."""
        if not self.is_replay:
            for reel in self.recordings.reels.values():
                demand_place(self._cwd / reel.path)

    def replayed_in(self, suite: str) -> int:
        """How many answers of a suite came from its cassette, those of judges too."""
        return sum(call.suite == suite for call in self.recordings.used)

    def hear(self, result: TrialResult) -> None:
        """Remembers which trials may not have come to all of their calls.

        One that ends with a fault stops where it is, and one that is lost asks no judge. What is
        tried once more counts as it ends then.
        """
        trial = (result.suite, result.case_id, result.model, result.repeat)
        if result.fault:
            self._cut_short.add(trial)
        else:
            self._cut_short.discard(trial)
        if result.outcome is Outcome.FAILED:
            self._failed.add((result.suite, result.case_id))

    def close(self, *, is_part: bool, on_incident: Callable[[str, str], None]) -> list[Finding]:
        """Writes what was recorded, and gives what there is to say of it; changes no verdict.

        With `is_part`, the run has not asked all that it was to ask: it was interrupted, or went on
        with one that was. What was answered is recorded all the same. Raises `StoreError`.
        """
        said: list[Finding] = []
        held = self.recordings
        for suite, reel in held.reels.items():
            unused = self._unused(suite, is_part=is_part)
            made, used = (_of_suite(suite, each) for each in (held.made, held.used))
            dropped = unused if self.use is CassetteUse.RECORD else []
            if used or self.is_replay:
                none = "; no call was made" if self.is_replay else ""
                told = f"{suite}: {_counted(len(used))} of {reel.path} replayed{none}"
                on_incident("cassette", told)
            if made or dropped:
                on_incident("cassette", _told(reel.path, self._merge(reel, made, dropped)))
            said += _redacted(reel.path, [*made, *used])
            if self.use is not CassetteUse.RECORD:
                said += _not_used(reel, unused)
        return said

    def _unused(self, suite: str, *, is_part: bool) -> list[Recording]:
        """What no call asked for, of cases in which everything was asked that there is to ask."""
        calls_failed = not self.is_replay and self.recordings.lost
        if is_part or calls_failed or not self._is_whole:
            return []
        cut_short = {(path, case_id) for path, case_id, _, _ in self._cut_short}
        unasked = {case_id for path, case_id in self._skipped | cut_short if path == suite}
        return [
            one
            for one in self.recordings.unused(suite, skipped=unasked)
            if one.purpose is Purpose.SUBJECT or (suite, one.case_id) not in self._failed
        ]

    def _merge(
        self, reel: Reel, made: Collection[Recording], dropped: Collection[Recording]
    ) -> Merged:
        spent = {(one.case_id, one.key) for one in dropped}
        return merge(
            self._cwd / reel.path, made, is_spent=lambda one: (one.case_id, one.key) in spent
        )


def _reels(
    suites: Sequence[LoadedSuite], config: Config, source: Source, world: World
) -> dict[str, Reel]:
    findings: list[Finding] = []
    reels: dict[str, Reel] = {}
    for item in suites:
        suite = item.suite.path
        path = cassette_path(suite)
        findings += _shared(item, path, world)
        try:
            cassette = _cassette(path, source, world)
        except UnreadableError as error:
            place = Location(path=suite)
            findings.append(
                Finding(rule="bad-cassette", message=error.message, location=place, fix=error.fix)
            )
            continue
        except InputError as error:
            findings += error.findings
            continue
        prompt = item.renderer.prompt if item.renderer else None
        reels[suite] = Reel(
            suite=suite,
            name=PurePosixPath(os.path.relpath(world.cwd / suite, config.root)).as_posix(),
            path=path,
            cassette=cassette,
            prompt_sha=prompt.sha256 if prompt else None,
        )
    if findings:
        raise InputError(findings)
    return reels


def _cassette(path: str, source: Source, world: World) -> Cassette | None:
    if not os.path.lexists(world.cwd / path):
        return None
    for part in (posixpath.dirname(path), path):
        if (world.cwd / part).is_symlink():
            raise UnreadableError(f"{part} is a link, and may lead anywhere", fix="remove the link")
    return read_cassette(source.read(path), path=path)


def _shared(item: LoadedSuite, cassette: str, world: World) -> Iterator[Finding]:
    """A finding where another suite has the same cassette: `a.yaml` and `a.yml`."""
    mine = Path(item.suite.path)
    for suffix in YAML_SUFFIXES - {mine.suffix}:
        other = mine.with_suffix(suffix)
        if mine.suffix in YAML_SUFFIXES and (world.cwd / other).exists():
            yield Finding(
                rule="ambiguous-cassette",
                message=f"{mine.as_posix()} and {other.as_posix()} would share {cassette}",
                location=item.suite.location,
                fix="rename one of the two suites",
            )


def _told(path: str, merged: Merged) -> str:
    """What was recorded, in words."""
    total = merged.added + merged.changed + merged.same
    answers = "answer" if total == 1 else "answers"
    words = (
        f"{path}: {total} {answers} recorded ({merged.added} new, {merged.changed} changed, "
        f"{merged.same} as before)"
    )
    if not merged.dropped:
        return words
    cases = _listed([f"case {one.case_id!r} (was line {one.line})" for one in merged.dropped])
    dropped = _counted(len(merged.dropped))
    return f"{words}, {dropped} dropped that no call asks for any more: {cases}"


def _of_suite(suite: str, recordings: Mapping[Call, Recording]) -> list[Recording]:
    return [one for call, one in recordings.items() if call.suite == suite]


def _redacted(path: str, recordings: Collection[Recording]) -> Iterator[Finding]:
    """A warning where what a replay judges is not what the model said."""
    cases = sorted({one.case_id for one in recordings if _has_marks(one)})
    if cases:
        yield Finding(
            rule="redacted-recording",
            message=f"{path} has marks of redaction in the answers of "
            f"{_listed([f'case {case_id!r}' for case_id in cases])}",
            location=Location(path=path),
            fix="assert noPii or noSecrets: they see the marks; what asks for the hidden words "
            "will not find them in a replay",
            severity=Severity.WARNING,
        )


def _has_marks(recording: Recording) -> bool:
    texts = (recording.text, *(call.arguments for call in recording.tool_calls))
    return any(map(marks, texts))


def _not_used(reel: Reel, unused: Sequence[Recording]) -> Iterator[Finding]:
    if unused:
        where = [f"{reel.path}:{one.line} (case {one.case_id!r})" for one in unused]
        yield Finding(
            rule="unused-recording",
            message=f"{_counted(len(unused))} of {reel.path} that no call asked for: "
            f"{_listed(where)}",
            location=Location(path=reel.path, line=unused[0].line),
            fix=f"record anew without them: agentops eval {reel.suite} --record, or delete them",
            severity=Severity.INFO,
        )


def _listed(words: Sequence[str]) -> str:
    more = len(words) - SHOWN_RECORDINGS
    return ", ".join([*words[:SHOWN_RECORDINGS], *([f"and {more} more"] if more > 0 else [])])


def _counted(number: int) -> str:
    return f"{number} recorded answer" if number == 1 else f"{number} recorded answers"

"""Several votes to one verdict, by majority of all that were asked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agentops_cli.judge.dialogue import BadReply, Dialogue
from agentops_cli.model.call import Verdict
from agentops_cli.model.judge import Judge


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballot:
    """One vote that counts; the score is from 0 to 1. One that is `unsure` might be otherwise."""

    passed: bool
    score: float
    reason: str
    unsure: bool = False


def poll(judge: Judge, cast: Callable[[int], Dialogue[Ballot]]) -> Dialogue[Verdict]:
    """The verdict of `judge.votes` votes, which are cast one after another from 0.

    A vote that comes to nothing raises `BadReply` and counts for neither side. Without a majority
    of all votes for one side the verdict abstains; it is unsure where not every vote is for it, or
    where one of these is.
    """
    ballots: list[Ballot] = []
    spoiled: list[str] = []
    for vote in range(judge.votes):
        try:
            ballots.append((yield from cast(vote)))
        except BadReply as why:
            spoiled.append(str(why))
    for side in (True, False):
        winners = [ballot for ballot in ballots if ballot.passed is side]
        if 2 * len(winners) > judge.votes:
            return _verdict(judge, winners, ballots)
    return Verdict(kind="", passed=None, score=0.0, reason=_undecided(judge, ballots, spoiled))


def _verdict(judge: Judge, winners: Sequence[Ballot], ballots: Sequence[Ballot]) -> Verdict:
    first = winners[0]
    share = "" if judge.votes == 1 else f"{len(winners)} of {judge.votes} votes: "
    score = sum(ballot.score for ballot in ballots) / len(ballots)
    reason = f"judge {judge.model}: {share}{first.reason}"
    unsure = len(winners) < judge.votes or any(ballot.unsure for ballot in winners)
    return Verdict(kind="", passed=first.passed, score=score, reason=reason, unsure=unsure)


def _undecided(judge: Judge, ballots: Sequence[Ballot], spoiled: Sequence[str]) -> str:
    why = f"cannot tell: judge {judge.model}"
    if not ballots:
        return f"{why}: {spoiled[0]}"
    yes = sum(ballot.passed for ballot in ballots)
    no, none = len(ballots) - yes, len(spoiled)
    return f"{why}: {yes} for, {no} against, {none} spoiled ({spoiled[0]})"

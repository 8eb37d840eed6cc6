"""Why a request has no recorded answer: what is recorded instead, and what has changed since."""

import difflib
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import replace

from agentops_cli.model.call import Fault, FaultKind, Purpose, Request
from agentops_cli.model.cassette import Recording, Reel, key_of
from agentops_cli.model.ids import Kind, kind_of

_SHOWN = 6


def why_missing(request: Request, reel: Reel) -> Fault:
    """The fault of a request that the cassette of its suite has no answer to."""
    return Fault(
        kind=FaultKind.MISS,
        message=_reason(request, reel),
        fix=f"record it: agentops eval {shlex.quote(reel.suite)} --record missing",
        final=True,
    )


def _reason(request: Request, reel: Reel) -> str:
    case_id = request.tags.case_id if request.tags else ""
    what = _what(request)
    if reel.cassette is None:
        return f"{reel.suite} has no cassette: {reel.path} does not exist, so there is no {what}"
    none = f"{reel.path} has no {what} for case {case_id!r}"
    of_case = [
        one
        for one in reel.cassette.recordings
        if one.case_id == case_id and one.purpose is request.purpose
    ]
    if not of_case:
        near = difflib.get_close_matches(case_id, reel.cassette.case_ids - {case_id}, n=1)
        return f"{none}; the nearest case in it is {near[0]!r}" if near else none
    keyed = [one for one in of_case if one.key is not None]
    if not keyed:
        place = _places(of_case[:1], reel)
        return f"{none} that was recorded: the one at {place} has no key, as written by hand"
    return f"{none}{_difference(request, keyed, reel)}"


def _what(request: Request) -> str:
    who = request.model
    return f"opinion of {who}" if request.purpose is Purpose.JUDGE else f"answer of {who}"


def _difference(request: Request, recorded: Sequence[Recording], reel: Reel) -> str:
    """What is recorded of a case, up to the first thing in which a request differs from it."""
    of_model = [one for one in recorded if one.model == request.model]
    if not of_model:
        return f", only of {_listed(one.model or 'an unnamed model' for one in recorded)}"
    if request.purpose is Purpose.JUDGE:
        place = _places(of_model, reel)
        return (
            f" about this: since {_days(of_model)} ({place}) the answer, the rubric, the judge or "
            "where it is asked has changed"
        )
    of_repeat = [one for one in of_model if one.repeat == request.repeat]
    if not of_repeat:
        found = _listed(str(one.repeat) for one in of_model)
        return f", repeat {request.repeat}; it has repeat {found} (they count from 0)"
    here = [one for one in of_repeat if (one.turn, one.step) == (request.turn, request.step)]
    if not here:
        found = _listed(f"{one.turn}/{one.step}" for one in of_repeat)
        return f", turn {request.turn}, step {request.step}; it has turn/step {found}"
    then = f" as it is asked now; the one of {_days(here)} ({_places(here, reel)})"
    shas = {one.prompt_sha for one in here}
    if reel.prompt_sha not in shas and None not in shas and reel.prompt_sha is not None:
        prompt = request.tags.prompt if request.tags else None
        return f"{then} was asked with another version of the prompt {prompt or ''}".rstrip()
    return f"{then} was asked {_other(request, here)}"


def _other(request: Request, here: Sequence[Recording]) -> str:
    """How else it was asked, where it is not the prompt file that has changed."""
    keys = {one.key for one in here}
    if request.base_url is not None and key_of(replace(request, base_url=None)) in keys:
        return f"at the provider's own address, not at {request.base_url}"
    parts = ["the input", "variables"]
    if request.turn or request.step:
        parts.append("what was said before it")
    if request.agent is not None:
        parts += ["faults", "maxSteps"]
    elif kind_of(request.model) is Kind.LOCAL:
        parts += ["model parameters", "tools", "the weights of the model"]
    else:
        where = f"it is asked at {request.base_url} now" if request.base_url else "none is set now"
        parts += ["model parameters", "tools", f"the base URL ({where})"]
    return f"otherwise: compare {', '.join(parts[:-1])} and {parts[-1]}"


def _days(recorded: Iterable[Recording]) -> str:
    days = sorted({one.recorded_at or "an unknown day" for one in recorded})
    return days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"


def _places(recorded: Sequence[Recording], reel: Reel) -> str:
    return _listed(f"{reel.path}:{one.line}" for one in recorded)


def _listed(words: Iterable[str]) -> str:
    """A few words, each once, and how many more there are."""
    found = list(dict.fromkeys(words))
    more = [f"{len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
    return ", ".join([*found[:_SHOWN], *more])

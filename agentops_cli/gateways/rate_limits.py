"""What a provider says, in the headers of a reply, of how much more it takes and when.

OpenAI's names and Anthropic's are known, and with them those of everybody who copies OpenAI's:
https://platform.openai.com/docs/guides/rate-limits (durations such as `6m0s` and `20ms`),
https://docs.anthropic.com/en/api/rate-limits (moments, as RFC 3339 writes them). `Retry-After` is
RFC 9110, 10.2.3: seconds or a date. `retry-after-ms` is what OpenAI's clients look at first.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from agentops_cli.model.call import Fault, RateLimits

Headers = Mapping[str, str]
WallClock = Callable[[], datetime]
"""Now, aware."""

_UNITS_S = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
# As Go prints a duration.
_PART = re.compile(r"(\d+(?:\.\d*)?)(h|ms|us|µs|ns|m|s)")
_DURATION = re.compile(rf"(?:{_PART.pattern})+")

# No limit of requests or tokens is counted over more than a day: whatever says so is mistaken, such
# as a moment that is given as a number of seconds.
_LONGEST_S = 86_400.0

# Too many requests, unavailable, overloaded (Anthropic's). What else goes wrong is not mended by
# waiting, so that no other reply speaks of all the calls to come.
_ABOUT_PACE = frozenset({429, 503, 529})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Names:
    """The names that one family of providers gives to its figures."""

    remaining_requests: str
    remaining_tokens: str
    resets_requests: str
    resets_tokens: str


# Anthropic's first: litellm adds some of OpenAI's to them, without the resets.
_FAMILIES = (
    _Names(
        remaining_requests="anthropic-ratelimit-requests-remaining",
        remaining_tokens="anthropic-ratelimit-tokens-remaining",
        resets_requests="anthropic-ratelimit-requests-reset",
        resets_tokens="anthropic-ratelimit-tokens-reset",
    ),
    _Names(
        remaining_requests="x-ratelimit-remaining-requests",
        remaining_tokens="x-ratelimit-remaining-tokens",
        resets_requests="x-ratelimit-reset-requests",
        resets_tokens="x-ratelimit-reset-tokens",
    ),
)


def utc_now() -> datetime:
    """The time of this machine."""
    return datetime.now(UTC)


def rate_limits(headers: Headers, *, now: WallClock = utc_now) -> RateLimits | None:
    """What the headers of a reply say of limits, None when they say nothing of them.

    `headers` finds a name in whatever case. A figure that is no number, or below 0 as Azure sends
    it where nothing is limited, is one that nobody gave; and so is a reset in more than a day.
    """
    for names in _FAMILIES:
        requests = headers.get(names.remaining_requests)
        tokens = headers.get(names.remaining_tokens)
        if requests is None and tokens is None:
            continue
        return RateLimits(
            remaining_requests=_count(requests),
            remaining_tokens=_count(tokens),
            resets_requests_s=_seconds(headers.get(names.resets_requests), headers, now),
            resets_tokens_s=_seconds(headers.get(names.resets_tokens), headers, now),
        )
    return None


def retry_after_s(headers: Headers, *, now: WallClock = utc_now) -> float | None:
    """How long the provider asks to be left alone; None when it does not ask, or nobody knows."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    said = headers.get("retry-after")
    seconds = _number(said)
    return _until(said, headers, now) if seconds is None else seconds


def with_limits(fault: Fault, status: int, headers: Headers, *, now: WallClock = utc_now) -> Fault:
    """The fault of a refusal with what its headers say of the pace, where it is about that."""
    if status not in _ABOUT_PACE:
        return fault
    wait_s, limits = retry_after_s(headers, now=now), rate_limits(headers, now=now)
    if wait_s is None and limits is None:
        return fault
    return replace(fault, retry_after_s=wait_s, limits=limits)


def _count(text: str | None) -> int | None:
    number = _number(text)
    return None if number is None else int(number)


def _number(text: str | None) -> float | None:
    """A number that is finite and not below 0; None for anything else."""
    if text is None:
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _seconds(text: str | None, headers: Headers, now: WallClock) -> float | None:
    """A duration in seconds, however it is written: `6m0s`, `12.5`, a moment."""
    if text is None:
        return None
    if _DURATION.fullmatch(text):
        seconds = sum(float(number) * _UNITS_S[unit] for number, unit in _PART.findall(text))
    elif (number := _number(text)) is not None:
        seconds = number
    elif (until := _until(text, headers, now)) is not None:
        seconds = until
    else:
        return None
    return seconds if seconds <= _LONGEST_S else None


def _until(text: str | None, headers: Headers, now: WallClock) -> float | None:
    """The seconds until a moment, 0 for one that is over."""
    moment = _moment(text)
    if moment is None:
        return None
    # By the clock of whoever named the moment, as far as it is known: ours may be wrong.
    sent = _moment(headers.get("date")) or now()
    return max(0.0, (moment - sent).total_seconds())


def _moment(text: str | None) -> datetime | None:
    """A date as HTTP or as RFC 3339 writes it; one without a zone is in UTC."""
    if not text:
        return None
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(text.strip())
        except ValueError:
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None

"""How calls are made, as the configuration says it: the keys `retry` and `breaker`."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from agentops_cli.model.json import JsonObject
from agentops_cli.model.settings import Breaker, Retry

Numbers = Callable[[str], Decimal | None]
"""The number of a key, None where none is given."""

_RETRY = {
    "attempts": "attempts",
    "baseWaitS": "base_s",
    "maxWaitS": "most_s",
    "deadlineS": "deadline_s",
    "runDeadlineS": "run_deadline_s",
}
_BREAKER = {
    "consecutiveFailures": "consecutive_failures",
    "failureRate": "failure_rate",
    "minCalls": "min_calls",
    "windowS": "window_s",
    "cooldownS": "cooldown_s",
    "probes": "probes",
}
_COUNTS = frozenset({"attempts", "consecutiveFailures", "minCalls", "probes"})


def retry_of(number: Numbers) -> Retry:
    """The settings of `retry`, with their defaults."""
    return Retry(**_given(_RETRY, number))


def breaker_of(number: Numbers) -> Breaker:
    """The settings of `breaker`, with their defaults."""
    return Breaker(**_given(_BREAKER, number))


def retry_shape(retry: Retry) -> JsonObject:
    """The settings of `retry` as a file would hold them; a deadline that is none is left out."""
    return _shape(_RETRY, retry)


def breaker_shape(breaker: Breaker) -> JsonObject:
    """The settings of `breaker` as a file would hold them."""
    return _shape(_BREAKER, breaker)


def _given(fields: Mapping[str, str], number: Numbers) -> dict[str, Any]:
    return {
        field: int(value) if key in _COUNTS else float(value)
        for key, field in fields.items()
        if (value := number(key)) is not None
    }


def _shape(fields: Mapping[str, str], settings: Retry | Breaker) -> JsonObject:
    values = {key: getattr(settings, field) for key, field in fields.items()}
    return {key: value for key, value in values.items() if value is not None}

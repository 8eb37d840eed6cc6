from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy

from agentops_cli.gateways.rate_limits import rate_limits, retry_after_s, with_limits
from agentops_cli.model.call import RateLimits
from tests.builders import a_fault

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def headers(**values: str) -> CIMultiDictProxy[str]:
    """Headers as a client has them: their names are found in whatever case."""
    return CIMultiDictProxy(
        CIMultiDict({name.replace("_", "-").title(): value for name, value in values.items()})
    )


def limits_in(**values: str) -> RateLimits | None:
    return rate_limits(headers(**values), now=lambda: NOW)


def wait_in(**values: str) -> float | None:
    return retry_after_s(headers(**values), now=lambda: NOW)


def test_headers_that_say_nothing_of_limits_say_nothing() -> None:
    plain = headers(content_type="application/json", date="Fri, 02 Jan 2026 03:04:05 GMT")
    assert rate_limits(plain) is None
    assert retry_after_s(plain) is None
    fault = a_fault()
    assert with_limits(fault, 429, plain) is fault


def test_openais_names_are_read() -> None:
    assert limits_in(
        x_ratelimit_limit_requests="60",
        x_ratelimit_remaining_requests="59",
        x_ratelimit_reset_requests="1s",
        x_ratelimit_remaining_tokens="149984",
        x_ratelimit_reset_tokens="6m0s",
    ) == RateLimits(
        remaining_requests=59,
        remaining_tokens=149_984,
        resets_requests_s=1.0,
        resets_tokens_s=360.0,
    )


def test_anthropics_names_are_read() -> None:
    assert limits_in(
        anthropic_ratelimit_requests_remaining="3",
        anthropic_ratelimit_requests_reset="2026-01-02T03:04:35Z",
        anthropic_ratelimit_tokens_remaining="12000",
        anthropic_ratelimit_tokens_reset="2026-01-02T03:05:05+00:00",
    ) == RateLimits(
        remaining_requests=3,
        remaining_tokens=12_000,
        resets_requests_s=30.0,
        resets_tokens_s=60.0,
    )


def test_what_litellm_copies_into_openais_names_does_not_hide_the_resets() -> None:
    limits = limits_in(
        x_ratelimit_remaining_requests="3",
        anthropic_ratelimit_requests_remaining="3",
        anthropic_ratelimit_requests_reset="2026-01-02T03:04:35Z",
    )
    assert limits
    assert limits.resets_requests_s == 30.0


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("6m0s", 360.0),
        ("20ms", 0.02),
        ("7.66s", 7.66),
        ("1h2m3.5s", 3723.5),
        ("2m59.56s", 179.56),
        ("500us", 0.0005),
        ("12", 12.0),
        ("0", 0.0),
        ("2026-01-02T03:05:05Z", 60.0),
        ("2026-01-02T04:04:05+01:00", 0.0),
        ("2025-01-01T00:00:00Z", 0.0),
        ("Fri, 02 Jan 2026 03:05:05 GMT", 60.0),
        ("24h0m0s", 86_400.0),
        ("24h0m1s", None),
        ("9" * 400 + "h", None),
        ("1e22h", None),
        ("9999-12-31T23:59:59Z", None),
        ("1767323045000", None),
        ("-1", None),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("", None),
        ("5 minutes", None),
    ],
)
def test_a_reset_is_read_however_it_is_written(written: str, seconds: float | None) -> None:
    limits = limits_in(x_ratelimit_remaining_requests="0", x_ratelimit_reset_requests=written)
    assert limits
    assert limits.resets_requests_s == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize("written", ["-1", "many", "", "nan", "1e400"])
def test_what_is_no_figure_is_none(written: str) -> None:
    """Azure sends -1 where nothing is limited."""
    assert limits_in(x_ratelimit_remaining_tokens=written) == RateLimits()


@pytest.mark.parametrize(
    ("values", "seconds"),
    [
        ({"retry_after": "7"}, 7.0),
        ({"retry_after": "0"}, 0.0),
        ({"retry_after": "1.5"}, 1.5),
        ({"retry_after": "Fri, 02 Jan 2026 03:04:35 GMT"}, 30.0),
        ({"retry_after": "Fri, 02 Jan 2026 03:04:00 GMT"}, 0.0),
        ({"retry_after": "Friday, 02-Jan-26 03:04:35 GMT"}, 30.0),
        ({"retry_after_ms": "250", "retry_after": "7"}, 0.25),
        ({"retry_after_ms": "soon", "retry_after": "7"}, 7.0),
        ({"retry_after": "-7"}, None),
        ({"retry_after": "later"}, None),
        ({"retry_after": ""}, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(values: Any, seconds: float | None) -> None:
    assert wait_in(**values) == seconds


def test_a_date_is_measured_by_the_clock_of_the_server_that_named_it() -> None:
    ours_is_wrong = NOW + timedelta(hours=5)
    said = headers(
        retry_after="Fri, 02 Jan 2026 03:04:35 GMT", date="Fri, 02 Jan 2026 03:04:05 GMT"
    )
    assert retry_after_s(said, now=lambda: ours_is_wrong) == 30.0


@pytest.mark.parametrize("status", [429, 503, 529])
def test_a_refusal_for_the_pace_gets_all_that_its_headers_say(status: int) -> None:
    said = headers(retry_after="7", x_ratelimit_remaining_requests="0")
    fault = with_limits(a_fault(), status, said)
    assert fault.retry_after_s == 7.0
    assert fault.limits == RateLimits(remaining_requests=0)
    assert fault.message == a_fault().message


@pytest.mark.parametrize("status", [200, 400, 401, 404, 408, 500, 502, 504])
def test_any_other_refusal_says_nothing_of_the_calls_to_come(status: int) -> None:
    said = headers(retry_after="7", x_ratelimit_remaining_requests="0")
    fault = a_fault()
    assert with_limits(fault, status, said) is fault


@given(text=st.text(max_size=40))
def test_whatever_a_server_sends_is_read_or_left(text: str) -> None:
    limits = limits_in(
        x_ratelimit_remaining_requests=text, x_ratelimit_reset_requests=text, date=text
    )
    assert limits
    for seconds in (wait_in(retry_after=text, date=text), limits.resets_requests_s):
        assert seconds is None or 0 <= seconds < float("inf")

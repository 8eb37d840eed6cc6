import json
from dataclasses import replace
from typing import Any

import pytest

from agentops_cli.gateways import faults
from agentops_cli.gateways.endpoints import Endpoint
from agentops_cli.model.call import FaultKind

FLAGGED = "flagged as potentially violating our usage policy"
ENDPOINT = Endpoint(
    model="openai/gpt-4o",
    provider="openai",
    name="gpt-4o",
    url="https://gateway.example/v1/chat/completions?secret=query",
    headers={},
    key="sk-hidden",
    key_fix="set OPENAI_API_KEY to a valid key",
)


@pytest.mark.parametrize(
    ("status", "kind", "billed"),
    [
        (400, FaultKind.BAD_REQUEST, False),
        (401, FaultKind.AUTH, False),
        (402, FaultKind.RATE_LIMIT, False),
        (403, FaultKind.AUTH, False),
        (404, FaultKind.NOT_FOUND, False),
        (408, FaultKind.TIMEOUT, True),
        (409, FaultKind.BAD_REQUEST, False),
        (413, FaultKind.BAD_REQUEST, False),
        (422, FaultKind.BAD_REQUEST, False),
        (429, FaultKind.RATE_LIMIT, False),
        (500, FaultKind.PROVIDER, True),
        (501, FaultKind.PROVIDER, False),
        (502, FaultKind.PROVIDER, True),
        (503, FaultKind.PROVIDER, False),
        (504, FaultKind.PROVIDER, True),
        (529, FaultKind.PROVIDER, False),
        (599, FaultKind.PROVIDER, True),
    ],
)
def test_a_status_says_what_kind_of_fault_it_is_and_whether_it_may_be_billed(
    *, status: int, kind: FaultKind, billed: bool
) -> None:
    fault = faults.fault_of_status(status, {"message": "because"}, ENDPOINT)
    assert (fault.kind, fault.billed) == (kind, billed)
    for word in (str(status), "gateway.example", "openai/gpt-4o", "because"):
        assert word in fault.message
    assert "query" not in fault.message


def test_azure_may_bill_a_request_that_it_refuses_but_not_a_refused_key() -> None:
    azure = replace(ENDPOINT, refusals_may_bill=True)
    assert faults.fault_of_status(400, {}, azure).billed
    assert not faults.fault_of_status(401, {}, azure).billed
    assert not faults.fault_of_status(429, {}, azure).billed


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (401, {}, "OPENAI_API_KEY"),
        (404, {}, "models.openai/gpt-4o.baseUrl"),
        (429, {"code": "rate_limit_exceeded"}, "--concurrency"),
        (429, {"code": "insufficient_quota"}, "credit"),
        (429, {"type": "insufficient_quota"}, "credit"),
        (429, {"code": {"an": "object"}}, "--concurrency"),
        (402, {}, "credit"),
        (400, {}, "prompt"),
        (500, {}, "again"),
    ],
)
def test_every_fault_says_what_to_do(status: int, error: dict[str, Any], words: str) -> None:
    assert words in (faults.fault_of_status(status, error, ENDPOINT).fix or "")


@pytest.mark.parametrize(
    ("status", "error", "final"),
    [
        (429, {"code": "rate_limit_exceeded"}, False),
        (429, {}, False),
        (429, {"code": "insufficient_quota"}, True),
        (429, {"type": "insufficient_quota"}, True),
        (429, {"code": "billing_hard_limit_reached"}, True),
        (429, {"code": ["insufficient_quota"]}, False),
        (402, {}, True),
        (500, {"code": "insufficient_quota"}, False),
        (501, {}, True),
        (503, {}, False),
        (529, {}, False),
    ],
)
def test_what_will_be_the_same_again_is_known_as_such(
    status: int, error: dict[str, Any], *, final: bool
) -> None:
    assert faults.fault_of_status(status, error, ENDPOINT).final is final


def test_an_unknown_model_is_told_with_the_address_that_was_asked() -> None:
    fault = faults.fault_of_status(404, {}, ENDPOINT)
    assert "https://gateway.example/v1/chat/completions" in fault.message


@pytest.mark.parametrize(
    ("provider", "key", "status", "words", "kind"),
    [
        ("openai", "sk-1", 400, "No connected db.", FaultKind.AUTH),
        ("litellm_proxy", None, 500, "Internal Server Error", FaultKind.AUTH),
        ("litellm_proxy", "sk-1", 500, "Internal Server Error", FaultKind.PROVIDER),
        ("litellm_proxy", None, 500, "litellm.InternalServerError", FaultKind.PROVIDER),
        ("openai", None, 500, "Internal Server Error", FaultKind.PROVIDER),
        ("openai", "k", 400, "/x: Invalid model name passed in model=m.", FaultKind.NOT_FOUND),
    ],
)
def test_litellm_proxy_is_understood_where_its_status_misleads(
    provider: str, key: str | None, status: int, words: str, kind: FaultKind
) -> None:
    asked = replace(ENDPOINT, provider=provider, key=key)
    fault = faults.fault_of_status(status, {"message": words}, asked)
    assert fault.kind is kind
    assert fault.billed == (kind is FaultKind.PROVIDER)


@pytest.mark.parametrize(
    ("status", "error", "filtered"),
    [
        (400, {"code": "content_filter"}, True),
        (400, {"code": "content_policy_violation"}, True),
        (422, {"type": "content_filter"}, True),
        (403, {"innererror": {"code": "ResponsibleAIPolicyViolation"}}, True),
        (400, {"message": "litellm.ContentPolicyViolationError: …"}, True),
        (400, {"code": "invalid_prompt", "message": f"Your prompt was {FLAGGED}."}, True),
        # Words of it that merely stand in the message, perhaps out of the prompt itself.
        (400, {"code": "invalid_prompt", "message": "empty"}, False),
        (400, {"message": f"cannot read '{FLAGGED}'"}, False),
        (400, {"message": "cannot read 'litellm.ContentPolicyViolationError'"}, False),
        (400, {"message": "unknown parameter: 'content_filter'"}, False),
        (400, {"code": "context_length_exceeded"}, False),
        (400, {"code": ["content_filter"]}, False),
        (401, {"code": "content_filter"}, False),
        (500, {"code": "content_filter"}, False),
    ],
)
def test_only_a_content_filter_reads_as_one(
    *, status: int, error: dict[str, Any], filtered: bool
) -> None:
    assert faults.is_filtered(status, error) is filtered


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"error": {"message": "no such model", "code": "x"}}', "no such model"),
        (b'{"error": "no such model"}', "no such model"),
        (b'{"detail": "Not Found"}', "Not Found"),
        (b'{"detail": [{"loc": ["body"]}]}', '[{"loc": ["body"]}]'),
        (b'{"message": "forbidden"}', "forbidden"),
        (b"<html>502</html>", "<html>502</html>"),
        (b"[1, 2]", "[1, 2]"),
        (b"\xff\xfe", "\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}"),
        (b"", ""),
        (b"[" * 200_000, "[" * 200_000),
    ],
)
def test_the_servers_own_words_are_found_in_any_format(body: bytes, message: str) -> None:
    assert faults.error_in(body)["message"] == message


def test_the_code_is_found_beside_the_words() -> None:
    body = json.dumps({"error": {"message": "m", "code": "content_filter"}}).encode()
    assert faults.error_in(body)["code"] == "content_filter"


def test_words_are_shortened_to_one_line_without_the_key() -> None:
    fault = faults.fault_of_status(401, {"message": "bad key\n sk-hidden " + "x" * 900}, ENDPOINT)
    assert "sk-hidden" not in fault.message
    assert "bad key [redacted:key] xxx" in fault.message
    assert "\n" not in fault.message
    assert len(fault.message) < 400


def test_what_was_cut_off_timed_out_or_unreadable_may_be_billed_and_no_connection_is_not() -> None:
    assert faults.cut_off("reset", ENDPOINT).billed
    assert faults.timed_out(30, ENDPOINT).billed
    assert faults.malformed("HTML", ENDPOINT).billed
    assert not faults.unreachable("refused", ENDPOINT).billed
    assert not faults.redirected(307, "elsewhere.example", ENDPOINT).billed


@pytest.mark.parametrize(
    ("words", "is_about_it"),
    [
        (
            "Invalid schema for response_format 'answer': In context=(), 'additionalProperties'",
            True,
        ),
        ("output_format.schema: For 'object' type, 'additionalProperties' must be false", True),
        ("Unknown name \"additionalProperties\" at 'generation_config.response_schema'", True),
        ("This model does not support structured outputs", True),
        ("JSON schema is not supported", True),
        ("max_tokens is too large: 100000", False),
    ],
)
def test_a_refused_schema_is_told_with_what_to_do(*, words: str, is_about_it: bool) -> None:
    fix = faults.fault_of_status(400, {"message": words}, ENDPOINT).fix
    assert ("output.schema" in (fix or "")) is is_about_it

"""What went wrong with a call, in one line, and what to do about it.

A fault is `billed` when the provider may have worked on the request: an upper bound on the dollars
must then count it. That is so for a timeout, a cut connection, an unreadable answer, and for every
5xx but those that say that no work was begun.
"""

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Protocol

from agentops_cli.model.call import Fault, FaultKind


class Asked(Protocol):
    """Who was asked for what: all that a message says beside what went wrong.

    `model` is the id as the user wrote it, `host` who answers, `shown` the address if it is known
    or else empty. `key` is the secret that must not be repeated, `key_fix` what to do about it.
    `refusals_may_bill` is True where a refused request (HTTP 400) may have been charged.
    """

    @property
    def model(self) -> str: ...
    @property
    def provider(self) -> str: ...
    @property
    def host(self) -> str: ...
    @property
    def shown(self) -> str: ...
    @property
    def key(self) -> str | None: ...
    @property
    def key_fix(self) -> str: ...
    @property
    def refusals_may_bill(self) -> bool: ...


_SAID_LENGTH = 300
_KINDS = {
    400: FaultKind.BAD_REQUEST,
    401: FaultKind.AUTH,
    402: FaultKind.RATE_LIMIT,
    403: FaultKind.AUTH,
    404: FaultKind.NOT_FOUND,
    408: FaultKind.TIMEOUT,
    429: FaultKind.RATE_LIMIT,
}

# Not implemented, unavailable, HTTP version, overloaded (Anthropic's 529): refused at the door.
# 500, 502 and 504 may come after the model has done its work.
_NOT_BEGUN = frozenset({501, 503, 505, 529})

# Of these, those that are so whenever one asks.
_FOR_GOOD = frozenset({501, 505})

# How providers speak of a response schema that they do not take.
_ABOUT_SCHEMA = re.compile(
    r"json[_ ]?schema|output_?(?:config|format|schema)|response_?(?:format|json_?schema|schema)"
    r"|structured[ _]output",
    re.IGNORECASE,
)

_FILTER_CODES = frozenset(
    {"content_filter", "content_policy_violation", "ResponsibleAIPolicyViolation"}
)
# How OpenAI says by a 429 that nobody pays.
_SPENT = ("insufficient_quota", "billing_hard_limit_reached", "billing_not_active")
# What OpenAI says of it to reasoning models, with a code that has other meanings too.
_FLAGGED = ("invalid_prompt", "flagged as potentially violating our usage policy")
# How LiteLLM Proxy begins to speak of it, whichever provider said it.
_PROXY_FILTER = "litellm.ContentPolicyViolationError"

# LiteLLM Proxy without a database, asked with a wrong key: HTTP 400.
_PROXY_WRONG_KEY = "No connected db."
# The same asked without any key: HTTP 500, and this as plain text.
_PROXY_NO_KEY = "Internal Server Error"
# The same asked for a model that it does not have: HTTP 400.
_PROXY_NO_MODEL = "Invalid model name passed in"


def is_filtered(status: int, error: Mapping[str, object]) -> bool:
    """True when the request was refused for its content, which is an answer and not a fault.

    Never told by a word in the message alone: it may quote the prompt.
    """
    if status not in {400, 403, 422}:
        return False
    inner = error.get("innererror")
    codes = [error.get("code"), error.get("type")]
    codes += [inner.get("code")] if isinstance(inner, dict) else []
    message = str(error.get("message"))
    code, words = _FLAGGED
    return (
        any(code in _FILTER_CODES for code in codes if isinstance(code, str))
        or (code in codes and words in message)
        or message.startswith(_PROXY_FILTER)
    )


def error_in(body: bytes) -> Mapping[str, object]:
    """The error that a server describes, with at least its `message`, whatever the format."""
    text = body.decode("utf-8", "replace").strip()
    try:
        parsed: object = json.loads(text)
    except (ValueError, RecursionError):
        return {"message": text}
    described = parsed.get("error", parsed) if isinstance(parsed, dict) else parsed
    if not isinstance(described, dict):
        return {"message": str(described)}
    words = described.get("message") or described.get("detail") or text
    return {**described, "message": words if isinstance(words, str) else json.dumps(words)}


def fault_of_status(status: int, error: Mapping[str, object], asked: Asked) -> Fault:
    """The fault that an HTTP status and the server's own words describe."""
    words = str(error.get("message") or "")
    kind = _kind(status, words, asked)
    billed = (status >= 500 and status not in _NOT_BEGUN) or status == 408
    if kind is FaultKind.AUTH:
        billed = False
    elif kind is FaultKind.BAD_REQUEST:
        billed = asked.refusals_may_bill
    said = shorten(words, asked.key)
    message = f"{asked.host} answered {_named(status)} for {asked.model}"
    if kind is FaultKind.NOT_FOUND and asked.shown:
        message += f" at {asked.shown}"
    fix = _fix(kind, status, error, asked)
    return Fault(
        kind=kind,
        message=f"{message}: {said}" if said else message,
        fix=fix,
        billed=billed,
        final=status in _FOR_GOOD or (kind is FaultKind.RATE_LIMIT and _is_spent(status, error)),
    )


def redirected(status: int, target: str, asked: Asked) -> Fault:
    """The fault of a redirect, which is never followed: it would take the key along."""
    message = f"{asked.host} redirects {asked.model} ({status}) to {shorten(target, None)}"
    fix = f"set models.{asked.model}.baseUrl to where the API itself is"
    return Fault(kind=FaultKind.NOT_FOUND, message=message, fix=fix)


def malformed(problem: str, asked: Asked) -> Fault:
    """The fault of an answer that came and cannot be read."""
    shown = f": {asked.shown} must speak OpenAI's format" if asked.shown else ""
    return Fault(
        kind=FaultKind.MALFORMED,
        message=f"{asked.host} answered {shorten(problem, asked.key)} for {asked.model}",
        fix=f"check models.{asked.model}.baseUrl{shown}",
        billed=True,
    )


def timed_out(timeout_s: float, asked: Asked) -> Fault:
    """The fault of an answer that did not come in time."""
    return Fault(
        kind=FaultKind.TIMEOUT,
        message=f"{asked.host} gave no answer for {asked.model} within {timeout_s:g} s",
        fix="raise --timeout, or lower max_tokens",
        billed=True,
    )


def unreachable(reason: str, asked: Asked, *, fix: str | None = None, final: bool = False) -> Fault:
    """The fault of a connection that was never made; nothing was sent."""
    return Fault(
        kind=FaultKind.CONNECTION,
        message=f"{asked.host} cannot be reached for {asked.model}: {shorten(reason, None)}",
        fix=fix or f"check the network, or models.{asked.model}.baseUrl",
        final=final,
    )


def cut_off(reason: str, asked: Asked) -> Fault:
    """The fault of a connection that ended before the answer did."""
    said = shorten(reason, asked.key)
    message = f"{asked.host} broke the connection before the answer for {asked.model}: {said}"
    fix = "run again; if it stays so, ask whoever runs that server"
    return Fault(kind=FaultKind.CONNECTION, message=message, fix=fix, billed=True)


def shorten(text: str, key: str | None) -> str:
    """One line of at most some 300 characters, without the key."""
    if key:
        text = text.replace(key, "[redacted:key]")
    line = " ".join(text.split())
    return line if len(line) <= _SAID_LENGTH else f"{line[: _SAID_LENGTH - 1]}…"


def _kind(status: int, words: str, asked: Asked) -> FaultKind:
    if status == 400 and words == _PROXY_WRONG_KEY:
        return FaultKind.AUTH
    if status == 500 and asked.provider == "litellm_proxy" and asked.key is None:
        return FaultKind.AUTH if words == _PROXY_NO_KEY else FaultKind.PROVIDER
    if status == 400 and _PROXY_NO_MODEL in words:
        return FaultKind.NOT_FOUND
    return _KINDS.get(status, FaultKind.PROVIDER if status >= 500 else FaultKind.BAD_REQUEST)


def _fix(kind: FaultKind, status: int, error: Mapping[str, object], asked: Asked) -> str | None:
    if kind is FaultKind.AUTH:
        return asked.key_fix
    if kind is FaultKind.NOT_FOUND:
        return f"check the model's name and models.{asked.model}.baseUrl"
    if kind is FaultKind.RATE_LIMIT:
        if _is_spent(status, error):
            return "the account has no credit left: add some, or use another account's key"
        return "lower --concurrency, or ask the provider for a higher limit"
    if kind is FaultKind.BAD_REQUEST:
        if _ABOUT_SCHEMA.search(str(error.get("message"))):
            return (
                "change output.schema to what the provider takes, or take it out of the prompt and "
                "assert it with jsonSchema"
            )
        return "change what the prompt or the suite asks for"
    return "run again later" if kind is FaultKind.PROVIDER else None


def _is_spent(status: int, error: Mapping[str, object]) -> bool:
    """True when it is not the pace that was too much: waiting changes nothing then."""
    return status == 402 or any(error.get(key) in _SPENT for key in ("code", "type"))


def _named(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)

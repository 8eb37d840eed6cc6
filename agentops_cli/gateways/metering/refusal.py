"""What the proxy answers by itself, in the shape of OpenAI's errors."""

from collections.abc import Mapping

from aiohttp import web

from agentops_cli.model.call import Fault, FaultKind
from agentops_cli.model.json import JsonObject


class RefusedError(Exception):
    """A call that is answered with an error.

    `kind` and `code` are the `type` and `code` of OpenAI's errors. `fault` is None where the call
    itself was wrong; otherwise it says why an agent that did nothing wrong got no answer.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        code: str | None = None,
        fault: Fault | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.code = code
        self.fault = fault
        self.headers = headers

    def response(self) -> web.Response:
        """The answer to send."""
        error: JsonObject = {
            "message": str(self),
            "type": self.kind,
            "param": None,
            "code": self.code,
        }
        return web.json_response({"error": error}, status=self.status, headers=self.headers)


# 402: no client repeats a call that was answered so, as they do after 408, 409, 429 and 5xx.
_ANSWERS: Mapping[FaultKind, tuple[int, str, str]] = {
    FaultKind.AUTH: (401, "authentication_error", "agentops_no_provider"),
    FaultKind.BAD_REQUEST: (400, "invalid_request_error", "agentops_refused"),
    FaultKind.BUDGET: (402, "budget_exceeded", "agentops_budget"),
}
_UPSTREAM = (502, "upstream_error", "agentops_upstream")


def refused(fault: Fault) -> RefusedError:
    """The error that tells a child of a fault, with what can be done about it."""
    status, kind, code = _ANSWERS.get(fault.kind, _UPSTREAM)
    words = f"agentops: {fault.message}"
    message = f"{words} ({fault.fix})" if fault.fix else words
    return RefusedError(status, message, kind=kind, code=code, fault=fault)


def not_understood(message: str) -> RefusedError:
    """The error of a call that no provider would take either."""
    return RefusedError(400, f"agentops: {message}", code="agentops_bad_request")

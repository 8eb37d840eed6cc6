"""The server that goes wrong, running once for all tests of the gateways."""

from collections.abc import AsyncIterator, Iterator

import pytest

from agentops_cli.gateways.openai_chat import OpenAIChat
from tests.gateways.asking import KEY
from tests.servers.faulty_openai import FaultyOpenAI, running


@pytest.fixture(scope="session")
def _server() -> Iterator[FaultyOpenAI]:
    with running() as server:
        yield server


@pytest.fixture
def server(_server: FaultyOpenAI) -> FaultyOpenAI:
    """The server, with nothing seen yet."""
    _server.reset()
    return _server


@pytest.fixture
async def chat(server: FaultyOpenAI) -> AsyncIterator[OpenAIChat]:
    """A gateway that asks the server for every model of OpenAI's, such as `openai/429`."""
    environ = {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": KEY}
    gateway = OpenAIChat({}, environ=environ, concurrency=8)
    yield gateway
    await gateway.close()

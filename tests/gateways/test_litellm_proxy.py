"""What a real LiteLLM Proxy, without a database, answers to our own client."""

from collections.abc import AsyncIterator, Iterator

import pytest

from agentops_cli.gateways.openai_chat import OpenAIChat
from agentops_cli.model.call import FaultKind, Finish
from agentops_cli.model.money import Usage
from tests.builders import a_request
from tests.gateways.asking import fault_of
from tests.servers import litellm_proxy

CONFIG = """\
model_list:
  - model_name: canned
    litellm_params: {model: openai/gpt-4o-mini, api_key: sk-none, mock_response: "hello"}
  - model_name: limited
    litellm_params: {model: openai/x, api_key: sk-none, mock_response: "litellm.RateLimitError"}
  - model_name: dead
    litellm_params: {model: openai/x, api_base: "http://127.0.0.1:9/v1", api_key: sk-none}
"""

pytestmark = [pytest.mark.proxy, litellm_proxy.skip_if_absent, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with litellm_proxy.running(CONFIG, tmp_path_factory.mktemp("proxy")) as url:
        yield url


@pytest.fixture
async def proxy(address: str) -> AsyncIterator[OpenAIChat]:
    environ = {"LITELLM_PROXY_API_BASE": address, "LITELLM_PROXY_API_KEY": "sk-master"}
    gateway = OpenAIChat({}, environ=environ, concurrency=4)
    yield gateway
    await gateway.close()


async def test_an_answer_comes_back(proxy: OpenAIChat) -> None:
    completion = await proxy.complete(a_request(model="litellm_proxy/canned"))
    assert (completion.text, completion.finish) == ("hello", Finish.STOP)
    assert completion.model == "canned"
    assert completion.usage == Usage(input_tokens=10, output_tokens=20)


@pytest.mark.parametrize(
    ("model", "kind", "words"),
    [
        ("limited", FaultKind.RATE_LIMIT, "RateLimitError"),
        ("dead", FaultKind.PROVIDER, "Connection error"),
        ("unheard-of", FaultKind.NOT_FOUND, "Invalid model name"),
    ],
)
async def test_what_goes_wrong_behind_it_is_told(
    proxy: OpenAIChat, model: str, kind: FaultKind, words: str
) -> None:
    fault = await fault_of(proxy, f"litellm_proxy/{model}")
    assert fault.kind is kind
    assert words in fault.message


@pytest.mark.parametrize("key", ["sk-wrong", ""])
async def test_a_wrong_key_and_a_missing_one_are_about_the_key(address: str, key: str) -> None:
    environ = {"LITELLM_PROXY_API_BASE": address, "LITELLM_PROXY_API_KEY": key}
    gateway = OpenAIChat({}, environ=environ, concurrency=1)
    fault = await fault_of(gateway, "litellm_proxy/canned")
    await gateway.close()
    assert (fault.kind, fault.billed) == (FaultKind.AUTH, False)
    assert "LITELLM_PROXY_API_KEY" in (fault.fix or "")

import json
from typing import Any

import pytest

from agentops_cli.gateways.metering.asked import Api, read_asked
from agentops_cli.guards.bounds import TOKENS_FOR_TOOLS


@pytest.mark.parametrize(
    ("api", "body", "most"),
    [
        (Api.CHAT, {"max_tokens": 10}, 10),
        (Api.CHAT, {"max_completion_tokens": 10}, 10),
        (Api.CHAT, {"max_tokens": 10, "max_completion_tokens": 20}, 20),
        (Api.CHAT, {"max_tokens": 10, "n": 3}, 30),
        (Api.CHAT, {"max_tokens": 10, "n": None}, 10),
        (Api.CHAT, {}, 4096),
        (Api.CHAT, {"max_tokens": None, "n": 2}, 8192),
        (Api.COMPLETIONS, {"prompt": "a"}, 16),
        (Api.COMPLETIONS, {"prompt": "a", "max_tokens": 10, "best_of": 5, "n": 2}, 50),
        (Api.COMPLETIONS, {"prompt": ["a", "b", "c"], "max_tokens": 10}, 30),
        (Api.COMPLETIONS, {"prompt": ["a", "b", "c"], "max_tokens": 10, "n": 2}, 60),
        (Api.COMPLETIONS, {"prompt": [1, 2, 3], "max_tokens": 10}, 10),
        (Api.COMPLETIONS, {"prompt": [[1, 2], [3]], "max_tokens": 10}, 20),
        (Api.COMPLETIONS, {"prompt": [], "max_tokens": 10}, 10),
        (Api.EMBEDDINGS, {"input": ["a", "b"]}, 0),
        (Api.RESPONSES, {"max_output_tokens": 10}, 10),
        (Api.RESPONSES, {"input": "a"}, 4096),
    ],
)
def test_every_answer_that_may_be_billed_counts(api: Api, body: dict[str, Any], most: int) -> None:
    asked = read_asked(api, json.dumps({"model": "m", **body}).encode())
    assert asked.bounded("max_tokens").most_output_tokens == most


def test_what_a_provider_says_of_tools_counts_as_input() -> None:
    plain = read_asked(Api.CHAT, b'{"model": "m"}')
    tools = read_asked(Api.CHAT, b'{"model": "m", "tools": [{"type": "function"}]}')
    old = read_asked(Api.CHAT, b'{"model": "m", "functions": [{}]}')
    assert plain.most_input_tokens(b"x" * 100) == 164
    for asked in (tools, old):
        assert asked.most_input_tokens(b"x" * 100) == 164 + TOKENS_FOR_TOOLS


@pytest.mark.parametrize(
    "text", ["ascii", "Ä€", "日本", "👩‍🚀", 'quotes " and \\ and \n', "\ud800"]
)
def test_no_text_has_more_bytes_than_what_is_sent_of_it(text: str) -> None:
    asked = read_asked(Api.CHAT, json.dumps({"model": "m", "messages": [text]}).encode())
    size = len(text.encode("utf-8", "surrogatepass"))
    wire = asked.wire(name="m")
    assert len(wire) >= size
    assert json.loads(wire)["messages"] == [text]


def test_an_escape_in_the_childs_body_does_not_make_its_text_longer() -> None:
    asked = read_asked(Api.CHAT, rb'{"model": "m", "messages": ["\u65e5\u672c"]}')
    assert "日本".encode() in asked.wire(name="m")

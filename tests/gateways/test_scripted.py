import asyncio

import pytest

from agentops_cli.gateways.scripted import Reply, Script, Scripted, in_order
from agentops_cli.model.call import Fault, FaultKind, Finish, Request, Tags
from agentops_cli.model.money import Usage
from agentops_cli.model.tool import ToolCall
from tests.builders import a_completion, a_request
from tests.gateways.asking import fault_of

OUTAGE = Fault(kind=FaultKind.PROVIDER, message="503 from api.openai.com", billed=True)


def asking(case_id: str = "wishlist", repeat: int = 0) -> Request:
    tags = Tags(suite="product-manager", case_id=case_id)
    return a_request(model="scripted/fine", tags=tags, repeat=repeat)


async def waited(request: Request) -> Reply:
    await asyncio.sleep(0)
    return f"{request.repeat}"


@pytest.mark.parametrize(
    ("script", "texts"),
    [
        ("Hello", ["Hello", "Hello"]),
        ({"wishlist": "Hello"}, ["Hello", "Hello"]),
        ({"wishlist": ["one", "two"]}, ["one", "two"]),
        (lambda request: f"repeat {request.repeat}", ["repeat 0", "repeat 1"]),
        (waited, ["0", "1"]),
        ({"wishlist": waited}, ["0", "1"]),
        ({"wishlist": ["one", "two"], "other": "three"}, ["one", "two"]),
    ],
)
async def test_the_script_says_what_comes_back(script: Script, texts: list[str]) -> None:
    gateway = Scripted(script)
    answers = [await gateway.complete(asking(repeat=repeat)) for repeat in (0, 1)]
    assert [answer.text for answer in answers] == texts
    assert {answer.model for answer in answers} == {"scripted/fine"}


async def test_a_text_comes_with_the_usage_and_the_latency_that_were_given() -> None:
    usage = Usage(input_tokens=3, output_tokens=4)
    answer = await Scripted("Hello", usage=usage, latency_s=1.5).complete(asking())
    assert (answer.usage, answer.latency_s) == (usage, 1.5)
    assert (await Scripted("Hello", usage=None).complete(asking())).usage is None


async def test_a_whole_completion_comes_back_as_it_is() -> None:
    completion = a_completion("Hello")
    assert await Scripted(completion).complete(asking()) == completion


async def test_a_fault_is_raised_and_later_replies_still_come() -> None:
    gateway = Scripted({"wishlist": [OUTAGE, "Hello"]})
    assert await fault_of(gateway, "scripted/fine", tags=asking().tags) == OUTAGE
    assert (await gateway.complete(asking(repeat=1))).text == "Hello"


@pytest.mark.parametrize(("case_id", "repeat"), [("other", 0), ("wishlist", 1)])
async def test_what_the_table_lacks_is_a_fault(case_id: str, repeat: int) -> None:
    gateway = Scripted({"wishlist": ["only once"]})
    request = asking(case_id)
    fault = await fault_of(gateway, "scripted/fine", tags=request.tags, repeat=repeat)
    assert fault.kind is FaultKind.MISS
    assert f"case {case_id!r}, repeat {repeat}" in fault.message


async def test_a_gate_holds_every_call_and_the_most_in_flight_is_seen() -> None:
    gate = asyncio.Event()
    gateway = Scripted("Hello", gate=gate)
    calls = [asyncio.create_task(gateway.complete(asking())) for _ in range(5)]
    for _ in range(5):
        await asyncio.sleep(0)  # More turns than a call without a gate would need.
    assert gateway.calls == 5
    assert not any(call.done() for call in calls)
    gate.set()
    await asyncio.gather(*calls)
    await gateway.complete(asking())
    assert (gateway.calls, gateway.most_in_flight) == (6, 5)


async def test_even_without_a_gate_calls_overlap() -> None:
    gateway = Scripted("Hello")
    await asyncio.gather(*(gateway.complete(asking()) for _ in range(4)))
    assert gateway.most_in_flight == 4


async def test_a_fault_leaves_nothing_in_flight() -> None:
    gateway = Scripted(OUTAGE)
    for _ in range(3):
        await fault_of(gateway, "scripted/fine")
    assert gateway.most_in_flight == 1


async def test_it_remembers_what_it_was_asked_and_that_it_was_closed() -> None:
    gateway = Scripted("Hello")
    request = asking()
    await gateway.complete(request)
    assert gateway.requests == [request]
    assert not gateway.closed
    await gateway.close()
    assert gateway.closed


async def test_a_tool_call_is_an_answer_without_a_text() -> None:
    call = ToolCall(id="1", name="get_order", arguments="{}")
    answer = await Scripted({"wishlist": [call]}).complete(asking())
    assert (answer.text, answer.finish, answer.tool_calls) == ("", Finish.TOOL, (call,))


async def test_replies_in_order_follow_each_other_within_each_trial() -> None:
    gateway = Scripted({"wishlist": in_order("a", "b"), "other": "c"})
    asked = [asking(), asking(repeat=1), asking("other"), asking(), asking(repeat=1)]
    assert [(await gateway.complete(one)).text for one in asked] == ["a", "a", "c", "b", "b"]


async def test_more_calls_than_there_are_replies_in_order_are_a_fault() -> None:
    gateway = Scripted(in_order("a"))
    await gateway.complete(asking())
    fault = await fault_of(gateway, "scripted/fine", tags=asking().tags)
    assert fault.kind is FaultKind.MISS
    assert "call 2 of case 'wishlist'" in fault.message

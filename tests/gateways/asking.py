"""Small steps that the tests of several gateways share."""

from typing import Any

import pytest

from agentops_cli.errors import GatewayError
from agentops_cli.model.call import Fault, Request
from agentops_cli.ports import Gateway
from tests.builders import a_request

KEY = "sk-a-key-of-a-test"


async def fault_of(gateway: Gateway, model: str, **changes: Any) -> Fault:
    """The fault that asking for a model ends in."""
    request: Request = a_request(model=model, **changes)
    with pytest.raises(GatewayError) as raised:
        await gateway.complete(request)
    return raised.value.fault

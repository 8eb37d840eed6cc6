"""A child process that knows nothing but two variables, as agents are."""

import asyncio
import json
import os
import sys
from pathlib import Path

from agentops_cli.model.money import Cost
from tests.gateways.metering.child import owed
from tests.gateways.metering.conftest import KEY, Proxies
from tests.guards.spending import a_purse
from tests.servers.billing_openai import BillingOpenAI

CHILD = Path(__file__).parents[2] / "servers" / "openai_child.py"


async def test_openais_own_client_needs_nothing_but_its_usual_variables(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    async with proxies(purse=a_purse("0.5")).session(who=None, faults=()) as session:
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            str(CHILD),
            env={
                **os.environ,
                "OPENAI_BASE_URL": session.base_url,
                "OPENAI_API_KEY": session.api_key,
            },
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await child.communicate()
    assert child.returncode == 0
    assert json.loads(out) == {
        "whole": "Hello there",
        "streamed": ["Hello", " there", ""],
        "response": "Hello there",
        "deltas": ["Hello", " there"],
        "refused": [402, "agentops_budget"],
    }
    # Four answers and one refusal, which its client did not try again.
    assert (session.calls, session.refused, len(provider.bodies)) == (5, 1, 4)
    assert session.cost == Cost(usd=owed(provider))
    assert {headers["authorization"] for headers in provider.headers} == {f"Bearer {KEY}"}

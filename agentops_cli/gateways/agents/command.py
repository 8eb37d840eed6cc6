"""An agent that is a program, started for every call."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import replace
from pathlib import Path

from agentops_cli.gateways.agents.body import variables_of
from agentops_cli.gateways.agents.environment import of_session
from agentops_cli.gateways.agents.processes import Ended, TooMuchError, is_outage, run
from agentops_cli.gateways.agents.reader import Reader
from agentops_cli.gateways.agents.refusals import died, malformed, not_started, timed_out
from agentops_cli.gateways.agents.reply import Reply, ReplyError
from agentops_cli.gateways.openai_chat import MAX_ANSWER_BYTES
from agentops_cli.model.call import Request
from agentops_cli.model.settings import AgentSettings, CommandAgent
from agentops_cli.ports import Clock, MeterSession


class CommandCaller:
    """Runs one program: what the case asks on its standard input, its answer on its output."""

    def __init__(
        self,
        agent: AgentSettings,
        how: CommandAgent,
        *,
        root: Path,
        environ: Mapping[str, str],
        clock: Clock,
    ) -> None:
        self._agent = agent
        self._how = how
        self._folder = root / agent.folder
        self._environ = environ
        self._reader = Reader(agent)
        self._clock = clock

    def seat(self, request: Request) -> AbstractAsyncContextManager[None]:
        """Every call has a process of its own."""
        del request
        return nullcontext()

    async def call(
        self, request: Request, *, seat: str | None, session: MeterSession | None
    ) -> Reply:
        """Runs it once; raises `GatewayError`."""
        del seat
        agent = self._agent
        started = self._clock()
        try:
            async with asyncio.timeout(request.timeout_s):
                ended = await run(
                    self._how.command,
                    folder=self._folder,
                    environ=of_session(self._environ, session),
                    given=json.dumps(variables_of(request)).encode(),
                    most_bytes=MAX_ANSWER_BYTES,
                )
        except TimeoutError as error:
            raise timed_out(agent, request.timeout_s) from error
        except TooMuchError as error:
            raise malformed(agent, f"wrote {error}") from error
        except OSError as error:
            raise not_started(agent, error) from error
        return replace(self._read(ended), latency_s=self._clock() - started)

    async def close(self) -> None:
        """Nothing is left: every program ended with its call."""

    def _read(self, ended: Ended) -> Reply:
        if is_outage(ended.code):
            raise died(self._agent, f"it {ended}")
        content = ended.out.decode("utf-8", "replace").rstrip("\r\n")
        try:
            if ended.code != 0:
                return self._reader.read_failed(content, failure=f"it {ended}")
            return self._reader.read(content)
        except ReplyError as error:
            raise malformed(self._agent, str(error), fix=error.fix) from error

"""An agent that is a Python function, in processes of its own that are kept from call to call."""

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from agentops_cli.errors import GatewayError
from agentops_cli.gateways.agents import worker as program
from agentops_cli.gateways.agents.body import variables_of
from agentops_cli.gateways.agents.environment import of_session
from agentops_cli.gateways.agents.processes import (
    end_group,
    ended,
    how_it_ended,
    is_outage,
    pipe,
    start,
    tail_of,
)
from agentops_cli.gateways.agents.reader import reply_of
from agentops_cli.gateways.agents.refusals import (
    died,
    malformed,
    not_started,
    refused,
    timed_out,
)
from agentops_cli.gateways.agents.reply import Reply, ReplyError
from agentops_cli.gateways.faults import shorten
from agentops_cli.model.call import FaultKind, Request
from agentops_cli.model.json import Json
from agentops_cli.model.money import ZERO
from agentops_cli.model.settings import AgentSettings, PythonAgent
from agentops_cli.ports import Clock, MeterSession

START_TIMEOUT_S = 120.0
"""For the import of the agent, which is not a part of any call."""

_PATIENCE_S = 3.0


def worker_command(target: str, folder: Path, fd: int) -> list[str]:
    """What starts a worker. It is run as a file: see there."""
    return [sys.executable, "-P", program.__file__, str(fd), str(folder), target]


def describe(error: Mapping[str, Any]) -> str:
    """What a worker tells of an exception, in one line."""
    message = f": {shorten(error['message'], None)}" if error["message"] else ""
    place = f" ({error['place']})" if error["place"] else ""
    return f"{error['type']}{message}{place}"


class WorkerEndedError(Exception):
    """A worker ended before it answered; the message says how.

    `is_outage` is True when that says nothing of the agent: nobody ends by 0 who has no answer.
    """

    def __init__(self, message: str, *, is_outage: bool = False) -> None:
        super().__init__(message)
        self.is_outage = is_outage


class Worker:
    """One process that answers one call at a time."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        connection: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        said: asyncio.StreamReader,
        resources: AsyncExitStack,
    ) -> None:
        self._process = process
        self._reader, self._writer = connection
        self._said = asyncio.create_task(tail_of(said))
        self._watch = asyncio.create_task(ended(process))
        self._resources = resources

    @classmethod
    async def open(cls, target: str, folder: Path, environ: Mapping[str, str]) -> Self:
        """Starts a process; what it says first is yet to be heard. Raises `OSError`."""
        ours, theirs = socket.socketpair()
        async with AsyncExitStack() as resources:
            said, said_end = await resources.enter_async_context(pipe())
            limit = program.MAX_LINE_BYTES + 1
            connection = await asyncio.open_unix_connection(sock=ours, limit=limit)
            with theirs:
                process = await start(
                    worker_command(target, folder, theirs.fileno()),
                    folder=folder,
                    environ=environ,
                    streams=(asyncio.subprocess.DEVNULL, said_end, said_end),
                    keep=[theirs.fileno()],
                )
            said_end.close()
            return cls(process, connection, said, resources.pop_all())

    async def hear(self) -> dict[str, Any]:
        """What it says next; raises `WorkerEndedError`."""
        try:
            line = await self._reader.readline()
            if line.endswith(b"\n"):
                heard: dict[str, Any] = json.loads(line)
                return heard
        except ConnectionError:
            pass  # It went without reading what it was asked.
        except ValueError as error:
            raise WorkerEndedError("its process wrote into the connection to agentops") from error
        # Not awaited themselves: a timeout of ours must not cancel them.
        await asyncio.wait([self._watch, self._said])
        code = self._watch.result()
        how = how_it_ended(code, self._said.result())
        raise WorkerEndedError(f"its process {how}", is_outage=code == 0 or is_outage(code))

    async def ask(self, call: Mapping[str, Json]) -> dict[str, Any]:
        """Makes a call and gives what it says; raises `WorkerEndedError`."""
        self._writer.write(json.dumps(call).encode() + b"\n")
        # Not drained: who is gone is told by what is heard.
        return await self.hear()

    async def end(self, *, patience_s: float = 0.0) -> None:
        """Ends it and all that it started; one that is idle may leave by itself within a time."""
        if patience_s:
            self._writer.close()
            await asyncio.wait([self._watch], timeout=patience_s)
        self._writer.transport.abort()
        if self._process.returncode is None:
            end_group(self._process.pid)
        self._said.cancel()
        await asyncio.wait([self._watch, self._said])
        await self._resources.aclose()


@dataclass(slots=True, kw_only=True)
class _Seat:
    """A place for one worker, and how many it has had."""

    worker: Worker | None = None
    started: int = 0
    is_taken: bool = False


class PythonCaller:
    """Calls one function, in at most `concurrency` processes.

    All calls of one conversation go to the same process, so that an agent may keep its state in
    its module. A process that ended takes that state along: a conversation that had begun there is
    then not continued, as its answers would be judged for what the agent cannot know.
    """

    def __init__(
        self,
        agent: AgentSettings,
        how: PythonAgent,
        *,
        root: Path,
        environ: Mapping[str, str],
        concurrency: int,
        clock: Clock,
    ) -> None:
        self._agent = agent
        self._target = how.target
        self._folder = (root / agent.folder).resolve()
        self._environ = environ

        self._concurrency = concurrency
        self._clock = clock
        # By name, in the order of their last use: the one whose conversation is most likely over
        # comes first.
        self._seats: dict[str, _Seat] = {}
        self._homes: dict[str, tuple[str, int]] = {}
        self._freed = asyncio.Event()

    @asynccontextmanager
    async def seat(self, request: Request) -> AsyncIterator[str]:
        """Takes the place of a conversation, or one for a new one, for as long as it is entered."""
        home = self._homes.get(_conversation(request))
        while (name := self._free_seat(home and home[0])) is None:
            await self._freed.wait()
        seat = self._seats.setdefault(name, _Seat())
        seat.is_taken = True
        try:
            yield name
        finally:
            self._seats[name] = self._seats.pop(name)
            seat.is_taken = False
            self._freed.set()
            self._freed = asyncio.Event()

    async def call(
        self, request: Request, *, seat: str | None, session: MeterSession | None
    ) -> Reply:
        """Calls the function once; raises `GatewayError`."""
        place = self._seats[str(seat)]
        conversation = _conversation(request)
        if conversation in self._homes and self._homes[conversation][1] != place.started:
            raise _forgotten(self._agent)
        worker = place.worker or await self._start(place, session)
        self._homes[conversation] = (str(seat), place.started)
        heard: dict[str, Any] | None = None
        started = self._clock()
        try:
            async with asyncio.timeout(request.timeout_s):
                heard = await worker.ask(_message(request, session))
        except TimeoutError as error:
            raise timed_out(self._agent, request.timeout_s) from error
        except WorkerEndedError as error:
            if error.is_outage:
                raise died(self._agent, str(error)) from error
            return Reply(text="", failure=str(error), latency_s=self._clock() - started)
        finally:
            if heard is None:
                await self._lose(place, worker)
        return replace(self._read(heard), latency_s=self._clock() - started)

    async def close(self) -> None:
        """Ends every process."""
        workers = [seat.worker for seat in self._seats.values() if seat.worker]
        await asyncio.gather(*(worker.end(patience_s=_PATIENCE_S) for worker in workers))

    def _free_seat(self, home: str | None) -> str | None:
        """The seat to take now: the home of a conversation and no other, if it has one."""
        if home is not None:
            return None if self._seats[home].is_taken else home
        if len(self._seats) < self._concurrency:
            return f"{self._agent.name}-{len(self._seats) + 1}"
        return next((name for name, seat in self._seats.items() if not seat.is_taken), None)

    async def _start(self, seat: _Seat, session: MeterSession | None) -> Worker:
        """A process that has imported the function; raises `GatewayError`."""
        agent = self._agent
        environ = of_session(self._environ, session)
        try:
            worker = await Worker.open(self._target, self._folder, environ)
        except OSError as error:
            raise not_started(agent, error) from error
        is_ready = False
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                heard = await worker.hear()
            is_ready = "ready" in heard
        except TimeoutError as error:
            reason = f"its import takes more than {START_TIMEOUT_S:g} s"
            raise not_started(agent, reason) from error
        except WorkerEndedError as error:
            raise not_started(agent, error) from error
        finally:
            if not is_ready:
                await worker.end()
        if not is_ready:
            reason = heard["unfit"] if "unfit" in heard else describe(heard["refused"])
            raise not_started(agent, reason)
        seat.worker = worker
        seat.started += 1
        return worker

    async def _lose(self, seat: _Seat, worker: Worker) -> None:
        """Ends a worker whose answer nobody waits for; the next call starts another one."""
        seat.worker = None
        seat.started += 1
        await worker.end()

    def _read(self, heard: Mapping[str, Any]) -> Reply:
        if "raised" in heard:
            return Reply(text="", failure=describe(heard["raised"]))
        if "wrong" in heard:
            fix = "return text, or a dict of text, toolCalls, usage, costUsd and trace"
            raise malformed(self._agent, heard["wrong"], fix=fix)
        try:
            return reply_of(heard["returned"])
        except ReplyError as error:
            raise malformed(self._agent, str(error), fix=error.fix) from error


def _conversation(request: Request) -> str:
    return request.agent.conversation if request.agent else ""


def _message(request: Request, session: MeterSession | None) -> dict[str, Json]:
    told = variables_of(request)
    context = {key: value for key, value in told.items() if key != "input"}
    if session is not None:
        # As in its environment, where it is for clients that are made at the import.
        context |= {"base_url": session.base_url, "api_key": session.api_key}
    return {"input": told["input"], "context": context}


def _forgotten(agent: AgentSettings) -> GatewayError:
    message = (
        f"the process of {agent.model} that this conversation began in has ended, "
        "and with it what the agent had kept of it"
    )
    fix = "see which other case crashed it or took too long"
    # What it cost is known, nothing: it is not one that was never reached, to be called again.
    return refused(FaultKind.PROVIDER, message, fix=fix, usd=ZERO)

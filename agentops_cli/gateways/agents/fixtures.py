"""The commands around trials of agents: set-up before, tear-down after, once a suite or each time.

What a set-up starts in the background lives until the tear-down; what is left of it then is ended.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from agentops_cli.gateways.agents.environment import keyless, metered
from agentops_cli.gateways.agents.processes import (
    end_group,
    has_group,
    how_it_ended,
    last_words,
    start,
)
from agentops_cli.gateways.agents.refusals import refused
from agentops_cli.model.call import FaultKind
from agentops_cli.model.finding import Finding, Severity
from agentops_cli.model.result import Trial
from agentops_cli.model.settings import AgentCommand, AgentSettings, HttpAgent

_TIMEOUT_S = 300.0


class _FailedError(Exception):
    """A command that did not end well; the message says how."""


@dataclass(slots=True, kw_only=True)
class _Scope:
    """What commands are run around: one suite or one trial, of one agent.

    `groups` are process groups that live on after their command.
    """

    agent: AgentSettings
    names: Mapping[str, str]
    groups: list[int] = field(default_factory=list)


class Fixtures:
    """The set-ups and tear-downs of the agents of a run.

    A set-up per suite is run once, before the first trial of its agent in the suite, and the others
    wait for it; when it fails, each of them is errored. `close` runs the tear-downs per suite. A
    tear-down is run whatever became of set-up and trial; one that fails is a finding of `close`,
    and changes no verdict. `addresses` has, for agents whose server a set-up may start, the base
    URL and the key of the meter. `secrets` are the variables of `environ` that the settings say
    hold a key: what is run for a metered agent gets none but those that its own calls show.
    """

    def __init__(
        self,
        settings: Mapping[str, AgentSettings],
        *,
        root: Path,
        environ: Mapping[str, str],
        secrets: Collection[str],
        addresses: Mapping[str, tuple[str, str]] | None = None,
        timeout_s: float = _TIMEOUT_S,
    ) -> None:
        self._addresses = addresses or {}
        self._agents = {agent.model: agent for agent in settings.values()}
        self._root = root
        self._environ = environ
        self._secrets = secrets
        self._timeout_s = timeout_s
        self._suites: dict[tuple[str, str], tuple[_Scope, asyncio.Task[None]]] = {}
        self._findings: list[Finding] = []

    def __call__(self, trial: Trial) -> AbstractAsyncContextManager[None]:
        """What to enter for one trial; entering raises `GatewayError` when a set-up failed."""
        agent = self._agents.get(trial.planned.model)
        if agent is None or (agent.setup is None and agent.teardown is None):
            return nullcontext()
        return self._around(agent, trial)

    async def close(self) -> list[Finding]:
        """Runs the tear-downs per suite; gives a finding for each tear-down that failed."""
        for scope, setup in self._suites.values():
            setup.cancel()
            await asyncio.gather(setup, return_exceptions=True)
            await self._tear_down(scope, "suite")
        self._suites.clear()
        findings, self._findings = self._findings, []
        return findings

    @asynccontextmanager
    async def _around(self, agent: AgentSettings, trial: Trial) -> AsyncIterator[None]:
        suite = {"AGENTOPS_SUITE": trial.planned.suite}
        key = (agent.name, trial.planned.suite)
        if key not in self._suites:
            shared = _Scope(agent=agent, names=suite)
            setup = asyncio.create_task(self._set_up(shared, "suite"))
            self._suites[key] = (shared, setup)
        # Shielded: a trial that is cancelled must not take the others' set-up along.
        await asyncio.shield(self._suites[key][1])
        case = {"AGENTOPS_CASE": trial.planned.case.id, "AGENTOPS_REPEAT": str(trial.repeat)}
        own = _Scope(agent=agent, names={**suite, **case})
        try:
            await self._set_up(own, "trial")
            yield
        finally:
            await self._tear_down(own, "trial")

    async def _set_up(self, scope: _Scope, per: str) -> None:
        command = scope.agent.setup
        if command is None or command.per != per:
            return
        try:
            await self._run(command, scope)
        except _FailedError as error:
            message = f"the set-up of {scope.agent.model} {error}"
            fix = f"mend it at {scope.agent.place('setup', 'command')}"
            raise refused(FaultKind.PROVIDER, message, fix=fix) from error

    async def _tear_down(self, scope: _Scope, per: str) -> None:
        command = scope.agent.teardown
        try:
            if command is not None and command.per == per:
                await self._run(command, scope)
        except _FailedError as error:
            message = f"the tear-down of {scope.agent.model} {error}"
            place = scope.agent.place("teardown", "command")
            self._findings.append(
                Finding(
                    rule="teardown-failed",
                    message=message,
                    location=place,
                    fix="clean up by hand what it left, and mend it",
                    severity=Severity.WARNING,
                )
            )
        finally:
            for group in scope.groups:
                end_group(group)

    def _environ_of(self, agent: AgentSettings) -> Mapping[str, str]:
        if agent.meter is None:
            return self._environ
        # A server must know the key that it is shown; it leads to nobody but itself.
        shown = agent.how.headers_env.values() if isinstance(agent.how, HttpAgent) else ()
        environ = keyless(self._environ, secrets={*self._secrets} - {*shown})
        if agent.name not in self._addresses:
            return environ
        base_url, api_key = self._addresses[agent.name]
        return metered(environ, base_url=base_url, api_key=api_key)

    async def _run(self, command: AgentCommand, scope: _Scope) -> None:
        """Runs a command to its end; raises `_FailedError` unless it ends well."""
        # A file and no pipe: what it leaves running in the background would keep a pipe open.
        with tempfile.TemporaryFile() as said:
            try:
                process = await start(
                    command.command,
                    folder=self._root / scope.agent.folder,
                    environ={**self._environ_of(scope.agent), **scope.names},
                    streams=(asyncio.subprocess.DEVNULL, said, said),
                )
            except OSError as error:
                raise _FailedError(f"cannot be started: {error}") from error
            code: int | None = None
            try:
                async with asyncio.timeout(self._timeout_s):
                    code = await process.wait()
            except TimeoutError as error:
                problem = f"did not end within {self._timeout_s:g} s"
                raise _FailedError(f"({' '.join(command.command)}) {problem}") from error
            finally:
                if code == 0 and has_group(process.pid):
                    scope.groups.append(process.pid)
                elif code != 0:
                    end_group(process.pid)
                if code is None:
                    await process.wait()
            if code != 0:
                said.seek(0)
                how = how_it_ended(code, last_words(said.read()))
                raise _FailedError(f"({' '.join(command.command)}) {how}")

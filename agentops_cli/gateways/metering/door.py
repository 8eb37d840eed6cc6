"""An address for agents, its key, and whose calls come to it."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from agentops_cli.gateways.metering.injected import Injection
from agentops_cli.gateways.metering.session import Session
from agentops_cli.model.call import Tags

HOST = "127.0.0.1"

# What an agent is told to show where any key will do.
_ANY_KEY = "agentops"


class Door:
    """One address, and the session that is open there, if one is.

    `key` is None where any will do: whoever was started before us cannot know ours. `token` is the
    part of the path that nobody else knows, empty for a port that is one agent's own.
    """

    def __init__(self, *, port: int, token: str, key: str | None) -> None:
        path = f"/{token}/v1" if token else "/v1"
        self.base_url = f"http://{HOST}:{port}{path}"
        self.api_key = key or _ANY_KEY
        self.token = token
        self.session: Session | None = None
        self._key = key
        self._turn = asyncio.Lock()

    def admits(self, request: web.Request) -> bool:
        """True when the call shows the key, as OpenAI's clients or as Azure's do.

        Where any key will do there must be one all the same: no page can make a browser send it.
        """
        _, _, bearer = request.headers.get("Authorization", "").partition(" ")
        shown = bearer.strip() or request.headers.get("api-key", "")
        if self._key is None:
            return bool(shown)
        return secrets.compare_digest(shown.encode("utf-8", "surrogateescape"), self._key.encode())

    @asynccontextmanager
    async def entered(
        self, *, who: Tags | None, injection: Injection, max_steps: int | None
    ) -> AsyncIterator[Session]:
        """A session of one's own; waits until those that came before have left."""
        async with self._turn:
            session = Session(
                base_url=self.base_url,
                api_key=self.api_key,
                who=who,
                injection=injection,
                max_steps=max_steps,
            )
            self.session = session
            try:
                yield session
            finally:
                self.session = None
                await session.end()


class Doors:
    """The doors behind one port."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._by_token: dict[str, Door] = {}
        self._by_seat: dict[str | None, Door] = {}

    def at(self, token: str) -> Door | None:
        """The door with this token in its path."""
        return self._by_token.get(token)

    def own(self) -> Door:
        """The one door of a port that is an agent's own; any key will do."""
        return self.at("") or self._opened(Door(port=self._port, token="", key=None))

    def seat(self, name: str | None) -> Door:
        """The door of a seat, the same each time; None is that of all who share one."""
        if name not in self._by_seat:
            self._by_seat[name] = self.fresh()
        return self._by_seat[name]

    def fresh(self) -> Door:
        """A door that nobody had before."""
        token, key = secrets.token_urlsafe(16), f"sk-agentops-{secrets.token_urlsafe(24)}"
        return self._opened(Door(port=self._port, token=token, key=key))

    def close(self, door: Door) -> None:
        """Takes a door away for good."""
        del self._by_token[door.token]

    def _opened(self, door: Door) -> Door:
        self._by_token[door.token] = door
        return door

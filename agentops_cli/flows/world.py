"""What a flow takes from outside, so that a test can hand in something else."""

import os
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path


def _now() -> datetime:
    return datetime.now(UTC)


async def _sleep(seconds: float) -> None:
    import asyncio  # Imported late: most commands wait for nothing.

    await asyncio.sleep(seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The working folder, the environment, the clocks and a source of randomness.

    `now` is aware and in UTC; `monotonic` gives seconds, and `sleep` takes them; `token` gives
    short random text, `random` a number from 0 up to 1.
    """

    cwd: Path = field(default_factory=Path.cwd)
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    now: Callable[[], datetime] = _now
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = _sleep
    token: Callable[[], str] = lambda: secrets.token_hex(3)
    random: Callable[[], float] = secrets.SystemRandom().random

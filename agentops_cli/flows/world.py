"""What a flow takes from outside, so that a test can hand in something else."""

import os
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The working folder, the environment, the clocks and a source of randomness.

    `now` is aware and in UTC; `monotonic` gives seconds; `token` gives short random text.
    """

    cwd: Path = field(default_factory=Path.cwd)
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    now: Callable[[], datetime] = _now
    monotonic: Callable[[], float] = time.monotonic
    token: Callable[[], str] = lambda: secrets.token_hex(3)

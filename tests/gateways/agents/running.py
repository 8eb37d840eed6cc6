"""Whether processes of an agent are still there."""

import asyncio
import time
from collections.abc import Iterable
from pathlib import Path


def is_running(pid: int) -> bool:
    """True for a process that is more than an entry nobody has asked for yet."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


async def are_gone(pids: Iterable[int], *, within_s: float = 10.0) -> bool:
    """True as soon as none is running: one that was ended needs a moment to be gone."""
    waiting = list(pids)
    assert waiting
    end = time.monotonic() + within_s
    while any(map(is_running, waiting)) and time.monotonic() < end:
        await asyncio.sleep(0.005)
    return not any(map(is_running, waiting))


async def pids_in(file: Path, *, within_s: float = 20.0) -> list[int]:
    """The process ids that an agent wrote, once the file is there."""
    end = time.monotonic() + within_s
    while not (pids := _written(file)) and time.monotonic() < end:
        await asyncio.sleep(0.005)
    return pids


def _written(file: Path) -> list[int]:
    return [int(pid) for pid in file.read_text().split()] if file.exists() else []

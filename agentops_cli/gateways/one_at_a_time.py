"""A thread for the models that run inside this process: one call after the other."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class OneAtATime:
    """Does work in a thread of its own, a call at a time, while the event loop goes on."""

    def __init__(self, name: str) -> None:
        self._turn = asyncio.Lock()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def do(self, work: Callable[[threading.Event], T], *, timeout_s: float) -> T:
        """What the work gives; raises `TimeoutError` when it takes longer.

        Waiting for a turn does not count. The event that the work is handed is set when nobody
        waits for it any more: it is late, or its call was cancelled. It should end then.
        """
        unwanted = threading.Event()
        async with self._turn:
            try:
                async with asyncio.timeout(timeout_s):
                    loop = asyncio.get_running_loop()
                    return await loop.run_in_executor(self._thread, work, unwanted)
            finally:
                unwanted.set()

    def close(self) -> None:
        """Lets the thread end; what nobody waits for has ended by then."""
        self._thread.shutdown(wait=False, cancel_futures=True)

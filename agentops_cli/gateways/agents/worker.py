"""The process that a Python agent lives in: it imports one function and calls it, again and again.

    python -P worker.py FD FOLDER MODULE:FUNCTION

It is run as a file and imports nothing of ours, so that the agent finds in it what it would find in
a program of its own. FD is a socket with JSON lines both ways, so that what the agent prints is no
part of them; FOLDER is put on the path.

First it says `{"ready": true}`, or `{"refused": …}` or `{"unfit": …}` and ends. Then each
`{"input", "context"}` is answered by `{"returned": …}`, `{"raised": …}` or `{"wrong": …}`. It ends
when the other side does, also in the middle of its import or of a call.
"""

import asyncio
import difflib
import importlib
import inspect
import json
import os
import queue
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

MAX_LINE_BYTES = 16 * 1024 * 1024
_LONGEST_MESSAGE = 2000
_PATIENCE_S = 2.0

_KEYS = ("text", "toolCalls", "usage", "costUsd", "trace")


def main(fd: int, folder: str, target: str) -> None:
    """Serves the calls of one agent until the other side is gone."""
    os.set_inheritable(fd, False)  # noqa: FBT003 # it takes no name. Programs that the agent starts must not keep it open.
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr] # a text file, as ever
    sys.path.insert(0, folder)
    del sys.argv[1:]  # What the agent's modules may read at their import.
    connection = socket.socket(fileno=fd)

    def say(message: Mapping[str, object]) -> None:
        connection.sendall(_line(message))

    # From the first moment on: an import may take as long as a call.
    calls: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(connection, calls), daemon=True).start()
    try:
        function = _load(target)
    except _UnfitError as error:
        say({"unfit": str(error)})
        return
    except BaseException as error:  # noqa: BLE001 # An import may end in any way, sys.exit too.
        say({"refused": _described(error, folder)})
        return
    say({"ready": True})
    # One loop for all calls: a client that the agent keeps belongs to the loop it was made in.
    with asyncio.Runner() as runner:
        while (call := calls.get()) is not None:
            say(_called(function, call, runner, folder))


def _listen(connection: socket.socket, calls: "queue.SimpleQueue[dict[str, Any] | None]") -> None:
    """Queues what comes in; ends the process when nobody is there to hear an answer."""
    with connection.makefile("rb") as lines:
        for line in lines:
            calls.put(json.loads(line))
    calls.put(None)
    # An agent that is idle leaves by the door; one that is busy, or keeps threads, does not.
    threading.Event().wait(_PATIENCE_S)
    os._exit(1)


class _UnfitError(Exception):
    """What the target names cannot be called as an agent is."""


def _load(target: str) -> Callable[..., Any]:
    """The function; raises `_UnfitError`, and whatever its import raises."""
    module, _, name = target.partition(":")
    found: Any = importlib.import_module(module)
    for step in name.split("."):
        if not hasattr(found, step):
            near = difflib.get_close_matches(step, dir(found), n=1)
            meant = f", but {near[0]!r}" if near else ""
            raise _UnfitError(f"{module} has no {name!r}{meant}")
        found = getattr(found, step)
    if not callable(found):
        raise _UnfitError(f"{target} is {_kind(found)} and no function")
    function: Callable[..., Any] = found
    try:
        signature = inspect.signature(function)
    except ValueError:  # Some that are written in C do not tell.
        return function
    try:
        signature.bind("", {})
    except TypeError as error:
        problem = f"{name}{signature} cannot be called as {name}(input, context): {error}"
        raise _UnfitError(problem) from None
    return function


def _called(
    function: Callable[..., Any], call: Mapping[str, Any], runner: asyncio.Runner, folder: str
) -> dict[str, object]:
    try:
        given = function(call["input"], call["context"])
        if inspect.isawaitable(given):
            given = runner.run(_awaited(given))
    except BaseException as error:  # noqa: BLE001 # Whatever the agent raises is its answer.
        return {"raised": _described(error, folder)}
    problem = _problem(given)
    return {"wrong": problem} if problem else {"returned": given}


async def _awaited(given: Any) -> Any:
    return await given


def _problem(given: object) -> str | None:
    """What is wrong with a returned value, if anything is."""
    if isinstance(given, dict):
        if unknown := [key for key in given if key not in _KEYS]:
            return f"returned a dict with {unknown[0]!r}"
        if not isinstance(given.get("text"), str):
            has = f"whose 'text' is {_kind(given['text'])}" if "text" in given else "without 'text'"
            return f"returned a dict {has}"
    elif not isinstance(given, str):
        return f"returned {_kind(given)}"
    try:
        _line({"returned": given})
    except (TypeError, ValueError, RecursionError) as error:
        return f"returned what JSON cannot hold: {error}"
    return None


def _kind(value: object) -> str:
    return "None" if value is None else f"a value of type {type(value).__name__}"


def _described(error: BaseException, folder: str) -> dict[str, object]:
    """Type, message, and the line of the agent's own code where it happened, if one is known."""
    place = _place(error, folder)
    message = error.msg if isinstance(error, SyntaxError) else str(error)[:_LONGEST_MESSAGE]
    return {"type": type(error).__name__, "message": message, "place": place}


def _place(error: BaseException, folder: str) -> str | None:
    if isinstance(error, SyntaxError) and error.filename:
        return f"{_shown(error.filename, folder)}:{error.lineno or 1}"
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if _is_own(frame.filename, folder)]
    last = ours[-1] if ours else None
    return f"{_shown(last.filename, folder)}:{last.lineno}" if last else None


def _is_own(file: str, folder: str) -> bool:
    """True for a file of the project, and not of an environment that lies in it."""
    path = Path(file)
    installed = {"site-packages", "dist-packages"} & set(path.parts)
    return path.is_relative_to(folder) and not installed and path != Path(__file__)


def _shown(file: str, folder: str) -> str:
    path = Path(file)
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else file


def _line(message: Mapping[str, Any]) -> bytes:
    """A message on one line; raises `ValueError` when it is larger than is read."""
    line = json.dumps(message, default=_plain).encode() + b"\n"
    if len(line) > MAX_LINE_BYTES:
        raise ValueError(f"it is larger than {MAX_LINE_BYTES // 2**20} MiB")
    return line


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"a value of type {type(value).__name__}")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])

"""The program of a process that runs functions of the user's, one call after another.

It is started by its path, with the folders to import from as arguments, and imports nothing of
agentops. A question is one line of JSON on standard input: `{file, function}` wants the function
loaded, with `answer` and `context` called. One line goes back: `{"returned": …}`, or `{"problem":
…}` with the `place` in the user's file and a `fix` where there are any. What the functions print
goes to standard error. The process ends with its input.
"""

import difflib
import importlib.util
import inspect
import json
import os
import signal
import sys
import traceback
from types import ModuleType
from typing import IO, Any

_LONGEST_TEXT = 500

Reply = dict[str, Any]


def main() -> None:
    """Answers questions until there are no more."""
    # Ctrl-C reaches the whole process group. When to end is the parent's to say.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 # As sys.path has it.
    sys.path[:] = [*sys.argv[1:], *(path for path in sys.path if path != here)]
    questions, replies = _streams()
    modules: dict[str, ModuleType] = {}
    for line in questions:
        replies.write(_as_json(_reply(json.loads(line), modules)) + "\n")
        replies.flush()


def _streams() -> tuple[IO[str], IO[str]]:
    """The streams to the parent; nothing that a function reads or prints gets into them."""
    questions = os.fdopen(os.dup(0), encoding="ascii")
    replies = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    return questions, replies


def _as_json(reply: Reply) -> str:
    try:
        return json.dumps(reply)
    except (TypeError, ValueError, RecursionError):
        kind = type(reply.get("returned")).__name__
        return json.dumps({"problem": f"returned a value of the type {kind}, which is no JSON"})


def _reply(question: dict[str, Any], modules: dict[str, ModuleType]) -> Reply:
    file = question["file"]
    try:
        if file not in modules:
            modules[file] = _load(file)
    except BaseException as error:  # noqa: BLE001 # sys.exit() in a module, too, is an answer.
        return {"problem": f"does not load: {_told(error)}", "place": _place(error, file)}
    module, name = modules[file], question["function"]
    if "answer" not in question:
        return _unfit(module, name)
    try:
        return {"returned": getattr(module, name)(question["answer"], question["context"])}
    except BaseException as error:  # noqa: BLE001 # sys.exit() in a function is no verdict either.
        return {"problem": f"raised {_told(error)}", "place": _place(error, file)}


def _load(file: str) -> ModuleType:
    """Imports a file under a name that is in nobody's way."""
    name = f"agentops_script_{len(sys.modules)}"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None  # noqa: S101 # The name ends in .py.
    assert spec.loader is not None  # noqa: S101 # It was found, so it has one.
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # Where dataclasses and pickle look for it.
    spec.loader.exec_module(module)
    return module


def _unfit(module: ModuleType, name: str) -> Reply:
    """What keeps a function from being called as `function(answer, context)`; empty if nothing."""
    function = getattr(module, name, None)
    if function is None:
        known = [key for key, value in vars(module).items() if inspect.isroutine(value)]
        near = difflib.get_close_matches(name, known, n=1)
        listed = ", ".join(known) or "none"
        fix = f"did you mean {near[0]!r}?" if near else f"its functions: {listed}"
        return {"problem": f"has no function {name!r}", "fix": fix}
    fix = f"write def {name}(answer, context):"
    if not callable(function):
        return {"problem": f"has {name!r}, which is no function", "fix": fix}
    code = getattr(inspect.unwrap(function), "__code__", None)
    place = [code.co_filename, code.co_firstlineno] if code else None
    if inspect.iscoroutinefunction(function):
        return {"problem": f"has {name!r}, which is async", "place": place, "fix": fix}
    try:
        inspect.signature(function).bind("", {})
    except TypeError as error:
        problem = f"has {name!r}, which does not take an answer and a context: {error}"
        return {"problem": problem, "place": place, "fix": fix}
    except ValueError:
        pass  # Built in, with a signature that cannot be seen.
    return {}


def _told(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 # An exception that cannot even say what it is.
        text = ""
    name = type(error).__name__
    return f"{name}: {text[:_LONGEST_TEXT]}" if text else name


def _place(error: BaseException, file: str) -> list[Any] | None:
    """Where in the user's file it happened, or where it called what failed."""
    if isinstance(error, SyntaxError) and error.filename:
        return [error.filename, error.lineno]
    frames = [
        [frame.f_code.co_filename, line] for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    # The first frame is ours. Without one of the file, the function was imported into it.
    candidates = [frame for frame in frames if frame[0] == file] or frames[1:]
    return candidates[-1] if candidates else None


if __name__ == "__main__":
    main()

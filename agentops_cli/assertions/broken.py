"""What a check did where it should have judged: the fault of whoever wrote it, told with its place.

Code of plugins runs in this process and may do anything, `sys.exit(0)` included. Nothing of that
may end a run, least of all as a pass.
"""

import inspect
import traceback

from agentops_cli.model.suite import AssertionSpec
from agentops_cli.ports import Assertion, AssertionType


class BrokenCheck(Exception):  # noqa: N818 - named for what it is about
    """A check gave no verdict; the message says what it did instead, as a clause about it."""


def construct(kind: AssertionType, spec: AssertionSpec) -> Assertion:
    """The assertion of a spec; raises `TypeError` where what came cannot judge."""
    assertion = kind(spec)
    check = getattr(assertion, "check", None)
    if not callable(check):
        raise TypeError("it has no method 'check'")
    if inspect.iscoroutinefunction(check):
        raise TypeError("its 'check' is async; one that needs a model returns an Ask")
    return assertion


def told(error: BaseException, culprit: object) -> str:
    """`ValueError: no such part (/site/acme_checks.py:31)`: what was raised, and where in its code.

    `culprit` is the class, or an object of it. Where it only called what failed, the call is named.
    """
    name = type(error).__name__
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 # An exception that cannot even say what it is.
        text = ""
    module = getattr(culprit, "__module__", None)
    frames = [
        (frame.f_globals.get("__name__", ""), f"{frame.f_code.co_filename}:{line}")
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    own = [place for where, place in frames if where == module]
    place = f" ({own[-1]})" if own else ""
    return f"{name}: {text}{place}" if text else f"{name}{place}"

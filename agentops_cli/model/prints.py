"""Short hashes of the parts of a request: enough to tell which of them changed."""

import hashlib
from collections.abc import Mapping
from typing import TypeAlias

from agentops_cli.model.call import Request, canonical

Prints: TypeAlias = Mapping[str, str]
"""A hash for each part of a request by its name in the fingerprint; absent parts have none."""


def prints_of(request: Request) -> Prints:
    """The hashes of a request.

    They are half the length that could tell apart all that there is, and more than enough for the
    few values that one part takes; nobody reads a message back out of them.
    """
    return {
        name: hashlib.sha256(canonical(value)).hexdigest()[:8]
        for name, value in request.shape().items()
        if value is not None and value != []
    }


def differing(one: Prints, other: Prints) -> tuple[str, ...]:
    """The names of the parts that are not the same in both, sorted."""
    return tuple(sorted(n for n in one.keys() | other.keys() if one.get(n) != other.get(n)))
